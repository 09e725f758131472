//! Everything of a form but the contents.

use cf_multipart::{Part, fits};

fn head(part: Part<'_>) -> String {
    let mut out = Vec::new();
    part.write_head("b", [("x-more", &b"1"[..])], &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn names_end_neither_their_quotes_nor_the_line() {
    let part = Part {
        name: "a\"b\\c\r\nd\u{7f}é",
        file_name: Some("\t"),
        content_type: Some(b"text/plain\r\nx-evil: 1"),
    };
    assert_eq!(
        head(part),
        "--b\r\nContent-Disposition: form-data; name=\"a%22b%5Cc%0D%0Ad%7Fé\"; filename=\"%09\"\r\n\
         Content-Type: text/plain%0D%0Ax-evil: 1\r\nx-more: 1\r\n\r\n"
    );
}

#[test]
fn a_boundary_that_occurs_does_not_fit() {
    assert!(fits("abc", b"ab"));
    assert!(fits("abc", b""));
    assert!(!fits("abc", b"xabcx"));
    assert!(!fits("abc", b"abc"));
}
