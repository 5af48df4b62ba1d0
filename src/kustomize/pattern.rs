//! Regular expressions as Go reads them, on the regex crate, which is of the same family.

use std::fmt::Write as _;

use regex::Regex;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    form: Form,
}

/// How to match; most patterns are plain words.
#[derive(Clone, Debug)]
enum Form {
    /// The whole text must be this word.
    Word(Box<str>),
    /// The text must match somewhere.
    Expression(Regex),
}

/// A text that is no regular expression.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the regular expression `{pattern}`")]
pub struct PatternError {
    pattern: String,
    #[source]
    source: Box<regex::Error>,
}

impl Pattern {
    /// Compiles an expression that may match anywhere in a text.
    ///
    /// # Errors
    ///
    /// Fails where Go's syntax is not followed.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let form = Regex::new(&translate(pattern))
            .map(Form::Expression)
            .map_err(|source| PatternError {
                pattern: pattern.into(),
                source: Box::new(source),
            })?;
        Ok(Self { form })
    }

    /// Compiles an expression that must match a whole text.
    ///
    /// # Errors
    ///
    /// Fails where Go's syntax is not followed.
    pub fn anchored(pattern: &str) -> Result<Self, PatternError> {
        if pattern.bytes().all(is_word) {
            let form = Form::Word(pattern.into());
            return Ok(Self { form });
        }
        Self::new(&format!("^(?:{pattern})$")).map_err(|error| PatternError {
            pattern: pattern.into(),
            ..error
        })
    }

    /// Says whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        match &self.form {
            Form::Word(word) => **word == *text,
            Form::Expression(expression) => expression.is_match(text),
        }
    }

    /// Returns the only text that matches, where there is just one.
    pub fn word(&self) -> Option<&str> {
        match &self.form {
            Form::Word(word) => Some(word),
            Form::Expression(_) => None,
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b':' | b',')
}

/// Rewrites what the two syntaxes write differently.
///
/// Go's classes are of ASCII, its `{` may be a plain character, its sets do not nest, and `\Q…\E` quotes.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut set = Set::Outside;
    while let Some(character) = rest.chars().next() {
        let tail = &rest[character.len_utf8()..];
        rest = match (character, set) {
            ('\\', _) => escape(tail, set, &mut out),
            ('[', Set::Outside) => {
                let body = tail.strip_prefix('^').unwrap_or(tail);
                out.push_str(if body.len() < tail.len() { "[^" } else { "[" });
                set = Set::Inside;
                // A bracket that comes first is one of the set.
                match body.strip_prefix(']') {
                    Some(after) => {
                        out.push_str("\\]");
                        after
                    }
                    None => body,
                }
            }
            (']', Set::Inside) => {
                out.push(']');
                set = Set::Outside;
                tail
            }
            ('[', Set::Inside) if !tail.starts_with(':') => literal(character, tail, &mut out),
            ('[', Set::Inside) => named_class(rest, &mut out),
            ('&' | '~', Set::Inside) => literal(character, tail, &mut out),
            ('{', Set::Outside) if !is_repetition(tail) => literal(character, tail, &mut out),
            ('}', Set::Outside) if !out.ends_with(is_count) => literal(character, tail, &mut out),
            _ => {
                out.push(character);
                tail
            }
        };
    }
    out
}

/// Whether the translation is between brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Outside,
    Inside,
}

fn literal<'text>(character: char, tail: &'text str, out: &mut String) -> &'text str {
    out.push('\\');
    out.push(character);
    tail
}

/// Copies a class such as `[:alpha:]`.
fn named_class<'text>(rest: &'text str, out: &mut String) -> &'text str {
    match rest.find(":]") {
        Some(end) => {
            out.push_str(&rest[..end + 2]);
            &rest[end + 2..]
        }
        None => literal('[', &rest[1..], out),
    }
}

const fn is_count(character: char) -> bool {
    character.is_ascii_digit() || character == ','
}

