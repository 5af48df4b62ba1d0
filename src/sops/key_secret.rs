//! The manifest of a Secret with keys, as Kustomizations name it for their decryption.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::manifest;

/// An entry of a Secret.
pub struct KeyEntry {
    /// The name of the Secret, as people know it.
    pub secret: String,
    /// The key of the entry.
    pub key: String,
    /// Its value.
    pub content: Zeroizing<Vec<u8>>,
}

/// Returns the entries of the Secrets in a file of manifests; `None` where it is no such file.
pub fn entries(text: &str) -> Option<Vec<KeyEntry>> {
    // Keys are no YAML, and are not taken for it.
    if !text.contains("kind: Secret") && !text.contains("\"kind\": \"Secret\"") {
        return None;
    }
    let objects = manifest::read_objects(text).ok()?;
    let mut entries = Vec::new();
    for object in objects.iter().filter(|object| object.kind() == "Secret") {
        for (part, is_encoded) in [("/data", true), ("/stringData", false)] {
            let values = object.get(part).and_then(Value::as_object);
            for (key, value) in values.into_iter().flatten() {
                let text = value.as_str().unwrap_or_default();
                let content = if is_encoded {
                    STANDARD.decode(text).unwrap_or_default()
                } else {
                    text.into()
                };
                entries.push(KeyEntry {
                    secret: object.id().to_string(),
                    key: key.clone(),
                    content: Zeroizing::new(content),
                });
            }
        }
    }
    Some(entries)
}
