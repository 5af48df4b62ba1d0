//! What goes wrong, whose fault it is, and what to try next.

use std::error::Error;
use std::fmt;

/// Whose fault a failure is; it decides the exit status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blame {
    /// The world or the input: the work could not be done.
    #[default]
    User,
    /// The command line itself is wrong.
    Usage,
    /// A comparison can't be made, or a part of an answer is missing: what is there must not be taken for the whole.
    Undecided,
    /// The time limit ended before the wait did.
    Timeout,
    /// The person at the terminal stopped it.
    Interrupted,
    /// A rule of ours was broken: please report it.
    Bug,
}

impl Blame {
    /// Returns the exit status, as `docs/exit-status.md` lists them.
    pub const fn status(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Usage | Self::Undecided => 2,
            Self::Timeout => 3,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }

    /// Returns the blame for several failures together: that of time where time alone was short.
    pub fn of_all(failures: impl IntoIterator<Item = Self>) -> Self {
        let is_late = failures.into_iter().all(|blame| blame == Self::Timeout);
        if is_late { Self::Timeout } else { Self::User }
    }
}

/// An error that knows whose fault it is and what to try next.
pub trait Explain: Error + Send + Sync + 'static {
    /// Returns whose fault it is.
    fn blame(&self) -> Blame {
        Blame::User
    }

    /// Returns what the user may try next, as a sentence without a full stop.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// The end of a command that did not succeed.
#[derive(Debug)]
pub struct Failure {
    blame: Blame,
    error: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
    is_told: bool,
}

impl Failure {
    /// Makes a failure that is the user's or the world's, from its message alone.
    pub fn new(message: impl Into<String>) -> Self {
        Self::blaming(Blame::User, message)
    }

    /// Makes a failure of the command line itself.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::blaming(Blame::Usage, message)
    }

    /// Makes a failure with its blame.
    pub fn blaming(blame: Blame, message: impl Into<String>) -> Self {
        Self {
            blame,
            error: message.into().into(),
            hints: Vec::new(),
            is_told: false,
        }
    }

    /// Makes a failure that was told before in other words, and only decides the exit status.
    pub fn told(blame: Blame, message: impl Into<String>) -> Self {
        Self {
            is_told: true,
            ..Self::blaming(blame, message)
        }
    }

    /// Returns the failure of a comparison: what is the user's or the world's must not look like a difference.
    #[must_use]
    pub fn undecided(mut self) -> Self {
        if self.blame == Blame::User {
            self.blame = Blame::Undecided;
        }
        self
    }

    /// Says whether it was told before.
    pub const fn is_told(&self) -> bool {
        self.is_told
    }

    /// Adds something to try next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns whose fault it is.
    pub const fn blame(&self) -> Blame {
        self.blame
    }

    /// Returns what may be tried next, most helpful first.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Returns the messages of the sources, outermost first, without the failure's own.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut source = self.error.source();
        while let Some(error) = source {
            causes.push(error.to_string());
            source = error.source();
        }
        causes
    }

    /// Returns message and causes on one line, for a report that goes on.
    pub fn in_one_line(&self) -> String {
        self.causes()
            .into_iter()
            .fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }

    /// Says whether the reader of our output went away, which is no failure at all.
    pub fn is_broken_pipe(&self) -> bool {
        let mut error: Option<&(dyn Error + 'static)> = Some(self.error.as_ref());
        while let Some(current) = error {
            if let Some(io) = current.downcast_ref::<std::io::Error>() {
                return io.kind() == std::io::ErrorKind::BrokenPipe;
            }
            error = current.source();
        }
        false
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            blame: error.blame(),
            hints: error.hint().into_iter().collect(),
            error: Box::new(error),
            is_told: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the door")]
    struct Door(#[source] std::io::Error);

    impl Explain for Door {
        fn hint(&self) -> Option<String> {
            Some("use the key".into())
        }
    }

    #[test]
    fn keeps_the_chain_and_the_hint() {
        let failure = Failure::from(Door(std::io::Error::other("locked")));
        assert_eq!(failure.to_string(), "cannot open the door");
        assert_eq!(failure.causes(), ["locked"]);
        assert_eq!(failure.hints(), ["use the key"]);
        assert_eq!(failure.blame().status(), 1);
    }

    #[test]
    fn finds_a_broken_pipe_below() {
        let gone = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(Failure::from(Door(gone)).is_broken_pipe());
        assert!(!Failure::new("other").is_broken_pipe());
    }
}
