//! Export and import of zone files.

use http::Method;
use serde_json::json;

use crate::client::{Answer, Client, form, with_zone};

const FILE: &str = r#"$TTL 1h
$ORIGIN example.com.
@       IN SOA ns1.example.com. admin.example.com. (
            2026010101 ; serial
            7200 3600 1209600 3600 )
@       IN NS  ns1.elsewhere.net.     ; the zone has its own
www     300 IN A 192.0.2.1            ; cf_tags=cf-proxied:true
        IN AAAA 2001:db8::1
alias   IN 2h CNAME www
@       MX 10 mail
txt     TXT "one; two" "three"
_sip._tcp SRV 1 2 5060 sip.example.org.
@       CAA 0 issue "letsencrypt.org"
"#;

async fn import(client: &Client, zone: &str, file: &str, proxied: Option<&str>) -> Answer {
    let head = "name=\"file\"; filename=\"zone.txt\"\r\nContent-Type: text/plain";
    let mut parts = vec![(head, file.as_bytes())];
    parts.extend(proxied.map(|proxied| ("name=\"proxied\"", proxied.as_bytes())));
    let path = format!("{zone}/dns_records/import");
    client.send_form(Method::POST, &path, form(&parts)).await
}

#[tokio::test]
async fn a_file_becomes_records() {
    let (_emulator, client, zone) = with_zone().await;
    let result = import(&client, &zone, FILE, None).await.result();
    assert_eq!(
        result,
        json!({ "recs_added": 7, "total_records_parsed": 8 })
    );
    let all = client
        .get(&format!("{zone}/dns_records?order=type"))
        .await
        .result();
    let shown: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let field = |name: &str| r[name].as_str().unwrap().to_owned();
            (
                field("type"),
                field("name"),
                field("content"),
                r["ttl"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("A", "www.example.com", "192.0.2.1", 1),
        ("AAAA", "www.example.com", "2001:db8::1", 3600),
        ("CAA", "example.com", "0 issue \"letsencrypt.org\"", 3600),
        ("CNAME", "alias.example.com", "www.example.com", 7200),
        ("MX", "example.com", "mail.example.com", 3600),
        (
            "SRV",
            "_sip._tcp.example.com",
            "2 5060 sip.example.org",
            3600,
        ),
        ("TXT", "txt.example.com", "\"one; two\" \"three\"", 3600),
    ];
    let shown: Vec<_> = shown
        .iter()
        .map(|(t, n, c, ttl)| (t.as_str(), n.as_str(), c.as_str(), *ttl))
        .collect();
    assert_eq!(shown, expected);
    assert_eq!(all[0]["proxied"], true);
    assert_eq!(
        (&all[4]["priority"], &all[5]["priority"]),
        (&json!(10), &json!(1))
    );

    // The second time there is nothing new.
    assert_eq!(
        import(&client, &zone, FILE, None).await.result()["recs_added"],
        0
    );
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let (emulator, client, zone) = with_zone().await;
    import(&client, &zone, FILE, Some("true")).await.result();
    let zone_id = zone.trim_start_matches("/zones/");
    let txt = json!({ "type": "TXT", "name": "bare", "content": "say \"hi\"", "comment": "a\nb" });
    emulator.add_record(zone_id, txt).unwrap();
    let exported = client.get(&format!("{zone}/dns_records/export")).await;
    assert!(
        exported.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let file = String::from_utf8(exported.body.to_vec()).unwrap();
    for line in [
        "www.example.com.\t1\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:true\n",
        "alias.example.com.\t1\tIN\tCNAME\twww.example.com. ; cf_tags=cf-proxied:true\n",
        "example.com.\t3600\tIN\tMX\t10 mail.example.com.\n",
        "_sip._tcp.example.com.\t3600\tIN\tSRV\t1 2 5060 sip.example.org.\n",
        "bare.example.com.\t1\tIN\tTXT\t\"say \\\"hi\\\"\" ; a b\n",
    ] {
        assert!(file.contains(line), "{line} in {file}");
    }

    let (_other, client, zone) = with_zone().await;
    let result = import(&client, &zone, &file, None).await.result();
    assert_eq!(result["recs_added"], 8, "{file}");
    let again = client.get(&format!("{zone}/dns_records/export")).await.body;
    let records = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|l| l.contains("\tIN\t") && !l.contains("\tSOA\t"));
        lines.map(|line| line.replace(" ; a b", "")).collect()
    };
    assert_eq!(
        records(std::str::from_utf8(&again).unwrap()),
        records(&file)
    );
}