/// Says whether what follows a brace makes it a count, such as `{2,3}`.
fn is_repetition(tail: &str) -> bool {
    let Some((counts, _)) = tail.split_once('}') else {
        return false;
    };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// Translates what follows a backslash; returns the rest.
fn escape<'text>(tail: &'text str, set: Set, out: &mut String) -> &'text str {
    let Some(character) = tail.chars().next() else {
        out.push('\\');
        return tail;
    };
    let rest = &tail[character.len_utf8()..];
    let classes = match character {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\f\\r ",
        'D' => "^0-9",
        'W' => "^0-9A-Za-z_",
        'S' => "^\\t\\n\\f\\r ",
        'Q' => return quoted(rest, out),
        'b' if set == Set::Outside => {
            out.push_str("(?-u:\\b)");
            return rest;
        }
        '0'..='7' if octal(tail, out).is_some() => {
            let digits = tail
                .bytes()
                .take(3)
                .take_while(|byte| (b'0'..=b'7').contains(byte));
            return &tail[digits.count()..];
        }
        _ if character.is_ascii_punctuation() => {
            out.push_str(&regex::escape(&tail[..1]));
            return rest;
        }
        _ => {
            out.push('\\');
            out.push(character);
            return rest;
        }
    };
    // A negated class must be a set of its own; the others may be too.
    out.push('[');
    out.push_str(classes);
    out.push(']');
    rest
}

/// Writes the character of an octal escape such as `\101`; a lone digit above zero is none.
fn octal(tail: &str, out: &mut String) -> Option<()> {
    let count = tail
        .bytes()
        .take(3)
        .take_while(|byte| (b'0'..=b'7').contains(byte))
        .count();
    if count == 1 && !tail.starts_with('0') {
        return None;
    }
    let value = u32::from_str_radix(&tail[..count], 8).ok()?;
    write!(out, "\\x{{{value:x}}}").ok()
}

/// Writes what stands between `\Q` and `\E` as it is.
fn quoted<'text>(rest: &'text str, out: &mut String) -> &'text str {
    let (text, after) = rest.split_once("\\E").unwrap_or((rest, ""));
    out.push_str(&regex::escape(text));
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(text)
    }

    #[test]
    fn reads_what_go_reads() {
        for (pattern, text) in [
            ("^a{$", "a{"),
            ("^a{,2}$", "a{,2}"),
            ("^a{2}$", "aa"),
            ("^{x}$", "{x}"),
            (r"^[[]$", "["),
            (r"^[]a]+$", "]a"),
            (r"^[^]a]$", "b"),
            (r"^[a&&b]+$", "&"),
            (r"^\Qa.b\E$", "a.b"),
            (r"^\d+$", "12"),
            (r"^[\d.]+$", "1.2"),
            (r"^[\D]$", "a"),
            (r"^\101$", "A"),
            (r"^a\-b\/c$", "a-b/c"),
            (r"^[[:alpha:]]+$", "ab"),
            (r"^[a\-z]+$", "-"),
            (r"^\<$", "<"),
            (r"^[\<]$", "<"),
            (r"^a\z", "a"),
            (r"(?i)^ABC$", "abc"),
        ] {
            assert!(matches(pattern, text), "{pattern}");
        }
        for (pattern, text) in [
            (r"^\Qa.b\E$", "axb"),
            (r"^\d$", "٣"),
            (r"^\w$", "é"),
            ("^a$", "a\n"),
        ] {
            assert!(!matches(pattern, text), "{pattern}");
        }
        assert!(Pattern::new("a(").is_err());
        assert!(Pattern::new("*").is_err());
        assert!(Pattern::new("(?=a)").is_err());
    }

    #[test]
    fn anchors_at_both_ends() {
        let either = Pattern::anchored("a|b").unwrap();
        assert!(either.matches("a") && !either.matches("ab"));
        let word = Pattern::anchored("my-app").unwrap();
        assert!(word.matches("my-app") && !word.matches("my-app-2"));
        assert_eq!(word.word(), Some("my-app"));
        assert!(Pattern::anchored("my.app").unwrap().matches("my-app"));
    }
}
