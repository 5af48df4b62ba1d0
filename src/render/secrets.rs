//! What must not be shown of a render: the values of Secrets, and whatever was decrypted, wherever it was carried.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::mask::is_mask;
use super::search::Search;
use crate::manifest::{Object, decode_base64};

/// From this length on, a secret is looked for within words too.
const LONG: usize = 4;

/// From this length on, a secret is looked for in names and in the keys of mappings too: what is shorter is likelier
/// to be there by chance, and nothing could be told apart any more.
const VERY_LONG: usize = 12;

/// From this length on, what is found over the end of a line is a secret that was folded.
const FOLDED: usize = 40;

/// Words that stand everywhere and tell nothing.
const COMMON: &[&str] = &["true", "false", "null", "yes", "no", "on", "off"];

/// Collects what must not be shown, and takes it out of what is shown.
///
/// In the place of a secret stands a digest of it, with a salt that is new in each run: what has changed can be told
/// from what has not, and nothing can be found out by trying.
pub struct Secrets {
    salt: Zeroizing<[u8; 32]>,
    known: BTreeSet<String>,
    search: OnceLock<Search>,
}

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is a value.
    Value,
    /// It is a name, or a key.
    Name,
}

impl Secrets {
    /// Starts with nothing, and a new salt.
    pub fn new() -> Self {
        let mut salt = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(salt.as_mut_slice()).expect("the system has random numbers");
        Self {
            salt,
            known: BTreeSet::new(),
            search: OnceLock::new(),
        }
    }

    /// Takes a text that must not be shown.
    pub fn add(&mut self, text: &str) {
        let text = text.trim_end_matches(['\n', '\r']);
        if text.len() < 2 || COMMON.contains(&text.to_ascii_lowercase().as_str()) {
            return;
        }
        // Numbers of one to three digits are ports and counts.
        if text.len() < LONG && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        if self.known.insert(text.to_owned()) {
            self.search = OnceLock::new();
        }
    }

    /// Takes the values of a Secret; other objects have none, and what stands for an encrypted value tells nothing.
    pub fn add_object(&mut self, object: &Object) {
        if !is_secret(object) {
            return;
        }
        for (part, is_encoded) in [("/data", true), ("/stringData", false)] {
            let Some(values) = object.get(part).and_then(Value::as_object) else {
                continue;
            };
            for text in values.values().filter_map(Value::as_str) {
                if !is_encoded {
                    if !is_mask(text) {
                        self.add(text);
                    }
                } else if let Some(plain) = decoded(text) {
                    match std::str::from_utf8(&plain) {
                        Ok(plain) if is_mask(plain) => {}
                        Ok(plain) => self.add(plain),
                        Err(_) => self.add(text),
                    }
                }
            }
        }
    }

