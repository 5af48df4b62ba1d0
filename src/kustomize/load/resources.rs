//! Reads resources: splits a file into documents, checks them, and unpacks lists.

use std::collections::VecDeque;
use std::str::Utf8Error;
use std::sync::Arc;

use crate::error::Explain;
use crate::manifest::{Content, Dialect, Node, YamlError};

/// Why a text holds no resources.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is no YAML.
    #[error("MalformedYAMLError: yaml: {0}")]
    Malformed(Box<YamlError>),
    /// The text is no text.
    #[error("MalformedYAMLError: yaml: {0}")]
    Encoding(Utf8Error),
    /// More than a comment stands after the dashes that part documents.
    #[error("invalid document separator: {line}")]
    Separator {
        /// The line.
        line: String,
    },
    /// A document has nothing of a resource.
    #[error("missing Resource metadata")]
    NoMetadata,
    /// A resource has no kind.
    #[error("missing kind in object {name:?}")]
    NoKind {
        /// Its name, perhaps empty.
        name: String,
    },
    /// A resource has no name.
    #[error("missing metadata.name in object {kind:?}")]
    NoName {
        /// Its group, version and kind.
        kind: String,
    },
    /// The items of a list are no list.
    #[error("expected array in {kind}/items, but found {found}")]
    NoList {
        /// Kind of the list.
        kind: String,
        /// What stands there.
        found: &'static str,
    },
    /// A list cannot be unpacked.
    #[error("trouble expanding list of {kind}; {source}")]
    List {
        /// Kind of the list.
        kind: String,
        /// Why.
        source: Box<YamlError>,
    },
}

impl Explain for ReadError {}

impl ReadError {
    /// Says whether the text is no YAML at all.
    pub const fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::Encoding(_))
    }
}

/// Reads all resources of a file; lists are replaced by their items, which go to the end.
///
/// # Errors
///
/// Fails where the text is no YAML, or a document is no resource.
pub fn read(content: &[u8]) -> Result<Vec<Arc<Node>>, ReadError> {
    let text = std::str::from_utf8(content).map_err(ReadError::Encoding)?;
    let mut queue: VecDeque<Node> = VecDeque::new();
    for document in documents(text)? {
        if validate(&document)? {
            queue.push_back(document);
        }
    }
    let mut resources = Vec::with_capacity(queue.len());
    while let Some(document) = queue.pop_front() {
        match unpack(document)? {
            Unpacked::Itself(document) => resources.push(Arc::new(document)),
            Unpacked::Items(items) => {
                for item in items {
                    if validate(&item)? {
                        queue.push_back(item);
                    }
                }
            }
        }
    }
    Ok(resources)
}

/// Makes the error of a text that is no YAML.
fn malformed(error: YamlError) -> ReadError {
    ReadError::Malformed(Box::new(error))
}

/// Parses all documents of a text; a lone list gives its items as they are written.
fn documents(text: &str) -> Result<Vec<Node>, ReadError> {
    let unix;
    let text = if text.contains("\r\n") {
        unix = text.replace("\r\n", "\n");
        &unix
    } else {
        text
    };
    let pieces = split(text)?;
    let lone = pieces.len() == 1;
    let mut documents = if pieces.iter().any(|piece| has_marks(piece)) {
        // Of each piece, only the first document is read.
        let mut documents = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            documents.extend(Node::first_document(piece).map_err(malformed)?);
        }
        documents
    } else {
        // Without such marks, one go over the whole text finds the same documents, and their lines.
        Node::documents(text).map_err(malformed)?
    };
    documents.retain(|document| !document.is_null());
    if text.contains("\"<<\"") || text.contains("'<<'") {
        documents.iter_mut().for_each(drop_quoted_merges);
    }
    let is_list = |node: &Node| {
        matches!(text_of(node, "kind"), "List" | "ResourceList")
            && (node.get("items").is_some() || node.get("functionConfig").is_some())
    };
    if lone
        && let [list] = documents.as_mut_slice()
        && is_list(list)
    {
        return Ok(match list.remove("items").map(|items| items.content) {
            Some(Content::Sequence(items)) => items,
            _ => Vec::new(),
        });
    }
    Ok(documents)
}

/// Takes keys away that are a `<<` between quotes: the reference does not merge them, and clears all of that name.
fn drop_quoted_merges(node: &mut Node) {
    node.remove("<<");
    match &mut node.content {
        Content::Scalar(_) => {}
        Content::Sequence(items) => items.iter_mut().for_each(drop_quoted_merges),
        Content::Mapping(entries) => entries
            .iter_mut()
            .for_each(|entry| drop_quoted_merges(&mut entry.value)),
    }
}

/// Cuts a text at the lines that start with three dashes.
fn split(text: &str) -> Result<Vec<&str>, ReadError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(found) = rest[from..].find("\n---") {
        let start = from + found;
        let Some(end) = rest[start + 1..].find('\n').map(|end| start + 1 + end) else {
            break;
        };
        let after = rest[start + 4..end].trim();
        if !after.is_empty() && !after.starts_with('#') {
            let line = rest[start..end].trim().to_owned();
            return Err(ReadError::Separator { line });
        }
        pieces.push(&rest[..=start]);
        rest = &rest[end + 1..];
        from = 0;
    }
    pieces.push(rest);
    Ok(pieces)
}

