//! Writes a document with the styles that it has, as Go's newer YAML writer does.

use super::form::{Form, Look};
use super::node::{Content, Entry, Node, Style, Tag};
use super::writer::{Break, Writer};

/// By how much each level is indented.
const STEP: usize = 2;

impl Node {
    /// Writes the document: quotes, blocks and flow style stay; lists stand at the column of their key.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut styled = Styled {
            writer: Writer::new(&mut out),
        };
        styled.node(self, Parent::Document, None);
        styled.writer.indent(0);
        out
    }

    /// Returns the tag that must be written for the type to stay, and whether quotes do it instead.
    fn written_tag(&self) -> (Option<&str>, bool) {
        let quoted = !matches!(self.style, Style::Plain | Style::Flow);
        let name = match &self.tag {
            Tag::None | Tag::Mapping | Tag::Sequence | Tag::Described(_) => return (None, false),
            Tag::Text if quoted => return (None, false),
            Tag::Other(name) => return (Some(name), false),
            Tag::Text => "!!str",
            Tag::Integer => "!!int",
            Tag::Float => "!!float",
            Tag::Boolean => "!!bool",
            Tag::Null => "!!null",
            Tag::Timestamp => "!!timestamp",
            Tag::Binary => "!!binary",
            Tag::Merge => "!!merge",
        };
        let looks = Self::plain(self.as_text().unwrap_or_default()).settled_tag();
        match looks {
            Some(looks) if looks == self.tag => (None, false),
            _ if self.tag == Tag::Text => (None, true),
            _ => (Some(name), false),
        }
    }
}

/// What stands around a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Document,
    Sequence,
    Mapping,
    /// Any collection in flow style.
    Flow,
    /// The mapping whose key this is.
    Key,
    /// The mapping in flow style whose key this is.
    FlowKey,
}

struct Styled<'out> {
    writer: Writer<'out>,
}

impl Styled<'_> {
    fn node(&mut self, node: &Node, parent: Parent, indent: Option<usize>) {
        let in_flow = matches!(parent, Parent::Flow | Parent::FlowKey);
        let flow = in_flow || node.style == Style::Flow;
        match &node.content {
            Content::Scalar(text) => self.scalar(node, text, parent, indent),
            Content::Sequence(items) if flow || items.is_empty() => {
                self.writer.token("[");
                self.flow(items.iter(), |styled, item| {
                    styled.node(item, Parent::Flow, indent);
                });
                self.writer.close("]");
            }
            Content::Mapping(entries) if flow || entries.is_empty() => {
                self.writer.token("{");
                self.flow(entries.iter(), |styled, entry| {
                    styled.node(&entry.key, Parent::FlowKey, indent);
                    styled.writer.colon();
                    styled.node(&entry.value, Parent::Flow, indent);
                });
                self.writer.close("}");
            }
            Content::Sequence(items) => self.sequence(items, parent, indent),
            Content::Mapping(entries) => self.mapping(entries, indent),
        }
    }

    fn flow<'node, T: 'node>(
        &mut self,
        parts: impl Iterator<Item = &'node T>,
        write: impl Fn(&mut Self, &T),
    ) {
        self.writer.open();
        for (index, part) in parts.enumerate() {
            if index > 0 {
                self.writer.close(",");
            }
            write(self, part);
        }
    }

    fn sequence(&mut self, items: &[Node], parent: Parent, indent: Option<usize>) {
        let indent = match (indent, parent) {
            (Some(indent), Parent::Mapping) if !self.writer.at_indention() => indent,
            (Some(indent), _) => indent + STEP,
            (None, _) => 0,
        };
        for item in items {
            self.writer.indent(indent);
            self.writer.block_indicator('-');
            self.node(item, Parent::Sequence, Some(indent));
        }
    }

    fn mapping(&mut self, entries: &[Entry], indent: Option<usize>) {
        let indent = indent.map_or(0, |indent| indent + STEP);
        for Entry { key, value } in entries {
            self.writer.indent(indent);
            self.node(key, Parent::Key, Some(indent));
            self.writer.colon();
            self.node(value, Parent::Mapping, Some(indent));
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, parent: Parent, indent: Option<usize>) {
        let (tag, force_quotes) = node.written_tag();
        if let Some(tag) = tag {
            self.writer.token(tag);
        }
        let key = matches!(parent, Parent::Key | Parent::FlowKey);
        let in_flow = matches!(parent, Parent::Flow | Parent::FlowKey);
        let column = indent.map_or(0, |indent| indent + STEP);
        match style(node.style, text, (key, in_flow), force_quotes) {
            Style::SingleQuoted => self.writer.single_quoted(text, Break::Never),
            Style::DoubleQuoted => self.writer.double_quoted(text, Break::Never),
            Style::Literal => self.writer.literal(text, column.max(STEP)),
            Style::Folded => self.writer.folded_block(text, column.max(STEP)),
            Style::Plain | Style::Flow if text.is_empty() => {}
            Style::Plain | Style::Flow => self.writer.token(text),
        }
    }
}

/// Chooses the style in which a text can be written, nearest to the one it has.
fn style(wanted: Style, text: &str, (key, in_flow): (bool, bool), force_quotes: bool) -> Style {
    let look = Look::of(text);
    let mut style = match wanted {
        Style::Plain | Style::Flow if text.contains('\n') => Style::Literal,
        Style::Plain | Style::Flow if force_quotes => Style::DoubleQuoted,
        other => other,
    };
    if key && look.multiline {
        style = Style::DoubleQuoted;
    }
    let flow_sign = in_flow && text.contains([',', '?', '[', ']', '{', '}', ':']);
    if matches!(style, Style::Plain | Style::Flow)
        && (look.in_line() != Form::Plain || flow_sign || (text.is_empty() && (key || in_flow)))
    {
        style = Style::SingleQuoted;
    }
    match style {
        Style::SingleQuoted if look.in_line() == Form::Double => Style::DoubleQuoted,
        Style::Literal | Style::Folded if key || in_flow || !fits_block(text) => {
            Style::DoubleQuoted
        }
        other => other,
    }
}

/// Says whether this writer puts a text into a block: unlike the older one, it does so with tabs.
pub fn fits_block(text: &str) -> bool {
    Look::of(text).fits_block()
        || (text.contains('\t') && Look::of(&text.replace('\t', "x")).fits_block())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        Node::documents(text).unwrap().remove(0).to_text()
    }

    #[test]
    fn keeps_styles() {
        for text in [
            "a: 'x'\nb: \"y\"\nc: {d: 1, e: [2, \"3\"]}\nf: |\n  g\n  h\ni:\n- j\n- k: l\n  m: n\n",
            "- - a\n  - b\n- c\n",
            "a: {}\nb: []\nc: ''\nd: >\n  e f\n\n  g\n\n",
            "x:\n  y:\n    z: 1\n",
            "a: |-\n  b\n",
            "plain\n",
        ] {
            assert_eq!(again(text), text);
        }
    }

    #[test]
    fn brings_lists_to_the_column_of_their_key() {
        assert_eq!(
            again("a:\n    - b:   1\n      c: 2\n"),
            "a:\n- b: 1\n  c: 2\n"
        );
        assert_eq!(again("{u: http://x}"), "{u: 'http://x'}\n");
    }

    #[test]
    fn writes_what_keeps_the_type() {
        let mut node = Node::plain("abc");
        node.tag = Tag::Integer;
        assert_eq!(node.to_text(), "!!int abc\n");
        assert_eq!(Node::text("5").to_text(), "\"5\"\n");
        assert_eq!(Node::plain("5").to_text(), "5\n");
    }
}
