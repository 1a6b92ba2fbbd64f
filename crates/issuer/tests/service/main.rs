//! The token service as devices and banks meet it: whole calls over its router, a real database
//! under it, a clock that is set by hand.

mod activation;
mod app_version;
mod attestation;
mod audit;
mod bank_keys;
mod bank_tls;
mod check_in;
mod clock_off;
mod concurrency;
mod connections;
mod console;
mod entries;
mod events;
mod groups;
mod hardware;
mod isolation;
mod life;
mod meanwhile;
mod metrics;
mod outage;
mod processes;
mod refusals;
mod restore;
mod rotation;
mod self_provisioning;
mod signing;
mod stop;
mod verification;
mod world;
