//! Replies and records, modelled on what the API sends, the same ones at each call.

use cf_types::dns::records::{
    ARecordParam, AaaaRecordParam, CaaRecordData, CaaRecordParam, CnameRecordParam, MxRecordParam,
    RecordParam, SrvRecordData, SrvRecordParam, TxtRecordParam,
};

use crate::models::{
    Account, Data, Envelope, Meta, NewRecord, Owner, Plan, Record, ResultInfo, Settings, Tenant,
    TenantUnit, Zone, ZoneMeta,
};

/// The zone of everything.
pub const ZONE_ID: &str = "023e105f4ecef8ad9ca31a8372d0c353";

const HOSTS: [&str; 8] = [
    "www", "api", "mail", "staging", "assets", "edge-7", "vpn", "status",
];

/// A name that no two records of one type share.
fn name(n: usize) -> String {
    format!("{}-{n}.eu-central.prod.example.com", HOSTS[n % HOSTS.len()])
}

/// Something that looks like an ID, and differs for each `n`.
fn id(n: usize) -> String {
    let spread = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:016x}{spread:016x}", spread.rotate_left(29) ^ 0x5bd1_e995)
}

fn date(n: usize) -> String {
    format!(
        "2024-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        1 + n % 12,
        1 + n % 28,
        n % 24,
        n % 60,
        (n * 7) % 60,
        (n * 104_729) % 1_000_000
    )
}

fn ipv4(n: usize) -> String {
    format!("203.0.{}.{}", n / 250 % 250, n % 250)
}

fn ipv6(n: usize) -> String {
    format!("2001:db8:{:x}:{:x}::{:x}", n / 4096, n % 4096, n % 251)
}

/// Every second text is a DKIM key, and each one has quotes that JSON escapes.
fn text(n: usize) -> String {
    if n.is_multiple_of(2) {
        let key: String = (0..12).map(|part| id(n * 12 + part)).collect();
        format!("\"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A{key}IDAQAB\"")
    } else {
        format!("\"site-verification={}\"", id(n + 11))
    }
}

fn caa() -> Data {
    Data {
        flags: Some(0),
        tag: Some("issue".to_owned()),
        value: Some("letsencrypt.org".to_owned()),
        ..Data::default()
    }
}

fn srv(n: usize) -> Data {
    Data {
        priority: Some(10),
        weight: Some(60),
        port: Some(5060),
        target: Some(name(n + 1)),
        ..Data::default()
    }
}

/// The type and the fields that depend on it: of a hundred, about 40 A, 12 AAAA, 20 CNAME, 12 TXT, 6 MX, 4 NS,
/// 3 CAA and 3 SRV.
struct Kind {
    name: &'static str,
    content: Option<String>,
    priority: Option<u16>,
    data: Option<Data>,
}

fn kind(n: usize) -> Kind {
    let of = |name, content: String| Kind {
        name,
        content: Some(content),
        priority: None,
        data: None,
    };
    match (n * 37) % 100 {
        0..40 => of("A", ipv4(n)),
        40..52 => of("AAAA", ipv6(n)),
        52..72 => of("CNAME", name(n + 3)),
        72..84 => of("TXT", text(n)),
        84..90 => Kind {
            priority: Some(10),
            ..of("MX", name(n + 5))
        },
        90..94 => of("NS", format!("ns{}.example.net", n % 4)),
        94..97 => Kind {
            data: Some(caa()),
            ..of("CAA", "0 issue \"letsencrypt.org\"".to_owned())
        },
        _ => Kind {
            priority: Some(10),
            data: Some(srv(n)),
            ..of("SRV", format!("60 5060 {}", name(n + 1)))
        },
    }
}

/// One record of a zone.
pub fn record(n: usize) -> Record {
    let kind = kind(n);
    let has_address = matches!(kind.name, "A" | "AAAA" | "CNAME");
    let has_comment = n % 5 < 2;
    let tags = match n % 6 {
        0 => vec!["owner:platform".to_owned(), "env:production".to_owned()],
        3 => vec!["owner:web".to_owned()],
        _ => Vec::new(),
    };
    Record {
        id: id(n),
        name: name(n),
        r#type: kind.name.to_owned(),
        content: kind.content,
        priority: kind.priority,
        data: kind.data,
        proxiable: has_address,
        proxied: has_address && n.is_multiple_of(2),
        ttl: if n.is_multiple_of(2) { 1 } else { 3600 },
        settings: Settings {
            flatten_cname: (kind.name == "CNAME").then_some(false),
            ..Settings::default()
        },
        // Records of older zones have more than is described.
        meta: match n % 4 {
            0 => Meta {
                auto_added: Some(false),
                managed_by_apps: Some(false),
                managed_by_argo_tunnel: Some(false),
                source: Some("primary".to_owned()),
            },
            _ => Meta::default(),
        },
        comment: has_comment
            .then(|| format!("Moved from the old provider, see ticket OPS-{n}. Ask the team that owns it before any change")),
        comment_modified_on: has_comment.then(|| date(n + 2)),
        tags_modified_on: (!tags.is_empty()).then(|| date(n + 3)),
        tags,
        created_on: date(n),
        modified_on: date(n + 1),
    }
}

