//! Makes config maps and secrets.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::file::{ConfigMapArgs, GeneratorOptions, SecretArgs};
use super::super::load::Loader;
use super::super::resource::{Behavior, Resource, Scope, text_map};
use super::pairs::{self, PairError, Sources};
use crate::error::Explain;
use crate::manifest::{Node, Tag};

/// How long the lines of base64 text are.
const BASE64_LINE: usize = 70;

/// Why a config map or secret cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// It has no name.
    #[error("a configmap must have a name")]
    NoName,
    /// Its data cannot be read.
    #[error("loading KV pairs")]
    Pairs(#[from] PairError),
}

impl Explain for GenerateError {}

/// Makes a config map.
///
/// # Errors
///
/// Fails where it has no name, or its data cannot be read.
pub fn config_map(args: &ConfigMapArgs, loader: &Loader<'_>) -> Result<Resource, GenerateError> {
    let sources = Sources {
        name: &args.name,
        envs: &args.envs,
        literals: &args.literals,
        files: &args.files,
    };
    let mut root = base("ConfigMap", &args.name, &args.namespace)?;
    let (mut data, mut binary) = (BTreeMap::new(), BTreeMap::new());
    for (key, bytes) in pairs::read(sources, loader)? {
        match std::str::from_utf8(&bytes) {
            Ok(text) => data.insert(key, text.to_owned()),
            Err(_) => binary.insert(key, encode(&bytes)),
        };
    }
    text_map::set(&mut root, "data", data);
    text_map::set(&mut root, "binaryData", binary);
    Ok(finish(root, &args.behavior, args.options.as_ref()))
}

/// Makes a secret.
///
/// # Errors
///
/// Fails where it has no name, or its data cannot be read.
pub fn secret(args: &SecretArgs, loader: &Loader<'_>) -> Result<Resource, GenerateError> {
    let sources = Sources {
        name: &args.name,
        envs: &args.envs,
        literals: &args.literals,
        files: &args.files,
    };
    let mut root = base("Secret", &args.name, &args.namespace)?;
    let sort = if args.sort.is_empty() {
        "Opaque"
    } else {
        &args.sort
    };
    root.set("type", Node::text(sort));
    let pairs = pairs::read(sources, loader)?;
    let data = pairs
        .into_iter()
        .map(|(key, bytes)| (key, encode(&bytes)))
        .collect();
    // Other than a config map, a secret has its data even where it is empty.
    root.set("data", text_map::write(data));
    Ok(finish(root, &args.behavior, args.options.as_ref()))
}

/// Makes a document with a kind, a name and perhaps a namespace.
fn base(kind: &str, name: &str, namespace: &str) -> Result<Node, GenerateError> {
    if name.is_empty() {
        return Err(GenerateError::NoName);
    }
    let mut root = Node::mapping(Vec::new());
    root.set("apiVersion", Node::text("v1"));
    root.set("kind", Node::text(kind));
    let metadata = text_map::metadata(&mut root);
    metadata.set("name", Node::text(name));
    if !namespace.is_empty() {
        metadata.set("namespace", Node::text(namespace));
    }
    Ok(root)
}

/// Adds what the options ask for.
fn finish(mut root: Node, behavior: &str, options: Option<&GeneratorOptions>) -> Resource {
    if let Some(options) = options {
        let metadata = text_map::metadata(&mut root);
        text_map::set(metadata, "labels", options.labels.clone());
        text_map::set(metadata, "annotations", options.annotations.clone());
        if options.immutable {
            let yes = Node {
                tag: Tag::Boolean,
                ..Node::plain("true")
            };
            root.set("immutable", yes);
        }
    }
    let mut resource = Resource::new(Arc::new(root), |_| Scope::Namespaced);
    resource.needs_hash = !options.is_some_and(|options| options.disable_name_suffix_hash);
    resource.behavior = Behavior::of(behavior);
    resource
}

/// Writes bytes as base64; in lines, each with a break at its end, where one line is not enough.
fn encode(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < BASE64_LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / BASE64_LINE + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(BASE64_LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = tail;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_long_base64() {
        assert_eq!(encode(&[0; 51]).len(), 68);
        let long = encode(&[0; 54]);
        assert_eq!(
            (long.len(), long.lines().next().map(str::len)),
            (74, Some(70))
        );
        assert!(long.ends_with('\n'));
    }
}
