//! Paths and queries: an argument stays in its place, whatever it contains.

use cf_types::codec::Field;
use cf_types::{Arguments, BASE_URL, Call, Meta, Operation, Param, ParamLocation};
use http::Method;
use percent_encoding::percent_decode_str;
use url::Url;

/// Lines of the input: the base URL (the usual one if empty), then arguments: three for the path, two for the query,
/// and the name and value of a further parameter.
pub fn path(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let mut lines = text.splitn(8, '\n');
    let base = lines.next().filter(|base| !base.is_empty());
    let base = base.unwrap_or(BASE_URL);
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let get = Get {
        path: [line(), line(), line()],
        query: [line(), line()],
    };
    let further = (line(), line());
    check(base, get, further);
}

struct Get {
    path: [String; 3],
    query: [String; 2],
}

const fn param(name: &'static str, location: ParamLocation) -> Param {
    Param { name, location }
}

impl Arguments for Get {
    fn param(&self, index: usize) -> &dyn Field {
        let (path, query) = (self.path.iter(), self.query.iter());
        let found = path.chain(query).nth(index);
        found.map_or(&(), |value| value)
    }
}

impl Operation for Get {
    const META: &'static Meta = &Meta::new("get", Method::GET, "/a/{first}/b/{second}/{third}/c")
        .with_params(&[
            param("first", ParamLocation::Path),
            param("second", ParamLocation::Path),
            param("third", ParamLocation::Path),
            param("one", ParamLocation::Query),
            param("two", ParamLocation::Query),
        ]);
    type Output = ();
}

fn check(base: &str, get: Get, further: (String, String)) {
    let Get { path, query } = &get;
    let named = ["one", "two"].into_iter().zip(query);
    let named = named.filter(|(name, value)| !value.is_empty() && *name != further.0);
    let mut expected: Vec<_> = named
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    expected.push(further.clone());
    let path = path.clone();

    let call = Call::new((), get).query(&*further.0, &*further.1);
    let request = match call.to_request(base) {
        Ok(request) => request,
        Err(error) => {
            let _ = error.to_string();
            let fits = |value: &String| !matches!(value.as_str(), "" | "." | "..");
            let too_long = path
                .iter()
                .chain([&further.0, &further.1])
                .map(String::len)
                .sum::<usize>();
            if base == BASE_URL && path.iter().all(fits) && too_long < 1000 {
                panic!("{error}");
            }
            return;
        }
    };

    // The host is that of the base URL, and so is the start of the path.
    let base = cf_types::check_base_url(base).expect("the base of a request");
    let uri = request.uri().to_string();
    let below = uri.get(base.len()..).expect("what is below the base");
    assert!(uri[..base.len()].eq_ignore_ascii_case(base), "{uri}");
    let (below, pairs) = below.split_once('?').expect("a query");

    // By the standard for URIs.
    let segments: Vec<_> = below.split('/').collect();
    assert_eq!(segments.len(), 7, "{uri}");
    for (segment, expected) in segments.iter().zip(places(&path)) {
        let decoded = percent_decode_str(segment).decode_utf8().expect("UTF-8");
        assert_eq!(decoded, expected, "{uri}");
    }

    // As browsers and most other programs parse it.
    if let Ok(url) = Url::parse(&uri) {
        let found: Vec<_> = url.path_segments().expect("segments").collect();
        let found = &found[found.len() - 6..];
        for (segment, expected) in found.iter().zip(&places(&path)[1..]) {
            let decoded = percent_decode_str(segment).decode_utf8().expect("UTF-8");
            assert_eq!(decoded, *expected, "{url}");
        }
        let found: Vec<_> = url.query_pairs().into_owned().collect();
        assert_eq!(found, expected, "{url}");
        assert!(url.fragment().is_none());
    }
    assert!(!pairs.contains('#'), "{uri}");
}

fn places(path: &[String; 3]) -> [&str; 7] {
    ["", "a", &path[0], "b", &path[1], &path[2], "c"]
}
