//! Migrations of Durable Objects: which of them a Worker still lacks.

use cf_types::AccountId;
use cf_types::shared::{MigrationStep, MultipleStepMigrations};

use crate::client::Client;
use crate::error::Error;

/// What the API says where there is no such Worker.
const UNKNOWN_WORKER: [i64; 3] = [10007, 10090, 10092];

/// Those of `all` that come after the Worker's last one; `None` if there are none.
pub(super) async fn pending(
    client: &Client,
    account: &AccountId,
    script: &str,
    all: Vec<(String, MigrationStep)>,
) -> Result<Option<MultipleStepMigrations>, Error> {
    let Some((newest, _)) = all.last() else {
        return Ok(None);
    };
    let newest = newest.clone();
    let service = client.workers().services().get(account, script).await;
    let current = match service {
        Ok(service) => service.default_environment.script.migration_tag,
        Err(error) if UNKNOWN_WORKER.iter().any(|code| error.has_code(*code)) => None,
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error),
    };
    let current = current.filter(|tag| !tag.is_empty());
    let mut migrations = MultipleStepMigrations::new().new_tag(newest.clone());
    let mut steps = all.into_iter();
    if let Some(current) = current {
        // Everything up to the current one has been done.
        if !steps.any(|(tag, _)| tag == current) {
            return Err(Error::input(format!(
                "the Worker {script} has the migration tag {current:?}, which is not among the migrations; \
                 keep all that were ever deployed, and add new ones at the end"
            )));
        }
        if current == newest {
            return Ok(None);
        }
        migrations = migrations.old_tag(current);
    }
    Ok(Some(migrations.steps(steps.map(|(_, step)| step))))
}

/// Tags tell migrations apart, and so must differ.
pub(super) fn check(migrations: &[(String, MigrationStep)]) -> Result<(), Error> {
    for (index, (tag, _)) in migrations.iter().enumerate() {
        let earlier = migrations.iter().take(index);
        if tag.is_empty() || earlier.into_iter().any(|(other, _)| other == tag) {
            return Err(Error::input(format!(
                "the tag {tag:?} of a migration is empty or used twice"
            )));
        }
    }
    Ok(())
}
