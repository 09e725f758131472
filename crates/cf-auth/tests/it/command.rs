//! Commands that print a token.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use cf_auth::{Credential, CredentialCommand, CredentialError, CredentialProvider as _};

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
        // Far from the hour it would have slept.
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
