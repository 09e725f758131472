//! Commands that print a token.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Read as _;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cf_auth::{Credential, CredentialCommand, CredentialError, CredentialProvider as _};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

fn sh(script: &str) -> CredentialCommand {
    CredentialCommand::new("sh").args(["-c", script])
}

async fn problem(command: CredentialCommand) -> String {
    let error = command.credential().await.unwrap_err();
    assert!(
        matches!(error, CredentialError::Command { .. }),
        "{error:?}"
    );
    error.to_string()
}

#[tokio::test]
async fn its_output_is_the_token() {
    let credential = sh("echo cfut_abc").credential().await.unwrap();
    assert_eq!(*credential, Credential::api_token("cfut_abc").unwrap());
    let command = CredentialCommand::new("printf").args(["%s", "cfut_$HOME"]);
    let credential = command.credential().await.unwrap();
    assert_eq!(*credential, Credential::api_token("cfut_$HOME").unwrap());
}

#[tokio::test]
async fn it_has_no_input_to_wait_for() {
    assert!(sh("cat; echo cfut_abc").credential().await.is_ok());
}

#[tokio::test]
async fn its_failures_are_told_without_its_arguments() {
    let message = problem(sh("echo cfut_abc; exit 3 # hunter2")).await;
    assert!(
        message.contains("`sh`") && message.contains("exit status: 3"),
        "{message}"
    );
    assert!(
        !message.contains("hunter2") && !message.contains("cfut"),
        "{message}"
    );

    let message = problem(CredentialCommand::new("/nowhere/to/be/found")).await;
    assert!(message.contains("check that it is installed"), "{message}");
    let message = problem(sh("head -c 70000 /dev/zero")).await;
    assert!(message.contains("more than a token"), "{message}");
    let message = problem(sh(r"printf '\377'")).await;
    assert!(message.contains("other than text"), "{message}");
}

#[tokio::test]
async fn a_bad_value_is_refused_as_anywhere() {
    let error = sh("echo cfk_key").credential().await.unwrap_err();
    assert!(matches!(
        error,
        CredentialError::KeyWhereTokenBelongs { .. }
    ));
    assert!(error.to_string().contains("the output of `sh`"), "{error}");
    let error = sh("true").credential().await.unwrap_err();
    assert!(matches!(error, CredentialError::Empty { .. }));
    let error = sh("echo one; echo two").credential().await.unwrap_err();
    assert!(matches!(error, CredentialError::Whitespace { .. }));
}

#[tokio::test]
async fn one_that_hangs_is_ended() {
    let hour = "exec sleep 3600";
    for script in [hour.to_owned(), format!("exec >&-; {hour}")] {
        let start = Instant::now();
        let message = problem(sh(&script).timeout(Duration::from_millis(200))).await;
        assert!(message.contains("0.2 s"), "{message}");
        // Far from the hour that it would have slept.
        assert!(start.elapsed() < Duration::from_secs(600));
    }
}

#[tokio::test]
async fn a_refused_token_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let command = CredentialCommand::new("cat").args([&path]);
    std::fs::write(&path, "old").unwrap();
    let old = command.credential().await.unwrap();
    assert!(command.refresh(&old).await.unwrap().is_none());
    std::fs::write(&path, "new").unwrap();
    assert_eq!(
        *command.refresh(&old).await.unwrap().unwrap(),
        Credential::api_token("new").unwrap()
    );
}

/// A named pipe that a script and what it starts hold open: it ends when all of them have ended.
struct Held {
    folder: tempfile::TempDir,
}

impl Held {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut made = std::process::Command::new("mkfifo");
        made.arg(folder.path().join("held"));
        assert!(made.status().unwrap().success());
        Self { folder }
    }

    /// A script that holds the pipe in two processes, parent and child, and writes a byte once both are running.
    fn script(&self, last: &str) -> String {
        let path = self.folder.path().join("held");
        format!(
            "exec 3>'{}'; sleep 3600 2>/dev/null & printf x >&3; {last}",
            path.display()
        )
    }

    /// Reads the pipe: reports when the processes are running, and when they are gone.
    fn watch(&self) -> (oneshot::Receiver<()>, JoinHandle<()>) {
        let path = self.folder.path().join("held");
        let (begun, begins) = oneshot::channel();
        let gone = thread::spawn(move || {
            let mut pipe = std::fs::File::open(path).unwrap();
            pipe.read_exact(&mut [0]).unwrap();
            let _ = begun.send(());
            assert_eq!(pipe.read(&mut [0]).unwrap(), 0);
        });
        (begins, gone)
    }
}

#[tokio::test]
async fn what_it_started_ends_with_it() {
    let mut cases = JoinSet::new();
    for last in [
        "sleep 3600",
        "exec sleep 3600",
        "trap '' TERM INT HUP; sleep 3600; sleep 3600",
        "head -c 70000 /dev/zero",
    ] {
        cases.spawn(async move {
            let held = Held::new();
            let (begins, gone) = held.watch();
            let command = sh(&held.script(last)).timeout(Duration::from_secs(2));
            problem(command).await;
            begins.await.unwrap();
            gone.join().unwrap();
        });
    }
    cases.join_all().await;
}

#[tokio::test]
async fn it_ends_when_nobody_waits_for_it_any_more() {
    let held = Held::new();
    let (begins, gone) = held.watch();
    let command = sh(&held.script("sleep 3600"));
    tokio::select! {
        outcome = command.credential() => panic!("{outcome:?}"),
        begun = begins => begun.unwrap(),
    }
    gone.join().unwrap();
}

#[tokio::test]
async fn a_process_that_keeps_its_output_open_holds_nobody_up() {
    let start = Instant::now();
    let command = sh("sleep 30 2>/dev/null & echo cfut_abc");
    assert!(command.credential().await.is_ok());
    assert!(start.elapsed() < Duration::from_secs(29));
    // Late output is waited for, as a shell does.
    let command = sh("(sleep 0.1; echo cfut_abc) &");
    assert!(command.credential().await.is_ok());
}
