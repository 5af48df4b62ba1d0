//! The items of a list answer, found while its bytes arrive (pure).

/// Cuts the items out of the JSON of a list, piece by piece.
///
/// Only one item is held at a time; what stands around the items (`metadata` with `continue`) is
/// kept, with an empty list in their place. It trusts the server to write valid JSON: each item is
/// parsed by the caller, and the frame at the end, so that broken answers do not go unnoticed.
#[derive(Default)]
pub(super) struct Items {
    depth: usize,
    text: Text,
    /// The last text at the top level, which is a key if a colon follows.
    word: Vec<u8>,
    /// Whether that text was `items` and a colon followed.
    expects_list: bool,
    inside: bool,
    item: Vec<u8>,
    frame: Vec<u8>,
}

/// Where we stand with regard to JSON texts, in which brackets mean nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    AfterBackslash,
}

/// The depth at which the items of a list begin: inside the object and its list.
const DEPTH: usize = 2;

impl Items {
    /// Takes the next bytes and gives each item that they complete to `found`, until it fails.
    pub(super) fn feed<E>(
        &mut self,
        bytes: &[u8],
        mut found: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut start = 0;
        let mut index = 0;
        while index < bytes.len() {
            if self.text == Text::Inside {
                index = self.skip_text(bytes, index);
                continue;
            }
            let byte = bytes[index];
            let was_item = self.inside && self.depth > DEPTH;
            self.step(byte);
            index += 1;
            match (was_item, self.inside && self.depth > DEPTH) {
                (false, true) => start = index - 1,
                (false, false) => self.keep(byte),
                (true, false) => {
                    if self.item.is_empty() {
                        found(&bytes[start..index])?;
                    } else {
                        self.item.extend_from_slice(&bytes[start..index]);
                        found(&self.item)?;
                        self.item.clear();
                    }
                }
                (true, true) => {}
            }
        }
        if self.inside && self.depth > DEPTH {
            self.item.extend_from_slice(&bytes[start..]);
        }
        Ok(())
    }

    /// Returns what stood around the items; `None` where the answer ended too early.
    pub(super) fn frame(&self) -> Option<&[u8]> {
        (self.depth == 0 && !self.frame.is_empty()).then_some(self.frame.as_slice())
    }

    /// Goes on to the end of a text, or of the bytes. The quotation mark itself is left to `step`.
    fn skip_text(&mut self, bytes: &[u8], from: usize) -> usize {
        let special = bytes[from..]
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\'));
        let end = special.map_or(bytes.len(), |offset| from + offset);
        let outside = !(self.inside && self.depth > DEPTH);
        if outside {
            self.frame.extend_from_slice(&bytes[from..end]);
            if self.depth == 1 {
                self.word.extend_from_slice(&bytes[from..end]);
            }
        }
        let Some(&byte) = bytes.get(end) else {
            return end;
        };
        self.text = if byte == b'"' {
            Text::Outside
        } else {
            Text::AfterBackslash
        };
        if outside {
            self.frame.push(byte);
        }
        end + 1
    }

    /// Follows one byte that is not in the middle of a text.
    fn step(&mut self, byte: u8) {
        if self.text == Text::AfterBackslash {
            self.text = Text::Inside;
            return;
        }
        match byte {
            b'"' => {
                self.text = Text::Inside;
                self.word.clear();
            }
            b':' if self.depth == 1 => self.expects_list = self.word == b"items",
            b',' if self.depth == 1 => self.expects_list = false,
            b'{' | b'[' => {
                self.inside |= byte == b'[' && self.depth == 1 && self.expects_list;
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.inside &= self.depth >= DEPTH;
            }
            _ => {}
        }
    }

    /// Keeps a byte of the frame; commas between items are no part of it.
    fn keep(&mut self, byte: u8) {
        if !(self.inside && byte != b'[') {
            self.frame.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Feeds a text in pieces of a size and returns the items and the frame.
    fn cut(text: &str, size: usize) -> (Vec<Value>, Option<Value>) {
        let mut items = Items::default();
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            items
                .feed(piece, |item| {
                    serde_json::from_slice(item).map(|value| found.push(value))
                })
                .unwrap();
        }
        (
            found,
            items
                .frame()
                .map(|frame| serde_json::from_slice(frame).unwrap()),
        )
    }

    #[test]
    fn items_and_frame_are_told_apart_however_the_bytes_come() {
        let first = json!({"a": "}]\"\\", "items": [{"b": []}]});
        let list = json!({
            "metadata": {"continue": "ab\"c", "items": [1]},
            "items": [first.clone(), {}, {"c": {"d": 1}}],
            "kind": "items",
        });
        for text in [
            list.to_string(),
            serde_json::to_string_pretty(&list).unwrap(),
        ] {
            for size in 1..=text.len() {
                let (items, frame) = cut(&text, size);
                assert_eq!(items, [first.clone(), json!({}), json!({"c": {"d": 1}})]);
                let frame = frame.unwrap();
                assert_eq!(frame["metadata"], list["metadata"]);
                assert_eq!(frame["items"], json!([]));
            }
        }
    }

    #[test]
    fn a_list_of_nothing_and_a_broken_one() {
        assert_eq!(
            cut(r#"{"items":null,"kind":"L"}"#, 3).1.unwrap()["kind"],
            "L"
        );
        assert_eq!(
            cut(r#"{"items":[{"a":1},{"b""#, 4),
            (vec![json!({"a": 1})], None)
        );
    }

    proptest! {
        #[test]
        fn any_text_inside_an_item_is_kept(text in ".*", size in 1usize..40) {
            let list = json!({"kind": text, "items": [{"x": text}, {"y": [text]}]}).to_string();
            let (items, frame) = cut(&list, size);
            prop_assert_eq!(items, vec![json!({"x": text}), json!({"y": [text]})]);
            prop_assert_eq!(frame.unwrap(), json!({"kind": text, "items": []}));
        }
    }
}
