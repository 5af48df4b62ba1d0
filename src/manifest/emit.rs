//! Writes a JSON value, or a document that amounts to one, as YAML, byte for byte as Go's tools do.

use serde_json::Value;

use super::form::{Form, Look};
use super::key_order;
use super::node::Node;
use super::number;
use super::tree::{Part, Tree};
use super::writer::{Break, Writer};

/// Keys longer than this many bytes are written after a `?`.
const SIMPLE_KEY_LIMIT: usize = 128;

/// By how much each level is indented.
const STEP: usize = 2;

/// Writes a value as one YAML document, without marks before or after it.
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    emit_into(value, &mut out);
    out
}

/// Appends a value as one YAML document, without marks before or after it.
///
/// Keys are sorted, lists stand at the column of their key, text is quoted where YAML 1.1 would
/// take it for something else, and long scalars are folded after column 80.
pub fn emit_into(value: &Value, out: &mut String) {
    // A value always can be written.
    write(value, out);
}

/// Appends a document as its JSON would be, straight from its nodes; returns whether that was possible.
///
/// It is not where something in it needs a second look, see `Tree`; then nothing is appended.
pub fn emit_node_into(node: &Node, out: &mut String) -> bool {
    let start = out.len();
    let written = write(node, out).is_some();
    if !written {
        out.truncate(start);
    }
    written
}

fn write(tree: &impl Tree, out: &mut String) -> Option<()> {
    let mut emitter = Emitter {
        writer: Writer::new(out),
        number: String::new(),
    };
    emitter.node(tree, Parent::Document, None)?;
    emitter.writer.indent(0);
    Some(())
}

/// What stands around a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Document,
    Sequence,
    Mapping,
}

struct Emitter<'out> {
    writer: Writer<'out>,
    number: String,
}

