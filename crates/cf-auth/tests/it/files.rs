//! Credentials in files: bare tokens, dotenv-style files and profiles.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use cf_auth::{Credential, CredentialError, CredentialFile, CredentialProvider as _};
use tempfile::TempDir;

const TOKEN: &str = "cfut_the-token";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("credentials");
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

fn token() -> Credential {
    Credential::api_token(TOKEN).unwrap()
}

#[test]
fn a_bare_token_may_end_in_one_line_end() {
    let folder = Folder::new();
    for text in [
        TOKEN.to_owned(),
        format!("{TOKEN}\n"),
        format!("{TOKEN}\r\n"),
    ] {
        let path = folder.file(text);
        assert_eq!(CredentialFile::token(path).read().unwrap(), token());
    }
    let path = folder.file(format!("{TOKEN}\n\n"));
    let error = CredentialFile::token(&path).read().unwrap_err();
    assert!(matches!(error, CredentialError::Whitespace { .. }));
    assert!(error.to_string().contains(&path.display().to_string()));
    let error = CredentialFile::token(folder.file("\n")).read().unwrap_err();
    assert!(matches!(error, CredentialError::Empty { .. }));
}

#[test]
fn a_dotenv_file_has_the_names_of_the_variables() {
    let folder = Folder::new();
    let read = |text: &str| CredentialFile::dotenv(folder.file(text)).read();
    assert_eq!(
        read(&format!(
            "# a comment\nOTHER=1\nexport CLOUDFLARE_API_TOKEN=\"{TOKEN}\"\n"
        ))
        .unwrap(),
        token()
    );
    assert_eq!(
        read("CLOUDFLARE_API_KEY=cfk_k\nCLOUDFLARE_EMAIL='ada@example.com'\n").unwrap(),
        Credential::api_key("ada@example.com", "cfk_k").unwrap()
    );
    let error = read("CLOUDFLARE_API_TOKEN=a\nCLOUDFLARE_API_KEY=b\n").unwrap_err();
    assert!(matches!(error, CredentialError::Conflict { .. }));
    assert!(
        error.to_string().contains("CLOUDFLARE_API_KEY in "),
        "{error}"
    );
    assert!(matches!(
        read("OTHER=1\n"),
        Err(CredentialError::Missing { .. })
    ));
    assert!(matches!(
        read("CLOUDFLARE_API_TOKEN=a\nCLOUDFLARE_API_TOKEN=b\n"),
        Err(CredentialError::Malformed { .. })
    ));
    assert!(read("CLOUDFLARE_API_TOKEN=a\nCLOUDFLARE_API_TOKEN=a\n").is_ok());
    let error = read("CLOUDFLARE_API_TOKEN cfut_not-an-assignment\n").unwrap_err();
    assert!(matches!(error, CredentialError::Malformed { .. }));
    assert!(!format!("{error} {error:?}").contains("not-an-assignment"));
}

#[test]
fn profiles_are_chosen_by_name() {
    let folder = Folder::new();
    let path = folder.file(format!(
        "[default]\napi_token = \"{TOKEN}\"\n[\"old one\"]\napi_key = \"cfk_k\"\nemail = \"ada@example.com\"\n\
         [ca]\nuser_service_key = \"v1.0-s\"\n[both]\napi_token = \"a\"\nuser_service_key = \"v1.0-s\"\n[none]\n"
    ));
    let read = |name: &str| CredentialFile::profile(&path, name).read();
    assert_eq!(read("default").unwrap(), token());
    assert_eq!(
        read("old one").unwrap(),
        Credential::api_key("ada@example.com", "cfk_k").unwrap()
    );
    assert_eq!(
        read("ca").unwrap(),
        Credential::user_service_key("v1.0-s").unwrap()
    );
    let error = read("both").unwrap_err();
    assert!(matches!(error, CredentialError::Conflict { .. }));
    assert!(
        error
            .to_string()
            .contains("\"api_token\" of profile \"both\" in "),
        "{error}"
    );
    assert!(matches!(read("none"), Err(CredentialError::Missing { .. })));
    let error = read("typo").unwrap_err();
    assert!(matches!(error, CredentialError::NoSuchProfile { .. }));
    assert!(error.to_string().contains("\"old one\""), "{error}");
}

