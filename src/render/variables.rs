//! Post-build substitution: variables put into the text of built objects, which is then read once more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::losses;
use crate::api::{PostBuild, SubstituteStrategy};
use crate::error::Explain;
use crate::kustomize::{SubstituteError, Unset, substitute, substitute_seen};
use crate::manifest::{self, Dialect, Object, ObjectError, YamlError};

/// The label or annotation of objects that stay as they are.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Why variables can't be put into an object; the words are those of flux, which scripts look for.
#[derive(Debug, thiserror::Error)]
#[error("var substitution failed for '{object}': envsubst error: {problem}")]
pub struct VariablesError {
    object: String,
    problem: VariableProblem,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
enum VariableProblem {
    #[error("'{0}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'")]
    Name(String),
    #[error("variable substitution failed: {0}")]
    Text(SubstituteError),
    #[error("YAMLToJSON: yaml: {0}")]
    Yaml(Box<YamlError>),
    #[error("UnmarshalJSON: {0}")]
    Object(ObjectError),
}

impl Explain for VariablesError {
    fn hint(&self) -> Option<String> {
        let hint = match &self.problem {
            VariableProblem::Text(SubstituteError::Unset(name)) => {
                return Some(format!("set it, or give it a default: `${{{name}:=…}}`"));
            }
            VariableProblem::Text(_) => "write `$$` for a `$` that is no variable",
            VariableProblem::Yaml(_) | VariableProblem::Object(_) => {
                "quotes around a variable are lost in the build: give the value quotes of its own"
            }
            VariableProblem::Name(_) => return None,
        };
        Some(hint.into())
    }
}

impl VariablesError {
    /// Returns the variable that has neither a value nor a default, where that is what is wrong.
    pub fn unset(&self) -> Option<&str> {
        match &self.problem {
            VariableProblem::Text(SubstituteError::Unset(name)) => Some(name),
            _ => None,
        }
    }
}

/// Says whether variables are put into an object at all.
pub fn takes_variables(object: &Object) -> bool {
    let is_off = |part: &str| {
        let value = object.get(part).and_then(|part| part.get(SWITCH));
        value.is_some_and(|value| value == "disabled")
    };
    !is_off("/metadata/labels") && !is_off("/metadata/annotations")
}

/// The variables of a Kustomization, and when they are put in.
#[derive(Clone, Debug)]
pub struct Variables {
    values: BTreeMap<String, String>,
    always: bool,
    unset: Unset,
}

impl Variables {
    /// Takes the variables of references, the later ones over the earlier, and those of the Kustomization over all.
    pub fn new(post_build: &PostBuild, referred: BTreeMap<String, String>, unset: Unset) -> Self {
        let mut values = referred;
        values.extend(post_build.substitute.clone().unwrap_or_default());
        for value in values.values_mut() {
            value.retain(|character| character != '\n');
        }
        let always = post_build.substitute_strategy == Some(SubstituteStrategy::Always);
        Self {
            values,
            always,
            unset,
        }
    }

    /// Gives a variable a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    /// Puts the variables into every object that takes them; returns what values lost on the way, to be told.
    ///
    /// # Errors
    ///
    /// Fails on a name that no variable can have, and on an object that is none any more.
    pub fn put_into(&self, objects: &mut [Object]) -> Result<Vec<String>, VariablesError> {
        let mut losses = Vec::new();
        if self.values.is_empty() && !self.always {
            return Ok(losses);
        }
        for object in objects.iter_mut().filter(|object| takes_variables(object)) {
            let changed = self.put(object).map_err(|problem| VariablesError {
                object: object.name().into(),
                problem,
            })?;
            losses.extend(losses::between(object, &changed));
            *object = changed;
        }
        Ok(losses)
    }

