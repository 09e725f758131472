//! Developer commands: `cargo xtask help` lists them.

// Nothing outside this program sees its modules.
#![allow(unreachable_pub)]

mod bench;
mod budget;
mod codegen;
mod conformance;
mod description;
mod import;
mod layers;
mod openapi;
mod ops;
mod readme;
mod release;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Developer commands.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes models, operations and accessors from the API description.
    Codegen {
        /// Writes nothing; fails if the committed files are not what would be written.
        #[arg(long)]
        check: bool,
        /// Changes what has been published, if the description or the names table asks for it.
        #[arg(long = "break")]
        breaking: bool,
        /// Where the API description is.
        #[arg(long, default_value_os_t = description::home())]
        api: PathBuf,
        /// The repository to write to.
        #[arg(long, default_value_os_t = description::top())]
        top: PathBuf,
    },
    /// Imports an OpenAPI document: facts only, one file per product; reports what is new, gone and changed.
    Import {
        /// The document, in the official form or, with `x-cf-*`, in the description's own.
        file: PathBuf,
        /// Leaves existing operations as they are: for a document that is older.
        #[arg(long)]
        new_only: bool,
        /// Drops operations that the document lacks; otherwise they are kept.
        #[arg(long)]
        drop_missing: bool,
        /// Where the API description is.
        #[arg(long, default_value_os_t = description::home())]
        api: PathBuf,
    },
    /// Checks that imports within crates go downwards only.
    Layers {
        /// The repository.
        #[arg(long, default_value_os_t = description::top())]
        top: PathBuf,
    },
    /// Prints how much our own sentences say of each product; fails where one is no good.
    Docs {
        /// Where the API description lies.
        #[arg(long, default_value_os_t = description::home())]
        api: PathBuf,
    },
    /// Measures what compiling costs and what a program weighs; fails beyond a limit.
    Budget {
        #[command(flatten)]
        options: budget::Options,
    },
    /// Checks that a release is sound, writes its notes, and does a dry run of publishing.
    Release {
        /// Uploads, too.
        #[arg(long)]
        publish: bool,
        /// A crate that is on the registry already, from an attempt that was interrupted. Can be repeated.
        #[arg(long, value_name = "CRATE")]
        skip: Vec<String>,
        /// The repository.
        #[arg(long, default_value_os_t = description::top())]
        top: PathBuf,
    },
    /// Measures what requests and decoding cost, compared with bare hyper and reqwest.
    Bench {
        #[command(flatten)]
        options: bench::Options,
    },
    /// Lists every operation and how to call it.
    Ops {
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Prints the API description as one OpenAPI document.
    Openapi {
        /// Only these products; all if there are none.
        products: Vec<String>,
    },
    /// Decodes recorded replies, encodes them again and compares; fails if any case does.
    Conformance {
        /// The cases, one JSON object per line.
        #[arg(long)]
        corpus: PathBuf,
    },
}

fn main() -> Result<ExitCode> {
    if let Some(done) = budget::wrapped() {
        return done;
    }
    match Arguments::parse().command {
        Command::Codegen {
            check,
            breaking,
            api,
            top,
        } => {
            let options = codegen::Options {
                check,
                breaking,
                api,
                top,
            };
            codegen::run(&options)?
        }
        Command::Import {
            file,
            new_only,
            drop_missing,
            api,
        } => import::run(&import::Options {
            file,
            new_only,
            drop_missing,
            api,
        })?,
        Command::Docs { api } => codegen::docs(&api)?,
        Command::Layers { top } => layers::run(&top)?,
        Command::Bench { options } if bench::run(&options)? => {}
        Command::Bench { .. } => return Ok(ExitCode::FAILURE),
        Command::Budget { options } if budget::run(&options)? => {}
        Command::Budget { .. } => return Ok(ExitCode::FAILURE),
        Command::Release { publish, skip, top } => {
            release::run(&release::Options { publish, skip, top })?
        }
        Command::Ops { json } => ops::run(json)?,
        Command::Openapi { products } => openapi::run(&products)?,
        Command::Conformance { corpus } => return conformance::run(&corpus),
    }
    Ok(ExitCode::SUCCESS)
}
