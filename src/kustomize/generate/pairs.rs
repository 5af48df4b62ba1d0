//! Reads the keys and values of a generator: from env files, literals and files, in this order.

use std::str::Utf8Error;
use std::sync::Arc;

use super::super::load::{LoadError, Loader};
use crate::error::Explain;

/// A line of an env file from this length on ends the file, as it does for Go's line reader.
const LINE_LIMIT: usize = 64 << 10;

/// Why keys and values cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A literal has no key, or no `=`.
    #[error("literal sources: invalid literal source {literal}, expected key=value")]
    Literal {
        /// The literal.
        literal: String,
    },
    /// A file has no key before its `=`.
    #[error("file sources: missing key name for file path {path:?} in source {source_text:?}")]
    NoKey {
        /// The path.
        path: String,
        /// The whole entry.
        source_text: String,
    },
    /// A key has no path after its `=`.
    #[error("file sources: missing file path for key name {key:?} in source {source_text:?}")]
    NoPath {
        /// The key.
        key: String,
        /// The whole entry.
        source_text: String,
    },
    /// More than one `=`.
    #[error("file sources: source {source_text:?} key name or file path contains '='")]
    ManySigns {
        /// The whole entry.
        source_text: String,
    },
    /// A line of an env file is no text.
    #[error("env source files: line {line} of {path} has invalid utf8 bytes")]
    Encoding {
        /// The env file.
        path: String,
        /// Line, from one.
        line: usize,
        /// What is wrong with it.
        source: Utf8Error,
    },
    /// A file cannot be read.
    #[error("{sort} source files")]
    Load {
        /// `env` or `file`.
        sort: &'static str,
        /// Why.
        source: LoadError,
    },
    /// A key stands twice.
    #[error("configmap {name} illegally repeats the key `{key}`")]
    Repeated {
        /// Name of what is generated.
        name: String,
        /// The key.
        key: String,
    },
}

impl Explain for PairError {}

/// A value: text or anything else.
pub type Bytes = Arc<[u8]>;

/// Where the keys and values of a generator come from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'args> {
    /// Name of what is generated, for errors.
    pub name: &'args str,
    /// Files of `key=value` lines.
    pub envs: &'args [String],
    /// `key=value` pairs.
    pub literals: &'args [String],
    /// Files, each `[key=]path`.
    pub files: &'args [String],
}

/// Reads all keys and values, in order.
///
/// # Errors
///
/// Fails where a source is not as it must be, cannot be read, or repeats a key.
pub fn read(sources: Sources<'_>, loader: &Loader<'_>) -> Result<Vec<(String, Bytes)>, PairError> {
    let mut pairs = Vec::new();
    for path in sources.envs {
        let content = loader.read(path);
        let content = content.map_err(|source| PairError::Load {
            sort: "env",
            source,
        })?;
        lines(path, &content, &mut pairs)?;
    }
    for literal in sources.literals {
        let (key, value) = parse_literal(literal)?;
        pairs.push((key.to_owned(), Bytes::from(value.as_bytes())));
    }
    for source_text in sources.files {
        let (key, path) = parse_file(source_text)?;
        let content = loader.read(path);
        let content = content.map_err(|source| PairError::Load {
            sort: "file",
            source,
        })?;
        pairs.push((key.to_owned(), content));
    }
    pairs.sort_by(|left, right| left.0.cmp(&right.0));
    match pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(PairError::Repeated {
            name: sources.name.into(),
            key: pair[0].0.clone(),
        }),
        None => Ok(pairs),
    }
}

/// Reads the lines of an env file.
fn lines(path: &str, content: &[u8], pairs: &mut Vec<(String, Bytes)>) -> Result<(), PairError> {
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        if line.len() >= LINE_LIMIT {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|source| PairError::Encoding {
            path: path.into(),
            line: index + 1,
            source,
        })?;
        let line = if index == 0 {
            line.strip_prefix('\u{feff}').unwrap_or(line)
        } else {
            line
        };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), Bytes::from(value.as_bytes())));
        }
    }
    Ok(())
}

/// Splits a literal; one pair of quotes around the value is taken off.
fn parse_literal(literal: &str) -> Result<(&str, &str), PairError> {
    let (key, value) = literal
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| PairError::Literal {
            literal: literal.into(),
        })?;
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        (value.len() > 1)
            .then(|| value.strip_prefix(quote)?.strip_suffix(quote))
            .flatten()
    });
    Ok((key, quoted.unwrap_or(value)))
}

/// Splits the entry of a file; without a key, the name of the file is the key.
fn parse_file(source: &str) -> Result<(&str, &str), PairError> {
    let source_text = || source.to_owned();
    let Some((key, path)) = source.split_once('=') else {
        let name = source
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(source);
        return Ok((name, source));
    };
    if path.contains('=') {
        return Err(PairError::ManySigns {
            source_text: source_text(),
        });
    }
    match (key, path) {
        ("", path) => Err(PairError::NoKey {
            path: path.into(),
            source_text: source_text(),
        }),
        (key, "") => Err(PairError::NoPath {
            key: key.into(),
            source_text: source_text(),
        }),
        pair => Ok(pair),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_pair_of_quotes_off() {
        for (literal, expected) in [
            ("a=b", "b"),
            ("a='b'", "b"),
            ("a=\"b=c\"", "b=c"),
            ("a='b\"", "'b\""),
            ("a='", "'"),
            ("a=''", ""),
            ("a=", ""),
        ] {
            assert_eq!(
                parse_literal(literal).unwrap(),
                ("a", expected),
                "{literal}"
            );
        }
        assert!(parse_literal("=b").is_err() && parse_literal("b").is_err());
    }

    #[test]
    fn names_files_by_key_or_name() {
        assert_eq!(parse_file("dir/a.txt").unwrap(), ("a.txt", "dir/a.txt"));
        assert_eq!(parse_file("k=a.txt").unwrap(), ("k", "a.txt"));
        for wrong in ["=a", "a=", "a=b=c"] {
            assert!(parse_file(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reads_env_lines_as_they_are() {
        let mut pairs = Vec::new();
        let text = "\u{feff}a=1\r\n  # x\n  b c=\"q\" # y \n\nd\n=e\n";
        lines("env", text.as_bytes(), &mut pairs).unwrap();
        let read: Vec<_> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(read, [("a", "1"), ("b c", "\"q\" # y "), ("d", "")]);
        let mut pairs = Vec::new();
        lines(
            "env",
            format!("a=1\nb={}\nc=3\n", "x".repeat(LINE_LIMIT)).as_bytes(),
            &mut pairs,
        )
        .unwrap();
        assert_eq!(pairs.len(), 1);
    }
}
