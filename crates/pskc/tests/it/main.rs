//! Key files of every kind: the standard's figures, other makers' files, hostile and damaged ones.

mod common;
mod damage;
mod files;
mod laws;
mod limits;
mod redaction;
