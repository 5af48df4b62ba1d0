//! YAML as SOPS reads it: ordered, and with the comments between the entries.

use granit_parser::{Event, Options, Parser, Placement, ScalarStyle, Span, options};
use zeroize::Zeroizing;

use super::error::SopsError;
use super::format::Format;
use super::tree::{Branch, Comment, DEPTH_LIMIT, Element, Entry, Value};
use crate::manifest::{Dialect, Scalar, resolve};

/// The most comments in a row.
const COMMENT_LIMIT: usize = 10_000;

/// Reads the documents of a stream, each of which has to be a mapping.
///
/// # Errors
///
/// Fails where it is no YAML, or holds what SOPS does not write.
pub fn read(content: &[u8]) -> Result<Vec<Branch>, SopsError> {
    let text = std::str::from_utf8(content).map_err(|_| malformed(None, "it is no text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    for next in Parser::new_from_str_with_options(text, parser_options()) {
        let (event, span) = next.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            let problem = format!("the syntax is wrong (line {line}, column {column})");
            SopsError::malformed(Format::Yaml, problem)
        })?;
        reader.take(event, &span)?;
    }
    Ok(reader.documents)
}

fn parser_options() -> Options {
    options! {
        emit_comments: true,
        max_buffered_comment_events: COMMENT_LIMIT,
        flow_nesting_limit: DEPTH_LIMIT,
        block_nesting_limit: DEPTH_LIMIT,
    }
}

fn malformed(span: Option<&Span>, problem: &str) -> SopsError {
    let problem = match span {
        Some(span) => format!("{problem} (line {})", span.start.line()),
        None => problem.into(),
    };
    SopsError::malformed(Format::Yaml, problem)
}

/// A collection whose end has not come yet.
enum Frame {
    Mapping {
        entries: Branch,
        key: Option<String>,
        /// The column of its first key.
        column: Option<usize>,
    },
    List {
        elements: Vec<Element>,
        column: usize,
    },
}

