//! What is wrong with an institution file, one sentence a mistake.

use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake: where it is, what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: usize,
    /// The field with its tables, such as `token.digits`; empty where the text is no TOML.
    pub field: String,
    /// What is wrong and what to do, without the full stop.
    pub says: String,
}

/// Every mistake found in a file.
#[derive(Debug, thiserror::Error)]
pub struct FileError {
    /// The file, as it was named.
    pub path: PathBuf,
    /// The mistakes, in the order of their lines.
    pub faults: Vec<Fault>,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            let Fault { line, field, says } = fault;
            write!(f, "{}:{line}: ", self.path.display())?;
            if !field.is_empty() {
                write!(f, "{field}: ")?;
            }
            write!(f, "{says}.")?;
        }
        Ok(())
    }
}

impl FileError {
    /// Sorts `faults` by their lines and drops what is said twice.
    pub(crate) fn new(path: &Path, mut faults: Vec<Fault>) -> Self {
        faults.sort();
        faults.dedup();
        Self {
            path: path.to_owned(),
            faults,
        }
    }
}
