//! YAML as SOPS writes it: levels of four blanks, lists below their keys, and comments where they were.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::go_number;
use super::tree::{Branch, Comment, Element, Entry, Value};
use crate::manifest::{Form, Look, is_printable};

/// By how much each level is indented.
const STEP: usize = 4;

/// Keys longer than this many bytes are written after a `?`.
const SIMPLE_KEY_LIMIT: usize = 128;

/// Writes documents as a stream.
pub fn write(documents: &[Branch]) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::default();
    for (index, branch) in documents.iter().enumerate() {
        if index > 0 {
            writer.out.push_str("---\n");
            writer.foot = None;
        }
        if !has_pairs(branch) {
            writer.lines(&comments(branch), 0);
            writer.out.push_str("{}\n");
            continue;
        }
        writer.mapping(branch, 0, Start::Line);
    }
    Zeroizing::new(writer.out.as_bytes().to_vec())
}

fn has_pairs(branch: &Branch) -> bool {
    branch.iter().any(|entry| matches!(entry, Entry::Pair(..)))
}

fn has_items(elements: &[Element]) -> bool {
    elements
        .iter()
        .any(|element| matches!(element, Element::Item(_)))
}

fn comments(branch: &Branch) -> Vec<&Comment> {
    let comments = branch.iter().filter_map(|entry| match entry {
        Entry::Comment(comment) => Some(comment),
        Entry::Pair(..) => None,
    });
    comments.collect()
}

/// Where the first entry of a collection stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// At the start of a line.
    Line,
    /// After the `- ` of an item.
    Item,
}

/// What was said before an entry.
#[derive(Default)]
struct Said<'tree> {
    lines: Vec<&'tree Comment>,
    inline: Vec<&'tree Comment>,
}

impl<'tree> Said<'tree> {
    fn add(&mut self, comment: &'tree Comment) {
        if comment.inline {
            self.inline.push(comment);
        } else {
            self.lines.push(comment);
        }
    }
}

#[derive(Default)]
struct Writer {
    out: Zeroizing<String>,
    /// The column of comments that just ended a collection: a blank line keeps them from what comes next there.
    foot: Option<usize>,
}

impl Writer {
    fn indent(&mut self, column: usize) {
        if self.foot.take() == Some(column) {
            self.out.push('\n');
        }
        for _ in 0..column {
            self.out.push(' ');
        }
    }

    /// Writes comments in lines of their own.
    fn lines(&mut self, comments: &[&Comment], column: usize) {
        for comment in comments {
            for line in String::from_utf8_lossy(&comment.text).split('\n') {
                self.indent(column);
                self.out.push('#');
                self.out.push_str(line);
                self.out.push('\n');
            }
        }
    }

    fn mapping(&mut self, branch: &Branch, column: usize, start: Start) {
        let mut said = Said::default();
        let mut start = start;
        for entry in branch {
            match entry {
                Entry::Comment(comment) => said.add(comment),
                Entry::Pair(key, value) => {
                    let Said { lines, inline } = std::mem::take(&mut said);
                    if start == Start::Item && !lines.is_empty() {
                        // The dash stands alone then.
                        let end = self.out.trim_end_matches(' ').len();
                        self.out.truncate(end);
                        self.out.push('\n');
                        start = Start::Line;
                    }
                    self.lines(&lines, column);
                    if start == Start::Line {
                        self.indent(column);
                    }
                    start = Start::Line;
                    self.key(key, column);
                    self.after_key(value, column, &inline);
                }
            }
        }
        self.foot(&said, column);
    }

    fn foot(&mut self, said: &Said<'_>, column: usize) {
        if said.lines.is_empty() && said.inline.is_empty() {
            return;
        }
        self.lines(&said.lines, column);
        self.lines(&said.inline, column);
        self.foot = Some(column);
    }

    fn list(&mut self, elements: &[Element], column: usize) {
        let mut said = Said::default();
        for element in elements {
            match element {
                Element::Comment(comment) => said.add(comment),
                Element::Item(value) => {
                    let Said { lines, inline } = std::mem::take(&mut said);
                    self.lines(&lines, column);
                    self.indent(column);
                    self.out.push_str("- ");
                    match value {
                        Value::Mapping(branch) if has_pairs(branch) => {
                            self.mapping(branch, column + 2, Start::Item);
                        }
                        Value::List(elements) if has_items(elements) => {
                            self.list_in_item(elements, column + 2);
                        }
                        value => self.scalar(value, column + 2, &inline),
                    }
                }
            }
        }
        self.foot(&said, column);
    }

