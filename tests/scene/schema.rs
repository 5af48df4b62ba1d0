//! The schemas of reports, as the repository keeps them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas")
}

/// Returns the kinds that there are schemas of.
pub fn kept() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the repository keeps schemas");
    let name = |path: PathBuf| {
        path.file_stem()
            .map(|name| name.to_string_lossy().into_owned())
    };
    entries
        .filter_map(|entry| name(entry.expect("it can be listed").path()))
        .collect()
}

/// Asserts that a document is as the schema of its kind says.
#[track_caller]
pub fn assert_fits_schema(kind: &str, document: &Value) {
    let path = folder().join(format!("{kind}.json"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}\n{document:#}", errors.join("\n"));
}