impl Emitter<'_> {
    /// Writes a node; `None` where it, or one in it, cannot be.
    fn node(&mut self, tree: &impl Tree, parent: Parent, indent: Option<usize>) -> Option<()> {
        match tree.part()? {
            Part::Word(word) => self.writer.token(word),
            Part::Number(value) => {
                self.number.clear();
                number::write(&value, &mut self.number);
                self.writer.token(&self.number);
            }
            Part::Text(text) => self.text(text, Look::of(text), indent),
            Part::Sequence([]) => self.writer.token("[]"),
            Part::Sequence(items) => self.sequence(items, parent, indent)?,
            Part::Mapping(entries) if entries.is_empty() => self.writer.token("{}"),
            Part::Mapping(entries) => self.mapping(entries, indent)?,
        }
        Some(())
    }

    fn sequence(
        &mut self,
        items: &[impl Tree],
        parent: Parent,
        indent: Option<usize>,
    ) -> Option<()> {
        // Under a key on the same line, the dashes stand at the column of the key.
        let compact = parent == Parent::Mapping && !self.writer.at_indention();
        let column = match indent {
            None => 0,
            Some(column) if compact => column,
            Some(column) => column + STEP,
        };
        items.iter().try_for_each(|item| {
            self.writer.indent(column);
            self.writer.block_indicator('-');
            self.node(item, Parent::Sequence, Some(column))
        })
    }

    fn mapping(
        &mut self,
        mut entries: Vec<(&str, &impl Tree)>,
        indent: Option<usize>,
    ) -> Option<()> {
        let column = indent.map_or(0, |column| column + STEP);
        key_order::sort(&mut entries);
        entries.into_iter().try_for_each(|(key, value)| {
            self.writer.indent(column);
            let look = Look::of(key);
            if look.multiline || key.len() > SIMPLE_KEY_LIMIT {
                self.writer.block_indicator('?');
                self.text(key, look, Some(column));
                self.writer.indent(column);
                self.writer.block_indicator(':');
            } else {
                self.simple_key(key, look);
            }
            self.node(value, Parent::Mapping, Some(column))
        })
    }

    fn simple_key(&mut self, key: &str, look: Look) {
        match look.form(key) {
            Form::Plain => self.writer.token(key),
            Form::Single => self.writer.single_quoted(key, Break::Never),
            Form::Double | Form::Literal => self.writer.double_quoted(key, Break::Never),
        }
        self.writer.colon();
    }

    fn text(&mut self, text: &str, look: Look, indent: Option<usize>) {
        let column = indent.unwrap_or(0) + STEP;
        match look.form(text) {
            Form::Plain => self.writer.plain(text, column),
            Form::Single => self.writer.single_quoted(text, Break::At(column)),
            Form::Double => self.writer.double_quoted(text, Break::At(column)),
            Form::Literal => self.writer.literal(text, column),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sorts_keys_and_keeps_lists_at_their_key() {
        let value = json!({"b": [1, [2, 3], {"y": 1, "x": []}], "a": {"key10": null, "key9": {}}, "_": true});
        let expected =
            "_: true\na:\n  key9: {}\n  key10: null\nb:\n- 1\n- - 2\n  - 3\n- x: []\n  \"y\": 1\n";
        assert_eq!(emit(&value), expected);
    }

    #[test]
    fn writes_texts_in_their_form() {
        for (text, expected) in [
            ("plain", "plain"),
            ("yes", "\"yes\""),
            ("a: b", "'a: b'"),
            ("it's: here", "'it''s: here'"),
            ("a\nb", "|-\n    a\n    b"),
            ("a\nb\n", "|\n    a\n    b"),
            ("a\n\n", "|+\n    a\n"),
            ("  a\nb", "|2-\n      a\n    b"),
            ("a \nb", "\"a \\nb\""),
            ("a\tb", "\"a\\tb\""),
            ("ok 😀", "\"ok \\U0001F600\""),
            ("\u{1}\u{85}\u{7f}", "\"\\x01\\N\\x7F\""),
            ("a\u{2028}b", "'a\u{2028}    b'"),
            ("\u{feff}ab", "\"\\uFEFF\\x61\\x62\""),
        ] {
            assert_eq!(
                emit(&json!({"k": {"t": text}})),
                format!("k:\n  t: {expected}\n"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn folds_long_texts_at_single_blanks() {
        let words = "word ".repeat(20).trim_end().to_owned();
        let line = "word ".repeat(16).trim_end().to_owned();
        assert_eq!(
            emit(&json!({"k": words})),
            format!("k: {line}\n  word word word word\n")
        );
        let quoted = format!("# {words}");
        let emitted = emit(&json!({"k": quoted}));
        assert_eq!(emitted, format!("k: '# {line}\n  word word word word'\n"));
        assert_eq!(
            emit(&json!({"k": "a".repeat(200)})),
            format!("k: {}\n", "a".repeat(200))
        );
        let apostrophes = format!("- {}x", "it's ".repeat(15));
        let start = "it''s ".repeat(13);
        let folded = format!("k: '- {}\n  it''s it''s x'\n", start.trim_end());
        assert_eq!(emit(&json!({"k": apostrophes})), folded);
        let two_blanks = "word  ".repeat(20).trim_end().to_owned();
        assert_eq!(
            emit(&json!({"k": two_blanks})),
            format!("k: {two_blanks}\n")
        );
    }

    #[test]
    fn writes_hard_keys_after_a_question_mark() {
        let long = "k".repeat(129);
        assert_eq!(
            emit(&json!({long.clone(): [1]})),
            format!("? {long}\n: - 1\n")
        );
        assert_eq!(emit(&json!({"a\nb": {"c": 1}})), "? |-\n  a\n  b\n: c: 1\n");
        assert_eq!(
            emit(&json!({"": 1, "1": 2, "=": 3, "<<": 4})),
            "\"\": 1\n<<: 4\n=: 3\n\"1\": 2\n"
        );
    }

    #[test]
    fn writes_a_lone_scalar() {
        assert_eq!(emit(&json!("a")), "a\n");
        assert_eq!(emit(&json!([])), "[]\n");
        assert_eq!(emit(&json!("a\nb\n")), "|\n  a\n  b\n");
    }
}
