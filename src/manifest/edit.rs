//! What a document keeps when it is edited: the types of its scalars, and which of its nodes are one and the same.

use std::collections::HashMap;

use super::node::{Content, Node, Style, Tag};
use super::scalar::{self, Dialect, Scalar};

/// Marks the column of a twin; no line is as long.
const TWIN: u32 = 1 << 31;
/// The line of a twin that was written since the twins were last made equal.
const WRITTEN: u32 = 1;

impl Node {
    /// Makes one of several nodes that are one and the same: what is written to one, all of them get.
    ///
    /// The reference puts one node in many places when it adds a label, and so a later change of one of them changes
    /// all. `number` tells the groups of a document apart.
    #[must_use]
    pub const fn twin(mut self, number: u32) -> Self {
        self.line = 0;
        self.column = TWIN | number;
        self
    }

    /// Says whether this is one of several nodes that are one and the same.
    pub const fn is_twin(&self) -> bool {
        self.column & TWIN != 0
    }

    /// Notes that a value was just written here, for [`Node::unify_twins`].
    pub const fn mark_written(&mut self) {
        if self.is_twin() {
            self.line = WRITTEN;
        }
    }

    /// Puts a value in the place of this one; a twin stays a twin.
    pub fn overwrite(&mut self, value: Self) {
        let column = self.column;
        *self = value;
        if column & TWIN != 0 {
            self.column = column;
            self.line = WRITTEN;
        }
    }

    /// Gives what was last written to a twin to its siblings in this document.
    pub fn unify_twins(&mut self) {
        let mut written = HashMap::new();
        self.collect_written(&mut written);
        if !written.is_empty() {
            self.spread(&written);
        }
    }

    /// Makes every node of this document its own: no twins any more.
    pub fn part_twins(&mut self) {
        if self.is_twin() {
            (self.line, self.column) = (0, 0);
        }
        match &mut self.content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => items.iter_mut().for_each(Self::part_twins),
            Content::Mapping(entries) => entries
                .iter_mut()
                .for_each(|entry| entry.value.part_twins()),
        }
    }

    fn collect_written(&mut self, written: &mut HashMap<u32, Self>) {
        if self.is_twin() && self.line == WRITTEN {
            self.line = 0;
            written.insert(self.column, self.clone());
        }
        match &mut self.content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => items
                .iter_mut()
                .for_each(|item| item.collect_written(written)),
            Content::Mapping(entries) => entries
                .iter_mut()
                .for_each(|entry| entry.value.collect_written(written)),
        }
    }

    fn spread(&mut self, written: &HashMap<u32, Self>) {
        if let Some(value) = written.get(&self.column).filter(|_| self.is_twin()) {
            self.clone_from(value);
            return;
        }
        match &mut self.content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => items.iter_mut().for_each(|item| item.spread(written)),
            Content::Mapping(entries) => entries
                .iter_mut()
                .for_each(|entry| entry.value.spread(written)),
        }
    }

    /// Fixes the type of a scalar to what its text means now, so that another text does not change it.
    ///
    /// Only a scalar that was read has a type; one that was put here gets it when it is written out.
    pub fn settle(&mut self) {
        if self.was_read()
            && let Some(tag) = self.settled_tag()
        {
            self.tag = tag;
        }
    }

    /// Notes that this stands in no file as it is, and so has no type before it is written out.
    pub const fn forget_place(&mut self) {
        if !self.is_twin() {
            (self.line, self.column) = (0, 0);
        }
    }

    /// Says whether this stands in a file as it is; what was put here has no type before it is written out.
    pub const fn was_read(&self) -> bool {
        self.line != 0 && !self.is_twin()
    }

    /// Says whether this is written out as a text: by its quotes, its tag or its looks.
    pub fn is_text(&self) -> bool {
        match self.settled_tag() {
            Some(tag) => tag == Tag::Text,
            None => matches!(self.content, Content::Scalar(_)) && self.tag == Tag::Text,
        }
    }

    /// Says whether this is a text, or a scalar that was put here and so has no type yet.
    pub fn may_be_text(&self) -> bool {
        self.is_text() || (!self.was_read() && self.settled_tag().is_some())
    }

    /// Says whether the text of a scalar is a text by its looks to YAML 1.1.
    pub fn reads_as_text(&self) -> bool {
        let resolved = |text: &str| scalar::resolve(text, Dialect::Configuration);
        self.as_text()
            .is_some_and(|text| resolved(text) == Scalar::Text)
    }

    /// Makes a text of a scalar that was put here, where YAML 1.1 would take it for something else.
    ///
    /// So does the reference with what a merge comes by.
    pub fn quote_untyped(&mut self) {
        let looks = |text: &str| {
            !text.is_empty()
                && !text.contains('\n')
                && scalar::resolve(text, Dialect::Configuration) != Scalar::Text
        };
        if !self.was_read() && self.is_plain() && self.as_text().is_some_and(looks) {
            self.style = Style::DoubleQuoted;
        }
    }

    /// Says of what type a scalar is; `None` for a list, a mapping, and where a tag says it.
    pub fn settled_tag(&self) -> Option<Tag> {
        let text = self.as_text().filter(|_| self.tag == Tag::None)?;
        if self.style != Style::Plain && self.style != Style::Flow {
            return Some(Tag::Text);
        }
        Some(match scalar::resolve(text, Dialect::Resources) {
            Scalar::Null => Tag::Null,
            Scalar::Boolean(_) => Tag::Boolean,
            Scalar::Integer(_) | Scalar::Natural(_) => Tag::Integer,
            Scalar::Float(_) => Tag::Float,
            Scalar::Timestamp(_) => Tag::Timestamp,
            Scalar::Text => Tag::Text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_twins_equal() {
        let mut root = Node::documents("{a: {}, b: {}, c: x}").unwrap().remove(0);
        for key in ["a", "b"] {
            root.get_mut(key)
                .unwrap()
                .set("app", Node::text("old").twin(1));
        }
        root.get_mut("b")
            .unwrap()
            .get_mut("app")
            .unwrap()
            .overwrite(Node::text("new"));
        root.unify_twins();
        let app = root.get("a").unwrap().get("app").unwrap();
        assert_eq!(app.as_text(), Some("new"));
        assert!(app.is_twin());
        root.part_twins();
        assert!(!root.get("b").unwrap().get("app").unwrap().is_twin());
    }

    #[test]
    fn settles_what_a_scalar_is() {
        for (text, tag) in [
            ("5", Tag::Integer),
            ("'5'", Tag::Text),
            ("yes", Tag::Text),
            ("true", Tag::Boolean),
            ("~", Tag::Null),
            ("1.5", Tag::Float),
        ] {
            let mut node = Node::documents(text).unwrap().remove(0);
            node.settle();
            assert_eq!(node.tag, tag, "{text}");
        }
    }
}
