//! Reads the YAML that manifests are nearly always written in, many times faster than the parser for all of it.
//!
//! Whatever is unusual or wrong gives `None`, and the whole text goes to that parser: here nothing is refused and no
//! error is made. What is read is the same, to the line and column of each node.

use super::node::{Content, Entry, Node, Style, Tag};
use super::notes::Notes;
use super::quick_cursor::Cursor;

/// How deep collections may be nested here.
const DEPTH_LIMIT: usize = 64;

/// The indent of what stands in no collection.
const NOWHERE: isize = -1;

/// Reads all documents of a stream, empty ones too.
pub fn documents(text: &str) -> Option<Vec<Node>> {
    if !is_usual(text) {
        return None;
    }
    let mut cursor = Cursor::new(text);
    let mut documents = Vec::new();
    cursor.go_to_line()?;
    if cursor.indent >= 0 {
        documents.push(document(&mut cursor)?);
    }
    while !cursor.is_at_end() {
        let (line, column) = cursor.skip_dashes()?;
        cursor.end_line()?;
        documents.push(match cursor.indent {
            NOWHERE => scalar(String::new(), Style::Plain, (line, column?)),
            _ => document(&mut cursor)?,
        });
    }
    Some(documents)
}

/// Says whether a text has only characters, and no comments, that need no second look.
fn is_usual(text: &str) -> bool {
    let controls = |byte: u8| (byte < b' ' && !matches!(byte, b'\n' | b'\t')) || byte == 0x7f;
    // Without a branch for each byte, the compiler looks at many at once.
    if text.bytes().fold(false, |met, byte| met | controls(byte)) {
        return false;
    }
    // Controls, the marks of byte orders, and line breaks of YAML 1.1.
    let is_odd = |character| {
        matches!(
            character,
            '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    (text.is_ascii() || !text.contains(is_odd)) && Notes::of(text).is_empty()
}

fn document(cursor: &mut Cursor<'_>) -> Option<Node> {
    let root = block(cursor, NOWHERE, 0)?;
    (cursor.indent == NOWHERE).then_some(root)
}

/// Reads what begins at the start of a line, in a collection with this indent.
fn block(cursor: &mut Cursor<'_>, parent: isize, depth: usize) -> Option<Node> {
    let indent = cursor.indent;
    if cursor.is_at_item() {
        return sequence(cursor, indent, Dashes::Indented, depth);
    }
    match key(cursor)? {
        Some(key) => mapping(cursor, indent, key, depth),
        None => value(cursor, parent),
    }
}

/// Reads a mapping whose first key was just read.
fn mapping(cursor: &mut Cursor<'_>, indent: isize, first: Node, depth: usize) -> Option<Node> {
    if depth >= DEPTH_LIMIT {
        return None;
    }
    let place = (first.line, first.column);
    let mut entries = Vec::with_capacity(4);
    let mut next = first;
    loop {
        let value = field(cursor, indent, depth)?;
        entries.push(Entry { key: next, value });
        if cursor.indent != indent {
            break;
        }
        next = key(cursor)??;
    }
    let node = node(Content::Mapping(entries), Style::Plain, place);
    (cursor.indent < indent).then_some(node)
}

/// Reads what follows the colon after a key.
fn field(cursor: &mut Cursor<'_>, indent: isize, depth: usize) -> Option<Node> {
    // A value that is left away stands behind the colon.
    let (line, column) = cursor.place();
    cursor.skip_blanks();
    if !cursor.is_at_line_end() {
        return value(cursor, indent);
    }
    cursor.end_line()?;
    if cursor.indent > indent {
        block(cursor, indent, depth + 1)
    } else if cursor.indent == indent && cursor.is_at_item() {
        sequence(cursor, indent, Dashes::AtKey, depth + 1)
    } else {
        Some(scalar(String::new(), Style::Plain, (line, column)))
    }
}

/// Where the dashes of a list stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dashes {
    /// Deeper than what is around the list.
    Indented,
    /// At the column of the key before the list.
    AtKey,
}

/// Reads a list from its first dash on.
fn sequence(cursor: &mut Cursor<'_>, indent: isize, at: Dashes, depth: usize) -> Option<Node> {
    if depth >= DEPTH_LIMIT {
        return None;
    }
    let place = cursor.place();
    let mut items = Vec::with_capacity(2);
    while cursor.indent == indent && cursor.is_at_item() {
        cursor.skip(1);
        cursor.skip_blanks();
        if cursor.is_at_line_end() {
            return None;
        }
        cursor.indent = cursor.column();
        let column = cursor.indent;
        let item = if cursor.is_at_item() {
            sequence(cursor, column, Dashes::Indented, depth + 1)?
        } else {
            match key(cursor)? {
                Some(key) => mapping(cursor, column, key, depth + 1)?,
                None => value(cursor, indent)?,
            }
        };
        items.push(item);
    }
    // After dashes at the column of a key, the next key may follow.
    let ended = match at {
        Dashes::Indented => cursor.indent < indent,
        Dashes::AtKey => cursor.indent <= indent,
    };
    let node = node(Content::Sequence(items), Style::Plain, place);
    ended.then_some(node)
}

/// Reads a key and its colon; `Some(None)` where something else stands.
///
/// A text between quotes that is no key in its line is read again as a value, so are long texts.
#[expect(
    clippy::option_option,
    reason = "the outer one leaves the text to the parser, the inner one is an answer"
)]
fn key(cursor: &mut Cursor<'_>) -> Option<Option<Node>> {
    let place = cursor.place();
    let Some((text, style)) = cursor.key()? else {
        return Some(None);
    };
    // It merges mappings.
    if text == "<<" && style == Style::Plain {
        return None;
    }
    Some(Some(scalar(text.to_owned(), style, place)))
}

