//! Reads YAML text into nodes, one document at a time, within bounds.

use super::builder::{Budget, Builder};
use super::compose;
use super::document_start;
use super::events;
use super::node::Node;
use super::notes::Notes;
use super::problem::{Place, Problem, YamlError};
use super::scan::Scanner;
use super::token::TokenKind;

/// The documents of a YAML stream, read one after the other.
pub struct Documents<'text> {
    scanner: Scanner<'text>,
    document: usize,
    done: bool,
    aliases: Budget,
    notes: Notes,
}

impl<'text> Documents<'text> {
    /// Starts to read a stream.
    ///
    /// # Errors
    ///
    /// Fails where the text holds characters that YAML forbids.
    pub fn new(text: &'text str) -> Result<Self, YamlError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        refuse_control_characters(text)?;
        Ok(Self {
            scanner: Scanner::new(text),
            document: 0,
            done: false,
            aliases: Budget::of(text),
            notes: Notes::of(text),
        })
    }

    /// Returns the number of the document read last, from one.
    pub const fn document(&self) -> usize {
        self.document
    }

    fn advance(&mut self) -> Result<Option<Node>, YamlError> {
        let (number, is_first) = (self.document + 1, self.document == 0);
        let scanner = &mut self.scanner;
        let start = document_start::start(scanner, is_first);
        let Some(start) = start.map_err(|flaw| flaw.in_document(number))? else {
            return Ok(None);
        };
        self.document = number;
        let mut builder = Builder::new(number, &mut self.aliases, &self.notes);
        compose::content(scanner, &mut builder, start)?;
        let next = scanner.peek().map_err(|flaw| flaw.in_document(number))?;
        if next.kind == TokenKind::DocumentEnd {
            scanner.take().map_err(|flaw| flaw.in_document(number))?;
        }
        Ok(Some(builder.finish()))
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Node, YamlError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.advance().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Finds what Go's reader refuses: control characters beside tab and line breaks.
fn refuse_control_characters(text: &str) -> Result<(), YamlError> {
    // Nearly every text passes the first look, at bytes; only a suspect is looked at as characters.
    let suspect = |byte: u8| {
        (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r'))
            || matches!(byte, 0x7f | 0xc2 | 0xef)
    };
    if !text.bytes().any(suspect) {
        return Ok(());
    }
    let refused = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    };
    let Some((offset, character)) = text
        .char_indices()
        .find(|(_, character)| refused(*character))
    else {
        return Ok(());
    };
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |index| index + 1);
    let place = Place {
        document: 1,
        line: events::count(before.matches('\n').count() + 1),
        column: events::count(before[start..].chars().count() + 1),
    };
    Err(YamlError::new(
        place,
        Problem::ControlCharacter { character },
    ))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::node::{Style, Tag};
    use super::*;
    use crate::error::Explain as _;

    fn one(text: &str) -> Node {
        let mut documents = Node::documents(text).unwrap();
        assert_eq!(documents.len(), 1, "{text}");
        documents.remove(0)
    }

    fn problem(text: &str) -> String {
        Node::documents(text).unwrap_err().to_string()
    }

    #[test]
    fn keeps_how_a_document_was_written() {
        let node = one("a: 'b'\nlist: [!!str 1]\ntext: |\n  x\n");
        let quoted = node.get("a").unwrap();
        assert_eq!(
            (quoted.style, quoted.line, quoted.column),
            (Style::SingleQuoted, 1, 4)
        );
        let list = node.get("list").unwrap();
        assert_eq!(
            (list.style, &list.items().unwrap()[0].tag),
            (Style::Flow, &Tag::Text)
        );
        assert_eq!(node.get("text").unwrap().as_text(), Some("x\n"));
    }

    #[test]
    fn keeps_repeated_keys_for_the_engine() {
        let node = one("a: 1\na: 2\n");
        assert_eq!(node.entries().unwrap().len(), 2);
        assert_eq!(
            node.repeated_key()
                .map(|(first, second)| (first.key.line, second.key.line)),
            Some((1, 2))
        );
    }

    #[test]
    fn counts_documents_and_marks() {
        let texts = [
            "a: 1\n---\nb: 2\n",
            "%YAML 1.1\n---\na: 1\n...\n---\nb: 2\n",
            "\u{feff}--- # c\na: 1\n--- b\n",
        ];
        for text in texts {
            assert_eq!(Node::documents(text).unwrap().len(), 2, "{text}");
        }
        assert!(Node::documents("# only a comment\n").unwrap().is_empty());
        assert!(
            Node::documents("---\n---\n")
                .unwrap()
                .iter()
                .all(Node::is_null)
        );
    }

    #[test]
    fn reads_windows_line_ends() {
        let node = one("a: |\r\n  x\r\n  y\r\nb: 'x\r\n  y'\r\n");
        assert_eq!(node.get("a").unwrap().as_text(), Some("x\ny\n"));
        assert_eq!(node.get("b").unwrap().as_text(), Some("x y"));
    }

    #[test]
    fn ends_a_cut_off_block_without_a_break() {
        assert_eq!(one("a: |\n  x").get("a").unwrap().as_text(), Some("x"));
        assert_eq!(one("a: |+\n  x\n").get("a").unwrap().as_text(), Some("x\n"));
    }

    #[test]
    fn copies_aliases_and_merges() {
        let node =
            one("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\nlist: {<<: [{z: 1}, {z: 2, w: 4}]}\n");
        let text = |path: [&str; 2]| node.get(path[0])?.get(path[1])?.as_text();
        assert_eq!(text(["own", "x"]), Some("1"));
        assert_eq!(text(["own", "y"]), Some("3"));
        assert_eq!(text(["list", "z"]), Some("1"));
        assert_eq!(text(["list", "w"]), Some("4"));
        assert_eq!(one("\"<<\": 3\n").entries().unwrap().len(), 1);
        assert_eq!(
            problem("<<: 3\n"),
            "line 1, column 1: `<<` takes a mapping or a list of mappings"
        );
        assert_eq!(
            problem("<<: {a: 1}\n<<: {b: 1}\n"),
            "line 2, column 1: the key `<<` is already set in line 1"
        );
    }

    #[test]
    fn bounds_what_aliases_and_nesting_cost() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert!(
            problem(&bomb).contains("the aliases blow the document up"),
            "{}",
            problem(&bomb)
        );
        for opening in ["[", "- ", "{a: ", "? "] {
            let deep = problem(&opening.repeat(100_000));
            assert!(deep.ends_with("nested deeper than 255 levels"), "{deep}");
        }
        let mut deep = format!("a0: &a0 {}x{}\n", "[".repeat(200), "]".repeat(200));
        writeln!(deep, "a1: {}*a0{}", "[".repeat(100), "]".repeat(100)).unwrap();
        assert!(problem(&deep).contains("nested deeper than 255 levels"));
        assert!(problem("a: &x [*x]\n").contains("contains itself"));
    }

    #[test]
    fn says_where_the_trouble_is() {
        assert_eq!(
            problem("a: 1\n---\nb: [\n"),
            "document 2, line 3, column 5: did not find expected node content"
        );
        assert_eq!(
            problem("a: x\nb: \u{7}\n"),
            "line 2, column 4: the control character '\\u{7}' is not allowed"
        );
        let tab = Node::documents("a:\n\t- b\n").unwrap_err();
        assert_eq!(
            tab.hint().as_deref(),
            Some("indent with blanks instead of tabs")
        );
    }
}
