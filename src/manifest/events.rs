//! What the parser's events, spans and errors mean to us.

use std::borrow::Cow;

use granit_parser::{ErrorKind, ScalarStyle, ScanError, Span, StructureStyle};

use super::builder::DEPTH_LIMIT;
use super::node::{Content, Node, Style, Tag};
use super::problem::{Place, Problem, YamlError};

/// The prefix of the tags that are written with `!!`.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// What YAML 1.1, and so Go's writer, takes for line breaks beside the usual ones.
const OLD_BREAKS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Takes away the blanks around the old line breaks, which are no part of a folded text.
fn trim_around_breaks(text: &mut String) {
    let mut trimmed = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive(OLD_BREAKS).enumerate() {
        let line = if index > 0 {
            line.trim_start_matches([' ', '\t'])
        } else {
            line
        };
        match line
            .char_indices()
            .next_back()
            .filter(|(_, last)| OLD_BREAKS.contains(last))
        {
            Some((offset, last)) => {
                trimmed.push_str(line[..offset].trim_end_matches([' ', '\t']));
                trimmed.push(last);
            }
            None => trimmed.push_str(line),
        }
    }
    *text = trimmed;
}

/// Makes a node of what an event brings.
pub fn node(content: Content, style: Style, tag: Option<&granit_parser::Tag>, span: &Span) -> Node {
    let (line, column) = position(span);
    Node {
        content,
        tag: tag_of(tag),
        style,
        line,
        column,
    }
}

/// Returns the text of a scalar; a block that the end of the stream cuts off has no last break.
pub fn scalar_text(text: Cow<'_, str>, style: ScalarStyle, cut_off: bool) -> String {
    let mut text = text.into_owned();
    match style {
        ScalarStyle::Plain | ScalarStyle::SingleQuoted if text.contains(OLD_BREAKS) => {
            trim_around_breaks(&mut text);
        }
        ScalarStyle::Literal | ScalarStyle::Folded if cut_off && text.ends_with('\n') => {
            text.pop();
        }
        _ => {}
    }
    text
}

/// Returns the line and the column where a span starts, from one.
pub fn position(span: &Span) -> (u32, u32) {
    (count(span.start.line()), count(span.start.col() + 1))
}

/// Returns a number that no manifest exceeds.
pub fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns how a scalar was written.
pub const fn scalar_style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

/// Returns how a collection was written.
pub const fn collection_style(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Plain,
        StructureStyle::Flow => Style::Flow,
    }
}

fn tag_of(tag: Option<&granit_parser::Tag>) -> Tag {
    let Some(tag) = tag else { return Tag::None };
    if let Some(name) = tag.suffix_in_namespace(YAML_TAGS) {
        return match name.as_ref() {
            "str" => Tag::Text,
            "int" => Tag::Integer,
            "float" => Tag::Float,
            "bool" => Tag::Boolean,
            "null" => Tag::Null,
            "timestamp" => Tag::Timestamp,
            "binary" => Tag::Binary,
            "merge" => Tag::Merge,
            "map" => Tag::Mapping,
            "seq" => Tag::Sequence,
            _ => Tag::Other(tag.original().into()),
        };
    }
    match tag.original().as_str() {
        "!" => Tag::None,
        original => Tag::Other(original.into()),
    }
}

/// Turns the parser's error into ours.
pub fn syntax(error: &ScanError, document: usize) -> YamlError {
    let message = error.kind().to_string();
    let tab = matches!(
        error.kind(),
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    );
    let problem = match error.kind() {
        ErrorKind::RecursionLimitExceeded => Problem::TooDeep { limit: DEPTH_LIMIT },
        _ => Problem::Syntax { message, tab },
    };
    let (line, column) = (
        count(error.marker().line()),
        count(error.marker().col() + 1),
    );
    YamlError::new(
        Place {
            document,
            line,
            column,
        },
        problem,
    )
}
