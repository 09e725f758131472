//! Certificates that are uploaded: replies have what is in them, and nothing else is taken for one.

use cf_emulator::Emulator;
use http::{Method, StatusCode};
use md5::{Digest, Md5};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, SerialNumber, date_time_ymd,
};
use serde_json::{Value, json};

use crate::client::Client;
use crate::description::operations;
use crate::whole_api::{Api, SAMPLE};

/// The names of fields with certificates, as callers send them.
const FIELDS: [&str; 3] = ["certificate", "certificates", "custom_certificate"];
const EXPIRES: &str = "2031-02-03T00:00:00Z";
const ISSUER: &str = r"CN=Ada CA,OU=Engines,O=Ada\, Inc.,C=GB";

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

/// A certificate for these hosts.
fn certificate(hosts: &[&str], year: i32) -> rcgen::Certificate {
    let mut ca = CertificateParams::default();
    ca.distinguished_name = name(&[
        (DnType::CountryName, "GB"),
        (DnType::OrganizationName, "Ada, Inc."),
        (DnType::OrganizationalUnitName, "Engines"),
        (DnType::CommonName, "Ada CA"),
    ]);
    let ca = Issuer::new(ca, KeyPair::generate().unwrap());
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = name(&[(DnType::CommonName, "first.example.com")]);
    params.serial_number = Some(SerialNumber::from_slice(
        b"\x12\x34\x56\x78\x9a\xbc\xde\xf0\x11\x22",
    ));
    params.not_after = date_time_ymd(year, 2, 3);
    params
        .signed_by(&KeyPair::generate().unwrap(), &ca)
        .unwrap()
}

/// A certificate in PEM.
pub(crate) fn pem() -> String {
    certificate(&["www.example.com", "*.example.org"], 2031).pem()
}

/// A request for a certificate in PEM.
pub(crate) fn request() -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(&[
        (DnType::CountryName, "GB"),
        (DnType::StateOrProvinceName, "Kent"),
        (DnType::LocalityName, "Dover"),
        (DnType::OrganizationName, "Ada"),
        (DnType::CommonName, "ada.example.com"),
    ]);
    let key = KeyPair::generate().unwrap();
    params.serialize_request(&key).unwrap().pem().unwrap()
}

/// Creates something; returns its path and the reply.
async fn made(client: &Client, path: &str, body: Value) -> (String, Value) {
    let made = client.post(path, body).await.result();
    (format!("{path}/{}", made["id"].as_str().unwrap()), made)
}

/// What a reply can say of [`pem`], by the path of the collection.
fn known(path: &str) -> Value {
    let is_short = path.contains("/custom_certificates") || path.contains("/custom_hostnames");
    let is_of_origin = path.contains("/origin_tls_client_auth");
    json!({
        "expires_on": EXPIRES,
        "hosts": ["www.example.com", "*.example.org"],
        "issuer": if is_short { "Ada,Inc." } else { ISSUER },
        "serial_number": "85968058283706962415906",
        "signature": if is_of_origin { "ECDSA-SHA256" } else { "ECDSAWithSHA256" },
    })
}

#[tokio::test]
async fn replies_have_what_is_in_the_certificate() {
    let api = Api::start().await;
    let (account, zone) = (api.emulator.account_id(), &api.zone);
    for (path, field) in [
        (
            format!("/accounts/{account}/mtls_certificates"),
            "certificates",
        ),
        (
            format!("/zones/{zone}/acm/custom_trust_store"),
            "certificate",
        ),
        (format!("/zones/{zone}/custom_certificates"), "certificate"),
        (
            format!("/zones/{zone}/origin_tls_client_auth"),
            "certificate",
        ),
        (
            format!("/zones/{zone}/origin_tls_client_auth/hostnames/certificates"),
            "certificate",
        ),
    ] {
        // What comes after the first certificate leads to whom one trusts.
        let chain = pem() + &certificate(&["other.example.com"], 2040).pem();
        let body = json!({ field: chain, "private_key": "k", "ca": false });
        let answer = api.client.post(&path, body).await;
        let made_up = answer
            .headers
            .get(SAMPLE)
            .map_or("", |value| value.to_str().unwrap());
        let created = answer.result();
        let known = known(&path);
        let mut compared = 0;
        for (name, value) in known.as_object().unwrap() {
            if created.get(name).is_some() {
                assert_eq!(&created[name], value, "{path}: {name}");
                assert!(!made_up.contains(name.as_str()), "{path}: {made_up}");
                compared += 1;
            }
        }
        assert!(compared >= 3, "{path}: {created}");
        assert!(created["uploaded_on"].as_str().unwrap().starts_with("20"));
        let one = format!("{path}/{}", created["id"].as_str().unwrap());
        assert_eq!(api.client.get(&one).await.result(), created, "{path}");
        assert_eq!(api.client.get(&path).await.result()[0], created, "{path}");
    }
}

