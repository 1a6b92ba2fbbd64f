//! The staff's pages as a browser meets them, and what stands behind them.

#[path = "console/browser.rs"]
mod browser;
#[path = "console/customers.rs"]
mod customers;
#[path = "console/entries.rs"]
mod entries;
#[path = "console/entry.rs"]
mod entry;
#[path = "console/passwords.rs"]
mod passwords;
#[path = "console/roles.rs"]
mod roles;
#[path = "console/two_people.rs"]
mod two_people;
#[path = "console/vouchers.rs"]
mod vouchers;
