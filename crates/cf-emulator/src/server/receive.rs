//! The body of a request: small ones at once, objects piece by piece into the
//! place where they stay.

use std::error::Error;
use std::pin::pin;

use bytes::{Buf as _, Bytes};
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;
use md5::{Digest, Md5};

use super::{Cut, Shared, lock};
use crate::auth;
use crate::error::ApiError;
use crate::request::Request;
use crate::snapshot::hex;
use crate::store::file::{File, Writer};

/// The largest object that R2 takes at once: 5 GiB less 5 MiB.
const LARGEST_OBJECT: u64 = (5 << 30) - (5 << 20);

/// A file that a request brought.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) file: File,
    pub(crate) md5: String,
}

/// Reads the body into `request`. What comes back is why it was not taken.
pub(super) async fn body<B>(
    shared: &Shared,
    request: &mut Request,
    body: B,
) -> Result<Option<ApiError>, Cut>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let streams = match shared.router.streams(&request.method, &request.path) {
        // Nobody fills the disk without a right to.
        Some((permission, params)) => {
            let store = lock(&shared.store);
            match auth::authorize(request, &store, permission, &params, shared.any_id) {
                Ok(_) => true,
                Err(refusal) => return Ok(Some(refusal)),
            }
        }
        None => false,
    };
    if streams {
        return match upload(shared, body).await? {
            Ok(upload) => {
                request.upload = Some(upload);
                Ok(None)
            }
            Err(refusal) => Ok(Some(refusal)),
        };
    }
    match Limited::new(body, shared.body_limit).collect().await {
        Ok(body) => {
            request.body = body.to_bytes();
            Ok(None)
        }
        Err(error) if error.is::<LengthLimitError>() => Ok(Some(too_large())),
        // Nobody is left to answer.
        Err(_) => Err(Cut::Gone),
    }
}

async fn upload<B: Body>(shared: &Shared, body: B) -> Result<Result<Upload, ApiError>, Cut> {
    let mut body = pin!(body);
    let mut writer = Writer::new(shared.folder.as_ref())?;
    let (mut size, mut md5) = (0, Md5::new());
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| Cut::Gone)?.into_data() else {
            continue;
        };
        size += data.remaining() as u64;
        if size > LARGEST_OBJECT {
            return Ok(Err(too_large()));
        }
        let data: Bytes = data.copy_to_bytes(data.remaining());
        md5.update(&data);
        writer = match writer {
            Writer::Memory { .. } => {
                writer.push(&data)?;
                writer
            }
            // A disk that is slow must not hold up other requests.
            Writer::Disk { .. } => tokio::task::spawn_blocking(move || {
                writer.push(&data)?;
                std::io::Result::Ok(writer)
            })
            .await
            .map_err(std::io::Error::other)??,
        };
    }
    Ok(Ok(Upload {
        file: writer.finish(),
        md5: hex(&md5.finalize()),
    }))
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        10413,
        "Request body is too large",
    )
}
