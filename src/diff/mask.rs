//! Hides the values of Secrets before anything is compared or shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// A value that is equal on both sides, or is there on one side only.
const HIDDEN: &str = "***";

/// A value that will be another.
const BEFORE: &str = "*** (before)";

/// The value that it will be.
const AFTER: &str = "*** (after)";

/// A value of a Secret of which only the keys are known.
const UNKNOWN: &str = "*****";

/// What a build puts in the place of what SOPS has encrypted and no key opens.
const SOPS: &str = "**SOPS**";

/// What is left to compare of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masked {
    /// It is no Secret, and stays as it is.
    No,
    /// Equal values are hidden as `***`, others as `*** (before)` and `*** (after)`.
    Values,
    /// SOPS has encrypted some values and no key is at hand: whether those changed is unknown.
    Keys,
}

/// Hides the values of a Secret in both of its states; `live` is `None` where it does not exist yet.
///
/// Values that SOPS has encrypted become equal, so that all the rest can be compared as usual.
pub fn mask(mut live: Option<&mut Value>, wanted: &mut Value) -> Masked {
    if !is_secret(wanted) {
        return Masked::No;
    }
    let is_partly_unknown = ["data", "stringData"].iter().any(|field| {
        let values = wanted.get(field).and_then(Value::as_object);
        values.is_some_and(|values| values.values().any(is_unknown))
    });
    for field in ["data", "stringData"] {
        let mut none = Map::new();
        let live = live
            .as_deref_mut()
            .and_then(|live| live.get_mut(field)?.as_object_mut());
        let mut no_wanted = Map::new();
        let wanted = wanted.get_mut(field).and_then(Value::as_object_mut);
        let single = if is_partly_unknown { UNKNOWN } else { HIDDEN };
        hide(
            live.unwrap_or(&mut none),
            wanted.unwrap_or(&mut no_wanted),
            single,
        );
    }
    // What `kubectl apply` remembers of a Secret are its values again.
    for state in [live, Some(wanted)].into_iter().flatten() {
        hide_last_applied(state);
    }
    if is_partly_unknown {
        Masked::Keys
    } else {
        Masked::Values
    }
}

/// Says whether an object is a Secret.
pub fn is_secret(object: &Value) -> bool {
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    text("kind") == Some("Secret") && text("apiVersion") == Some("v1")
}

fn hide(live: &mut Map<String, Value>, wanted: &mut Map<String, Value>, single: &str) {
    for (key, new) in wanted.iter_mut() {
        let (before, after) = match live.get(key) {
            _ if is_unknown(new) => (UNKNOWN, UNKNOWN),
            Some(old) if old != new => (BEFORE, AFTER),
            Some(_) => (HIDDEN, HIDDEN),
            None => (single, single),
        };
        *new = after.into();
        if let Some(old) = live.get_mut(key) {
            *old = before.into();
        }
    }
    for (key, old) in live.iter_mut() {
        if !wanted.contains_key(key) {
            *old = single.into();
        }
    }
}

/// Says whether a value stands for something that SOPS has encrypted.
fn is_unknown(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.contains(SOPS)
            || STANDARD
                .decode(text)
                .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(SOPS))
    })
}

fn hide_last_applied(object: &mut Value) {
    const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let note = object
        .pointer_mut("/metadata/annotations")
        .and_then(|annotations| annotations.get_mut(LAST_APPLIED));
    if let Some(note) = note {
        *note = HIDDEN.into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(data: Value) -> Value {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
        secret["data"] = data;
        secret
    }

    #[test]
    fn hides_values() {
        let mut live = secret(json!({"same": "YQ==", "other": "YQ==", "gone": "YQ=="}));
        let mut wanted = secret(json!({"same": "YQ==", "other": "Yg==", "new": "YQ=="}));
        assert_eq!(mask(Some(&mut live), &mut wanted), Masked::Values);
        assert_eq!(
            live["data"],
            json!({"same": "***", "other": "*** (before)", "gone": "***"})
        );
        assert_eq!(
            wanted["data"],
            json!({"same": "***", "other": "*** (after)", "new": "***"})
        );
    }

    #[test]
    fn compares_what_is_not_encrypted() {
        let cipher = STANDARD.encode(SOPS);
        let mut live = secret(json!({"cipher": "YQ==", "plain": "YQ==", "gone": "YQ=="}));
        let mut wanted = secret(json!({"cipher": cipher, "plain": "Yg==", "new": cipher}));
        assert_eq!(mask(Some(&mut live), &mut wanted), Masked::Keys);
        assert_eq!(
            live["data"],
            json!({"cipher": "*****", "plain": "*** (before)", "gone": "*****"})
        );
        assert_eq!(
            wanted["data"],
            json!({"cipher": "*****", "plain": "*** (after)", "new": "*****"})
        );
    }

    #[test]
    fn leaves_other_kinds_alone() {
        let mut settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
        let before = settings.clone();
        assert_eq!(mask(None, &mut settings), Masked::No);
        assert_eq!(settings, before);
    }

    #[test]
    fn no_value_stays_anywhere() {
        let mut wanted = secret(json!({"a": "c2VjcmV0"}));
        wanted["stringData"] = json!({"b": "secret"});
        wanted["metadata"]["annotations"] =
            json!({"kubectl.kubernetes.io/last-applied-configuration": "c2VjcmV0"});
        mask(None, &mut wanted);
        let text = wanted.to_string();
        assert!(
            !text.contains("secret") && !text.contains("c2VjcmV0"),
            "{text}"
        );
    }
}
