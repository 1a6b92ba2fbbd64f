//! The use cases over a service, a network, a clock and a device in memory.

mod daily;
mod set_up;
mod support;
