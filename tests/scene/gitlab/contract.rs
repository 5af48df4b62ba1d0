//! The contract that GitLab publishes of its API, and finding an operation in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::call::segments;
use super::schema::{Nulls, rewrite, typed, unknown_fields};

/// Fields of answers that the contract describes otherwise than servers answer: a part of the path, and the field.
const WRONGLY_DESCRIBED: [(&str, &str); 3] = [
    ("/groups", "parent_id"),
    ("/deploy_keys/{key_id}", "can_push"),
    ("/members/all", "access_level"),
];

/// The contract, as published and as a validator takes it.
pub struct Contract {
    document: Value,
    requests: Value,
    answers: Value,
    validators: Mutex<BTreeMap<String, &'static Validator>>,
}

/// One operation of the contract.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// Its path, with names in braces.
    pub template: &'a str,
    /// The whole of it.
    pub value: &'a Value,
}

impl Operation<'_> {
    /// Returns its parameters that stand in `place`: `path` or `query`.
    pub fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        let parameters = self.value["parameters"].as_array().into_iter().flatten();
        parameters.filter(move |parameter| parameter["in"] == place)
    }
}

/// Finds the folder of the reference data: the variable, or `shared` beside the project or one folder further up.
#[expect(
    clippy::disallowed_methods,
    reason = "the program's own variables are not the test run's"
)]
pub fn reference_folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("GITOPS_SHARED").map(PathBuf::from);
    let near = [root.join("../shared"), root.join("../../shared")];
    given.into_iter().chain(near).find(|folder| folder.is_dir())
}

impl Contract {
    /// Returns GitLab's contract, read once in a run; nothing, and a line that says so, where it is absent.
    pub fn gitlab() -> Option<&'static Self> {
        static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();
        CONTRACT.get_or_init(Self::load).as_ref()
    }

    fn load() -> Option<Self> {
        let file = reference_folder()?.join("hosting-contracts/gitlab.openapi.json");
        let Ok(text) = fs::read_to_string(&file) else {
            println!("gate off: there is no {}", file.display());
            return None;
        };
        let document: Value = serde_json::from_str(&text).expect("the contract is JSON");
        let schemas = document["components"]["schemas"]
            .as_object()
            .expect("it has schemas");
        let all = |nulls| -> Value {
            let rewritten = schemas
                .iter()
                .map(|(name, one)| (name.clone(), rewrite(one, nulls)));
            json!({ "schemas": rewritten.collect::<Value>() })
        };
        Some(Self {
            requests: all(Nulls::AsSaid),
            answers: all(Nulls::Everywhere),
            validators: Mutex::default(),
            document,
        })
    }

    /// Finds the operation of a request, whose path is given as it was sent.
    pub fn find(&self, method: &str, path: &str) -> Result<Operation<'_>, String> {
        let method = method.to_ascii_lowercase();
        let parts: Vec<&str> = path.split('/').collect();
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let mut fitting: Vec<(&String, &Value)> = paths
            .filter(|(template, _)| fits(template, &parts))
            .collect();
        fitting.sort_by_key(|(template, _)| template.matches('{').count());
        if fitting.is_empty() {
            return Err(format!("the contract has no path {path}"));
        }
        let found = fitting.iter().find_map(|(template, item)| {
            Some(Operation {
                template,
                value: item.get(&method)?,
            })
        });
        found.ok_or_else(|| format!("the contract has no {method} for {}", fitting[0].0))
    }

    /// Reads a text as a parameter's or a field's schema means it.
    pub fn typed(&self, schema: &Value, text: &str) -> Value {
        typed(&self.document, schema, text)
    }

    /// Returns the schema of a field of a schema.
    pub fn property<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        super::schema::resolve(&self.document, schema)
            .get("properties")?
            .get(name)
    }

    /// Says what is wrong with a value that was sent.
    pub fn complaints(&self, schema: &Value, value: &Value) -> Vec<String> {
        let validator = self.validator(schema, Nulls::AsSaid);
        let errors = validator.iter_errors(value).map(|error| located(&error));
        let unknown = unknown_fields(&self.document, schema, value).into_iter();
        errors
            .chain(unknown.map(|path| format!("{path}: no such field")))
            .collect()
    }

    /// Says what is wrong with an answer to an operation.
    pub fn answer_complaints(
        &self,
        operation: &Operation<'_>,
        status: u16,
        body: Option<&Value>,
    ) -> Vec<String> {
        let declared = &operation.value["responses"][status.to_string()];
        if declared.is_null() {
            // Which refusals there are, the contract tells but loosely.
            let is_good = (200..300).contains(&status);
            let words = || format!("no answer {status} is declared");
            return is_good.then(words).into_iter().collect();
        }
        let schema = &declared["content"]["application/json"]["schema"];
        let (false, Some(body)) = (schema.is_null(), body) else {
            return Vec::new();
        };
        let validator = self.validator(schema, Nulls::Everywhere);
        let errors = validator.iter_errors(body).map(|error| located(&error));
        let unknown = unknown_fields(&self.document, schema, body).into_iter();
        let unknown = unknown.map(|path| format!("{path}: no such field"));
        errors
            .chain(unknown)
            .filter(|text| !is_wrongly_described(operation.template, text))
            .collect()
    }

    /// Returns the validator of a schema, made once in a run.
    fn validator(&self, schema: &Value, nulls: Nulls) -> &'static Validator {
        let key = format!("{nulls:?} {schema}");
        let mut validators = self.validators.lock().expect("no holder panics");
        validators.entry(key).or_insert_with(|| {
            let components = match nulls {
                Nulls::AsSaid => &self.requests,
                Nulls::Everywhere => &self.answers,
            };
            let mut whole = json!({ "allOf": [rewrite(schema, nulls)] });
            whole["components"] = components.clone();
            let validator = jsonschema::options()
                .with_draft(Draft::Draft7)
                .build(&whole);
            // Leaked on purpose: as many as there are operations, for as long as the run.
            Box::leak(Box::new(
                validator.expect("the contract's schemas are good"),
            ))
        })
    }
}

fn is_wrongly_described(template: &str, complaint: &str) -> bool {
    let path = complaint.split(": ").next().unwrap_or_default();
    let field = path.rsplit('/').next().unwrap_or_default();
    WRONGLY_DESCRIBED
        .iter()
        .any(|(part, name)| template.contains(part) && *name == field)
}

fn located(error: &jsonschema::ValidationError<'_>) -> String {
    let path = error.instance_path().as_str();
    format!("{path}: {error}")
}

fn fits(template: &str, parts: &[&str]) -> bool {
    let wanted: Vec<&str> = template.split('/').collect();
    wanted.len() == parts.len()
        && wanted.iter().zip(parts).all(|(wanted, part)| {
            let is_name = wanted.starts_with('{') && !part.is_empty();
            is_name || segments(part).first().is_some_and(|part| part == wanted) || wanted == part
        })
}
