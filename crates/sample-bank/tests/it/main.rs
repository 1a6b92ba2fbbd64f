//! The bank's pages over HTTP, with a stand-in for the token service behind them.

mod browser;
mod card;
mod counter;
mod hostile;
mod keyboard;
mod mail;
mod pages;
mod procedures;
mod repeats;
mod service;
mod shinkumi;
mod shinkumi_forms;
mod signing;
mod told;
mod verdicts;
mod world;
