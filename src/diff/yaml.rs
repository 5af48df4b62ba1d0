//! YAML in the style of a report, which is not quite YAML: texts are quoted by their looks alone.

use std::fmt::Write as _;

use serde_json::Value;

use super::clean::clean;
use super::compare::in_order;
use super::difference::Entries;
use super::readable::arranged;
use super::scalar::{Sort, text};

/// In which order the keys of mappings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// As in the document.
    Document,
    /// What identifies a mapping first.
    Readable,
}

/// Returns a value as YAML; it ends with a line break, but for an empty collection, which leaves no text.
pub fn yaml_of(value: &Value, order: KeyOrder) -> String {
    let mut writer = Writer {
        order,
        out: String::new(),
    };
    writer.write(value, "", FirstLine::Indented);
    writer.out
}

/// Returns entries of a mapping or a list as YAML, in a readable order.
pub fn yaml_of_entries(entries: &Entries) -> String {
    let mut writer = Writer {
        order: KeyOrder::Readable,
        out: String::new(),
    };
    match entries {
        Entries::Map(entries) => {
            let pairs = entries.iter().map(|(key, value)| (key.as_str(), value));
            writer.write_map(arranged(pairs.collect()), "", FirstLine::Indented);
        }
        Entries::List(entries) => writer.write_list(entries, "", FirstLine::Indented),
    }
    writer.out
}

/// Whether the first line of a block still needs its indentation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstLine {
    Indented,
    AfterDash,
}

struct Writer {
    order: KeyOrder,
    out: String,
}

impl Writer {
    fn write(&mut self, value: &Value, prefix: &str, first: FirstLine) {
        match value {
            Value::Object(entries) => {
                let pairs = in_order(entries);
                let pairs = match self.order {
                    KeyOrder::Document => pairs,
                    KeyOrder::Readable => arranged(pairs),
                };
                self.write_map(pairs, prefix, first);
            }
            Value::Array(entries) => self.write_list(entries, prefix, first),
            scalar => self.write_scalar(scalar, prefix),
        }
    }

    fn write_map(&mut self, pairs: Vec<(&str, &Value)>, prefix: &str, first: FirstLine) {
        for (index, (key, value)) in pairs.into_iter().enumerate() {
            if index > 0 || first == FirstLine::Indented {
                self.out.push_str(prefix);
            }
            self.out.push_str(&clean(key));
            self.out.push(':');
            let below = format!("{prefix}  ");
            match value {
                Value::Object(entries) if entries.is_empty() => self.out.push_str(" {}\n"),
                Value::Array(entries) if entries.is_empty() => self.out.push_str(" []\n"),
                Value::Object(_) => {
                    self.out.push('\n');
                    self.write(value, &below, FirstLine::Indented);
                }
                Value::Array(_) => {
                    self.out.push('\n');
                    self.write(value, prefix, FirstLine::Indented);
                }
                scalar => {
                    self.out.push(' ');
                    self.write_scalar(scalar, &below);
                }
            }
        }
    }

    fn write_list(&mut self, entries: &[Value], prefix: &str, first: FirstLine) {
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 || first == FirstLine::Indented {
                self.out.push_str(prefix);
            }
            self.out.push_str("- ");
            self.write(entry, &format!("{prefix}  "), FirstLine::AfterDash);
        }
    }

    fn write_scalar(&mut self, value: &Value, prefix: &str) {
        let plain = text(value);
        if plain.contains('\n') {
            self.out.push_str("|\n");
            let lines: Vec<_> = plain
                .split('\n')
                .map(|line| format!("{prefix}{}", clean(line)))
                .collect();
            self.out.push_str(&lines.join("\n"));
        } else if Sort::of(value) == Sort::Text && needs_quotes(&plain) {
            self.out.push_str(&quoted(&plain));
        } else {
            self.out.push_str(&clean(&plain));
        }
        self.out.push('\n');
    }
}

fn needs_quotes(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
        || text.starts_with('-')
        || text.contains([' ', '*', '&', ':', ','])
}

/// Quotes a text as Go's `%q` does.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            _ if !is_invisible(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                let _ = match code {
                    0..0x80 => write!(out, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Says whether a character has no shape of its own: controls, format characters, blanks but the ordinary one.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || (character != ' ' && character.is_whitespace())
        || matches!(character,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> String {
        yaml_of(value, KeyOrder::Readable)
    }

    #[test]
    fn indents_as_the_report_does() {
        assert_eq!(
            shown(
                &json!([{"v": 2, "name": "x", "list": ["a", [1, 2]], "map": {"a": {}, "b": []}}])
            ),
            "- name: x\n  map:\n    a: {}\n    b: []\n  v: 2\n  list:\n  - a\n  - - 1\n    - 2\n"
        );
        assert_eq!(shown(&json!([{}, {"a": 1}])), "- - a: 1\n");
        assert_eq!(
            shown(&json!({"text": "one\ntwo\n"})),
            "text: |\n  one\n  two\n  \n"
        );
    }

    #[test]
    fn quotes_by_looks() {
        for (text, expected) in [
            ("1", "1\n"),
            ("", "\n"),
            ("true", "\"true\"\n"),
            ("--verbose", "\"--verbose\"\n"),
            ("a: \"b\"", "\"a: \\\"b\\\"\"\n"),
            ("a b\u{1b}\u{200b}é", "\"a b\\x1b\\u200bé\"\n"),
        ] {
            assert_eq!(shown(&json!(text)), expected);
        }
        assert_eq!(shown(&json!(true)), "true\n");
        assert_eq!(shown(&json!(null)), "null\n");
    }
}