/// The reply to a list of DNS records: page `page` (from 1) of a zone that has `total` of them.
pub fn records(page: usize, per_page: usize, total: usize) -> Vec<u8> {
    let first = (page - 1) * per_page;
    let result: Vec<_> = (first..total.min(first + per_page)).map(record).collect();
    let info = ResultInfo {
        page: page as u64,
        per_page: per_page as u64,
        count: result.len() as u64,
        total_count: total as u64,
        total_pages: total.div_ceil(per_page) as u64,
    };
    reply(result, Some(info))
}

/// The reply with one record.
pub fn one_record(n: usize) -> Vec<u8> {
    reply(record(n), None)
}

/// The reply with a zone.
pub fn zone() -> Vec<u8> {
    let servers = |domain: &str| {
        let servers = ["ada", "bob"].map(|host| format!("{host}.ns.{domain}"));
        Vec::from(servers)
    };
    let permissions = [
        "#dns_records:edit",
        "#dns_records:read",
        "#zone:edit",
        "#zone:read",
    ];
    let zone = Zone {
        id: ZONE_ID.to_owned(),
        name: "example.com".to_owned(),
        status: "active".to_owned(),
        paused: false,
        r#type: "full".to_owned(),
        development_mode: 0,
        name_servers: servers("cloudflare.com"),
        original_name_servers: Some(servers("example.net")),
        original_registrar: None,
        original_dnshost: None,
        modified_on: date(5),
        created_on: date(1),
        activated_on: Some(date(3)),
        meta: ZoneMeta {
            step: 2,
            custom_certificate_quota: 0,
            page_rule_quota: 3,
            phishing_detected: false,
        },
        owner: Owner {
            id: None,
            r#type: "user".to_owned(),
            email: None,
        },
        account: Account {
            id: "01a7362d577a6c3019a474fd6f485823".to_owned(),
            name: "Example Org".to_owned(),
        },
        tenant: Tenant {
            id: None,
            name: None,
        },
        tenant_unit: TenantUnit { id: None },
        permissions: permissions.map(str::to_owned).into(),
        plan: Plan {
            id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee".to_owned(),
            name: "Free Website".to_owned(),
            price: 0.0,
            currency: "USD".to_owned(),
            frequency: String::new(),
            is_subscribed: false,
            can_subscribe: false,
            legacy_id: "free".to_owned(),
            legacy_discount: false,
            externally_managed: false,
        },
    };
    reply(zone, None)
}

fn reply<T: serde::Serialize>(result: T, result_info: Option<ResultInfo>) -> Vec<u8> {
    let envelope = Envelope {
        result,
        success: true,
        errors: Vec::new(),
        messages: Vec::new(),
        result_info,
    };
    // It consists of text, numbers and lists: writing cannot fail.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

/// A record to create, as the hand-written struct.
pub fn new_record(n: usize) -> NewRecord {
    let kind = kind(n);
    // Those with data take their content from it.
    let content = kind.content.filter(|_| kind.data.is_none());
    NewRecord {
        name: name(n),
        ttl: 3600,
        r#type: kind.name,
        comment: n.is_multiple_of(3).then(|| format!("ticket OPS-{n}")),
        priority: kind.priority.filter(|_| content.is_some()),
        content,
        data: kind.data,
        proxied: Some(n.is_multiple_of(2)),
        tags: n.is_multiple_of(6).then(|| vec!["owner:web".to_owned()]),
    }
}

/// The same record, as this library has it.
pub fn record_param(n: usize) -> RecordParam {
    let record = new_record(n);
    let content = record.content.unwrap_or_default();
    let data = record.data.unwrap_or_default();
    macro_rules! with_rest {
        ($param:expr) => {{
            let mut param = $param.ttl(3600).proxied(n.is_multiple_of(2));
            param.comment = record.comment;
            param.tags = record.tags;
            param.into()
        }};
    }
    match record.r#type {
        "A" => with_rest!(ARecordParam::new(record.name, content)),
        "AAAA" => with_rest!(AaaaRecordParam::new(record.name, content)),
        "CNAME" => with_rest!(CnameRecordParam::new(record.name, content)),
        "MX" => with_rest!(MxRecordParam::new(record.name, content, 10)),
        "NS" => with_rest!(cf_types::dns::records::NsRecordParam::new(
            record.name,
            content
        )),
        "CAA" => {
            let caa = CaaRecordData::new()
                .flags(0)
                .tag(data.tag.unwrap_or_default())
                .value(data.value.unwrap_or_default());
            with_rest!(CaaRecordParam::new(record.name, caa))
        }
        "SRV" => {
            let srv = SrvRecordData::new()
                .priority(10)
                .weight(60)
                .port(5060)
                .target(data.target.unwrap_or_default());
            with_rest!(SrvRecordParam::new(record.name, srv))
        }
        _ => with_rest!(TxtRecordParam::new(record.name, content)),
    }
}
