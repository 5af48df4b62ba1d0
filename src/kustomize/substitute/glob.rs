//! Patterns of `${name#pattern}`: `*`, `?`, `[a-z]` and `\` before what is meant as it stands.

/// A pattern that can't be read: a class that is not closed, or nothing after a `\`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPattern;

/// Says whether a pattern matches the whole text; `*` stands for any characters, `/` too.
///
/// Trouble in a part of the pattern that no character ever meets stays unseen.
pub fn matches(pattern: &[char], text: &[char]) -> Result<bool, BadPattern> {
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: one character later.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at_pattern) == Some(&'*') {
            at_pattern += 1;
            retry = Some((at_pattern, at_text));
            continue;
        }
        if at_text == text.len() && at_pattern == pattern.len() {
            return Ok(true);
        }
        let fits = match text.get(at_text) {
            Some(character) if at_pattern < pattern.len() => {
                step(&pattern[at_pattern..], *character)?
            }
            _ => None,
        };
        if let Some(used) = fits {
            at_pattern += used;
            at_text += 1;
            continue;
        }
        match retry {
            Some((after, begin)) if begin < text.len() => {
                retry = Some((after, begin + 1));
                (at_pattern, at_text) = (after, begin + 1);
            }
            _ => return Ok(false),
        }
    }
}

/// Matches one character against the start of a pattern, and says how much of the pattern that took.
fn step(pattern: &[char], character: char) -> Result<Option<usize>, BadPattern> {
    match pattern[0] {
        '?' => Ok(Some(1)),
        '[' => class(pattern, character),
        '\\' => {
            let literal = pattern.get(1).ok_or(BadPattern)?;
            Ok((*literal == character).then_some(2))
        }
        literal => Ok((literal == character).then_some(1)),
    }
}

/// Matches a character against a class such as `[a-z]` or `[^/]`.
fn class(pattern: &[char], character: char) -> Result<Option<usize>, BadPattern> {
    let mut at = 1;
    let negated = pattern.get(at) == Some(&'^');
    at += usize::from(negated);
    let mut found = false;
    let mut ranges = 0;
    loop {
        if pattern.get(at) == Some(&']') && ranges > 0 {
            return Ok((found != negated).then_some(at + 1));
        }
        let (low, next) = member(pattern, at)?;
        at = next;
        let mut high = low;
        if pattern.get(at) == Some(&'-') {
            (high, at) = member(pattern, at + 1)?;
        }
        found |= (low..=high).contains(&character);
        ranges += 1;
    }
}

/// Reads one end of a range of a class, and where the rest of the class begins.
fn member(pattern: &[char], mut at: usize) -> Result<(char, usize), BadPattern> {
    match pattern.get(at) {
        None | Some('-' | ']') => return Err(BadPattern),
        Some('\\') => at += 1,
        Some(_) => {}
    }
    let character = *pattern.get(at).ok_or(BadPattern)?;
    // A class has to be closed somewhere behind.
    if at + 1 == pattern.len() {
        return Err(BadPattern);
    }
    Ok((character, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str) -> Result<bool, BadPattern> {
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        matches(&characters(pattern), &characters(text))
    }

    #[test]
    fn matches_whole_texts() {
        for (pattern, text) in [
            ("", ""),
            ("*", "a/b"),
            ("*/", "a/b/"),
            ("a*b*c", "aXbYbZc"),
            ("?", "é"),
            ("[a-c]x", "bx"),
            ("[^/]", "b"),
            (r"\*", "*"),
            (r"[\]]", "]"),
        ] {
            assert_eq!(check(pattern, text), Ok(true), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a*b", "abc"),
            ("?", ""),
            ("[a-c]", "d"),
            ("[^a]", "a"),
        ] {
            assert_eq!(check(pattern, text), Ok(false), "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for pattern in ["[", "[]a]", "[a", "[a-]", r"\", "[-]"] {
            assert_eq!(check(pattern, "a"), Err(BadPattern), "{pattern}");
        }
        assert_eq!(check("[", ""), Ok(false));
    }
}