/// Reads a value that begins within a line, in a collection with this indent.
fn value(cursor: &mut Cursor<'_>, parent: isize) -> Option<Node> {
    if parent == NOWHERE {
        return None;
    }
    let place = cursor.place();
    Some(match cursor.byte(0) {
        b'|' => scalar(cursor.block(parent)?, Style::Literal, place),
        b'>' => scalar(cursor.block(parent)?, Style::Folded, place),
        b'\'' => scalar(cursor.quoted(b'\'', parent)?, Style::SingleQuoted, place),
        b'"' => scalar(cursor.quoted(b'"', parent)?, Style::DoubleQuoted, place),
        b'[' | b'{' => {
            let node = flow(cursor, 0)?;
            cursor.end_line()?;
            node
        }
        _ => scalar(cursor.plain(parent)?, Style::Plain, place),
    })
}

/// Reads a word, or a list or mapping of such between brackets or braces, within a line.
fn flow(cursor: &mut Cursor<'_>, depth: usize) -> Option<Node> {
    let place = cursor.place();
    let is_list = match cursor.byte(0) {
        _ if depth >= DEPTH_LIMIT => return None,
        b'[' => true,
        b'{' => false,
        _ => return word(cursor),
    };
    cursor.skip(1);
    cursor.skip_blanks();
    let (mut items, mut entries) = (Vec::new(), Vec::new());
    let end = if is_list { b']' } else { b'}' };
    while cursor.byte(0) != end {
        if !(items.is_empty() && entries.is_empty()) {
            cursor.expect(b',')?;
            cursor.skip_blanks();
        }
        if is_list {
            items.push(flow(cursor, depth + 1)?);
        } else {
            let key = word(cursor)?;
            cursor.expect(b':')?;
            cursor.expect(b' ')?;
            cursor.skip_blanks();
            let value = flow(cursor, depth + 1)?;
            entries.push(Entry { key, value });
        }
        cursor.skip_blanks();
    }
    cursor.skip(1);
    let content = if is_list {
        Content::Sequence(items)
    } else {
        Content::Mapping(entries)
    };
    Some(node(content, Style::Flow, place))
}

