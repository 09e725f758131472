//! Days and points in time, as `jiff` has them.

use cf_types::{Date, DateTime};

#[test]
fn days_and_times_are_written_as_such() {
    let day = jiff::civil::date(2026, 1, 31);
    assert_eq!(Date::from(day).as_str(), "2026-01-31");
    assert_eq!(DateTime::from(day).as_str(), "2026-01-31");
    assert_eq!(Date::from(day).parse().unwrap(), day);
    let time: jiff::Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    assert_eq!(DateTime::from(time).as_str(), "2026-01-31T12:00:00Z");
    assert_eq!(DateTime::from(time).parse().unwrap(), time);
    assert!(
        DateTime::from(day).parse().is_err(),
        "which time of the day?"
    );
}
