//! What the body of an answer tells, whichever service it comes from.

use serde_json::Value;

use crate::http::Answer;

/// Says whether an answer is a page for people.
pub(super) fn is_page(answer: &Answer) -> bool {
    let media_type = answer
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    media_type.starts_with("text/html") || answer.body.trim_ascii_start().starts_with(b"<")
}

/// Says whether an answer is no API's: not JSON, though there is something.
pub(super) fn is_foreign(answer: &Answer) -> bool {
    is_page(answer)
        || (!answer.body.is_empty() && serde_json::from_slice::<Value>(&answer.body).is_err())
}

/// Returns the scope that an answer asks for.
pub(super) fn missing_scope(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    if value.get("error").and_then(Value::as_str) == Some("insufficient_scope") {
        return value
            .get("scope")?
            .as_str()
            .map(|scope| scope.split_whitespace().collect::<Vec<_>>().join(","));
    }
    let message = value.get("message")?.as_str()?;
    let (_, list) = message.split_once("required=[")?;
    list.split_once(']').map(|(list, _)| {
        list.split([',', ' '])
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(",")
    })
}

/// Returns what an error body says: services write a text, a list, or lists by field.
pub(super) fn message(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let parts = ["message", "error_description", "error", "errors"]
        .iter()
        .filter_map(|name| value.get(*name));
    parts.map(flatten).find(|text| !text.is_empty())
}

fn flatten(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => join(items.iter().map(flatten), ", "),
        Value::Object(fields) => match fields.get("message") {
            Some(message) => flatten(message),
            None => join(
                fields
                    .iter()
                    .map(|(name, value)| labelled(name, &flatten(value))),
                "; ",
            ),
        },
        other => other.to_string(),
    }
}

fn labelled(name: &str, text: &str) -> String {
    if text.is_empty() || name == "base" {
        text.into()
    } else {
        format!("{name} {text}")
    }
}

fn join(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_message_is_read() {
        for (body, expected) in [
            (
                r#"{"message":"401 Unauthorized"}"#,
                Some("401 Unauthorized"),
            ),
            (
                r#"{"message":{"name":["has already been taken"],"limit_reached":[],"base":["too many"]}}"#,
                Some("too many; name has already been taken"),
            ),
            (
                r#"{"message":["Another open merge request"]}"#,
                Some("Another open merge request"),
            ),
            (
                r#"{"error":"title is missing, key is missing"}"#,
                Some("title is missing, key is missing"),
            ),
            (
                r#"{"error":"invalid_token","error_description":"Token is expired. You can either do…"}"#,
                Some("Token is expired. You can either do…"),
            ),
            (
                r#"{"errors":[{"context":null,"message":"This repository URL is already taken."}]}"#,
                Some("This repository URL is already taken."),
            ),
            (r#"{"message":null}"#, None),
            ("[1]", None),
            ("<html>", None),
        ] {
            assert_eq!(message(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let one =
            br#"{"error":"insufficient_scope","error_description":"too little","scope":"api"}"#;
        assert_eq!(missing_scope(one).as_deref(), Some("api"));
        let other = br#"{"message":"token does not have at least one of required scope(s), required=[write:repository], token scope=read:user"}"#;
        assert_eq!(missing_scope(other).as_deref(), Some("write:repository"));
        assert_eq!(missing_scope(br#"{"message":"403 Forbidden"}"#), None);
    }
}
