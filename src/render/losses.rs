//! What values lose when variables are put into a built object: their quotes, their emptiness, their last digits.
//!
//! The controllers do the same, so that what is built is what is applied; but hardly anybody means it.

use serde_json::Value;

use crate::manifest::Object;

/// The fields that hold a text, or texts of any name, whatever the kind.
const TEXTS: [&str; 4] = ["labels", "annotations", "stringData", "matchLabels"];

/// Returns a line for each value that is not what was meant.
pub fn between(before: &Object, after: &Object) -> Vec<String> {
    let mut walk = Walk {
        object: format!("{}/{}", before.kind(), before.name()),
        is_config_map: before.kind() == "ConfigMap",
        path: Vec::new(),
        lines: Vec::new(),
    };
    walk.meet(before.value(), after.value());
    walk.lines
}

/// A walk over both states of an object.
struct Walk<'object> {
    object: String,
    is_config_map: bool,
    path: Vec<&'object str>,
    lines: Vec<String>,
}

impl<'object> Walk<'object> {
    fn meet(&mut self, before: &'object Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, before) in before {
                    if let Some(after) = after.get(key) {
                        self.path.push(key);
                        self.meet(before, after);
                        self.path.pop();
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                for (before, after) in before.iter().zip(after) {
                    self.meet(before, after);
                }
            }
            (Value::String(_), Value::Null) => {
                self.tell("is null, since the value that was put in is empty");
            }
            (Value::String(_), Value::Bool(_) | Value::Number(_)) if self.wants_text() => {
                let what = format!(
                    "is {after} and no text any more, since its quotes are lost in the build"
                );
                self.tell(&what);
            }
            (Value::Number(number), Value::Number(other))
                if number.as_i64().is_some() && number != other =>
            {
                self.tell(&format!(
                    "was {number} and is {other}, since large numbers lose their last digits"
                ));
            }
            _ => {}
        }
    }

    /// Says whether a text has to stand here.
    fn wants_text(&self) -> bool {
        match self.path.as_slice() {
            ["data" | "binaryData", _] => self.is_config_map,
            [.., "env", "value"] | [.., "args" | "command"] => true,
            [.., parent, _] => TEXTS.contains(parent),
            _ => false,
        }
    }

    fn tell(&mut self, what: &str) {
        let path = self.path.join(".");
        let object = &self.object;
        self.lines
            .push(format!("substitution: `{path}` of {object} {what}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_what_is_lost_and_nothing_else() {
        let object = |data: Value| {
            Object::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data, "spec": data})).unwrap()
        };
        let before = object(
            json!({"t": "${t}", "e": "${e}", "big": 9_007_199_254_740_993_i64, "same": "x"}),
        );
        let after =
            object(json!({"t": 5, "e": null, "big": 9_007_199_254_740_992_i64, "same": "x"}));
        let lines = between(&before, &after);
        assert_eq!(lines.len(), 5, "a number may be meant in spec: {lines:?}");
        assert!(lines.contains(&"substitution: `data.t` of ConfigMap/a is 5 and no text any more, since its quotes are lost in the build".to_owned()));
        assert!(
            lines
                .iter()
                .any(|line| line.contains("`spec.e` of ConfigMap/a is null"))
        );
        assert!(
            lines
                .iter()
                .any(|line| line.contains("was 9007199254740993 and is 9007199254740992"))
        );
        assert_eq!(between(&before, &before), Vec::<String>::new());
    }
}
