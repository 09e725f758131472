#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cf_properties::headers(input));
