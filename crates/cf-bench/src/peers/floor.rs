//! The floor: hyper's client and serde_json, called by hand, with nothing that could be left out.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use super::{Held, Peer, Pieces, TOKEN};
use crate::models::{self, Envelope, Record};
use crate::{Failure, fixtures};

/// hyper's pooling client and serde_json, as one writes it by hand for one task. A reply with
/// another status, or without a required field, is an error, and that is all.
#[derive(Clone)]
pub struct Floor {
    base: String,
    token: HeaderValue,
    reads_all: bool,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uploads: Client<HttpsConnector<HttpConnector>, Pieces>,
}

/// The fields that are used.
#[derive(Deserialize)]
struct Zone {
    id: String,
    name: String,
    status: String,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Reply<T> {
    result: T,
}

impl Floor {
    /// Reads every field of a zone and of a record, as this library does, and not only those that are used.
    #[must_use]
    pub fn reading_all(mut self) -> Self {
        self.reads_all = true;
        self
    }

    fn request<B>(&self, method: Method, uri: String, body: B) -> http::Result<Request<B>> {
        Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, self.token.clone())
            .header(USER_AGENT, HeaderValue::from_static("floor"))
            .body(body)
    }

    async fn fetch(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
        let body = successful(self.client.request(request).await?)?;
        Ok(body.collect().await?.to_bytes())
    }
}

fn successful(reply: http::Response<Incoming>) -> Result<Incoming, Failure> {
    if !reply.status().is_success() {
        return Err(reply.status().to_string().into());
    }
    Ok(reply.into_body())
}

impl Peer for Floor {
    fn new(base: &str) -> Result<Self, Failure> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let mut token = HeaderValue::from_str(&format!("Bearer {TOKEN}"))?;
        token.set_sensitive(true);
        Ok(Floor {
            base: base.to_owned(),
            token,
            reads_all: false,
            client: Client::builder(TokioExecutor::new()).build(connector.clone()),
            uploads: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    async fn get_zone(&self) -> Result<(), Failure> {
        let uri = format!("{}/zones/{}", self.base, fixtures::ZONE_ID);
        let request = self.request(Method::GET, uri, Full::default())?;
        let reply = self.fetch(request).await?;
        if self.reads_all {
            let zone: Envelope<models::Zone> = serde_json::from_slice(&reply)?;
            std::hint::black_box(&zone.result);
            return Ok(());
        }
        let zone: Reply<Zone> = serde_json::from_slice(&reply)?;
        let Zone { id, name, status } = &zone.result;
        std::hint::black_box((id, name, status));
        Ok(())
    }

    async fn create_record(&self, n: usize) -> Result<(), Failure> {
        let body = serde_json::to_vec(&fixtures::new_record(n))?;
        let uri = format!("{}/zones/{}/dns_records", self.base, fixtures::ZONE_ID);
        let mut request = self.request(Method::POST, uri, Full::from(body))?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        let reply = self.fetch(request).await?;
        if self.reads_all {
            let record: Envelope<Record> = serde_json::from_slice(&reply)?;
            std::hint::black_box(&record.result);
            return Ok(());
        }
        let created: Reply<Created> = serde_json::from_slice(&reply)?;
        std::hint::black_box(&created.result.id);
        Ok(())
    }

    async fn list(&self, _: usize) -> Result<usize, Failure> {
        let mut count = 0;
        let mut pages = 1;
        let mut page = 1;
        while page <= pages {
            let (base, zone) = (&self.base, fixtures::ZONE_ID);
            let uri = format!("{base}/zones/{zone}/dns_records?page={page}&per_page=100");
            let request = self.request(Method::GET, uri, Full::default())?;
            let reply = self.fetch(request).await?;
            let list: Envelope<Vec<Record>> = serde_json::from_slice(&reply)?;
            for record in list.result {
                count += usize::from(!std::hint::black_box(&record).id.is_empty());
            }
            pages = list.result_info.map_or(1, |info| info.total_pages);
            page += 1;
        }
        Ok(count)
    }

    async fn hold(&self) -> Result<Held, Failure> {
        let uri = format!("{}/held", self.base);
        let request = self.request(Method::GET, uri, Full::default())?;
        Ok(Box::new(successful(self.client.request(request).await?)?))
    }

    async fn upload(&self, bytes: usize) -> Result<(), Failure> {
        let request = self.request(Method::PUT, format!("{}/up", self.base), Pieces::new(bytes))?;
        let body = successful(self.uploads.request(request).await?)?;
        let reply = body.collect().await?.to_bytes();
        serde_json::from_slice::<Reply<()>>(&reply)?;
        Ok(())
    }

    async fn download(&self, bytes: usize) -> Result<usize, Failure> {
        let uri = format!("{}/down/{bytes}", self.base);
        let request = self.request(Method::GET, uri, Full::default())?;
        let mut body = successful(self.client.request(request).await?)?;
        let mut count = 0;
        while let Some(frame) = body.frame().await {
            count += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(count)
    }
}