#[tokio::test]
async fn the_zone_keeps_its_own_name_servers_however_they_are_spelled() {
    let (_emulator, client, zone) = with_zone().await;
    let file = "$ORIGIN Example.COM.\n@ NS ns1.elsewhere.net.\nsub NS ns2.elsewhere.net.\n";
    import(&client, &zone, file, None).await.result();
    let records = client.get(&format!("{zone}/dns_records")).await.result();
    assert_eq!(records.as_array().unwrap().len(), 1);
    assert_eq!(records[0]["name"], "sub.example.com");
}

/// Types whose data consists of names, texts and numbers.
const DATA: &str = r#"a LOC 52 22 23.000 N 4 53 32.000 E -2.004m 0.00m 10000m
b NAPTR 100 10 "S" "SIP+D2U" "!^.*$!sip:info@example.com!" _sip._udp
c HTTPS 1 . alpn="h3,h2" ech="a b"
d SVCB 16 svc.example.net. port=53
"#;

#[tokio::test]
async fn records_with_data_stay_the_same_on_the_way_through_a_file() {
    let (emulator, client, zone) = with_zone().await;
    import(&client, &zone, DATA, None).await.result();
    let records = async || {
        let path = format!("{zone}/dns_records?order=name");
        let mut records = client.get(&path).await.result();
        let shown = records.as_array_mut().unwrap().iter_mut();
        let shown = shown.map(|record| (record["content"].take(), record["data"].take()));
        shown.collect::<Vec<_>>()
    };
    let before = records().await;
    assert_eq!(before[2].0, r#"1 . alpn="h3,h2" ech="a b""#);
    let exported = client.get(&format!("{zone}/dns_records/export")).await;
    let file = String::from_utf8(exported.body.to_vec()).unwrap();
    assert!(file.contains("_sip._udp.example.com.\n"), "{file}");
    assert!(file.contains("\t16 svc.example.net. port=53\n"), "{file}");
    emulator.reset();
    let zone_name = json!({ "name": "example.com" });
    let again = client.post("/zones", zone_name).await.result();
    let zone = format!("/zones/{}", again["id"].as_str().unwrap());
    import(&client, &zone, &file, None).await.result();
    let path = format!("{zone}/dns_records?order=name");
    let after = client.get(&path).await.result();
    let after = after.as_array().unwrap().iter();
    let after: Vec<_> = after
        .map(|r| (r["content"].clone(), r["data"].clone()))
        .collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_file_with_a_fault_adds_nothing() {
    let (_emulator, client, zone) = with_zone().await;
    for (file, code, hint) in [
        ("a A 192.0.2.1\nb A nonsense\n", 9005, "IPv4"),
        ("a A 192.0.2.1\nb WHAT 1\n", 9101, "line 2"),
        ("a A 192.0.2.1\nb TXT \"open\n", 9101, "quote"),
        ("a A 192.0.2.1\nb TXT ( one\n", 9101, "line 2"),
        ("a A 192.0.2.1\n$INCLUDE other\n", 9101, "directive"),
        ("a A 192.0.2.1\nb 300 IN\n", 9101, "without a type"),
        ("a A 192.0.2.1\nb MX mail\n", 9101, "data"),
        ("a A 192.0.2.1\na CNAME b\n", 81053, "host"),
    ] {
        let answer = import(&client, &zone, file, None).await;
        assert_eq!(answer.failure(), (400, code), "{file}");
        let message = answer.json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(message.contains(hint), "{message}");
        let all = client.get(&format!("{zone}/dns_records")).await.json();
        assert_eq!(all["result_info"]["total_count"], 0, "{file}");
    }
    let path = format!("{zone}/dns_records/import");
    assert_eq!(client.post(&path, json!({})).await.failure(), (400, 9207));
    let form = "multipart/form-data; boundary=XX";
    for body in ["", "--XX", "--XX\r\nnothing\r\n--XX--", "--XX\r\n\r\nx"] {
        let answer = client
            .try_send(Method::POST, &path, Some(form), body)
            .await
            .unwrap();
        assert_eq!(answer.failure(), (400, 9207), "{body}");
    }
    let empty = client
        .try_send(Method::POST, &path, Some(form), "--XX--\r\n")
        .await
        .unwrap();
    assert_eq!(empty.failure(), (400, 9100), "a form without a file");
}
