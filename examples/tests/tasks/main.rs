//! What people do with several products, in the words that they would guess; each against an emulator.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod ai;
mod audit_logs;
mod custom_hostnames;
mod d1;
mod logpush;
mod tunnels;
mod turnstile;
mod waiting_rooms;
mod zone_settings;

type Outcome = Result<(), Box<dyn std::error::Error>>;
