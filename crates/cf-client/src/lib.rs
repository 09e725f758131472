//! The Cloudflare API client for Rust: every reply decodes, every list ends, pay for the products you use.
