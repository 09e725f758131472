#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
type Outcome = Result<(), Box<dyn std::error::Error>>;
mod p01_audit; mod p02_d1; mod p03_tunnel; mod p04_ai; mod p05_settings; mod p06_balancer; mod p07_redirects;
mod p08_hostname; mod p09_queue; mod p10_logpush; mod p11_turnstile; mod p12_waiting_room; mod p13_access;