#[test]
fn a_malformed_profile_file_is_told_by_its_line_and_without_its_content() {
    let folder = Folder::new();
    let cases = [
        ("[default]\napi_token = cfut_secret\n", 2),
        ("[default]\napi_token = \"cfut_secret\n", 2),
        ("[default]\n\napi_tokn = \"cfut_secret\"\n", 3),
        ("[default]\napi_token = 17\n", 2),
        ("default = \"cfut_secret\"\n", 1),
    ];
    for (text, expected) in cases {
        let error = CredentialFile::profile(folder.file(text), "default")
            .read()
            .unwrap_err();
        assert!(
            matches!(&error, CredentialError::Malformed { line: Some(line), .. } if *line == expected),
            "{text}: {error:?}"
        );
        assert!(
            !format!("{error} {error:?}").contains("secret"),
            "{error:?}"
        );
    }
    let outside = folder.file("cfut_secret = \"x\"\napi_token = \"cfut_secret\"\n[a]\n");
    let error = CredentialFile::profile(outside, "default")
        .read()
        .unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_open_to_others_is_refused_unless_allowed() {
    let folder = Folder::new();
    let path = folder.file(TOKEN);
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602] {
        set_mode(&path, mode);
        let file = CredentialFile::token(&path);
        let error = file.read().unwrap_err();
        assert!(matches!(error, CredentialError::OpenToOthers { mode: m, .. } if m == mode));
        assert!(error.to_string().contains("chmod 600"), "{error}");
        assert_eq!(file.readable_by_others(true).read().unwrap(), token());
    }
    for mode in [0o600, 0o400] {
        set_mode(&path, mode);
        assert_eq!(CredentialFile::token(&path).read().unwrap(), token());
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = Folder::new();
    let absent = folder.0.path().join("absent");
    let error = CredentialFile::token(&absent).read().unwrap_err();
    assert!(matches!(error, CredentialError::Missing { .. }));
    assert!(
        error.to_string().contains("absent (no such file)"),
        "{error}"
    );

    set_mode(folder.0.path(), 0o700);
    let error = CredentialFile::token(folder.0.path()).read().unwrap_err();
    assert!(
        matches!(error, CredentialError::Unreadable { .. }),
        "{error:?}"
    );

    let error = CredentialFile::token(folder.file(b"cfut_\xff"))
        .read()
        .unwrap_err();
    assert!(matches!(error, CredentialError::Malformed { .. }));
    let error = CredentialFile::token(folder.file(vec![b'a'; 1 << 20]))
        .read()
        .unwrap_err();
    assert!(matches!(error, CredentialError::Malformed { .. }));
}

#[tokio::test]
async fn a_refused_token_is_read_again() {
    let folder = Folder::new();
    let file = CredentialFile::token(folder.file("old"));
    let old = file.credential().await.unwrap();
    assert!(file.refresh(&old).await.unwrap().is_none());
    folder.file("new");
    let new = file.refresh(&old).await.unwrap().unwrap();
    assert_eq!(*new, Credential::api_token("new").unwrap());
}

#[test]
fn a_written_profile_is_read_again_and_the_rest_of_the_file_stays() {
    let folder = Folder::new();
    let old = "# mine\n[default] # the key\napi_key = \"cfk_k\"\nemail = \"ada@example.com\" # ada\n\n# theirs\n[\"old one\"]\napi_token = \"a\"\n";
    let path = folder.file(old);
    let file = |name: &str| CredentialFile::profile(&path, name);
    file("default").write(&token()).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!(
            "# mine\n[default]\napi_token = \"{TOKEN}\"\n\n# theirs\n[\"old one\"]\napi_token = \"a\"\n"
        )
    );
    let key = Credential::api_key("ada@example.com", "cfk_\"\\k").unwrap();
    file("a \"third\"\n").write(&key).unwrap();
    file("old one")
        .write(&Credential::user_service_key("v1.0-s").unwrap())
        .unwrap();
    assert_eq!(file("default").read().unwrap(), token());
    assert_eq!(file("a \"third\"\n").read().unwrap(), key);
    assert_eq!(
        file("old one").read().unwrap(),
        Credential::user_service_key("v1.0-s").unwrap()
    );
    assert!(fs::read_to_string(&path).unwrap().contains("# theirs"));
}

