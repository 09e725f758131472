//! R2 beyond single calls: keys for its S3 API, and deleting many objects.
//!
//! R2 has two APIs. Cloudflare's own takes objects up to about 300 MB, and an API token; the
//! [S3 API](https://developers.cloudflare.com/r2/api/s3/) takes parts of uploads and presigned URLs, from any S3 client. Its
//! keys follow from an API token:
//!
//! ```no_run
//! use cf_client::Client;
//! use cf_client::s3::{Jurisdiction, REGION, S3Keys};
//! use cf_client::tokens::{NewToken, bucket};
//!
//! # async fn run() -> Result<(), cf_client::Error> {
//! let client = Client::from_env()?;
//! let account = client.only_account_id().await?;
//! let backups = bucket(account.clone(), "eu", "backups");
//! let token = NewToken::new("backups").allow(backups.permission("Workers R2 Storage Bucket Item").edit());
//! let created = client.account_tokens(account.clone()).create(token).await?;
//!
//! let keys = S3Keys::of_token(&account, &created.id, &created.credential)?.jurisdiction(Jurisdiction::Eu);
//! // What an S3 client wants to know, such as the crate `aws-sdk-s3` or `object_store`:
//! let (endpoint, region) = (keys.endpoint(), REGION);
//! let (key, secret) = (keys.access_key_id(), keys.secret_access_key().expose());
//!
//! // Objects in bulk need no S3:
//! let backups = client.r2_bucket(&account, "backups").jurisdiction(Jurisdiction::Eu);
//! backups.delete_objects(["2024/a.tar", "2024/b.tar"]).await?;
//! println!("{} objects deleted", backups.delete_below("2025/").await?);
//! # Ok(()) }
//! ```

mod bucket;
mod keys;

pub use bucket::Bucket;
pub use keys::{Jurisdiction, REGION, S3Keys};