/// Puts the events of a stream together.
#[derive(Default)]
struct Reader {
    documents: Vec<Branch>,
    frames: Vec<Frame>,
    /// Comments with lines of their own, of which it is not known yet where they belong; with their columns.
    waiting: Vec<(usize, Comment)>,
    root: Option<Branch>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), SopsError> {
        match event {
            Event::Comment(text, placement) => {
                self.comment(&text, placement, span);
                Ok(())
            }
            Event::Scalar(text, style, _, tag) => {
                let tag = tag.as_deref().map(granit_parser::Tag::original);
                self.scalar(&text, style, tag.as_deref(), span)
            }
            Event::MappingStart(..) => {
                self.begin(span)?;
                self.frames.push(Frame::Mapping {
                    entries: Vec::new(),
                    key: None,
                    column: None,
                });
                Ok(())
            }
            Event::SequenceStart(..) => {
                self.begin(span)?;
                self.frames.push(Frame::List {
                    elements: Vec::new(),
                    column: span.start.col(),
                });
                Ok(())
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(span),
            Event::Alias(..) => Err(malformed(Some(span), "it holds an alias")),
            Event::DocumentEnd => {
                let mut branch = self.root.take().unwrap_or_default();
                let comments = self.waiting.drain(..);
                branch.extend(comments.map(|(_, comment)| Entry::Comment(comment)));
                self.documents.push(branch);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Keeps a comment until it is known where it belongs; one after a value belongs before its pair.
    fn comment(&mut self, text: &str, placement: Placement, span: &Span) {
        let comment = |inline| Comment {
            text: Zeroizing::new(text.as_bytes().to_vec()),
            inline,
        };
        if placement != Placement::Right {
            self.waiting.push((span.start.col(), comment(false)));
            return;
        }
        match self.frames.last_mut() {
            Some(Frame::Mapping {
                entries, key: None, ..
            }) if !entries.is_empty() => {
                entries.insert(entries.len() - 1, Entry::Comment(comment(true)));
            }
            Some(Frame::List { elements, .. }) if !elements.is_empty() => {
                elements.insert(elements.len() - 1, Element::Comment(comment(true)));
            }
            _ => self.waiting.push((usize::MAX, comment(false))),
        }
    }

    /// Puts waiting comments before the key or item that begins.
    fn settle(&mut self) {
        match self.frames.last_mut() {
            Some(Frame::Mapping { entries, .. }) => {
                entries.extend(
                    self.waiting
                        .drain(..)
                        .map(|(_, comment)| Entry::Comment(comment)),
                );
            }
            Some(Frame::List { elements, .. }) => {
                elements.extend(
                    self.waiting
                        .drain(..)
                        .map(|(_, comment)| Element::Comment(comment)),
                );
            }
            None => {}
        }
    }

    /// Prepares the place for a node that begins.
    fn begin(&mut self, span: &Span) -> Result<(), SopsError> {
        match self.frames.last() {
            Some(Frame::Mapping { key: None, .. }) => {
                Err(malformed(Some(span), "a key is a list or a mapping"))
            }
            Some(Frame::List { .. }) => {
                self.settle();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&str>,
        span: &Span,
    ) -> Result<(), SopsError> {
        if let Some(Frame::Mapping { key: None, .. }) = self.frames.last() {
            return self.key(text, style, span);
        }
        self.begin(span)?;
        let value = scalar_value(text, style, tag, span)?;
        self.put(value, span)
    }

    fn key(&mut self, text: &str, style: ScalarStyle, span: &Span) -> Result<(), SopsError> {
        if style == ScalarStyle::Plain && resolve(text, Dialect::Resources) != Scalar::Text {
            return Err(malformed(Some(span), "a key is no text"));
        }
        self.settle();
        let Some(Frame::Mapping {
            entries,
            key,
            column,
        }) = self.frames.last_mut()
        else {
            return Ok(());
        };
        let known = |entry: &Entry| matches!(entry, Entry::Pair(known, _) if known == text);
        if entries.iter().any(known) {
            return Err(malformed(Some(span), "a key stands there twice"));
        }
        *key = Some(text.into());
        column.get_or_insert(span.start.col());
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn put(&mut self, value: Value, span: &Span) -> Result<(), SopsError> {
        match self.frames.last_mut() {
            Some(Frame::Mapping { entries, key, .. }) => {
                let Some(key) = key.take() else {
                    return Err(malformed(Some(span), "a key is a list or a mapping"));
                };
                entries.push(Entry::Pair(key, value));
                Ok(())
            }
            Some(Frame::List { elements, .. }) => {
                elements.push(Element::Item(value));
                Ok(())
            }
            None => match value {
                Value::Mapping(branch) => {
                    self.root = Some(branch);
                    Ok(())
                }
                Value::Null => Ok(()),
                _ => Err(malformed(Some(span), "a document is not a mapping")),
            },
        }
    }

    /// Ends a collection; comments that stand as far to the right as its content belong to it.
    fn end(&mut self, span: &Span) -> Result<(), SopsError> {
        let value = match self.frames.pop() {
            Some(Frame::Mapping {
                mut entries,
                column,
                ..
            }) => {
                let comments = self.trailing(column.unwrap_or(0)).into_iter();
                entries.extend(comments.map(Entry::Comment));
                Value::Mapping(entries)
            }
            Some(Frame::List {
                mut elements,
                column,
            }) => {
                let comments = self.trailing(column).into_iter();
                elements.extend(comments.map(Element::Comment));
                Value::List(elements)
            }
            None => return Ok(()),
        };
        self.put(value, span)
    }

    /// Takes the waiting comments that stand at a column or right of it, up to the first that does not.
    fn trailing(&mut self, column: usize) -> Vec<Comment> {
        let count = self
            .waiting
            .iter()
            .take_while(|(own, _)| *own >= column)
            .count();
        let taken = self.waiting.drain(..count);
        taken.map(|(_, comment)| comment).collect()
    }
}

fn scalar_value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&str>,
    span: &Span,
) -> Result<Value, SopsError> {
    if style != ScalarStyle::Plain || tag == Some("!!str") {
        return Ok(Value::text(text));
    }
    Ok(match resolve(text, Dialect::Resources) {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Boolean(value),
        Scalar::Integer(value) => Value::Integer(value),
        Scalar::Natural(_) => return Err(malformed(Some(span), "a number is too large")),
        Scalar::Float(value) => Value::Float(value),
        Scalar::Timestamp(time) => Value::Time(Zeroizing::new(time)),
        Scalar::Text => Value::text(text),
    })
}

#[cfg(test)]
mod tests {
    use super::super::yaml_writer::write;
    use super::*;

    fn through(text: &str) -> String {
        let written = write(&read(text.as_bytes()).unwrap());
        String::from_utf8_lossy(&written).into_owned()
    }

    #[test]
    fn what_sops_has_written_comes_back() {
        for text in [
            "a: 1\nb:\n    c: x\n    d:\n        - 1\n        - e: 2\n          f:\n            - 3\n    g: {}\n    h: []\n",
            "# head\na: 1 # inline\n# before b\nb:\n    # in b\n    c: 1\n    # after c\nd: 2\n# end\n",
            "list:\n    # first\n    - 1\n    # second\n    - 2 # two\n    # last\nz: null\n",
            "list:\n    - a: 1\n      # in a\n      b: 2\n    - c: 3\n",
            "a: |\n    one\n    two\nb: \"true\"\nc: 'x: y'\nd: \"\"\ne: 1.5\n",
            "a: 1\n---\nb: 2\n",
            "a: 2026-01-02T03:04:05Z\n",
        ] {
            assert_eq!(through(text), text);
        }
    }

    #[test]
    fn errors_say_where_and_not_what() {
        for text in [
            "a: [hunter2",
            "- hunter2\n",
            "hunter2\n",
            "a: &x hunter2\nb: *x\n",
            "a: 1\na: hunter2\n",
            "1: hunter2\n",
            "? [hunter2]\n: 1\n",
        ] {
            let error = read(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
            assert!(
                error.contains("line") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
