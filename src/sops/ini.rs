//! Sections of `key = value` as SOPS reads and writes them.
//!
//! The rules are those of Go's `ini` package in its plain setting: `=` or `:` ends a key, `#` and `;` start a comment
//! wherever they stand, `` ` `` and `"""` quote, a backslash at the end goes on in the next line.

use zeroize::Zeroizing;

use super::dotenv::line_text;
use super::error::SopsError;
use super::format::Format;
use super::tree::{Branch, Comment, Entry, Value};

/// The section of what stands before the first one.
const DEFAULT: &str = "DEFAULT";

/// The signs that end a key.
const DELIMITERS: [char; 2] = ['=', ':'];

/// The signs that start a comment.
const COMMENTS: [char; 2] = ['#', ';'];

/// Reads sections, each of which becomes a mapping.
///
/// # Errors
///
/// Fails on a line that is neither a comment nor a section nor a key with a value.
pub fn read(content: &[u8]) -> Result<Branch, SopsError> {
    let text = std::str::from_utf8(content)
        .map_err(|_| SopsError::malformed(Format::Ini, "it is no text"))?;
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 0,
        comment: Zeroizing::new(String::new()),
        sections: vec![(DEFAULT.into(), Vec::new())],
    };
    reader.read()?;
    let sections = reader.sections.into_iter();
    Ok(sections
        .map(|(name, entries)| Entry::Pair(name, Value::Mapping(entries)))
        .collect())
}

struct Reader<'text> {
    rest: &'text str,
    line: usize,
    comment: Zeroizing<String>,
    sections: Vec<(String, Branch)>,
}

impl<'text> Reader<'text> {
    fn next_line(&mut self) -> Option<&'text str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.line += 1;
        Some(line)
    }

    fn malformed(&self, problem: &str) -> SopsError {
        SopsError::malformed(Format::Ini, format!("line {} {problem}", self.line))
    }

    fn read(&mut self) -> Result<(), SopsError> {
        while let Some(line) = self.next_line() {
            let line = line.trim_start();
            if line.is_empty() {
                continue;
            }
            if line.starts_with(COMMENTS) {
                self.comment.push_str(line);
            } else if let Some(name) = line.strip_prefix('[') {
                let (name, after) = name
                    .rsplit_once(']')
                    .ok_or_else(|| self.malformed("has a section without its end"))?;
                if let Some(at) = after.find(COMMENTS) {
                    self.comment.push_str(&after[at..]);
                }
                let comment = self.take_comment();
                self.sections
                    .push((name.into(), comment.into_iter().collect()));
            } else {
                self.pair(line)?;
            }
        }
        Ok(())
    }

    /// Returns the comment since the last key, without the sign that starts it.
    fn take_comment(&mut self) -> Option<Entry> {
        let comment = std::mem::take(&mut *self.comment);
        let comment = Zeroizing::new(comment);
        let text = comment.trim();
        let text = match text.chars().next()? {
            sign if COMMENTS.contains(&sign) => text.trim_start_matches([sign, ' ']),
            _ => text,
        };
        Some(Entry::Comment(Comment::line(text.as_bytes())))
    }

    fn pair(&mut self, line: &'text str) -> Result<(), SopsError> {
        let (key, value) = self.key(line)?;
        let value = self.value(value)?;
        let comment = self.take_comment();
        let Some((_, section)) = self.sections.last_mut() else {
            return Ok(());
        };
        let known = section
            .iter()
            .position(|entry| matches!(entry, Entry::Pair(known, _) if known == key));
        let pair = Entry::Pair(key.into(), Value::text(value.as_bytes()));
        match known {
            // The last value counts, at the place of the first.
            Some(at) => section[at] = pair,
            None => section.push(pair),
        }
        section.extend(comment);
        Ok(())
    }

    fn key(&self, line: &'text str) -> Result<(&'text str, &'text str), SopsError> {
        let no_end = || self.malformed("has neither `=` nor `:`");
        let quote = ["\"\"\"", "\"", "`"]
            .into_iter()
            .find(|quote| line.starts_with(quote) && line.len() > 2 * quote.len());
        if let Some(quote) = quote {
            let (key, rest) = line[quote.len()..]
                .split_once(quote)
                .ok_or_else(|| self.malformed("has a key without its last quote"))?;
            let (_, value) = rest.split_once(DELIMITERS).ok_or_else(no_end)?;
            return Ok((key.trim(), value));
        }
        let (key, value) = line.split_once(DELIMITERS).ok_or_else(no_end)?;
        if key.is_empty() {
            return Err(self.malformed("has no key"));
        }
        Ok((key.trim(), value))
    }

    fn value(&mut self, text: &'text str) -> Result<Zeroizing<String>, SopsError> {
        let text = text.trim_start();
        let quote = ["\"\"\"", "`"]
            .into_iter()
            .find(|quote| text.starts_with(quote) && text.len() >= quote.len());
        if let Some(quote) = quote.filter(|quote| *quote == "`" || text.len() > 3) {
            let inside = &text[quote.len()..];
            return match inside.rfind(quote) {
                Some(end) => Ok(Zeroizing::new(inside[..end].into())),
                None => self.quoted_lines(inside, quote),
            };
        }
        let text = text.trim();
        if let Some(start) = text.strip_suffix('\\') {
            return Ok(self.continued(start));
        }
        let value = match text.find(COMMENTS) {
            Some(at) => {
                self.comment.push_str(&text[at..]);
                text[..at].trim()
            }
            None => text,
        };
        let unquoted = ['\'', '"'].into_iter().find_map(|quote| {
            let inside = value.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inside.contains(quote)).then_some(inside)
        });
        Ok(Zeroizing::new(unquoted.unwrap_or(value).into()))
    }

    /// Reads on to the quote that ends a value.
    fn quoted_lines(&mut self, start: &str, quote: &str) -> Result<Zeroizing<String>, SopsError> {
        let mut value = Zeroizing::new(start.to_owned());
        while let Some(line) = self.next_line() {
            let Some(end) = line.rfind(quote) else {
                value.push_str(line);
                continue;
            };
            value.push_str(&line[..end]);
            if let Some(at) = line[end..].find(COMMENTS) {
                self.comment.push_str(line[end + at..].trim());
            }
            return Ok(value);
        }
        Err(self.malformed("ends within quotes"))
    }

    /// Reads on for as long as lines end with a backslash.
    fn continued(&mut self, start: &str) -> Zeroizing<String> {
        let mut value = Zeroizing::new(start.to_owned());
        while let Some(line) = self.next_line() {
            let line = line.trim();
            value.push_str(line);
            if line.is_empty() || !value.ends_with('\\') {
                break;
            }
            value.pop();
        }
        value
    }
}