#[test]
fn an_empty_or_absent_file_becomes_one() {
    let folder = Folder::new();
    for path in [
        folder.file(""),
        folder.file("[other]"),
        folder.0.path().join("a/b/c.toml"),
    ] {
        let file = CredentialFile::profile(&path, "new");
        file.write(&token()).unwrap();
        assert_eq!(file.read().unwrap(), token());
    }
    let file = CredentialFile::token(folder.0.path().join("token"));
    file.write(&token()).unwrap();
    assert_eq!(file.read().unwrap(), token());
}

#[test]
fn what_cannot_be_written_safely_is_left_alone() {
    let folder = Folder::new();
    for text in [
        "default = { api_token = \"a\" }\n",
        "default.api_token = \"a\"\n",
        "default = \"a\"\n",
        "[default.more]\napi_token = \"a\"\n",
        "[default\n",
    ] {
        let path = folder.file(text);
        let error = CredentialFile::profile(&path, "default")
            .write(&token())
            .unwrap_err();
        assert!(
            matches!(error, CredentialError::Malformed { .. }),
            "{text}: {error}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let path = folder.file("CLOUDFLARE_API_TOKEN=a\n");
    assert!(CredentialFile::dotenv(&path).write(&token()).is_err());
    let key = Credential::api_key("ada@example.com", "cfk_k").unwrap();
    assert!(CredentialFile::token(&path).write(&key).is_err());
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "CLOUDFLARE_API_TOKEN=a\n"
    );

    let error = CredentialFile::token(path.join("below"))
        .write(&token())
        .unwrap_err();
    assert!(!error.to_string().contains(TOKEN), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_written_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = Folder::new();
    let path = folder.0.path().join("cloudflare/credentials.toml");
    CredentialFile::profile(&path, "default")
        .write(&token())
        .unwrap();
    assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));

    set_mode(&path, 0o644);
    let file = CredentialFile::profile(&path, "default");
    assert!(matches!(
        file.write(&token()),
        Err(CredentialError::OpenToOthers { .. })
    ));
    file.readable_by_others(true).write(&token()).unwrap();
    assert_eq!(mode(&path), 0o644, "what the owner allowed stays allowed");

    let link = folder.0.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    set_mode(&path, 0o600);
    CredentialFile::profile(&link, "more")
        .write(&token())
        .unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        CredentialFile::profile(&path, "more").read().unwrap(),
        token()
    );
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// Lines that other programs may understand, or none.
const ODD_LINES: [&str; 12] = [
    "some prose",
    "KEY",
    "=value",
    "export",
    "{",
    "}",
    "[section]",
    "A B=c",
    "GREETING=don't",
    "OPEN=\"never closed",
    "TWO=\"lines,\nof which one is odd",
    "\u{feff}BOM=\u{1f980} crab",
];

