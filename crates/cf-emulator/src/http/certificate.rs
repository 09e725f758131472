//! Certificates, and requests for them, in PEM: what can be read from them.

use jiff::Timestamp;
use md5::{Digest, Md5};
use x509_parser::certificate::X509Certificate;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ECDSA_WITH_SHA512, OID_SIG_ED25519, OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME,
    OID_X509_LOCALITY_NAME, OID_X509_ORGANIZATION_NAME, OID_X509_ORGANIZATIONAL_UNIT,
    OID_X509_POSTAL_CODE, OID_X509_SERIALNUMBER, OID_X509_STATE_OR_PROVINCE_NAME,
    OID_X509_STREET_ADDRESS, Oid,
};
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// The first certificate of a chain.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) expires: Timestamp,
    /// The distinguished name as RFC 4514 writes it, the most specific part first.
    pub(crate) issuer: String,
    /// What people call the issuer: its organization or else its common name.
    pub(crate) issuer_name: String,
    /// In decimal digits.
    pub(crate) serial: String,
    pub(crate) signature: Option<Signature>,
    /// The names that it is for: those in the extension, or else the common name.
    pub(crate) hosts: Vec<String>,
    md5: [u8; 16],
}

/// An algorithm in the two spellings that the API has for it: that of CFSSL and that of Go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) cfssl: &'static str,
    pub(crate) go: &'static str,
}

#[rustfmt::skip]
const SIGNATURES: &[(Oid<'static>, &str, &str)] = &[
    (OID_PKCS1_SHA1WITHRSA, "SHA1WithRSA", "SHA1-RSA"),
    (OID_PKCS1_SHA256WITHRSA, "SHA256WithRSA", "SHA256-RSA"),
    (OID_PKCS1_SHA384WITHRSA, "SHA384WithRSA", "SHA384-RSA"),
    (OID_PKCS1_SHA512WITHRSA, "SHA512WithRSA", "SHA512-RSA"),
    (OID_SIG_ECDSA_WITH_SHA256, "ECDSAWithSHA256", "ECDSA-SHA256"),
    (OID_SIG_ECDSA_WITH_SHA384, "ECDSAWithSHA384", "ECDSA-SHA384"),
    (OID_SIG_ECDSA_WITH_SHA512, "ECDSAWithSHA512", "ECDSA-SHA512"),
    (OID_SIG_ED25519, "Ed25519", "Ed25519"),
];

/// The short names of attributes.
const ATTRIBUTES: &[(Oid<'static>, &str)] = &[
    (OID_X509_COMMON_NAME, "CN"),
    (OID_X509_SERIALNUMBER, "SERIALNUMBER"),
    (OID_X509_COUNTRY_NAME, "C"),
    (OID_X509_LOCALITY_NAME, "L"),
    (OID_X509_STATE_OR_PROVINCE_NAME, "ST"),
    (OID_X509_STREET_ADDRESS, "STREET"),
    (OID_X509_ORGANIZATION_NAME, "O"),
    (OID_X509_ORGANIZATIONAL_UNIT, "OU"),
    (OID_X509_POSTAL_CODE, "POSTALCODE"),
];

impl Certificate {
    /// `None` if the text has no certificate, or anything in it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let blocks = blocks(text, &["CERTIFICATE"])?;
        let mut all = Vec::new();
        for block in &blocks {
            all.push((block.parse_x509().ok()?, &block.contents));
        }
        let (certificate, der) = all.first()?;
        let issuer = certificate.issuer();
        let mut names = issuer.iter_organization().chain(issuer.iter_common_name());
        Some(Self {
            expires: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?,
            issuer: distinguished(issuer),
            issuer_name: names.next().map(text_of).unwrap_or_default(),
            serial: certificate.serial.to_string(),
            signature: signature(&certificate.signature_algorithm.algorithm),
            hosts: hosts(certificate),
            md5: Md5::digest(der).into(),
        })
    }

    /// The fingerprint as OpenSSL prints it.
    pub(crate) fn fingerprint(&self) -> String {
        let digits = self.md5.map(|byte| format!("{byte:02X}"));
        format!("MD5 Fingerprint={}", digits.join(":"))
    }
}

/// What a request for a certificate says about its subject.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) common_name: String,
    pub(crate) country: String,
    pub(crate) locality: String,
    pub(crate) organization: String,
    pub(crate) organizational_unit: String,
    pub(crate) state: String,
}

impl Subject {
    /// `None` if the text has no request.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
        let blocks = blocks(text, &labels)?;
        let der = &blocks.first()?.contents;
        let (_, request) = X509CertificationRequest::from_der(der).ok()?;
        let subject = &request.certification_request_info.subject;
        let part = |oid: &Oid<'static>| {
            let mut parts = subject.iter_by_oid(oid);
            parts.next().map(text_of).unwrap_or_default()
        };
        Some(Self {
            common_name: part(&OID_X509_COMMON_NAME),
            country: part(&OID_X509_COUNTRY_NAME),
            locality: part(&OID_X509_LOCALITY_NAME),
            organization: part(&OID_X509_ORGANIZATION_NAME),
            organizational_unit: part(&OID_X509_ORGANIZATIONAL_UNIT),
            state: part(&OID_X509_STATE_OR_PROVINCE_NAME),
        })
    }
}

/// The parts of a text in PEM with one of these labels; `None` if any part cannot be read.
fn blocks(text: &str, labels: &[&str]) -> Option<Vec<Pem>> {
    let all: Result<Vec<Pem>, _> = Pem::iter_from_buffer(text.as_bytes()).collect();
    let mut all = all.ok()?;
    all.retain(|block| labels.contains(&block.label.as_str()));
    Some(all)
}

fn signature(algorithm: &Oid<'_>) -> Option<Signature> {
    let mut all = SIGNATURES.iter();
    let (_, cfssl, go) = all.find(|(oid, ..)| oid == algorithm)?;
    Some(Signature { cfssl, go })
}

fn hosts(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension
        .iter()
        .flat_map(|extension| &extension.value.general_names);
    let mut hosts: Vec<String> = names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect();
    if hosts.is_empty() {
        hosts.extend(certificate.subject().iter_common_name().next().map(text_of));
    }
    hosts
}

fn text_of(attribute: &AttributeTypeAndValue<'_>) -> String {
    String::from_utf8_lossy(attribute.as_slice()).into_owned()
}

/// A name as RFC 4514 writes it.
fn distinguished(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|part| {
            let attributes = part.iter().map(|attribute| {
                let oid = attribute.attr_type();
                let known = ATTRIBUTES.iter().find(|(known, _)| known == oid);
                let kind = known.map_or_else(|| oid.to_id_string(), |(_, kind)| (*kind).to_owned());
                format!("{kind}={}", escaped(&text_of(attribute)))
            });
            attributes.collect::<Vec<_>>().join("+")
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(value.len());
    for (at, letter) in value.chars().enumerate() {
        let special = match letter {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => true,
            '#' => at == 0,
            ' ' => at == 0 || at == last,
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
