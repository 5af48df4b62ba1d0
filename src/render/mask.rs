//! What SOPS has encrypted in a Secret is shown as a mask: ciphertext is neither valid data nor of use to anybody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::error::Explain;
use crate::manifest::{Object, decode_base64};

/// What stands in the place of an encrypted value.
const MASK: &str = "**SOPS**";

/// The type of Secrets that hold a JSON document with credentials of registries.
const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";

/// How a value begins that SOPS has encrypted.
const CIPHER: &str = "ENC[";

/// Why the values of a Secret can't be looked at.
#[derive(Debug, thiserror::Error)]
#[error("failed to decode the value of `{key}` in Secret '{secret}'")]
pub struct MaskError {
    secret: String,
    key: String,
    source: base64::DecodeError,
}

impl Explain for MaskError {
    fn hint(&self) -> Option<String> {
        Some("values of `data` are base64; plain text belongs into `stringData`".into())
    }
}

/// Masks what is encrypted in a Secret; other objects stay as they are.
///
/// # Errors
///
/// Fails where a value of a Secret that is not encrypted as a whole is no base64.
pub fn mask(object: &mut Object) -> Result<(), MaskError> {
    if object.kind() != "Secret" {
        return Ok(());
    }
    let (name, is_docker) = (
        object.name().to_owned(),
        object.text("/type") == DOCKER_CONFIG,
    );
    let is_whole = object.text("/sops/mac").starts_with(CIPHER);
    let Some(fields) = object.value_mut().as_object_mut() else {
        return Ok(());
    };
    if is_whole {
        fields.remove("sops");
        mask_all(fields, is_docker);
        return Ok(());
    }
    if let Some(data) = fields.get_mut("data").and_then(Value::as_object_mut) {
        for (key, value) in data {
            let text = match &*value {
                Value::String(text) => text.clone(),
                // The API server is given the text that stands in the file.
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
            };
            let plain = decode_base64(&text).map_err(|source| MaskError {
                secret: name.clone(),
                key: key.clone(),
                source,
            })?;
            if is_encrypted(&String::from_utf8_lossy(&plain)) {
                *value = encoded(is_docker).into();
            }
        }
    }
    if let Some(texts) = fields.get_mut("stringData").and_then(Value::as_object_mut) {
        for value in texts.values_mut() {
            if value.as_str().is_some_and(is_encrypted) {
                *value = encoded(is_docker).into();
            }
        }
    }
    Ok(())
}

/// Masks every value of a Secret that was encrypted as a whole.
fn mask_all(fields: &mut Map<String, Value>, is_docker: bool) {
    for (part, text) in [
        ("data", encoded(is_docker)),
        ("stringData", plain(is_docker)),
    ] {
        if let Some(values) = fields.get_mut(part).and_then(Value::as_object_mut) {
            for value in values.values_mut() {
                *value = text.as_str().into();
            }
        }
    }
}

/// Says whether a value is the mask, and not what was there.
pub fn is_mask(plain: &str) -> bool {
    plain == MASK || plain == self::plain(true)
}

fn is_encrypted(text: &str) -> bool {
    text.contains("sops") && text.contains(CIPHER)
}

/// Returns the mask; credentials of registries have to stay a JSON document.
fn plain(is_docker: bool) -> String {
    if is_docker {
        json!({"mask": MASK}).to_string()
    } else {
        MASK.into()
    }
}

fn encoded(is_docker: bool) -> String {
    STANDARD.encode(plain(is_docker))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secret: &Value) -> Result<Value, String> {
        let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
        let fields = object.as_object_mut().unwrap();
        fields.extend(secret.as_object().unwrap().clone());
        let mut object = Object::new(object).unwrap();
        mask(&mut object).map_err(|error| error.to_string())?;
        let mut value = object.into_value();
        for field in ["apiVersion", "kind", "metadata"] {
            value.as_object_mut().unwrap().remove(field);
        }
        Ok(value)
    }

    #[test]
    fn a_secret_that_is_encrypted_as_a_whole_loses_all_values() {
        let secret = json!({"data": {"a": "ENC[x]"}, "stringData": {"b": "ENC[x]"}, "sops": {"mac": "ENC[y]"}});
        assert_eq!(
            masked(&secret),
            Ok(json!({"data": {"a": "KipTT1BTKio="}, "stringData": {"b": "**SOPS**"}}))
        );
        let secret = json!({"type": DOCKER_CONFIG, "data": {".dockerconfigjson": "ENC[x]"}, "sops": {"mac": "ENC[y]"}});
        assert_eq!(
            masked(&secret).unwrap()["data"][".dockerconfigjson"],
            "eyJtYXNrIjoiKipTT1BTKioifQ=="
        );
    }

    #[test]
    fn encrypted_files_in_a_secret_are_masked_one_by_one() {
        let file = STANDARD.encode("a: ENC[x]\nsops: {mac: ENC[y]}\n");
        assert_eq!(
            masked(
                &json!({"data": {"a": file, "b": "Y\ng=="}, "stringData": {"c": "sops ENC[", "d": "d"}})
            ),
            Ok(
                json!({"data": {"a": "KipTT1BTKio=", "b": "Y\ng=="}, "stringData": {"c": "KipTT1BTKio=", "d": "d"}})
            )
        );
        assert_eq!(
            masked(&json!({"data": {"a": "ENC[x]"}, "sops": {"version": "3"}})),
            Err("failed to decode the value of `a` in Secret 's'".into())
        );
    }
}
