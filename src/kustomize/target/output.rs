//! From resources to values and text, with the last rules that the reference's many passes amount to.

use serde_json::Value;

use super::super::resource::Resource;
use super::problem::BuildError;
use crate::manifest::{Content, Dialect, Node, Style, emit_into, emit_node_into};

/// Returns a resource as JSON.
///
/// # Errors
///
/// Fails where the resource holds what JSON cannot say.
pub fn value(resource: &Resource) -> Result<Value, BuildError> {
    if loses_itself(resource.root()) {
        return Err(BuildError::Tab {
            id: Box::new(resource.id().clone()),
        });
    }
    let mut root = resource.root().clone();
    root.rewrite();
    root.into_value(Dialect::Resources, 1)
        .map_err(|source| BuildError::Output {
            id: Box::new(resource.id().clone()),
            source: Box::new(source),
        })
}

/// Appends a resource as YAML.
///
/// # Errors
///
/// Fails where the resource holds what cannot be written.
pub fn write(resource: &Resource, text: &mut String) -> Result<(), BuildError> {
    // Most resources are written as they stand.
    if emit_node_into(resource.root(), text) {
        return Ok(());
    }
    let value = value(resource)?;
    if let Some(character) = forbidden(&value) {
        return Err(BuildError::Forbidden {
            id: Box::new(resource.id().clone()),
            character,
        });
    }
    emit_into(&value, text);
    Ok(())
}

/// Says whether the reference cannot read its own text again: in a block, a first line may not begin with a tab.
fn loses_itself(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(_) => node.is_block_with_tab(),
        Content::Sequence(items) => node.style != Style::Flow && items.iter().any(loses_itself),
        Content::Mapping(entries) => {
            node.style != Style::Flow && entries.iter().any(|entry| loses_itself(&entry.value))
        }
    }
}

/// Finds a character that the reference's last reader refuses.
fn forbidden(value: &Value) -> Option<char> {
    let refused = |character: &char| match character {
        '\u{85}' => false,
        '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    };
    let in_text = |text: &str| {
        // All of them begin with one of three bytes.
        let suspect = text.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xef));
        suspect.then(|| text.chars().find(refused)).flatten()
    };
    match value {
        Value::String(text) => in_text(text),
        Value::Array(items) => items.iter().find_map(forbidden),
        Value::Object(map) => map
            .iter()
            .find_map(|(key, value)| in_text(key).or_else(|| forbidden(value))),
        _ => None,
    }
}
