//! Which values of a file are encrypted: by the ends of keys, by patterns of keys, by comments.

use regex::bytes::Regex;

use super::error::SopsError;

/// The rule that holds where a file names none.
const DEFAULT_SUFFIX: &str = "_unencrypted";

/// The fields of the rules; a file has one of them at most.
const FIELDS: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// Which values are encrypted.
pub enum Rules {
    /// All, but those below a key that ends so.
    NotEnding(String),
    /// Those below a key that ends so.
    Ending(String),
    /// All, but those below a key that fits.
    NotFitting(Regex),
    /// Those below a key that fits.
    Fitting(Regex),
    /// All, but those after a comment that fits.
    NotAfter(Regex),
    /// Those after a comment that fits.
    After(Regex),
}

/// Where a value stands.
pub struct Position<'walk> {
    /// The keys that lead to it.
    pub path: &'walk [String],
    /// The comments before it, and before each of those keys.
    pub comments: &'walk [Vec<Vec<u8>>],
    /// Whether it is itself the last of these comments.
    pub is_comment: bool,
}

impl Rules {
    /// Reads the rule of a file.
    ///
    /// # Errors
    ///
    /// Fails where there are two, or a pattern is none.
    pub fn new(field: impl Fn(&str) -> String) -> Result<Self, SopsError> {
        let given = FIELDS.map(|name| (name, field(name)));
        let mut given = given.into_iter().filter(|(_, value)| !value.is_empty());
        let Some((name, value)) = given.next() else {
            return Ok(Self::NotEnding(DEFAULT_SUFFIX.into()));
        };
        if let Some((other, _)) = given.next() {
            let problem = format!("it has both `{name}` and `{other}`");
            return Err(SopsError::Metadata(problem));
        }
        let pattern = || {
            Regex::new(&value).map_err(|_| SopsError::Metadata(format!("`{name}` is no pattern")))
        };
        Ok(match name {
            "unencrypted_suffix" => Self::NotEnding(value),
            "encrypted_suffix" => Self::Ending(value),
            "unencrypted_regex" => Self::NotFitting(pattern()?),
            "encrypted_regex" => Self::Fitting(pattern()?),
            "unencrypted_comment_regex" => Self::NotAfter(pattern()?),
            _ => Self::After(pattern()?),
        })
    }

    /// Says whether a value is encrypted.
    pub fn encrypt(&self, position: &Position<'_>) -> bool {
        let ends = |suffix: &str| position.path.iter().any(|key| key.ends_with(suffix));
        let fits = |pattern: &Regex| {
            let mut keys = position.path.iter();
            keys.any(|key| pattern.is_match(key.as_bytes()))
        };
        match self {
            Self::NotEnding(suffix) => !ends(suffix),
            Self::Ending(suffix) => ends(suffix),
            Self::NotFitting(pattern) => !fits(pattern),
            Self::Fitting(pattern) => fits(pattern),
            Self::NotAfter(pattern) => {
                let mut comments = position.comments.iter().flatten();
                !comments.any(|comment| pattern.is_match(comment))
            }
            Self::After(pattern) => {
                let count = position.comments.iter().flatten().count();
                // The comment that asks for it stays as it is.
                let counted = count - usize::from(position.is_comment && count > 0);
                let mut comments = position.comments.iter().flatten().take(counted);
                comments.any(|comment| pattern.is_match(comment))
            }
        }
    }
}
