//! One request to the API, taken apart.

use serde_json::{Map, Value};

use super::access::Caller;
use super::answer::Answer;

/// One request to the API.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path below `/api/v4`, as it was sent.
    pub path: String,
    /// The decoded query.
    pub query: Vec<(String, String)>,
    /// The fields of the body.
    pub fields: Map<String, Value>,
    /// Who asks.
    pub caller: Caller,
}

impl Call {
    /// Returns the decoded parts of the path: an encoded `/` stays inside its part.
    pub fn segments(&self) -> Vec<String> {
        segments(&self.path)
    }

    /// Returns a value of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a field as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// Returns a field as a number, written as one or as text.
    pub fn number(&self, name: &str) -> Option<u64> {
        let value = self.fields.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// Returns a field as a truth value, written as one or as text.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let value = self.fields.get(name)?;
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    /// Returns a field as a list of texts.
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.fields.get(name) {
            Some(Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str);
                texts.map(ToOwned::to_owned).collect()
            }
            Some(Value::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    /// Refuses a call that lacks fields, in the words of GitLab's parameter check.
    pub fn require(&self, names: &[&str]) -> Result<(), Answer> {
        let missing = names
            .iter()
            .filter(|name| !self.fields.contains_key(**name));
        let complaints: Vec<String> = missing.map(|name| format!("{name} is missing")).collect();
        if complaints.is_empty() {
            return Ok(());
        }
        Err(Answer::error(400, complaints.join(", ")))
    }
}

/// Splits a path as sent into its decoded parts.
pub fn segments(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(decode).collect()
}

/// Decodes `%XX`.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a form or a query: pairs, decoded.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}