/// Says whether a piece may hold more than one document, or directives.
fn has_marks(piece: &str) -> bool {
    let at_line_start =
        |mark: &str| piece.starts_with(mark) || piece.contains(&format!("\n{mark}"));
    // A mark may also follow one of the line breaks that only YAML 1.1 has.
    let breaks = ['\r', '\u{85}', '\u{2028}', '\u{2029}'];
    let is_suspect = |byte: u8| matches!(byte, b'\r' | 0xc2 | 0xe2);
    // Without a branch for each byte, the compiler looks at many at once.
    let suspect = piece
        .bytes()
        .fold(false, |met, byte| met | is_suspect(byte));
    piece.starts_with('\u{feff}')
        || (suspect && piece.contains(breaks))
        || at_line_start("...")
        || at_line_start("%")
        || piece.contains("\n---")
}

/// Says whether a document holds something; if so, it must be a resource.
///
/// # Errors
///
/// Fails where it has no kind, or no name and is no list.
pub fn validate(document: &Node) -> Result<bool, ReadError> {
    let empty = match &document.content {
        Content::Mapping(entries) => entries.is_empty(),
        Content::Sequence(items) => items.is_empty(),
        Content::Scalar(_) => document.is_null(),
    };
    if empty {
        return Ok(false);
    }
    let (kind, api_version) = (text_of(document, "kind"), text_of(document, "apiVersion"));
    let metadata = document
        .get("metadata")
        .filter(|metadata| !is_void(metadata));
    let field = |name| metadata.map_or("", |metadata| text_of(metadata, name));
    let described = ["labels", "annotations"].iter().any(|name| {
        metadata
            .and_then(|metadata| metadata.get(name))
            .is_some_and(|map| !is_void(map))
    });
    if kind.is_empty()
        && api_version.is_empty()
        && field("name").is_empty()
        && field("namespace").is_empty()
        && !described
    {
        return Err(ReadError::NoMetadata);
    }
    if kind.is_empty() {
        return Err(ReadError::NoKind {
            name: field("name").into(),
        });
    }
    if field("name").is_empty() && !kind.ends_with("List") {
        return Err(ReadError::NoName {
            kind: format!("{api_version} {kind}"),
        });
    }
    Ok(true)
}

/// Says whether a value counts as not there.
fn is_void(node: &Node) -> bool {
    match &node.content {
        Content::Mapping(entries) => entries.is_empty(),
        Content::Sequence(items) => items.is_empty(),
        Content::Scalar(_) => node.is_null(),
    }
}

/// Returns the text of a field; empty where there is none.
fn text_of<'node>(node: &'node Node, field: &str) -> &'node str {
    let value = node.get(field).filter(|value| !value.is_null());
    value.and_then(Node::as_text).unwrap_or_default()
}

/// What becomes of a document.
enum Unpacked {
    Itself(Node),
    Items(Vec<Node>),
}

/// Unpacks a document whose kind ends in `List`, if it has items.
fn unpack(document: Node) -> Result<Unpacked, ReadError> {
    let kind = text_of(&document, "kind").to_owned();
    if !kind.ends_with("List") {
        return Ok(Unpacked::Itself(document));
    }
    let value = document.clone().into_value(Dialect::Resources, 1);
    let value = value.map_err(|source| ReadError::List {
        kind: kind.clone(),
        source: Box::new(source),
    })?;
    let found = match value.get("items") {
        None => return Ok(Unpacked::Itself(document)),
        Some(serde_json::Value::Null) => return Ok(Unpacked::Items(Vec::new())),
        Some(serde_json::Value::Array(items)) => {
            return Ok(Unpacked::Items(items.iter().map(Node::from).collect()));
        }
        Some(serde_json::Value::Object(_)) => "map[string]interface {}",
        Some(serde_json::Value::String(_)) => "string",
        Some(serde_json::Value::Bool(_)) => "bool",
        Some(serde_json::Value::Number(_)) => "int",
    };
    Err(ReadError::NoList { kind, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let resources = read(text.as_bytes()).unwrap();
        let name = |node: &Arc<Node>| text_of(node.get("metadata").unwrap(), "name").to_owned();
        resources.iter().map(name).collect()
    }

    const A: &str = "{kind: A, metadata: {name: a}}\n";
    const B: &str = "{kind: B, metadata: {name: b}}\n";

    #[test]
    fn splits_at_dashes_alone() {
        assert_eq!(
            names(&format!("---\n{A}--- # next\n{B}---\n---\n# nothing\n---")),
            ["a", "b"]
        );
        assert_eq!(names(&format!("{A}...\n{B}---\r\n{B}")), ["a", "b"]);
        let error = read(format!("{A}--- x\n{B}").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "invalid document separator: --- x");
        assert!(read(b"a: [\n").unwrap_err().is_malformed());
    }

    #[test]
    fn unpacks_lists_to_the_end() {
        let list = "{kind: XList, items: [{kind: C, metadata: {name: c}}, {kind: YList, items: [{kind: D, metadata: {name: d}}]}]}\n";
        assert_eq!(
            names(&format!("{A}---\n{list}---\n{B}")),
            ["a", "b", "c", "d"]
        );
        assert_eq!(names(list), ["c", "d"]);
        assert_eq!(
            names("{kind: List, items: [{kind: C, metadata: {name: 1}}, {}]}"),
            ["1"]
        );
        assert!(names("{kind: XList, items: }").is_empty());
    }

    #[test]
    fn wants_a_kind_and_a_name() {
        let problem = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(problem("a: 1"), "missing Resource metadata");
        assert_eq!(
            problem("metadata: {name: a}"),
            "missing kind in object \"a\""
        );
        assert_eq!(
            problem("{apiVersion: v1, kind: A}"),
            "missing metadata.name in object \"v1 A\""
        );
        assert_eq!(problem("hello"), "missing Resource metadata");
    }
}
