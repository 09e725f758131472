//! What the files of a crate import from each other.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The path of a module, without `crate`.
type Module = Vec<String>;

/// One file imports something from another.
pub struct Import {
    pub from: Module,
    pub to: Module,
    /// Below the sources of the crate.
    pub file: String,
    pub line: usize,
    pub target: String,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{} imports from {}",
            self.file, self.line, self.target
        )
    }
}

/// The folder that a file is in. Files next to the folders stand for themselves.
pub fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or(file, |(folder, _)| folder)
}

/// All imports between files of the crate with these sources, its generated ones included or not.
pub fn of_crate(sources: &Path, generated: bool) -> Result<Vec<Import>> {
    let mut files = BTreeMap::new();
    find(sources, "", &mut files).with_context(|| format!("in {}", sources.display()))?;
    if !generated {
        files.retain(|module, _| module.first().is_none_or(|first| first != "generated"));
    }
    let mut imports = Vec::new();
    for (module, file) in &files {
        let text = fs::read_to_string(sources.join(file))?;
        let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
        let mut paths = Paths {
            files: &files,
            module,
            found: Vec::new(),
        };
        paths.look(&tokens.into_iter().collect::<Vec<_>>());
        for (path, line) in paths.found {
            if let Some((to, target)) = defining(&files, path)
                && target != file
            {
                let (from, file) = (module.clone(), file.clone());
                imports.push(Import {
                    from,
                    to,
                    file,
                    line,
                    target: target.clone(),
                });
            }
        }
    }
    Ok(imports)
}

/// The library's modules below `folder`, and their files.
fn find(sources: &Path, folder: &str, files: &mut BTreeMap<Module, String>) -> Result<()> {
    for entry in fs::read_dir(sources.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        if entry.file_type()?.is_dir() {
            find(sources, &path, files)?;
        } else if let Some(module) = path.strip_suffix(".rs") {
            let parts = module.split('/').map(str::to_owned);
            let mut module: Module = parts.collect();
            match module.last().map(String::as_str) {
                // A program of its own, which sees the library from outside.
                Some("main") => continue,
                Some("mod" | "lib") => drop(module.pop()),
                _ => {}
            }
            files.insert(module, path);
        }
    }
    Ok(())
}

/// The module that a path leads to, and its file. A program has none for what is at its top.
fn defining(files: &BTreeMap<Module, String>, mut path: Module) -> Option<(Module, &String)> {
    loop {
        if let Some(file) = files.get(&path) {
            return Some((path, file));
        }
        path.pop()?;
    }
}

/// The paths in a file that lead into its crate.
struct Paths<'a> {
    files: &'a BTreeMap<Module, String>,
    module: &'a Module,
    found: Vec<(Module, usize)>,
}

impl Paths<'_> {
    fn look(&mut self, tokens: &[TokenTree]) {
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    self.look(&group.stream().into_iter().collect::<Vec<_>>())
                }
                TokenTree::Ident(name) if begins_path(tokens, index) => {
                    let used = index > 0 && is_word(&tokens[index - 1], "use");
                    if let Some(start) = self.start(&name.to_string(), used) {
                        self.follow(&tokens[index + 1..], start, name.span().start().line);
                    }
                }
                _ => {}
            }
        }
    }

    /// Where a path starts whose first word this is, if it leads into the crate.
    fn start(&self, word: &str, used: bool) -> Option<Module> {
        match word {
            "crate" => Some(Module::new()),
            "self" if used => Some(self.module.clone()),
            "super" => Some(self.module.split_last()?.1.to_vec()),
            child => {
                let mut path = self.module.clone();
                path.push(child.to_owned());
                (used && self.files.contains_key(&path)).then_some(path)
            }
        }
    }

    /// Adds where a path leads that has got as far as `path`; braces split it.
    fn follow(&mut self, rest: &[TokenTree], mut path: Module, line: usize) {
        match rest {
            [a, b, TokenTree::Ident(name), rest @ ..] if is_colon(a) && is_colon(b) => {
                match name.to_string().as_str() {
                    "super" => drop(path.pop()),
                    "self" => {}
                    word => path.push(word.to_owned()),
                }
                self.follow(rest, path, line);
            }
            [a, b, TokenTree::Group(group), ..]
                if is_colon(a) && is_colon(b) && group.delimiter() == Delimiter::Brace =>
            {
                let tokens: Vec<_> = group.stream().into_iter().collect();
                for part in
                    tokens.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ','))
                {
                    if let Some(TokenTree::Ident(name)) = part.first() {
                        let mut path = path.clone();
                        if name != "self" {
                            path.push(name.to_string());
                        }
                        self.follow(&part[1..], path, name.span().start().line);
                    }
                }
            }
            _ => self.found.push((path, line)),
        }
    }
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

/// Whether colons follow a word, and none precede it.
fn begins_path(tokens: &[TokenTree], index: usize) -> bool {
    let before = index > 1 && is_colon(&tokens[index - 1]) && is_colon(&tokens[index - 2]);
    !before
        && tokens.get(index + 1).is_some_and(is_colon)
        && tokens.get(index + 2).is_some_and(is_colon)
}