#[test]
fn an_odd_line_about_something_else_is_passed_over() {
    let folder = Folder::new();
    for odd in ODD_LINES {
        for text in [
            format!("{odd}\nCLOUDFLARE_API_TOKEN={TOKEN}\n"),
            format!("CLOUDFLARE_API_TOKEN={TOKEN}\n{odd}\n"),
            format!("PART=cfut_the\n{odd}\nCLOUDFLARE_API_TOKEN=${{PART}}-token"),
        ] {
            let read = CredentialFile::dotenv(folder.file(&text)).read();
            assert_eq!(read.as_ref().ok(), Some(&token()), "{text}");
        }
    }
    for odd in [
        "CLOUDFLARE_API_TOKEN",
        "export CLOUDFLARE_API_KEY secret",
        "CLOUDFLARE_API_TOKEN='open",
        "  CLOUDFLARE_EMAIL: ada@example.com",
    ] {
        let text = format!("{odd}\nCLOUDFLARE_API_TOKEN={TOKEN}\n");
        let error = CredentialFile::dotenv(folder.file(&text)).read();
        assert!(
            matches!(error, Err(CredentialError::Malformed { .. })),
            "{odd}: {error:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_written_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = Folder::new();
    let new = folder.0.path().join("new/credentials");
    CredentialFile::token(&new).write(&token()).unwrap();
    assert_eq!(mode(&new), 0o600);
    for before in [0o600, 0o700, 0o400] {
        let path = folder.file("");
        set_mode(&path, before);
        let files = [
            CredentialFile::token(&path),
            CredentialFile::profile(&path, "default"),
        ];
        for file in files {
            fs::write(&path, "")
                .or_else(|_| fs::remove_file(&path))
                .unwrap();
            file.write(&token()).unwrap();
            assert_eq!(mode(&path), 0o600, "{file:?} over {before:o}");
        }
        fs::remove_file(&path).unwrap();
    }
    let shared = folder.file("");
    set_mode(&shared, 0o640);
    let file = CredentialFile::token(&shared);
    assert!(matches!(
        file.write(&token()),
        Err(CredentialError::OpenToOthers { .. })
    ));
    let file = file.readable_by_others(true);
    file.write(&token()).unwrap();
    assert_eq!(mode(&shared), 0o640);
}

/// Files that may take long to end.
#[cfg(unix)]
mod slow {
    use std::io::Write as _;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);
    /// Longer than anything here takes, on any machine.
    const LONG: Duration = Duration::from_secs(120);

    fn pipe(folder: &Folder) -> PathBuf {
        let path = folder.0.path().join("pipe");
        let made = Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        path
    }

    #[tokio::test]
    async fn a_pipe_is_read_when_its_writer_comes() {
        let folder = Folder::new();
        let path = pipe(&folder);
        let file = CredentialFile::token(&path).timeout(LONG);
        for pause in [Duration::ZERO, SHORT] {
            let path = path.clone();
            let writer = std::thread::spawn(move || {
                let mut pipe = fs::File::options().write(true).open(path).unwrap();
                for part in [&TOKEN[..5], &TOKEN[5..]] {
                    std::thread::sleep(pause);
                    pipe.write_all(part.as_bytes()).unwrap();
                }
            });
            assert_eq!(*file.credential().await.unwrap(), token());
            writer.join().unwrap();
        }
    }

    /// The executor has one thread, and continues.
    #[tokio::test]
    async fn a_pipe_that_gives_nothing_blocks_nobody() {
        let folder = Folder::new();
        let path = pipe(&folder);
        let file = CredentialFile::token(&path).timeout(LONG);
        for _ in 0..20 {
            let late = tokio::time::timeout(Duration::from_millis(5), file.credential()).await;
            assert!(late.is_err());
        }
        #[cfg(target_os = "linux")]
        until(|| threads_named("cf-auth-file") == 0).await;
        let silent = fs::File::options()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        let file = file.timeout(SHORT);
        let start = Instant::now();
        for error in [
            file.read().unwrap_err(),
            file.credential().await.unwrap_err(),
        ] {
            assert!(matches!(error, CredentialError::Unreadable { .. }));
            assert!(error.to_string().contains("within 0.1 s"), "{error}");
        }
        assert!(start.elapsed() < LONG);
        drop(silent);
    }

    #[tokio::test]
    async fn a_device_without_end_is_refused() {
        let file = CredentialFile::token("/dev/zero").readable_by_others(true);
        let error = file.credential().await.unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
    }

    #[cfg(target_os = "linux")]
    fn threads_named(name: &str) -> usize {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names =
            tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|found| found.trim() == name).count()
    }

    #[cfg(target_os = "linux")]
    async fn until(condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < LONG);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
