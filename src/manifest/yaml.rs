//! Streams of YAML documents, read as JSON values and as Kubernetes objects.

use serde_json::Value;

use super::node::Node;
use super::object::Object;
use super::parse::Documents;
use super::problem::{Place, YamlError};
use super::scalar::Dialect;

/// Reads a stream as a kustomization's resources are read; empty documents are left out.
///
/// # Errors
///
/// Fails where the text is no YAML, or says something that JSON cannot.
pub fn read(text: &str) -> Result<Vec<Value>, YamlError> {
    read_as(text, Dialect::Resources)
}

/// Reads a stream by the rules of one of Go's readers; empty documents are left out.
///
/// # Errors
///
/// Fails where the text is no YAML, or says something that JSON cannot.
pub fn read_as(text: &str, dialect: Dialect) -> Result<Vec<Value>, YamlError> {
    let mut values = Vec::new();
    each(text, dialect, |value, _| {
        values.push(value);
        Ok(())
    })?;
    Ok(values)
}

/// Reads a stream of Kubernetes objects; a list gives its items in its place.
///
/// # Errors
///
/// Fails as [`read`] does, and where a document or an item of a list is no object.
pub fn read_objects(text: &str) -> Result<Vec<Object>, YamlError> {
    let mut objects = Vec::new();
    each(text, Dialect::Resources, |value, place| {
        flatten(value, place, &mut objects)
    })?;
    Ok(objects)
}

/// Hands out the value of each document that is not empty.
fn each(
    text: &str,
    dialect: Dialect,
    mut take: impl FnMut(Value, Place) -> Result<(), YamlError>,
) -> Result<(), YamlError> {
    let mut documents = Documents::new(text)?;
    while let Some(node) = documents.next().transpose()? {
        if !is_empty(&node) {
            let (place, number) = (node.place(documents.document()), documents.document());
            take(node.into_value(dialect, number)?, place)?;
        }
    }
    Ok(())
}

/// Says whether a document holds nothing: a null, or a mapping without entries.
fn is_empty(node: &Node) -> bool {
    node.is_null() || node.entries().is_some_and(<[_]>::is_empty)
}

/// Adds an object, or the items of a list of objects.
fn flatten(mut value: Value, place: Place, objects: &mut Vec<Object>) -> Result<(), YamlError> {
    let list = value
        .get("kind")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with("List"));
    if list && let Some(items) = value.get_mut("items") {
        return match items.take() {
            Value::Array(items) => items
                .into_iter()
                .try_for_each(|item| flatten(item, place, objects)),
            _ => Ok(()),
        };
    }
    objects.push(Object::new(value).map_err(|source| YamlError::not_an_object(place, source))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_empty_documents_out() {
        assert_eq!(
            read("---\n# nothing\n---\na: 1\n---\n{}\n---\nnull\n---\n- 2\n").unwrap(),
            [json!({"a": 1}), json!([2])]
        );
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn puts_the_items_of_a_list_in_its_place() {
        let text = "apiVersion: v1\nkind: List\nitems:\n\
                    - {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
                    - {apiVersion: v1, kind: PodList, items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]}\n\
                    ---\n{apiVersion: v1, kind: Pod, metadata: {name: c}}\n---\n{apiVersion: v1, kind: List, items: null}\n";
        let names: Vec<String> = read_objects(text)
            .unwrap()
            .iter()
            .map(|object| object.id().to_string())
            .collect();
        assert_eq!(names, ["Pod/a", "Pod/b", "Pod/c"]);
    }

    #[test]
    fn says_which_document_is_no_object() {
        let error = read_objects(
            "---\n{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n\nkind: Pod\n",
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "document 2, line 5, column 1: this is no Kubernetes object"
        );
        assert_eq!(
            error.source().unwrap().to_string(),
            "the field `apiVersion` is missing"
        );
    }

    #[test]
    fn reads_more_documents_than_anyone_writes() {
        assert_eq!(read(&"a: 1\n---\n".repeat(9000)).unwrap().len(), 9000);
    }
}
