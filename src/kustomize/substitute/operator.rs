//! What an operator makes of the value of a variable.

use super::glob::{BadPattern, matches};

/// What stands between the name of a variable and its closing brace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `${name}`.
    Plain,
    /// `${#name}`: the length in bytes.
    Length,
    /// `:=`, `:-`, `:+`, `:?`, `=`: another text where the value is empty.
    Default,
    /// `:offset` and `:offset:length`, in bytes.
    Slice,
    /// `^`: the first letter in upper case.
    UpperFirst,
    /// `^^`: all letters in upper case.
    Upper,
    /// `,`: the first letter in lower case.
    LowerFirst,
    /// `,,`: all letters in lower case.
    Lower,
    /// `#`: without the shortest start that matches.
    ShortestStart,
    /// `##`: without the longest start that matches.
    LongestStart,
    /// `%`: without the shortest end that matches.
    ShortestEnd,
    /// `%%`: without the longest end that matches.
    LongestEnd,
    /// `/`: with the first occurrence replaced.
    ReplaceFirst,
    /// `//`: with all occurrences replaced.
    ReplaceAll,
    /// `/#`: with the start replaced.
    ReplaceStart,
    /// `/%`: with the end replaced.
    ReplaceEnd,
    /// Two signs that mean nothing together, such as `^,`: the value as it is.
    Nothing,
}

impl Operator {
    /// Returns the operator that is written so.
    pub fn written(signs: &str) -> Self {
        match signs {
            "" => Self::Plain,
            ":" => Self::Slice,
            "^" => Self::UpperFirst,
            "^^" => Self::Upper,
            "," => Self::LowerFirst,
            ",," => Self::Lower,
            "#" => Self::ShortestStart,
            "##" => Self::LongestStart,
            "%" => Self::ShortestEnd,
            "%%" => Self::LongestEnd,
            "/" => Self::ReplaceFirst,
            "//" => Self::ReplaceAll,
            "/#" => Self::ReplaceStart,
            "/%" => Self::ReplaceEnd,
            "=" | ":=" | ":-" | ":+" | ":?" => Self::Default,
            _ => Self::Nothing,
        }
    }

    /// Applies it to a value; `None` where the arguments cut a text at an impossible place.
    pub fn apply(self, value: &str, arguments: &[String]) -> Option<String> {
        let first = arguments.first().map_or("", String::as_str);
        let second = arguments.get(1).map_or("", String::as_str);
        Some(match self {
            Self::Default if value.is_empty() => arguments.concat(),
            Self::Plain | Self::Default | Self::Nothing => value.to_owned(),
            Self::Length => value.len().to_string(),
            Self::Slice => return slice(value, first, arguments.get(1).map(String::as_str)),
            Self::UpperFirst => in_case(value, 1, char::to_uppercase),
            Self::Upper => in_case(value, usize::MAX, char::to_uppercase),
            Self::LowerFirst => in_case(value, 1, char::to_lowercase),
            Self::Lower => in_case(value, usize::MAX, char::to_lowercase),
            Self::ShortestStart => trim(value, first, Side::Start, Length::Shortest),
            Self::LongestStart => trim(value, first, Side::Start, Length::Longest),
            Self::ShortestEnd => trim(value, first, Side::End, Length::Shortest),
            Self::LongestEnd => trim(value, first, Side::End, Length::Longest),
            Self::ReplaceFirst => value.replacen(first, second, 1),
            Self::ReplaceAll => value.replace(first, second),
            // Unlike the other two, these do nothing where there is nothing to put there.
            Self::ReplaceStart | Self::ReplaceEnd if arguments.len() < 2 => value.to_owned(),
            Self::ReplaceStart => match value.strip_prefix(first) {
                Some(rest) => format!("{second}{rest}"),
                None => value.to_owned(),
            },
            Self::ReplaceEnd => match value.strip_suffix(first) {
                Some(rest) => format!("{rest}{second}"),
                None => value.to_owned(),
            },
        })
    }
}

/// Cuts a piece out of a value. Places are bytes; what cuts a character in two leaves a mark of it.
fn slice(value: &str, offset: &str, length: Option<&str>) -> Option<String> {
    let Some(offset) = number(offset) else {
        return Some(value.to_owned());
    };
    let size = i64::try_from(value.len()).ok()?;
    // A negative offset counts from the end, as far as there is something.
    let begin = if offset < 0 {
        (size + offset).max(0)
    } else {
        offset
    };
    let end = match length {
        None => size,
        Some(length) => match number(length) {
            None => return Some(value.to_owned()),
            Some(length) => begin.checked_add(length)?.min(size),
        },
    };
    if begin >= size {
        return Some(String::new());
    }
    let (begin, end) = (usize::try_from(begin).ok()?, usize::try_from(end).ok()?);
    let bytes = value.as_bytes().get(begin..end)?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// Reads a whole number as Go's `Atoi` does: digits with a sign before them, no blanks.
fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Changes the case of so many letters from the start. As in Go, one letter stays one letter: what
/// would become two, such as `ß`, stays as it is.
fn in_case<C: Iterator<Item = char>>(value: &str, count: usize, change: fn(char) -> C) -> String {
    let mut changed = String::with_capacity(value.len());
    for (place, character) in value.chars().enumerate() {
        let mut letters = change(character).fuse();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if place < count => changed.push(letter),
            _ => changed.push(character),
        }
    }
    changed
}

/// Where a value is trimmed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Start,
    End,
}

/// How much of what matches is trimmed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Shortest,
    Longest,
}

fn trim(value: &str, pattern: &str, side: Side, length: Length) -> String {
    // An end is trimmed like a start, with value and pattern turned round. So a class at an end,
    // which then reads `]z-a[`, is none; Flux's controllers do the same.
    let turned = |text: &str| -> Vec<char> {
        match side {
            Side::Start => text.chars().collect(),
            Side::End => text.chars().rev().collect(),
        }
    };
    let characters = turned(value);
    let rest = match matched(&characters, &turned(pattern), length) {
        Ok(matched) => &characters[matched..],
        Err(BadPattern) => &characters,
    };
    match side {
        Side::Start => rest.iter().collect(),
        Side::End => rest.iter().rev().collect(),
    }
}

/// Returns how many characters of the start match.
fn matched(characters: &[char], pattern: &[char], length: Length) -> Result<usize, BadPattern> {
    let mut found = 0;
    for end in (1..=characters.len()).rev() {
        if matches(pattern, &characters[..end])? {
            found = end;
            if length == Length::Longest {
                break;
            }
        }
    }
    Ok(found)
}