    /// Returns the texts themselves, for those who have to find them in what they show.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// Returns what stands in the place of a secret.
    pub fn digest(&self, secret: &[u8]) -> String {
        let digest = Sha256::new()
            .chain_update(self.salt.as_slice())
            .chain_update(secret)
            .finalize();
        let mut digits = String::new();
        for byte in &digest[..6] {
            // Writing to a text cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        // No base64: a build that hides its secrets can't be applied by mistake.
        format!("**sha256:{digits}**")
    }

    /// Takes the secrets out of an object; of a Secret, every value.
    pub fn redact_object(&self, object: &mut Object) {
        let is_secret = is_secret(object);
        let Some(fields) = object.value_mut().as_object_mut() else {
            return;
        };
        if is_secret {
            self.redact_values(fields);
        }
        for (key, value) in fields.iter_mut() {
            match key.as_str() {
                "apiVersion" | "kind" => {}
                // Its keys are shown.
                "data" | "stringData" if is_secret => {}
                "metadata" => self.redact_metadata(value),
                _ => self.redact(value),
            }
        }
    }

    fn redact_values(&self, fields: &mut Map<String, Value>) {
        for part in ["data", "stringData"] {
            let values = fields.get_mut(part).and_then(Value::as_object_mut);
            for value in values.into_iter().flat_map(Map::values_mut) {
                let text =
                    Zeroizing::new(value.as_str().map_or_else(|| value.to_string(), Into::into));
                // The same value has the same digest in both parts.
                let plain = if part == "data" { decoded(&text) } else { None };
                let shown = plain.as_ref().map_or(text.as_bytes(), |plain| plain);
                if std::str::from_utf8(shown).is_ok_and(is_mask) {
                    continue;
                }
                let digest = match plain {
                    Some(plain) => self.digest(without_breaks(&plain)),
                    None => self.digest(without_breaks(text.as_bytes())),
                };
                replace(value, digest);
            }
        }
    }

    fn redact_metadata(&self, metadata: &mut Value) {
        let Value::Object(fields) = metadata else {
            return self.redact(metadata);
        };
        for (key, value) in fields {
            match (key.as_str(), &mut *value) {
                ("name" | "namespace" | "generateName", Value::String(text)) => {
                    self.redact_string(text, Role::Name);
                }
                _ => self.redact(value),
            }
        }
    }

    /// Takes the secrets out of a value.
    pub fn redact(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact_string(text, Role::Value),
            Value::Number(number) => {
                let text = number.to_string();
                if text.len() >= LONG && self.known.contains(&text) {
                    *value = self.digest(text.as_bytes()).into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::Object(fields) => {
                fields.values_mut().for_each(|value| self.redact(value));
                let shown: Vec<_> = fields
                    .keys()
                    .map(|key| (key.clone(), self.redacted(key, Role::Name)))
                    .filter_map(|(key, shown)| Some((key, shown?)))
                    .collect();
                for (key, shown) in shown {
                    if let Some(value) = fields.remove(&key) {
                        fields.insert(shown, value);
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Takes the secrets out of a text.
    pub fn redact_text(&self, text: &str) -> String {
        self.redacted(text, Role::Value)
            .unwrap_or_else(|| text.to_owned())
    }

    fn redact_string(&self, text: &mut String, role: Role) {
        if let Some(shown) = self.redacted(text, role) {
            text.zeroize();
            *text = shown;
        }
    }

    /// Returns a text without its secrets, which may go on over the end of a line where base64 was folded; `None` where
    /// there are none in it.
    fn redacted(&self, text: &str, role: Role) -> Option<String> {
        let shown = self.replaced(text, role);
        let rest = shown.as_deref().unwrap_or(text);
        if !rest.contains('\n') {
            return shown;
        }
        let joined = Zeroizing::new(rest.replace('\n', ""));
        let search = self.search.get_or_init(|| Search::new(&self.known));
        let is_folded = search
            .next(&joined, 0)
            .is_some_and(|found| found.len() >= FOLDED);
        if is_folded {
            return self.replaced(&joined, role);
        }
        shown
    }

    /// Puts digests in the place of what is found in a text.
    fn replaced(&self, text: &str, role: Role) -> Option<String> {
        let search = self.search.get_or_init(|| Search::new(&self.known));
        let (mut shown, mut copied, mut from) = (String::new(), 0, 0);
        while let Some(found) = search.next(text, from) {
            if !counts(text, found.clone(), role) {
                from = next_character(text, found.start);
                continue;
            }
            let secret = search.secret(&text[found.clone()])?;
            shown.push_str(&text[copied..found.start]);
            shown.push_str(&self.digest(secret.as_bytes()));
            copied = found.end;
            from = copied;
        }
        if copied == 0 {
            return None;
        }
        shown.push_str(&text[copied..]);
        Some(shown)
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        while let Some(mut secret) = self.known.pop_first() {
            secret.zeroize();
        }
    }
}

/// Says whether what was found counts: a short one must stand alone, and in names none but very long ones do.
fn counts(text: &str, range: std::ops::Range<usize>, role: Role) -> bool {
    let length = range.len();
    if role == Role::Name {
        return length >= VERY_LONG;
    }
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    length >= LONG
        || !(text[..range.start].ends_with(is_of_word) || text[range.end..].starts_with(is_of_word))
}

fn next_character(text: &str, at: usize) -> usize {
    let width = text[at..].chars().next().map_or(1, char::len_utf8);
    at + width
}

fn is_secret(object: &Object) -> bool {
    object.kind() == "Secret" && object.group().is_empty()
}

/// Returns the bytes of a base64 text, which may be folded.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    decode_base64(text).ok().map(Zeroizing::new)
}

/// Returns bytes without the line breaks at their end, which count for nothing.
fn without_breaks(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b'\n' | b'\r'] = bytes {
        bytes = rest;
    }
    bytes
}

fn replace(value: &mut Value, shown: String) {
    if let Value::String(text) = value {
        text.zeroize();
    }
    *value = shown.into();
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        let mut secrets = Secrets::new();
        for text in texts {
            secrets.add(text);
        }
        secrets
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let secrets = secrets(&["s3cr3t-value", "line one\nline \"two\"\n"]);
        let digest = secrets.digest(b"s3cr3t-value");
        let encoded = STANDARD.encode("user:s3cr3t-value");
        for text in [
            "s3cr3t-value".to_owned(),
            "postgres://u:s3cr3t-value@h/db".into(),
            STANDARD.encode("s3cr3t-value"),
            STANDARD.encode("s3cr3t-value\n"),
            encoded,
            URL_SAFE_NO_PAD.encode("xx s3cr3t-value yy"),
        ] {
            let shown = secrets.redact_text(&text);
            assert!(shown.contains(&digest), "{text}: {shown}");
        }
        assert_eq!(
            secrets.redact_text("a s3cr3t-value b"),
            format!("a {digest} b")
        );
        for text in [
            "line oneline \"two\"",
            r#"{"a": "line one\nline \"two\"\n"}"#,
        ] {
            assert!(!secrets.redact_text(text).contains("two"), "{text}");
        }
        assert_eq!(secrets.redact_text("nothing"), "nothing");
    }

    #[test]
    fn short_secrets_count_where_they_stand_alone() {
        let secrets = secrets(&["pw", "true", "80", "a", "apps"]);
        assert!(!secrets.redact_text("u:pw@h").contains(":pw@"));
        assert_eq!(secrets.redact_text("pwd true 80 a"), "pwd true 80 a");
        let mut object = Object::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "apps", "namespace": "apps"}, "data": {"apps": "in apps", "pin": 80}})).unwrap();
        secrets.redact_object(&mut object);
        assert_eq!(object.id().to_string(), "ConfigMap/apps/apps");
        assert_eq!(
            object.get("/data/apps").unwrap(),
            &json!(format!("in {}", secrets.digest(b"apps")))
        );
    }

    #[test]
    fn a_secret_shows_its_keys_and_digests() {
        let secret = |data: &Value, texts: &Value| {
            Object::new(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data, "stringData": texts})).unwrap()
        };
        let mut secrets = Secrets::new();
        let mut object = secret(
            &json!({"a": "cGFzc3dvcmQ=", "bad": "%%", "same": "eA=="}),
            &json!({"b": "password", "c": "other"}),
        );
        secrets.add_object(&object);
        secrets.redact_object(&mut object);
        let shown = |pointer: &str| object.text(pointer).to_owned();
        assert_eq!(shown("/data/a"), shown("/stringData/b"));
        assert_ne!(shown("/data/a"), shown("/stringData/c"));
        assert!(shown("/data/same").starts_with("**sha256:"));
        assert!(STANDARD.decode(shown("/data/a")).is_err());
        let mut number = json!({"pin": 12345, "list": ["x password"]});
        secrets.add("12345");
        secrets.redact(&mut number);
        assert_eq!(number["pin"], secrets.digest(b"12345"));
        assert!(!number.to_string().contains("password"));
    }

    #[test]
    fn the_salt_is_new_each_time() {
        assert_ne!(Secrets::new().digest(b"x"), Secrets::new().digest(b"x"));
    }
}
