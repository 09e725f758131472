//! Tests over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod access_apps;
mod access_organization;
mod accounts;
mod admin;
mod ai;
mod auth;
mod bodies;
mod certificates;
mod client;
mod codes;
mod collections;
#[cfg(feature = "sqlite")]
mod d1;
#[cfg(feature = "sqlite")]
mod d1_limits;
#[cfg(feature = "sqlite")]
mod d1_transfer;
mod described;
mod description;
mod dns;
mod dns_batch;
mod dns_files;
mod dns_limits;
mod dns_list;
mod dns_names;
mod dns_rules;
mod dns_scan;
mod email_routing;
mod fault_ways;
mod faults;
mod fidelity;
#[cfg(feature = "sqlite")]
mod forms;
#[cfg(all(unix, feature = "cli", feature = "sqlite"))]
mod full_disk;
#[cfg(feature = "graphql")]
mod graphql;
mod hostile;
mod hosts;
mod hyperdrive;
mod images;
mod kv;
mod lifecycle;
mod lists;
mod load_balancer_pools;
mod load_balancers;
mod log;
#[cfg(all(target_os = "linux", feature = "cli", feature = "sqlite"))]
mod memory;
mod page;
mod pages;
mod pages_deployments;
mod paging;
mod pending;
mod permissions;
#[cfg(feature = "cli")]
mod program;
mod queues;
mod r2;
#[cfg(feature = "sqlite")]
mod r2_transfer;
mod rules;
mod samples;
mod secrets_store;
mod seed;
#[cfg(feature = "sqlite")]
mod state;
#[cfg(feature = "sqlite")]
mod state_files;
mod stream;
mod surface;
mod tails;
#[cfg(feature = "tls")]
mod tls;
mod tokens;
mod tunnel_routes;
mod tunnels;
mod turnstile;
mod undescribed;
mod vectorize;
mod whole_api;
mod workers;
mod workers_assets;
mod workers_beta;
mod workers_migrations;
mod workers_settings;
mod workflows;
mod zones;
