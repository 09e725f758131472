//! Finding records.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::{Client, with_paid_zone};

async fn with_records() -> (Emulator, Client, String) {
    let (emulator, client, zone) = with_paid_zone().await;
    let zone_id = zone.trim_start_matches("/zones/");
    for record in [
        json!({ "type": "A", "name": "www", "content": "192.0.2.1", "proxied": true, "comment": "Front" }),
        json!({ "type": "A", "name": "api", "content": "192.0.2.2", "tags": ["team:web", "old"] }),
        json!({ "type": "AAAA", "name": "www", "content": "2001:db8::1", "tags": ["team:core"] }),
        json!({ "type": "TXT", "name": "@", "content": "\"v=spf1 -all\"", "comment": "mail, front" }),
        json!({ "type": "MX", "name": "@", "content": "mail.example.com", "priority": 5 }),
    ] {
        emulator.add_record(zone_id, record).unwrap();
    }
    (emulator, client, format!("{zone}/dns_records"))
}

fn contents(page: &Value) -> Vec<&str> {
    page["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["content"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn filters_select() {
    let (_emulator, client, records) = with_records().await;
    let (www4, www6) = ("192.0.2.1", "2001:db8::1");
    let (api, spf, mail) = ("192.0.2.2", "\"v=spf1 -all\"", "mail.example.com");
    for (query, expected) in [
        ("", &[www4, api, www6, mail, spf][..]),
        ("name=www.example.com", &[www4, www6]),
        ("name.exact=WWW.example.com", &[www4, www6]),
        ("name.contains=pi.ex", &[api]),
        ("name.startswith=ww", &[www4, www6]),
        ("name.endswith=example.com", &[www4, api, www6, mail, spf]),
        ("content=192.0.2.2", &[api]),
        ("content.exact=v%3Dspf1+-all", &[spf]),
        ("content.contains=0.2", &[www4, api]),
        ("content.startswith=2001", &[www6]),
        ("content.endswith=.com", &[mail]),
        ("comment.present=", &[www4, spf]),
        ("comment.absent", &[api, www6, mail]),
        ("comment=front", &[www4]),
        ("comment.contains=FRONT", &[www4, spf]),
        ("comment.startswith=mail", &[spf]),
        ("comment.endswith=nt", &[www4, spf]),
        ("type=AAAA", &[www6]),
        ("proxied=true", &[www4]),
        ("proxied=false&type=A", &[api]),
        ("tag=team:web", &[api]),
        ("tag.present=team", &[api, www6]),
        ("tag.absent=team", &[www4, mail, spf]),
        ("tag.contains=team:or", &[www6]),
        ("tag.startswith=team:w", &[api]),
        ("tag.endswith=team:e", &[www6]),
        ("tag=team:web&tag=team:core", &[]),
        ("tag=team:web&tag=team:core&tag_match=any", &[api, www6]),
        ("search=mail", &[mail, spf]),
        ("search=TEAM", &[api, www6]),
        ("type=MX&proxied=true", &[]),
        ("type=MX&proxied=true&match=any", &[www4, mail]),
        ("name=nobody.example.com", &[]),
        ("unknown_parameter=1", &[www4, api, www6, mail, spf]),
    ] {
        let answer = client.get(&format!("{records}?{query}")).await;
        answer.result();
        assert_eq!(contents(&answer.json()), expected, "{query}");
    }
    for query in [
        "type=NONE",
        "proxied=maybe",
        "match=some",
        "tag_match=x",
        "name.like=a",
    ] {
        let answer = client.get(&format!("{records}?{query}")).await;
        assert_eq!(answer.failure(), (400, 1003), "{query}");
    }
}

#[tokio::test]
async fn lists_are_ordered_and_paged() {
    let (_emulator, client, records) = with_records().await;
    let list = async |query: &str| client.get(&format!("{records}?{query}")).await.json();
    let sorted = list("order=content").await;
    assert_eq!(contents(&sorted)[0], "\"v=spf1 -all\"");
    let mut reversed = contents(&sorted);
    reversed.reverse();
    assert_eq!(
        contents(&list("order=content&direction=desc").await),
        reversed
    );
    assert_eq!(list("order=ttl&direction=asc").await["success"], true);
    assert_eq!(list("order=colour").await["errors"][0]["code"], 1003);
    assert_eq!(list("direction=up").await["errors"][0]["code"], 1003);

    let mut seen = Vec::new();
    for page in 1..=3 {
        let part = list(&format!("order=content&per_page=2&page={page}")).await;
        let count = part["result"].as_array().unwrap().len();
        assert_eq!(
            part["result_info"],
            json!({ "page": page, "per_page": 2, "count": count, "total_count": 5, "total_pages": 3 })
        );
        seen.extend(contents(&part).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, contents(&sorted));
    let beyond = list("per_page=2&page=4").await;
    assert_eq!(
        (&beyond["result"], &beyond["result_info"]["count"]),
        (&json!([]), &json!(0))
    );
    let standard = list("").await;
    assert_eq!(standard["result_info"]["per_page"], 100);
    assert_eq!(
        list("per_page=99999999999").await["result_info"]["per_page"],
        5_000_000
    );
    for query in [
        "page=0",
        "page=-1",
        "page=one",
        "per_page=0",
        "per_page=1.5",
    ] {
        assert_eq!(list(query).await["errors"][0]["code"], 1003, "{query}");
    }
}
