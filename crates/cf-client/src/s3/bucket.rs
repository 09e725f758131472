//! Many objects at once.

use cf_types::AccountId;

use super::Jurisdiction;
use crate::client::Client;
use crate::error::Error;

/// The most objects of one request, and of one page of a list.
const MOST: usize = 1000;

/// The objects of a bucket of R2, many at once: what [`Client::r2_bucket`](crate::Client::r2_bucket) returns.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    account: AccountId,
    name: String,
    jurisdiction: Jurisdiction,
}

impl Client {
    /// A bucket of R2, to delete many of its objects. The token needs the permission "Workers R2 Storage Write".
    pub fn r2_bucket(&self, account: impl Into<AccountId>, name: impl Into<String>) -> Bucket {
        Bucket {
            client: self.clone(),
            account: account.into(),
            name: name.into(),
            jurisdiction: Jurisdiction::Default,
        }
    }
}

impl Bucket {
    /// Says which jurisdiction the bucket is in.
    #[must_use]
    pub fn jurisdiction(mut self, jurisdiction: Jurisdiction) -> Self {
        self.jurisdiction = jurisdiction;
        self
    }

    /// Deletes objects by their keys, however many, with one request for each thousand. An object that does not exist
    /// counts as deleted.
    ///
    /// # Errors
    /// As any call; those of earlier requests are gone then.
    pub async fn delete_objects(
        &self,
        keys: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), Error> {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        // In a URL they would mean another path; in a list they mean themselves, but an empty one means nothing.
        if keys.iter().any(String::is_empty) {
            return Err(Error::input("the key of an object to delete is empty"));
        }
        for keys in keys.chunks(MOST) {
            let objects = self.client.r2().buckets().objects();
            let mut call = objects.bulk_delete(&self.account, &self.name, keys);
            if let Some(jurisdiction) = self.jurisdiction.name() {
                call = call.cf_r2_jurisdiction(jurisdiction);
            }
            call.await?;
        }
        Ok(())
    }

    /// Deletes all objects whose keys begin with `prefix`: how many. It takes two requests for each thousand, within the
    /// client's rate limit. What is stored meanwhile may be deleted, too.
    ///
    /// # Errors
    /// When the prefix is empty (see [`empty`](Self::empty)), objects come back, or as any call; what was deleted before
    /// is gone then, and the next call continues.
    pub async fn delete_below(&self, prefix: &str) -> Result<u64, Error> {
        match prefix.is_empty() {
            true => Err(Error::input(
                "an empty prefix means all objects; if that is what you want, call `empty`",
            )),
            false => self.delete_all(prefix).await,
        }
    }

    /// Deletes all objects of the bucket, as [`delete_below`](Self::delete_below) does: how many. The bucket itself can
    /// be deleted then.
    ///
    /// # Errors
    /// As `delete_below`.
    pub async fn empty(&self) -> Result<u64, Error> {
        self.delete_all("").await
    }

    async fn delete_all(&self, prefix: &str) -> Result<u64, Error> {
        let (mut deleted, mut before) = (0, Vec::new());
        loop {
            let objects = self.client.r2().buckets().objects();
            let mut list = objects
                .list(&self.account, &self.name)
                .per_page(MOST as i64);
            if !prefix.is_empty() {
                list = list.prefix(prefix);
            }
            if let Some(jurisdiction) = self.jurisdiction.name() {
                list = list.cf_r2_jurisdiction(jurisdiction);
            }
            let page = list.await?;
            let keys = page.iter().filter_map(|object| object.key.clone());
            // A server that ignores the prefix must not cost other objects.
            let keys: Vec<String> = keys.filter(|key| key.starts_with(prefix)).collect();
            if keys.is_empty() {
                return Ok(deleted);
            }
            if keys == before {
                return Err(Error::input(format!(
                    "objects of the bucket {} are still there after they were deleted, such as {:?}",
                    self.name, keys[0]
                )));
            }
            self.delete_objects(keys.iter().cloned()).await?;
            deleted += keys.len() as u64;
            before = keys;
        }
    }
}
