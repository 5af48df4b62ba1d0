//! The gate in front of the handlers: what the contract does not know does not get in.

use serde_json::{Map, Value};

use super::call::{decode, pairs};
use super::contract::{Contract, Operation};

/// A request as the gate sees it.
#[derive(Clone, Copy, Debug)]
pub struct Knock<'a> {
    /// The method.
    pub method: &'a str,
    /// The path below the mount point, as it was sent.
    pub path: &'a str,
    /// The query, as it was sent.
    pub query: &'a str,
    /// The content type, if one was named.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

impl Knock<'_> {
    /// Holds the request to the contract; returns the fields of its body, or the reasons against it.
    pub fn check(&self, contract: &Contract) -> Result<Map<String, Value>, Vec<String>> {
        let operation = contract
            .find(self.method, self.path)
            .map_err(|reason| vec![reason])?;
        let mut reasons = self.path_complaints(contract, &operation);
        reasons.extend(self.query_complaints(contract, &operation));
        let fields = match self.checked_body(contract, &operation) {
            Ok(fields) => fields,
            Err(more) => {
                reasons.extend(more);
                Map::new()
            }
        };
        if reasons.is_empty() {
            Ok(fields)
        } else {
            Err(reasons)
        }
    }

    /// Reads the body without a contract.
    pub fn fields(&self) -> Map<String, Value> {
        if self.is_form() {
            return self.form(|_| None, |_, text| Value::from(text));
        }
        let value = serde_json::from_slice(self.body).unwrap_or_default();
        if let Value::Object(fields) = value {
            fields
        } else {
            Map::new()
        }
    }

    fn path_complaints(&self, contract: &Contract, operation: &Operation<'_>) -> Vec<String> {
        let template = operation.template.split('/');
        let parts = template
            .zip(self.path.split('/'))
            .filter_map(|(name, part)| {
                let name = name.strip_prefix('{')?.strip_suffix('}')?;
                Some((name, decode(part)))
            });
        parts
            .flat_map(|(name, text)| {
                let mut known = operation.parameters("path");
                let parameter = known.find(|parameter| parameter["name"] == name);
                let Some(parameter) = parameter else {
                    return vec![format!("path: {name} is not described")];
                };
                let schema = &parameter["schema"];
                let value = contract.typed(schema, &text);
                let complaints = contract.complaints(schema, &value).into_iter();
                complaints
                    .map(|text| format!("path {name}{text}"))
                    .collect()
            })
            .collect()
    }

    fn query_complaints(&self, contract: &Contract, operation: &Operation<'_>) -> Vec<String> {
        let sent = pairs(self.query);
        let mut reasons = Vec::new();
        for (name, text) in &sent {
            let plain = name.strip_suffix("[]").unwrap_or(name);
            let mut known = operation.parameters("query");
            let found = known.find(|one| one["name"] == plain || one["name"] == name.as_str());
            let Some(parameter) = found else {
                reasons.push(format!("query: no such name {name}"));
                continue;
            };
            let value = contract.typed(&parameter["schema"], text);
            let complaints = contract
                .complaints(&parameter["schema"], &value)
                .into_iter();
            reasons.extend(complaints.map(|text| format!("query {name}{text}")));
        }
        let needed = operation
            .parameters("query")
            .filter(|one| one["required"] == true);
        for parameter in needed {
            let name = parameter["name"].as_str().unwrap_or_default();
            if !sent.iter().any(|(sent, _)| sent == name) {
                reasons.push(format!("query: {name} is missing"));
            }
        }
        reasons
    }

    fn checked_body(
        &self,
        contract: &Contract,
        operation: &Operation<'_>,
    ) -> Result<Map<String, Value>, Vec<String>> {
        let described = &operation.value["requestBody"];
        if described.is_null() {
            let is_empty = self.body.is_empty() || self.body == b"{}";
            let words = || vec![format!("body: {} takes none", operation.template)];
            return if is_empty {
                Ok(Map::new())
            } else {
                Err(words())
            };
        }
        if self.body.is_empty() && described["required"] != true {
            return Ok(Map::new());
        }
        let schema = &described["content"]["application/json"]["schema"];
        let value = if self.is_form() {
            // GitLab takes forms wherever it takes JSON; they carry no types of their own.
            let typed = |schema: &Value, text: &str| contract.typed(schema, text);
            Value::Object(self.form(|name| contract.property(schema, name), typed))
        } else {
            self.json_body()?
        };
        let complaints = contract.complaints(schema, &value);
        match (complaints.is_empty(), value) {
            (true, Value::Object(fields)) => Ok(fields),
            (true, _) => Err(vec!["body: no object".into()]),
            (false, _) => Err(complaints
                .into_iter()
                .map(|text| format!("body {text}"))
                .collect()),
        }
    }

    fn json_body(&self) -> Result<Value, Vec<String>> {
        if self.body.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        let kind = self.content_type.unwrap_or("none");
        if !kind.starts_with("application/json") {
            return Err(vec![format!("body: content type {kind} is not taken")]);
        }
        serde_json::from_slice(self.body).map_err(|error| vec![format!("body: {error}")])
    }

    fn is_form(&self) -> bool {
        let kind = self.content_type.unwrap_or_default();
        kind.starts_with("application/x-www-form-urlencoded")
    }

    /// Reads a form: `name[]` is an item of a list.
    fn form<'a>(
        &self,
        schema_of: impl Fn(&str) -> Option<&'a Value>,
        typed: impl Fn(&Value, &str) -> Value,
    ) -> Map<String, Value> {
        let mut fields = Map::new();
        for (name, text) in pairs(&String::from_utf8_lossy(self.body)) {
            let Some(plain) = name.strip_suffix("[]") else {
                let schema = schema_of(&name).unwrap_or(&Value::Null);
                fields.insert(name.clone(), typed(schema, &text));
                continue;
            };
            let items = schema_of(plain).and_then(|schema| schema.get("items"));
            let item = typed(items.unwrap_or(&Value::Null), &text);
            let list = fields
                .entry(plain.to_owned())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(item);
            }
        }
        fields
    }
}