    /// Writes a list whose first dash stands after another one.
    fn list_in_item(&mut self, elements: &[Element], column: usize) {
        let start = self.out.len();
        self.list(elements, column);
        let first_is_item = matches!(elements.first(), Some(Element::Item(_)));
        if first_is_item {
            self.out.replace_range(start..start + column, "");
        } else {
            self.out.insert(start, '\n');
            self.out.remove(start - 1);
        }
    }

    fn key(&mut self, key: &str, column: usize) {
        let look = Look::of(key);
        if look.multiline || key.len() > SIMPLE_KEY_LIMIT {
            self.out.push_str("? ");
            self.text(key, column + STEP, &[]);
            self.indent(column);
        } else {
            match look.form(key) {
                Form::Plain => self.out.push_str(key),
                Form::Single => self.single_quoted(key),
                Form::Double | Form::Literal => self.double_quoted(key),
            }
        }
        self.out.push(':');
    }

    fn after_key(&mut self, value: &Value, column: usize, inline: &[&Comment]) {
        // Everything stands at a multiple of the step, but what begins after a dash.
        let next = STEP * ((column + STEP) / STEP);
        match value {
            Value::Mapping(branch) if has_pairs(branch) => {
                self.inline(inline, column);
                self.out.push('\n');
                self.mapping(branch, next, Start::Line);
            }
            Value::List(elements) if has_items(elements) => {
                self.inline(inline, column);
                self.out.push('\n');
                self.list(elements, next);
            }
            value => {
                self.out.push(' ');
                self.scalar(value, next, inline);
                // The comments of a list without items stand below it.
                if let Value::List(elements) = value {
                    for element in elements {
                        if let Element::Comment(comment) = element {
                            self.lines(&[comment], column);
                        }
                    }
                }
            }
        }
    }

    /// Writes comments after a value; a second one goes on in the next line.
    fn inline(&mut self, comments: &[&Comment], column: usize) {
        for (index, comment) in comments.iter().enumerate() {
            if index > 0 {
                self.out.push('\n');
                self.indent(column);
            } else {
                self.out.push(' ');
            }
            self.out.push('#');
            self.out.push_str(&String::from_utf8_lossy(&comment.text));
        }
    }

    /// Writes a value that is no collection with anything in it, and ends the line.
    fn scalar(&mut self, value: &Value, column: usize, inline: &[&Comment]) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Boolean(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Integer(value) => self.out.push_str(&value.to_string()),
            Value::Float(value) => self.out.push_str(&go_number::for_yaml(*value)),
            Value::Time(time) => self.out.push_str(time),
            Value::Mapping(_) => self.out.push_str("{}"),
            Value::List(_) => self.out.push_str("[]"),
            Value::Text(bytes) => {
                if let Ok(text) = std::str::from_utf8(bytes) {
                    return self.text(text, column, inline);
                }
                self.out.push_str("!!binary ");
                self.out.push_str(&STANDARD.encode(bytes));
            }
        }
        self.inline(inline, column);
        self.out.push('\n');
    }

    fn text(&mut self, text: &str, column: usize, inline: &[&Comment]) {
        match Look::of(text).form(text) {
            Form::Plain => self.out.push_str(text),
            Form::Single => self.single_quoted(text),
            Form::Double => self.double_quoted(text),
            Form::Literal => return self.literal(text, column, inline),
        }
        self.inline(inline, column);
        self.out.push('\n');
    }

    fn single_quoted(&mut self, text: &str) {
        self.out.push('\'');
        self.out.push_str(&text.replace('\'', "''"));
        self.out.push('\'');
    }

    fn double_quoted(&mut self, text: &str) {
        self.out.push('"');
        let bytes = text.as_bytes();
        for (index, character) in text.char_indices() {
            let broken = matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
            if broken || matches!(character, '"' | '\\') || !is_printable(&bytes[index..]) {
                self.out.push_str(&escape(character));
            } else {
                self.out.push(character);
            }
        }
        self.out.push('"');
    }

    /// Writes a text as a block; its comment stands after the sign of the block.
    fn literal(&mut self, text: &str, column: usize, inline: &[&Comment]) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            self.out.push('4');
        }
        if text.ends_with("\n\n") || text == "\n" {
            self.out.push('+');
        } else if !text.ends_with('\n') {
            self.out.push('-');
        }
        self.inline(inline, column);
        self.out.push('\n');
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.indent(column);
            }
            self.out.push_str(line);
        }
        if !text.ends_with('\n') {
            self.out.push('\n');
        }
    }
}

/// Escapes a character in a text between double quotes.
fn escape(character: char) -> String {
    match character {
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{85}' => "\\N".into(),
        '\u{a0}' => "\\_".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        _ => match u32::from(character) {
            code @ 0..=0xff => format!("\\x{code:02X}"),
            code @ 0x100..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    }
}
