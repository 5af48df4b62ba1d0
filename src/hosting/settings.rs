//! Where a repository is, and the token that opens it.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::host::AccountKind;
use super::name::{BaseUrl, Owner, RepositoryName};
use crate::http::{OnPause, Patience};

/// A token; it does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes a token as it was read or typed, perhaps with a line end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = Zeroizing::new(text.into());
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// Returns the token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

/// Where a repository is, and how to get there.
#[derive(Clone)]
pub struct Settings {
    /// The service.
    pub base: BaseUrl,
    /// The token.
    pub token: Token,
    /// The owner of the repository.
    pub owner: Owner,
    /// Whether the owner is a person or many.
    pub kind: AccountKind,
    /// The name of the repository.
    pub repository: RepositoryName,
    /// PEM certificates to trust beside the system's.
    pub authorities: Option<Vec<u8>>,
    /// How long one request may take.
    pub limit: Option<Duration>,
    /// How patient requests are.
    pub patience: Patience,
    /// What is called before each wait.
    pub on_pause: Option<OnPause>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_show_itself() {
        let token = Token::new("glpat-secret\n");
        assert_eq!(format!("{token:?}"), "Token(***)");
        assert_eq!(token.reveal(), "glpat-secret");
    }
}
