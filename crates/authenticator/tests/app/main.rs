//! The use cases over a service, a network, a clock and a device in memory.

mod check;
mod daily;
mod hardware;
mod institutions;
mod machine;
mod pin;
mod ratchets;
mod set_up;
mod set_up_qr;
mod sign;
mod steps;
mod stop;
mod support;
mod tokens;
