//! An account at an emulator, and how examples are run with it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use cf_client::Client;
use cf_client::types::dns::records::Record;
use cf_emulator::Emulator;

/// The output of an example.
pub(crate) struct Run {
    pub(crate) succeeded: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().unwrap().parent().unwrap();
    let program = folder.join("examples").join(name);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{} is not built", program.display());
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CLOUDFLARE_") || name == "RUST_BACKTRACE" {
            command.env_remove(&variable);
        }
    }
    command
}

pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        succeeded: output.status.success(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// An emulator with the zone `example.com`, and a folder for files.
pub(crate) struct Account {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
    pub(crate) zone: String,
    pub(crate) folder: tempfile::TempDir,
}

impl Account {
    pub(crate) fn new() -> Self {
        let emulator = Emulator::builder().start_blocking().unwrap();
        let client = Client::builder()
            .api_token(emulator.token())
            .base_url(emulator.base_url())
            .build()
            .unwrap();
        Account {
            zone: emulator
                .add_zone(emulator.account_id(), "example.com")
                .unwrap(),
            folder: tempfile::tempdir().unwrap(),
            emulator,
            client,
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.emulator.account_id()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// Runs an example with this account; `variables` are added to its environment.
    pub(crate) fn run_with<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
    ) -> Run {
        let mut command = example(name);
        command
            .args(arguments)
            .env("CLOUDFLARE_API_TOKEN", self.emulator.token())
            .env("CLOUDFLARE_BASE_URL", self.emulator.base_url())
            .envs(variables.iter().copied());
        run(&mut command)
    }

    /// Like [`run_with`](Self::run_with), but expects success.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> String {
        let run = self.run_with(name, arguments, &[]);
        assert!(run.succeeded, "{name}: {}{}", run.stdout, run.stderr);
        run.stdout
    }

    /// The requests since the last call that changed something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let requests = self.emulator.requests();
        self.emulator.clear_requests();
        let writes = requests.iter().filter(|request| request.method != "GET");
        writes
            .map(|request| {
                format!(
                    "{} {}",
                    request.method,
                    String::from_utf8_lossy(&request.body)
                )
            })
            .collect()
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        let records = self.client.dns().records().list(&self.zone);
        records.items().collect_all().await.unwrap()
    }
}

pub(crate) fn strs<const N: usize>(arguments: [&str; N]) -> [String; N] {
    arguments.map(str::to_owned)
}