/// Writes sections, with the signs of their keys below each other.
///
/// # Errors
///
/// Fails where a section is no mapping, or a value of one more than a value.
pub fn write(branch: &Branch) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let mut out = Zeroizing::new(Vec::new());
    let sections: Vec<_> = branch.iter().filter_map(pair).collect();
    for (index, (name, value)) in sections.iter().enumerate() {
        let Value::Mapping(entries) = value else {
            return Err(unwritable(format!("`{name}` is no section")));
        };
        let mut entries = entries.as_slice();
        if let Some((Entry::Comment(comment), rest)) = entries.split_first() {
            write_comment(comment, &mut out);
            entries = rest;
        }
        let keys: Vec<_> = entries.iter().filter_map(pair).collect();
        if index > 0 || !name.eq_ignore_ascii_case(DEFAULT) {
            out.extend_from_slice(format!("[{name}]\n").as_bytes());
        } else if keys.is_empty() {
            continue;
        }
        let width = keys.iter().map(|(key, _)| quoted_key(key).len()).max();
        for (at, entry) in entries.iter().enumerate() {
            let Some((key, value)) = pair(entry) else {
                continue;
            };
            // A comment is written before the key that it follows; of several, the last.
            let following = entries[at + 1..].iter();
            let comments = following.map_while(|entry| match entry {
                Entry::Comment(comment) => Some(comment),
                Entry::Pair(..) => None,
            });
            if let Some(comment) = comments.last() {
                write_comment(comment, &mut out);
            }
            let key_text = quoted_key(key);
            let text = line_text(value)
                .ok_or_else(|| unwritable(format!("`{name}.{key}` holds more than one value")))?;
            out.extend_from_slice(key_text.as_bytes());
            let missing = width.unwrap_or(0) - key_text.len();
            out.extend(std::iter::repeat_n(b' ', missing));
            out.extend_from_slice(b" = ");
            write_value(&text, &mut out);
        }
        if index + 1 < sections.len() {
            out.push(b'\n');
        }
    }
    Ok(out)
}

fn unwritable(problem: String) -> SopsError {
    SopsError::Unwritable {
        format: Format::Ini,
        problem,
    }
}

fn pair(entry: &Entry) -> Option<(&str, &Value)> {
    match entry {
        Entry::Pair(key, value) => Some((key, value)),
        Entry::Comment(_) => None,
    }
}

fn quoted_key(key: &str) -> String {
    if key.contains('"') || key.contains(DELIMITERS) {
        format!("`{key}`")
    } else if key.contains('`') {
        format!("\"\"\"{key}\"\"\"")
    } else {
        key.into()
    }
}

fn write_comment(comment: &Comment, out: &mut Vec<u8>) {
    if comment.text.is_empty() {
        return;
    }
    for line in comment.text.split(|byte| *byte == b'\n') {
        match line {
            [sign @ (b'#' | b';'), text @ ..] => {
                out.extend_from_slice(&[*sign, b' ']);
                out.extend_from_slice(text.trim_ascii());
            }
            text => {
                out.extend_from_slice(b"; ");
                out.extend_from_slice(text.trim_ascii());
            }
        }
        out.push(b'\n');
    }
}

fn write_value(text: &[u8], out: &mut Vec<u8>) {
    let has = |signs: &[u8]| text.iter().any(|byte| signs.contains(byte));
    let quote: &[u8] = if has(b"\n`") {
        b"\"\"\""
    } else if has(b"#;") {
        b"`"
    } else if std::str::from_utf8(text).is_ok_and(|text| text.trim().len() != text.len()) {
        b"\""
    } else {
        b""
    };
    out.extend_from_slice(quote);
    out.extend_from_slice(text);
    out.extend_from_slice(quote);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_in_its_own_form() {
        let text = "top = 1\n\n; about a\n[a]\n; about long\nlong_key = x y\nk        = `a # b`\nq        = \" x \"\n\n[b]\nm = \"\"\"one\ntwo\"\"\"\n";
        let written = write(&read(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), text);
    }

    #[test]
    fn reads_what_people_write() {
        let branch = read(b"[s]\na: 1 ; note\n\"b\" = 'x'\nc = one \\\n two\na = 3\n").unwrap();
        let Entry::Pair(_, Value::Mapping(entries)) = &branch[1] else {
            panic!("a section")
        };
        let texts: Vec<_> = entries
            .iter()
            .filter_map(pair)
            .map(|(key, value)| {
                format!(
                    "{key}={}",
                    String::from_utf8_lossy(&line_text(value).unwrap())
                )
            })
            .collect();
        assert_eq!(texts, ["a=3", "b=x", "c=one two"]);
        let error = read(b"[s]\nhunter2\n").map(|_| ()).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