fn word(cursor: &mut Cursor<'_>) -> Option<Node> {
    let place = cursor.place();
    let (text, style) = cursor.word()?;
    Some(scalar(text.to_owned(), style, place))
}

const fn scalar(text: String, style: Style, place: (u32, u32)) -> Node {
    node(Content::Scalar(text), style, place)
}

const fn node(content: Content, style: Style, (line, column): (u32, u32)) -> Node {
    Node {
        content,
        tag: Tag::None,
        style,
        line,
        column,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse::Documents;
    use super::*;

    /// Lines that manifests are made of, and a few that only look like it.
    const LINES: &[&str] = &[
        "a: b",
        "a:",
        "- a",
        "- a: b",
        "-",
        "- - a",
        "- 'it''s'",
        "'a': \"b\\n\\\"c\"",
        "k: \"b\\/c\"",
        "b: 'x",
        "y'",
        "c: \"x",
        "y\\",
        "\\ z\"",
        "d: [a, 'b', [c]]",
        "d: {a: b, \"c\": {}}",
        "e: |",
        "e: |-",
        "e: |+",
        "f: >",
        "f: >-",
        "text",
        "more text # comment",
        "# comment",
        "",
        " ",
        "---",
        "--- # next",
        "...",
        "g: &x y",
        "h: *x",
        "<<: {a: b}",
        "i: # {\"type\": \"array\"}",
        "j: \u{e9}\u{a0}\u{2013}",
        "k : l",
        "m: n: o",
        "p: -1",
        "q:\tr",
        "? s",
        "t: ~",
        "u: a:b#c",
        "v: !!str w",
    ];

    fn slowly(text: &str) -> Option<Vec<Node>> {
        Documents::new(text).ok()?.collect::<Result<_, _>>().ok()
    }

    #[test]
    fn reads_what_manifests_are_made_of() {
        for text in [
            "apiVersion: v1\nkind: A # c\nmetadata:\n  name: 'a'\n\n# c\nspec:\n- b: c\n  d:\n  - e\n  -   f\ng:\n",
            "---\na: 1\n---\n# c\n--- # c\nb: {c: [d, \"e\"]}\n---\n",
            "a: |\n\n  b\n   c\n\n\nd: |-\n  e\n# f\ng: |+\n  h\n\ni: >\n  j\n  k\n\n  l\n",
            "a: b\n  c\n\n  d # e\nf: 'g\n\n  h''\n  i'\nj: \"k\n  l \\n\\\n  \\ m\"\n",
            "a:\n  b c\n  d\ne:\n  \"f\"\n",
            "a: \u{e9}\u{1f600}\n",
            "# nothing\n",
            "",
        ] {
            let quick = documents(text);
            assert!(quick.is_some(), "{text}");
            assert_eq!(quick, slowly(text), "{text}");
        }
    }

    #[test]
    fn leaves_to_the_parser_what_is_unusual_or_wrong() {
        for text in [
            "a: &b c\n",
            "<<: {a: b}\n",
            "a: !!str 1\n",
            "a: b: c\n",
            "a:\tb\n",
            "a\n",
            "? a\n",
            "a: [b,\n  c]\n",
            "a: 'b\n",
            "a: b\r\n",
            "a: b\n  c: d\n",
            "a: b\n...\n",
            "a: |2\n   b\n",
            "a: # {\"type\": \"array\"}\n- b\n",
            "%YAML 1.1\n---\na: b\n",
        ] {
            assert_eq!(documents(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn reads_as_the_parser_does(
            lines in prop::collection::vec((0..4_usize, prop::sample::select(LINES)), 1..12),
            cut in 0..4_usize,
        ) {
            let lines = lines.iter().map(|(indent, line)| format!("{}{line}\n", "  ".repeat(*indent)));
            let mut text: String = lines.collect();
            let end = text.char_indices().rev().nth(cut).map_or(0, |(place, _)| place);
            text.truncate(if cut == 0 { text.len() } else { end });
            if let Some(quick) = documents(&text) {
                prop_assert_eq!(Some(quick), slowly(&text));
            }
        }
    }
}
