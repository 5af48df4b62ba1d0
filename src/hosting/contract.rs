//! Holds requests to the contracts that the services publish.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::http::Asked;
use crate::shared;

/// A published contract.
pub struct Contract {
    document: Value,
    prefix: &'static str,
}

impl Contract {
    /// Reads the contract of a service; `None`, with a word about it, where the test data is not there.
    ///
    /// `prefix` is what stands before the contract's own paths on the wire.
    pub fn of(service: &str, prefix: &'static str) -> Option<Self> {
        let folder = shared::folder("hosting-contracts")?;
        let Ok(text) = std::fs::read(folder.join(format!("{service}.openapi.json"))) else {
            println!("skipped: the contract of {service} is not here");
            return None;
        };
        let mut document: Value = serde_json::from_slice(&text).unwrap();
        make_schemas_plain(&mut document);
        Some(Self { document, prefix })
    }

    /// Fails the test if a request breaks the contract.
    pub fn hold(&self, asked: &Asked) {
        let (method, target) = asked.line.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path
            .strip_prefix(self.prefix)
            .unwrap_or_else(|| panic!("{path} lacks {}", self.prefix));
        let operation = self
            .operation(path, &method)
            .unwrap_or_else(|| panic!("no operation: {}", asked.line));
        for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
            assert!(
                self.takes_query(operation, &name),
                "{}: no query `{name}`",
                asked.line
            );
        }
        if !asked.body.is_null() {
            self.hold_body(operation, asked);
        }
    }

    fn operation(&self, path: &str, method: &Method) -> Option<&Value> {
        let paths = self.document["paths"].as_object().unwrap();
        let fits = |template: &str| {
            let (mut wanted, mut given) = (template.split('/'), path.split('/'));
            template.matches('/').count() == path.matches('/').count()
                && wanted.by_ref().all(|part| {
                    given
                        .next()
                        .is_some_and(|text| part.starts_with('{') || part == text)
                })
        };
        // A fixed part beats a parameter, as in `personal_access_tokens/self`.
        let mut found: Vec<_> = paths
            .iter()
            .filter(|(template, _)| fits(template))
            .collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        found
            .iter()
            .find_map(|(_, item)| item.get(method.as_str().to_lowercase()))
    }

    fn takes_query(&self, operation: &Value, name: &str) -> bool {
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        parameters
            .iter()
            .map(|parameter| self.resolve(parameter))
            .any(|parameter| parameter["in"] == "query" && parameter["name"] == name)
    }

    fn hold_body(&self, operation: &Value, asked: &Asked) {
        let body = self.resolve(&operation["requestBody"]);
        let schema = self
            .resolve(&body["content"]["application/json"]["schema"])
            .clone();
        assert!(schema.is_object(), "{}: takes no JSON", asked.line);
        let known = schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for name in asked.body.as_object().unwrap_or(&Map::new()).keys() {
            assert!(
                known.contains_key(name),
                "{}: no field `{name}`",
                asked.line
            );
        }
        let mut whole = schema;
        whole["components"] = self.document["components"].clone();
        let validator = jsonschema::options().build(&whole).unwrap();
        let faults: Vec<_> = validator
            .iter_errors(&asked.body)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{}: {faults:?}", asked.line);
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.resolve(self.document.pointer(&reference[1..]).unwrap()),
            None => value,
        }
    }
}

/// Turns what only `OpenAPI` has into plain JSON Schema.
fn make_schemas_plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_schemas_plain),
        Value::Object(fields) => {
            if fields.remove("nullable") == Some(json!(true)) {
                if let Some(kind) = fields.get("type").cloned() {
                    fields.insert("type".into(), json!([kind, "null"]));
                }
                if let Some(Value::Array(choices)) = fields.get_mut("enum") {
                    choices.push(Value::Null);
                }
            }
            for name in ["discriminator", "example"] {
                if fields
                    .get(name)
                    .is_some_and(|field| !field.get("type").is_some_and(Value::is_string))
                {
                    fields.remove(name);
                }
            }
            fields.values_mut().for_each(make_schemas_plain);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(line: &str, body: Value) -> bool {
        let Some(contract) = Contract::of("gitlab", "") else {
            return false;
        };
        let asked = Asked {
            line: line.into(),
            headers: reqwest::header::HeaderMap::new(),
            body,
        };
        std::panic::catch_unwind(|| contract.hold(&asked)).is_ok()
    }

    #[test]
    fn a_request_that_breaks_the_contract_is_found() {
        if !holds("GET /api/v4/user", Value::Null) {
            return;
        }
        assert!(!holds("GET /api/v4/nothing", Value::Null), "unknown path");
        assert!(!holds("DELETE /api/v4/user", Value::Null), "unknown method");
        assert!(
            !holds("GET /api/v4/projects/7/deploy_keys?limit=5", Value::Null),
            "unknown query"
        );
        let keys = "POST /api/v4/projects/7/deploy_keys";
        assert!(holds(
            keys,
            json!({"title": "a", "key": "b", "can_push": true})
        ));
        assert!(
            !holds(keys, json!({"title": "a", "key": "b", "canPush": true})),
            "unknown field"
        );
        assert!(!holds(keys, json!({"title": "a"})), "missing field");
        assert!(
            !holds(keys, json!({"title": "a", "key": "b", "can_push": "true"})),
            "wrong type"
        );
    }
}