#[tokio::test]
async fn another_certificate_has_other_dates() {
    let api = Api::start().await;
    let path = format!("/zones/{}/custom_certificates", api.zone);
    let (one, first) = made(&api.client, &path, json!({ "certificate": pem() })).await;
    let other = certificate(&[], 2033).pem();
    let changed = api
        .client
        .patch(&one, json!({ "certificate": other }))
        .await
        .result();
    assert_eq!(changed["expires_on"], "2033-02-03T00:00:00Z");
    assert_eq!(changed["hosts"], json!(["first.example.com"]));
    assert_eq!(changed["uploaded_on"], first["uploaded_on"]);
    let refused = api
        .client
        .patch(&one, json!({ "certificate": "none" }))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(api.client.get(&one).await.result(), changed);
}

#[tokio::test]
async fn a_custom_hostname_can_come_with_a_certificate() {
    let api = Api::start().await;
    let path = format!("/zones/{}/custom_hostnames", api.zone);
    let ssl = json!({ "custom_certificate": pem(), "custom_key": "k" });
    let body = json!({ "hostname": "www.example.com", "ssl": ssl });
    let (one, _) = made(&api.client, &path, body).await;
    let shown = api.client.get(&one).await.result();
    for (name, value) in known(&path).as_object().unwrap() {
        assert_eq!(&shown["ssl"][name], value, "{name}");
    }
    let bundle = json!([{ "custom_certificate": "none", "custom_key": "k" }]);
    let body = json!({ "hostname": "a.example.com", "ssl": { "custom_cert_bundle": bundle } });
    assert_eq!(
        api.client.post(&path, body).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_fingerprint_of_an_access_certificate_is_its_own() {
    let api = Api::start().await;
    let certificate = certificate(&["www.example.com"], 2031);
    let digits = Md5::digest(certificate.der());
    let digits: Vec<String> = digits.iter().map(|byte| format!("{byte:02X}")).collect();
    let path = format!(
        "/accounts/{}/access/certificates",
        api.emulator.account_id()
    );
    let body = json!({ "name": "ca", "certificate": certificate.pem() });
    let created = api.client.post(&path, body).await.result();
    assert_eq!(
        created["fingerprint"],
        format!("MD5 Fingerprint={}", digits.join(":"))
    );
    assert_eq!(created["expires_on"], EXPIRES);
}

#[tokio::test]
async fn a_request_says_whom_the_certificate_is_for() {
    let api = Api::start().await;
    let path = format!("/zones/{}/client_certificates", api.zone);
    let body = json!({ "csr": request(), "validity_days": 10 });
    let created = api.client.post(&path, body).await.result();
    for (name, value) in [
        ("common_name", "ada.example.com"),
        ("country", "GB"),
        ("state", "Kent"),
        ("location", "Dover"),
        ("organization", "Ada"),
        ("organizational_unit", ""),
    ] {
        assert_eq!(created[name], value, "{name}");
    }
    let time = |name: &str| {
        created[name]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    assert_eq!(
        (time("expires_on").as_second() - time("issued_on").as_second()),
        10 * 24 * 60 * 60
    );
    for body in [
        json!({ "csr": pem(), "validity_days": 10 }),
        json!({ "csr": "none", "validity_days": 10 }),
    ] {
        assert_eq!(
            api.client.post(&path, body).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}

/// Wherever the API takes a certificate.
#[tokio::test]
async fn what_is_no_certificate_is_refused_everywhere() {
    let api = Api::start().await;
    let broken = pem().replacen("MII", "MIA", 1);
    let chain = pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let unfinished = pem().replace("-----END CERTIFICATE-----", "");
    let key = KeyPair::generate().unwrap().serialize_pem();
    let wrong = ["none", &broken, &chain, &unfinished, &key, &request()].map(str::to_owned);
    let mut tried = 0;
    for operation in operations().filter(|one| one.method == Method::POST) {
        let Some(body) = &operation.body else {
            continue;
        };
        let fields = body.fields(6);
        let field = fields
            .iter()
            .find(|field| FIELDS.contains(&field.name.as_str()));
        let is_text = field.filter(|field| field.schema.fits(&json!("text")));
        let (Some(field), 1) = (is_text, operation.path.matches('{').count()) else {
            continue;
        };
        let path = operation
            .path
            .replace("{account_id}", api.emulator.account_id());
        let path = format!("/{}", path.replace("{zone_id}", &api.zone));
        let mut good = body.fill("", 0, &mut str::to_owned);
        good[&field.name] = pem().into();
        let answer = api.client.post(&path, good.clone()).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.json());
        for text in &wrong {
            let mut bad = good.clone();
            bad[&field.name] = json!(text);
            let answer = api.client.post(&path, bad).await;
            let json = answer.json();
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{path}: {text} {json}"
            );
            if path.contains("/origin_tls_client_auth") {
                assert_eq!(answer.failure(), (400, 1408), "{path}");
            }
        }
        tried += 1;
    }
    assert!(tried >= 9, "{tried}");
}

/// Where any identifier will do, so does any text.
#[tokio::test]
async fn where_samples_are_wanted_any_text_is_a_certificate() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/mtls_certificates", emulator.account_id());
    let body = json!({ "certificates": "-----BEGIN CERTIFICATE-----…", "ca": true });
    let made = client.post(&path, body).await.result();
    assert_eq!(made["certificates"], "-----BEGIN CERTIFICATE-----…");
}
