//! What a bank's key may be used for: a program that only asks for verdicts needs no key that ends
//! tokens.

use std::fmt;
use std::str::FromStr;

/// One thing a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Issue and withdraw activations.
    Activations,
    /// Register, exchange, end, hold, assign, report and resynchronise tokens.
    Tokens,
    /// Have codes and signatures verified.
    Verify,
    /// Ask where things stand, and what happened.
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Activations, Self::Tokens, Self::Verify, Self::Read];

    /// The word in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activations => "activations",
            Self::Tokens => "tokens",
            Self::Verify => "verify",
            Self::Read => "read",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(word: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == word)
            .ok_or(UnknownScope)
    }
}

/// No such scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is activations, tokens, verify or read")]
pub struct UnknownScope;

/// What one key may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Everything.
    pub fn all() -> Self {
        Self(Scope::ALL.to_vec())
    }

    /// These.
    pub fn of(mut scopes: Vec<Scope>) -> Self {
        scopes.sort();
        scopes.dedup();
        Self(scopes)
    }

    /// Whether `scope` is among them.
    pub fn contain(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(words: &str) -> Result<Self, UnknownScope> {
        words
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        let some = Scopes::of(vec![Scope::Verify, Scope::Activations, Scope::Verify]);
        assert_eq!(some.to_string(), "activations verify");
        assert_eq!("activations verify".parse(), Ok(some));
        assert_eq!(Scopes::all().to_string().parse(), Ok(Scopes::all()));
        assert_eq!("verify all".parse::<Scopes>(), Err(UnknownScope));
    }
}
