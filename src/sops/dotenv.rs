//! Lines of `KEY=value` as SOPS reads and writes them.

use zeroize::Zeroizing;

use super::error::SopsError;
use super::format::Format;
use super::go_number;
use super::tree::{Branch, Comment, Entry, Value};

/// Reads lines; `\n` in a value stands for a line break.
///
/// # Errors
///
/// Fails on a line without `=`.
pub fn read(content: &[u8]) -> Result<Branch, SopsError> {
    let lines = content.split(|byte| *byte == b'\n');
    let lines = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            if let Some(comment) = line.strip_prefix(b"#") {
                return Ok(Entry::Comment(Comment::line(comment)));
            }
            let malformed = |problem: &str| {
                SopsError::malformed(Format::Dotenv, format!("line {number} {problem}"))
            };
            let at = line
                .iter()
                .position(|byte| *byte == b'=')
                .ok_or_else(|| malformed("has no `=`"))?;
            let key = std::str::from_utf8(&line[..at])
                .map_err(|_| malformed("has no text as its key"))?;
            let value = Zeroizing::new(line[at + 1..].to_vec());
            Ok(Entry::Pair(key.into(), Value::Text(unescaped(&value))))
        })
        .collect()
}

/// Writes lines.
///
/// # Errors
///
/// Fails on lists and mappings.
pub fn write(branch: &Branch) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let mut out = Zeroizing::new(Vec::new());
    for entry in branch {
        match entry {
            Entry::Comment(comment) => {
                out.push(b'#');
                out.extend_from_slice(&comment.text);
            }
            Entry::Pair(key, value) => {
                out.extend_from_slice(key.as_bytes());
                out.push(b'=');
                let text = line_text(value).ok_or_else(|| SopsError::Unwritable {
                    format: Format::Dotenv,
                    problem: format!("`{key}` holds more than one value"),
                })?;
                for byte in text.iter() {
                    match byte {
                        b'\n' => out.extend_from_slice(b"\\n"),
                        byte => out.push(*byte),
                    }
                }
            }
        }
        out.push(b'\n');
    }
    Ok(out)
}

/// Returns a value as it stands in a line; `None` for lists and mappings.
pub fn line_text(value: &Value) -> Option<Zeroizing<Vec<u8>>> {
    let text = match value {
        Value::Null => "<nil>".into(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => go_number::for_lines(*value),
        Value::Time(time) => return Some(Zeroizing::new(time.as_bytes().to_vec())),
        Value::Text(bytes) => return Some(bytes.clone()),
        Value::List(_) | Value::Mapping(_) => return None,
    };
    Some(Zeroizing::new(text.into_bytes()))
}

/// Puts line breaks where `\n` stands for them.
pub fn unescaped(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next_if_eq(&b'n').is_some() {
            out.push(b'\n');
        } else {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was() {
        let text = "# note\nA=1\nB=a\\nb=c\nEMPTY=\n";
        let branch = read(text.as_bytes()).unwrap();
        assert!(
            matches!(&branch[2], Entry::Pair(_, Value::Text(text)) if text.as_slice() == b"a\nb=c")
        );
        assert_eq!(write(&branch).unwrap().as_slice(), text.as_bytes());
        let error = read(b"A=1\nhunter2").map(|_| ()).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
