//! Uploads of media: videos in parts that survive cut connections and restarts, and files to addresses that were made
//! for one upload.
//!
//! ```no_run
//! use cf_client::Client;
//! use cf_client::uploads::{Media, NewVideo};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from_env()?;
//! let account = client.only_account_id().await?;
//!
//! let film = Media::file("film.mp4").await?;
//! let video = NewVideo::new().name("Holidays").require_signed_urls(true);
//! let upload = client.start_video_upload(&account, video, film.len()).await?;
//! std::fs::write("film.upload", upload.save())?;
//!
//! let upload = upload.on_progress(|sent, total| println!("{sent} of {total} bytes"));
//! upload.send(&film).await?;
//! println!("the video is {}", upload.video_id());
//!
//! // In another process, after a crash:
//! let upload = client.resume_video_upload(&std::fs::read_to_string("film.upload")?)?;
//! upload.send(&film).await?; // continues where it stopped
//! # Ok(()) }
//! ```

mod address;
mod direct;
mod media;
mod new_video;
mod video;

pub use media::Media;
pub use new_video::NewVideo;
pub use video::VideoUpload;
