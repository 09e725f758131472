//! Base64 wrapped over several lines.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use cf_redact::Scrubber;
use proptest::prelude::*;

const SECRET: &str = "hunter2-correct-horse";

/// Wraps a text into lines of this many characters, each after `indent`.
fn wrap(text: &str, width: usize, end: &str, indent: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(width).collect();
    let lines = lines.iter().map(|line| String::from_utf8_lossy(line));
    lines.collect::<Vec<_>>().join(&format!("{end}{indent}"))
}

fn encode(text: &str, kind: usize) -> String {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD][kind].encode(text)
}

/// Texts with a secret, and something before and after it.
fn secrets(before: &str, after: &str) -> [String; 4] {
    [
        format!("{{\"note\":\"{before}\",\"password\":\"{SECRET}\",\"more\":\"{after}\"}}"),
        format!("# {before}\nAPI_TOKEN={SECRET}\n# {after}\n"),
        format!("{before}\nAuthorization: Bearer {SECRET}\n{after}"),
        format!("{before} postgres://user:{SECRET}@host/db {after}"),
    ]
}

/// Surroundings of the base64, which `§` stands for.
const PLACES: [&str; 7] = [
    "§",
    "§\n",
    "Content-Type: application/json\r\nContent-Transfer-Encoding: base64\r\n\r\n§\r\n--boundary--\r\n",
    "data:\n  config: |\n    §\nkind: Secret\n",
    "the file is\n§\nand no more",
    "-----BEGIN MESSAGE-----\n§\n-----END MESSAGE-----\n",
    "<data>\n  §\n</data>",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn secrets_are_found(
        before in "[a-zA-Z0-9 .äöü€😀]{0,120}",
        after in "[a-zA-Z0-9 .äöü€😀]{0,120}",
        which in 0..4_usize,
        kind in 0..4_usize,
        width in 4..130_usize,
        end in prop::sample::select(vec!["\n", "\r\n", " \n", "\t\r\n"]),
        indent in prop::sample::select(vec!["", " ", "    ", "\t"]),
        place in prop::sample::select(&PLACES[..]),
        written in any::<bool>(),
    ) {
        let encoded = encode(&secrets(&before, &after)[which], kind);
        let wrapped = wrap(&encoded, width, end, indent);
        let mut text = place.replace('§', &wrapped);
        if written {
            // In a truncated JSON string.
            let string = serde_json::to_string(&text).unwrap();
            text = format!("{{\"body\":{}", &string[..string.len() - 1]);
        }
        let scrubbed = Scrubber::new().text(&text);
        prop_assert!(scrubbed.contains("[redacted]"), "{}\n{}", text, scrubbed);
        // Nothing revealing is left.
        for line in encoded.as_bytes().chunks(width).filter(|line| line.len() >= 8) {
            let line = String::from_utf8_lossy(line);
            prop_assert!(!scrubbed.contains(&*line), "{}\n{}", text, scrubbed);
        }
        prop_assert_eq!(&Scrubber::new().text(&scrubbed), &scrubbed);
    }

    #[test]
    fn what_is_no_secret_stays(
        words in prop::collection::vec("[a-z]{1,9}", 30..200),
        bytes in prop::collection::vec(any::<u8>(), 60..400),
        kind in 0..2_usize,
        width in prop::sample::select(vec![64_usize, 76]),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        place in prop::sample::select(&PLACES[..]),
    ) {
        let text = words.join(" ");
        let base64 = [encode(&text, kind), STANDARD.encode(&bytes)];
        for plain in [wrap(&base64[0], width, end, ""), wrap(&base64[1], width, end, "")] {
            // Some lines may look like a token.
            prop_assume!(plain.lines().all(|line| Scrubber::new().text(line) == line));
            let text = place.replace('§', &plain);
            prop_assert_eq!(&Scrubber::new().text(&text), &text);
        }
        // Words on successive lines are not base64.
        let list = words.join(end);
        prop_assert_eq!(&Scrubber::new().text(&list), &list);
    }
}

#[test]
fn what_stands_around_it_stays() {
    let text = format!("{{\"password\":\"{SECRET}\",\"user\":\"somebody\"}}");
    let encoded = wrap(&encode(&text, 0), 20, "\n  ", "");
    assert_eq!(
        Scrubber::new().text(&format!("config: |\n  {encoded}\nkind: Secret\n")),
        "config: |\n  [redacted]\nkind: Secret\n"
    );
    assert_eq!(
        Scrubber::new().text(&format!("look\n{encoded}\nhere it ends")),
        "look\n[redacted]\nhere it ends"
    );
}

/// A long wrapped text takes no more time than one on a single line.
#[test]
fn long_texts_are_quick() {
    let text = "nothing of interest in here, really; ".repeat(3_000);
    let encoded = wrap(&encode(&text, 0), 76, "\r\n", "");
    let started = std::time::Instant::now();
    assert!(Scrubber::new().text(&encoded) == encoded);
    let taken = started.elapsed();
    assert!(taken < std::time::Duration::from_secs(20), "{taken:?}");
}
