//! What must not be shown of a render: the values of Secrets, and whatever was decrypted, wherever it was carried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::Regex;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::manifest::Object;

/// From this length on, a secret is looked for within words too.
const LONG: usize = 4;

/// From this length on, a secret is looked for in names and in the keys of mappings too: what is shorter is likelier
/// to be there by chance, and nothing could be told apart any more.
const VERY_LONG: usize = 8;

/// The shortest part of a base64 text that is looked for.
const ENCODED_PART: usize = 6;

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

/// All forms of all secrets, made ready to be looked for.
struct Search {
    /// Finds any of them; `None` where there are none.
    pattern: Option<Regex>,
    /// The forms and the secrets that they are of.
    forms: BTreeMap<String, String>,
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

    /// Says whether nothing is known that must not be shown.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
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

    /// Takes the values of a Secret; other objects have none.
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
                    self.add(text);
                } else if let Some(plain) = decoded(text) {
                    match std::str::from_utf8(&plain) {
                        Ok(plain) => self.add(plain),
                        Err(_) => self.add(text),
                    }
                }
            }
        }
    }

    /// Returns what stands in the place of a secret.
    pub fn digest(&self, secret: &[u8]) -> String {
        let digest = Sha256::new()
            .chain_update(self.salt.as_slice())
            .chain_update(secret)
            .finalize();
        let digits: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        // No base64: a build that hides its secrets can't be applied by mistake.
        format!("**sha256:{digits}**")
    }

    /// Takes the secrets out of an object; of a Secret, every value.
    pub fn redact_object(&self, object: &mut Object) {
        if is_secret(object)
            && let Some(fields) = object.value_mut().as_object_mut()
        {
            self.redact_values(fields);
        }
        let Some(fields) = object.value_mut().as_object_mut() else {
            return;
        };
        for (key, value) in fields.iter_mut() {
            match key.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => self.redact_metadata(value),
                _ => self.redact(value),
            }
        }
    }

    fn redact_values(&self, fields: &mut Map<String, Value>) {
        for part in ["data", "stringData"] {
            let values = fields.get_mut(part).and_then(Value::as_object_mut);
            for value in values.into_iter().flat_map(Map::values_mut) {
                let text = Zeroizing::new(value.as_str().map_or_else(|| value.to_string(), Into::into));
                // The same value has the same digest in both parts.
                let plain = if part == "data" { decoded(&text) } else { None };
                let digest = match plain {
                    Some(plain) => self.digest(plain.trim_ascii_end()),
                    None => self.digest(text.as_bytes().trim_ascii_end()),
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

    /// Returns a text without its secrets; `None` where there are none in it.
    fn redacted(&self, text: &str, role: Role) -> Option<String> {
        let search = self.search.get_or_init(|| Search::new(&self.known));
        let pattern = search.pattern.as_ref()?;
        let (mut shown, mut copied, mut from) = (String::new(), 0, 0);
        while let Some(found) = pattern.find_at(text, from) {
            if !counts(text, found.range(), role) {
                from = next_character(text, found.start());
                continue;
            }
            let secret = search.forms.get(found.as_str())?;
            shown.push_str(&text[copied..found.start()]);
            shown.push_str(&self.digest(secret.as_bytes()));
            copied = found.end();
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

impl Search {
    fn new(known: &BTreeSet<String>) -> Self {
        let mut forms = BTreeMap::new();
        for secret in known {
            for form in forms_of(secret) {
                forms.entry(form).or_insert_with(|| secret.clone());
            }
        }
        let mut sorted: Vec<&String> = forms.keys().collect();
        // The first that fits counts, and it has to be the longest.
        sorted.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let pattern: Vec<String> = sorted.into_iter().map(|form| regex::escape(form)).collect();
        let pattern = regex::RegexBuilder::new(&pattern.join("|"))
            .size_limit(usize::MAX)
            .build();
        Self {
            pattern: pattern.ok().filter(|_| !forms.is_empty()),
            forms,
        }
    }
}

/// Returns the forms in which a secret may have been carried on.
fn forms_of(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned()]);
    // Variables lose their line breaks.
    if secret.contains('\n') {
        forms.insert(secret.replace('\n', ""));
    }
    if let Ok(quoted) = serde_json::to_string(secret) {
        forms.insert(quoted[1..quoted.len() - 1].to_owned());
    }
    for ended in [secret.to_owned(), format!("{secret}\n")] {
        forms.insert(STANDARD.encode(ended));
    }
    forms.extend((0..3).flat_map(|before| encoded_parts(secret.as_bytes(), before)));
    forms.retain(|form| form.len() >= 2);
    forms
}

/// Returns what a secret looks like within a longer base64 text, after a number of bytes modulo three.
///
/// Its first and its last character may hold bits of what stands around it.
fn encoded_parts(secret: &[u8], before: usize) -> Vec<String> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret);
    let start = (before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    let texts = [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)];
    bytes.zeroize();
    let parts = texts.iter().filter_map(|text| text.get(start..end));
    parts
        .filter(|part| part.len() >= ENCODED_PART)
        .map(ToOwned::to_owned)
        .collect()
}

fn is_secret(object: &Object) -> bool {
    object.kind() == "Secret" && object.group().is_empty()
}

/// Returns the bytes of a base64 text, which may be folded.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(text.to_owned());
    text.retain(|character| !matches!(character, '\n' | '\r'));
    STANDARD.decode(text.as_bytes()).ok().map(Zeroizing::new)
}

fn replace(value: &mut Value, shown: String) {
    if let Value::String(text) = value {
        text.zeroize();
    }
    *value = shown.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        let mut secrets = Secrets::new();
        texts.iter().for_each(|text| secrets.add(text));
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
        assert_eq!(secrets.redact_text("a s3cr3t-value b"), format!("a {digest} b"));
        for text in ["line oneline \"two\"", r#"{"a": "line one\nline \"two\"\n"}"#] {
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
        assert_eq!(object.get("/data/apps").unwrap(), &json!(format!("in {}", secrets.digest(b"apps"))));
    }

    #[test]
    fn a_secret_shows_its_keys_and_digests() {
        let secret = |data: &Value, texts: &Value| {
            Object::new(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data, "stringData": texts})).unwrap()
        };
        let mut secrets = Secrets::new();
        let mut object = secret(&json!({"a": "cGFzc3dvcmQ=", "bad": "%%", "same": "eA=="}), &json!({"b": "password", "c": "other"}));
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