    /// Returns what the variables with secret values become where they are put into the objects: the values without
    /// line breaks, and whatever operators make of them.
    pub fn carried(&self, objects: &[Object], secrets: &BTreeSet<String>) -> BTreeSet<String> {
        let folded = |value: &String| value.replace('\n', "");
        let mut carried: BTreeSet<String> = secrets.iter().map(folded).collect();
        carried.remove("");
        let is_secret = |name: &str| {
            let value = self.values.get(name);
            value.is_some_and(|value| carried.contains(value))
        };
        let names: BTreeSet<&str> = self.values.keys().map(String::as_str).collect();
        let names: BTreeSet<&str> = names.into_iter().filter(|name| is_secret(name)).collect();
        if names.is_empty() {
            return carried;
        }
        let look_up = |name: &str| self.values.get(name).cloned();
        for object in objects.iter().filter(|object| takes_variables(object)) {
            let text = manifest::emit(object.value());
            let mut note = |name: &str, put: &str| {
                if names.contains(name) && !put.is_empty() {
                    carried.insert(put.to_owned());
                }
            };
            // What can't be substituted is told when it is tried.
            drop(substitute_seen(&text, self.unset, &look_up, &mut note));
        }
        carried
    }

    fn put(&self, object: &Object) -> Result<Object, VariableProblem> {
        if let Some(name) = self.values.keys().find(|name| !is_name(name)) {
            return Err(VariableProblem::Name(name.clone()));
        }
        let text = manifest::emit(object.value());
        let look_up = |name: &str| self.values.get(name).cloned();
        let text = substitute(&text, self.unset, &look_up).map_err(VariableProblem::Text)?;
        let documents = manifest::read_as(&text, Dialect::Configuration)
            .map_err(|error| VariableProblem::Yaml(Box::new(error)))?;
        let mut value = documents.into_iter().next().unwrap_or_default();
        through_floats(&mut value);
        Object::new(value).map_err(VariableProblem::Object)
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && characters.all(|character| character == '_' || character.is_ascii_alphanumeric())
}

/// Takes every number for a float of 64 bits, as the controllers do after a substitution.
fn through_floats(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().and_then(manifest::number_of_float) {
                *number = float;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(through_floats),
        Value::Object(fields) => fields.values_mut().for_each(through_floats),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(data: &Value) -> Object {
        Object::new(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}),
        )
        .unwrap()
    }

    fn put(data: &Value, variables: &[(&str, &str)]) -> Result<Value, String> {
        let pairs = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables = Variables::new(&PostBuild::default(), pairs.collect(), Unset::Refused);
        let mut objects = [object(data)];
        variables
            .put_into(&mut objects)
            .map_err(|error| error.to_string())?;
        Ok(objects[0].value()["data"].clone())
    }

    #[test]
    fn values_are_read_as_yaml() {
        assert_eq!(
            put(
                &json!({"a": "${a}", "b": "x${a}", "e": "${e}", "l": "${l}", "big": 9_007_199_254_740_993_i64}),
                &[("a", "tr\nue"), ("e", ""), ("l", "[1, b]")]
            ),
            Ok(
                json!({"a": true, "b": "xtrue", "e": null, "l": [1, "b"], "big": 9_007_199_254_740_992_i64})
            )
        );
        // Nothing is touched where there is nothing to put in.
        assert_eq!(put(&json!({"a": "$${a}"}), &[]), Ok(json!({"a": "$${a}"})));
    }

    #[test]
    fn says_what_is_wrong() {
        let failed = |data: &Value, variables: &[(&str, &str)]| put(data, variables).unwrap_err();
        assert_eq!(
            failed(&json!({}), &[("a-b", "x")]),
            "var substitution failed for 'a': envsubst error: 'a-b' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'"
        );
        assert_eq!(
            failed(&json!({"a": "${b}"}), &[("a", "x")]),
            "var substitution failed for 'a': envsubst error: variable substitution failed: variable not set (strict mode): \"b\""
        );
        assert!(failed(&json!({"a": "${a}"}), &[("a", "b: c: d")]).contains("YAMLToJSON"));
    }

    #[test]
    fn an_object_can_be_left_as_it_is() {
        let mut object = object(&json!({"a": "${a}"}));
        assert!(takes_variables(&object));
        object.value_mut()["metadata"]["annotations"] = json!({SWITCH: "disabled"});
        assert!(!takes_variables(&object));
    }
}
