//! Texts of unknown form, URLs and headers.

use cf_redact::{Scrubber, addresses};

const SECRET: &str = "hunter2-correct-horse";

/// Texts with `§` where the secret is.
const TEXTS: &[&str] = &[
    // Headers and commands.
    "Authorization: Bearer §",
    "authorization: §",
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic § x\r\nAccept: */*\r\n\r\n",
    "curl -H 'Authorization: Bearer §' https://a/",
    "curl -H \"X-Auth-Key: §\" -H \"X-Auth-Email: a@b\"",
    "Authorization: Digest username=\"§\", response=\"§\"",
    "log: \"Authorization: Bearer §\" was sent",
    "mysql --user me --password § --host h",
    "curl -u me:§ https://a/",
    "ALTER ROLE app WITH PASSWORD '§' LOGIN",
    "mutation { login(user: \"u\", password: \"§\") { id } }",
    "<input type=\"hidden\" name=\"csrf_token\" value=\"§\">",
    "Cookie: a=1; session=§",
    "Set-Cookie: __session=§; Path=/",
    "the header was Bearer § and no other",
    // Truncated JSON.
    r#"{"result":{"password":"§","id":"1"#,
    r#"{"result":{"id":"1","password":"§"#,
    r#"{"result":{"id":"1","credentials":{"user":"§","more":["§"#,
    r#"{"a":[1,{"api_key" : "§"}, {"b":"#,
    r#"{"url":"https:\/\/user:§@db\/x","b":"#,
    r#"{"result":[{"type":"secret_text","name":"A","text":"§"#,
    r#"{"result":[{"name":"API_KEY","comment":"x","value":"§","b"#,
    // Truncated JSON within a string.
    r#"{"log":"{\"password\":\"§\",\"user\":\"x\"}","b":"#,
    r#"{"log":"{\\\"password\\\":\\\"§\\\",\\\"user\\\"","b":"#,
    r#"{"log":"{\u0022password\u0022:\u0022§\u0022}","#,
    "&quot;password&quot;:&quot;§&quot;",
    // Configuration.
    "API_TOKEN=§",
    "export CF_API_TOKEN='§'",
    "password: §\nuser: me",
    "  - client_secret: \"§\"",
    "db:\n  password: §",
    "[default]\naws_secret_access_key = §\nregion = auto",
    "Server=db;User Id=me;Password=§;Encrypt=true",
    "env.API_KEY := \"§\"",
    // Code.
    "const apiKey = \"§\";",
    "headers['Authorization'] = 'Bearer §';",
    "{ client_secret => '§' }",
    "let token = `§`",
    // XML.
    "<Credentials><AccessKeyId>x</AccessKeyId><SecretAccessKey>§</SecretAccessKey></Credentials>",
    "<s:Password type=\"text\">§</s:Password>",
    // URLs.
    "postgres://user:§@db:5432/app?sslmode=require",
    "see https://§@github.com/a/b.git",
    "https://a/b?access_token=§&x=1",
    "https://a/b?x=1&X-Amz-Signature=§",
    "https://a/b?x=1&X-Amz-Credential=§&X-Amz-Date=1",
    "https://acct.blob.core.windows.net/logs?sv=1&sig=§&se=2",
    "s3://bucket/logs?region=auto&access-key-id=§&secret-access-key=§",
    "https://logs.example/in?header_Authorization=Basic%20§&tags=a",
    "splunk://host/in?channel=1&insecure-skip-verify=false&header_Authorization=Splunk%20§",
    "datadog://http-intake.logs.datadoghq.com/api/v2/logs?header_DD-API-KEY=§",
    "r2://bucket/{DATE}?account-id=1&secret-access-key=§&access-key-id=1",
    "https://a/callback#access_token=§&state=1",
    "redirect=https%3A%2F%2Fuser%3A§%40host%2Fx",
    "/cdn-cgi/x?token=§",
    "https://hooks.slack.com/services/T00000000/B00000000/§",
    "https://discord.com/api/webhooks/123/§",
    "sumo https://endpoint1.collection.us2.sumologic.com/receiver/v1/http/§",
];

#[test]
fn secrets_behind_names_are_found_in_any_text() {
    for text in TEXTS {
        let planted = text.replace('§', SECRET);
        let scrubbed = Scrubber::new().text(&planted);
        assert!(!scrubbed.contains("hunter2"), "{planted}\n{scrubbed}");
        assert!(scrubbed.contains("redacted"), "{planted}\n{scrubbed}");
        assert_eq!(
            Scrubber::new().text(&scrubbed),
            scrubbed,
            "twice: {planted}"
        );
        // It is also found in a JSON string.
        let json = serde_json::json!({ "message": planted });
        let scrubbed = Scrubber::new().json(json).to_string();
        assert!(!scrubbed.contains("hunter2"), "{scrubbed}");
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    let scrubber = Scrubber::new();
    for (text, expected) in [
        ("a=1&token=x&b=2", "a=1&token=[redacted]&b=2"),
        (
            "Password=x;Encrypt=true",
            "Password=[redacted];Encrypt=true",
        ),
        (
            r#"{"password":"x","id":"1"#,
            r#"{"password":"[redacted]","id":"1"#,
        ),
        (
            r#"{"secret":{"a":"x"},"id":"1"#,
            r#"{"secret":"[redacted]","id":"1"#,
        ),
        (
            "const apiKey = \"a\\\"b\"; f()",
            "const apiKey = \"[redacted]\"; f()",
        ),
        (
            "mysql --password x --host h",
            "mysql --password [redacted] --host h",
        ),
        (
            "my key is c2547eb745079dac9320b638f5e225cf483cc, honest",
            "my key is [redacted], honest",
        ),
        (
            "<Password>x</Password><Id>1</Id>",
            "<Password>[redacted]</Password><Id>1</Id>",
        ),
    ] {
        assert_eq!(scrubber.text(text), expected);
    }
}

/// Secrets that need no name.
const SHAPES: &[&str] = &[
    "cfut_0a1B2c3D4e5F6g7H8i9J",
    "cfat_0a1B2c3D4e5F6g7H8i9J",
    "cfk_0a1B2c3D4e5F6g7H8i9J",
    "8M7wS6hCpXVc-DoRnPPY_UCWPgy8aea4Wy6kCe5T",
    "c2547eb745079dac9320b638f5e225cf483cc",
    "v1.0-144c9defac04969c7bfad8ef-631a41d003a32d25fe878081ef365c49",
    "0x4AAAAAAADnPIDROrmt1Wwj-u1TQbQSh4q0",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "xoxb-123456789012-1234567890123-AbCdEf",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "sk-proj-4eC39HqLyjWDarjtT1zdp7dc",
];

#[test]
fn tokens_and_keys_are_known_by_their_form() {
    for secret in SHAPES {
        for text in [
            secret.to_string(),
            format!("a {secret}, b"),
            format!("x\\n{secret}"),
            format!("?x={secret}&y=1"),
        ] {
            let scrubbed = Scrubber::new().text(&text);
            assert!(!scrubbed.contains(&secret[4..]), "{text}: {scrubbed}");
        }
    }
}

#[test]
fn private_keys_are_gone_and_certificates_stay() {
    let key =
        |kind: &str, lines: &str| format!("-----BEGIN {kind}-----{lines}-----END {kind}-----");
    for kind in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        for lines in [
            "\nMIIEvQIBADANBg\nhunter2\n",
            "\\nMIIEvQIBADANBg\\nhunter2\\n",
            " MIIEvQ hunter2 ",
        ] {
            let text = key(kind, lines);
            assert!(!Scrubber::new().text(&text).contains("hunter2"), "{text}");
            // Without its end.
            let cut = &text[..text.find("-----END").unwrap()];
            assert!(!Scrubber::new().text(cut).contains("hunter2"), "{cut}");
        }
    }
    let certificate = key("CERTIFICATE", "\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkq\n");
    assert_eq!(Scrubber::new().text(&certificate), certificate);
    let json = serde_json::json!({ "pem": certificate });
    assert_eq!(Scrubber::new().json(json.clone()), json);
}

#[test]
fn base64_and_escapes_are_looked_into() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let inner = format!(r#"{{"auths":{{"registry":{{"auth":"{SECRET}"}}}}}}"#);
    for text in [
        encode(&inner),
        encode(&encode(&inner)),
        format!("data:application/json;base64,{}", encode(&inner)),
        format!("config={}&a=b", encode(&inner)),
        format!("/path/to/{}", encode(&inner)),
        encode(&format!("API_TOKEN={SECRET}"))
            .trim_end_matches('=')
            .to_owned(),
        format!("Basic {}", encode(&format!("user:{SECRET}"))),
        r"filter=%7B%22password%22%3A%22hunter2%22%7D".to_owned(),
        r"a=1&next=https%3A%2F%2Fa%2Fb%3Faccess_token%3Dhunter2%26x%3D1".to_owned(),
    ] {
        let scrubbed = Scrubber::new().text(&text);
        assert!(scrubbed.contains("redacted"), "{text}: {scrubbed}");
        assert!(!scrubbed.contains("hunter2"), "{text}: {scrubbed}");
        assert!(
            !scrubbed.contains(&encode(&inner)[10..]),
            "{text}: {scrubbed}"
        );
    }
    // Other base64 stays.
    let plain = encode("nothing of interest in here, really");
    assert_eq!(Scrubber::new().text(&plain), plain);
}

#[test]
fn addresses_stay_addresses() {
    for (address, expected) in [
        (
            "https://a.b:c@d@host:8/p?q=1",
            "https://redacted@host:8/p?q=1",
        ),
        ("https://u:p/w?#@host/p?q=1", "https://redacted@host/p?q=1"),
        ("https://host:8080/a:b@c", "https://host:8080/a:b@c"),
        ("https://host/p?q=1#top", "https://host/p?q=1#top"),
        ("https://host", "https://host"),
        ("https://host/@user/x?at=a@b", "https://host/@user/x?at=a@b"),
        ("no address: // at all", "no address: // at all"),
        (
            "https://[::1]:8080/a?sig=1",
            "https://[::1]:8080/a?sig=[redacted]",
        ),
    ] {
        assert_eq!(addresses(address, "[redacted]"), expected);
        assert_eq!(addresses(expected, "[redacted]"), expected);
    }
}

#[test]
fn more_can_be_scrubbed() {
    let scrubber = Scrubber::new()
        .mark("[gone]")
        .name("Invoice")
        .replace("corp.example", "example.com");
    assert_eq!(scrubber.header("invoice", "A-7"), "[gone]");
    assert_eq!(
        scrubber.query("invoice=A-7&at=corp.example"),
        "invoice=[gone]&at=example.com"
    );
    assert!(!format!("{scrubber:?}").contains("corp.example"));
}
