//! The regions that traffic can come from.

use serde_json::{Value, json};

use super::missing;
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};

/// A region and countries in it: code and name.
type Region = (&'static str, &'static [(&'static str, &'static str)]);

#[rustfmt::skip]
const REGIONS: &[Region] = &[
    ("WNAM", &[("CA", "Canada"), ("US", "United States")]),
    ("ENAM", &[("CA", "Canada"), ("US", "United States"), ("MX", "Mexico")]),
    ("WEU", &[("AT", "Austria"), ("BE", "Belgium"), ("CH", "Switzerland"), ("DE", "Germany"), ("DK", "Denmark"), ("ES", "Spain"), ("FR", "France"), ("GB", "United Kingdom"), ("IE", "Ireland"), ("IT", "Italy"), ("NL", "Netherlands"), ("NO", "Norway"), ("PT", "Portugal"), ("SE", "Sweden")]),
    ("EEU", &[("BG", "Bulgaria"), ("CZ", "Czechia"), ("EE", "Estonia"), ("FI", "Finland"), ("GR", "Greece"), ("HU", "Hungary"), ("LT", "Lithuania"), ("LV", "Latvia"), ("PL", "Poland"), ("RO", "Romania"), ("UA", "Ukraine")]),
    ("NSAM", &[("CO", "Colombia"), ("EC", "Ecuador"), ("PE", "Peru"), ("VE", "Venezuela")]),
    ("SSAM", &[("AR", "Argentina"), ("BR", "Brazil"), ("CL", "Chile"), ("UY", "Uruguay")]),
    ("OC", &[("AU", "Australia"), ("FJ", "Fiji"), ("NZ", "New Zealand")]),
    ("ME", &[("AE", "United Arab Emirates"), ("IL", "Israel"), ("SA", "Saudi Arabia"), ("TR", "Turkey")]),
    ("NAF", &[("DZ", "Algeria"), ("EG", "Egypt"), ("MA", "Morocco"), ("TN", "Tunisia")]),
    ("SAF", &[("KE", "Kenya"), ("NG", "Nigeria"), ("ZA", "South Africa")]),
    ("SAS", &[("BD", "Bangladesh"), ("IN", "India"), ("LK", "Sri Lanka"), ("PK", "Pakistan")]),
    ("SEAS", &[("ID", "Indonesia"), ("MY", "Malaysia"), ("SG", "Singapore"), ("TH", "Thailand"), ("VN", "Vietnam")]),
    ("NEAS", &[("HK", "Hong Kong"), ("JP", "Japan"), ("KR", "Korea"), ("TW", "Taiwan")]),
];

pub(super) fn is_region(code: &str) -> bool {
    REGIONS.iter().any(|(region, _)| *region == code)
}

/// A region with the selected countries.
fn show(region: &Region, country: Option<&str>) -> Value {
    let countries: Vec<Value> = region
        .1
        .iter()
        .filter(|(code, _)| country.is_none_or(|country| country == *code))
        .map(|(code, name)| json!({ "country_code_a2": code, "country_name": name }))
        .collect();
    json!({ "region_code": region.0, "countries": countries })
}

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let country = call.query.get("country_code_a2").map(str::to_uppercase);
    let country = country.as_deref();
    let regions: Vec<Value> = REGIONS
        .iter()
        .map(|region| show(region, country))
        .filter(|shown| {
            shown["countries"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        })
        .collect();
    Ok(Reply::result(
        json!({ "iso_standard": "Country and subdivision codes follow ISO 3166-1 alpha-2 and ISO 3166-2", "regions": regions }),
    ))
}

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let code = call.param("region");
    let region = REGIONS.iter().find(|(region, _)| *region == code);
    Ok(Reply::result(show(
        region.ok_or_else(|| missing("region"))?,
        None,
    )))
}
