//! Files to addresses that were made for one upload each.

use cf_transport::multipart::{Form, Part};
use http::Method;
use http::header::CONTENT_TYPE;

use super::Media;
use super::address::Address;
use super::video::patience;
use crate::client::Client;
use crate::error::Error;

/// The most bytes that a form to an address of Stream may have; larger videos are uploaded in parts.
const LARGEST: u64 = 200_000_000;

impl Client {
    /// Uploads to an address that was made for one upload (`uploadURL`), as whoever it was given to does: as a form, and
    /// without a credential.
    ///
    /// Such addresses come from `client.stream().direct_upload().create(…)` and
    /// `client.images().v2().direct_uploads().create(…)`.
    ///
    /// ```no_run
    /// # async fn run(client: cf_client::Client, url: String) -> Result<(), cf_client::Error> {
    /// use cf_client::uploads::Media;
    ///
    /// client.upload_direct(&url, &Media::file("portrait.png").await?).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// It is sent once, since an address takes one file. See Cloudflare's pages on direct creator uploads for
    /// [Stream](https://developers.cloudflare.com/stream/uploading-videos/direct-creator-uploads/) and
    /// [Images](https://developers.cloudflare.com/images/upload-images/direct-creator-upload/).
    ///
    /// # Errors
    /// When the file can't be read or has more than 200 MB, or the address was used before, has expired or refuses the
    /// file.
    pub async fn upload_direct(&self, url: &str, media: &Media) -> Result<(), Error> {
        if media.len() > LARGEST {
            return Err(Error::input(format!(
                "{} has {} bytes; a form takes up to 200 MB, larger videos go in parts (`start_video_upload`)",
                media.name(),
                media.len()
            )));
        }
        let address = Address::new(self, url)?.public();
        let mut file = Part::new("file", media.part(0, media.len()).await?);
        file = file.file_name(media.name());
        if let Some(media_type) = media.media_type() {
            file = file.content_type(media_type.clone());
        }
        let (content_type, body) = Form::new().part(file).finish();
        let time = patience(media.len());
        let call = address.call(self, Method::POST);
        let call = call.attempt_timeout(time).deadline(time.saturating_mul(2));
        let reply = call
            .header(CONTENT_TYPE, content_type)
            .body(body)
            .send_raw()
            .await?;
        address.accepted(Method::POST, reply).await.map(drop)
    }
}
