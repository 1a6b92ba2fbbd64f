//! The token service as devices and banks meet it: whole calls over its router, a real database
//! under it, a clock that is set by hand.

mod activation;
mod audit;
mod concurrency;
mod groups;
mod isolation;
mod life;
mod processes;
mod refusals;
mod self_provisioning;
mod verification;
mod world;
