//! An embedded emulator of the Cloudflare API, to run and test against without an account.
