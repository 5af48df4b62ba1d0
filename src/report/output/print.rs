//! Documents in the form that was asked for.

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::ui::{ReportError, Ui};
use super::format::Format;
use super::go;
use super::json_path::PathError;
use crate::error::{Blame, Explain};
use crate::manifest;

/// How an answer is printed.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// The form.
    pub format: &'a Format,
    /// Whether tables begin with a header.
    pub header: bool,
}

/// Why an answer can't be printed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Standard output can't be written.
    #[error(transparent)]
    Write(#[from] ReportError),
    /// The document is no JSON.
    #[error("cannot make a document of the answer")]
    Document(#[from] serde_json::Error),
    /// The template of `-o` does not fit the answer.
    #[error("cannot fill in the template of `--output`")]
    Path(#[from] PathError),
    /// A report is no object, and has no name.
    #[error("the answer is a report and has no names to print")]
    NoName,
}

impl Explain for OutputError {
    fn blame(&self) -> Blame {
        match self {
            Self::Document(_) => Blame::Bug,
            Self::NoName => Blame::Usage,
            Self::Write(_) | Self::Path(_) => Blame::User,
        }
    }

    fn hint(&self) -> Option<String> {
        matches!(self, Self::NoName)
            .then(|| "choose json, yaml, jsonpath=… or custom-columns=…".into())
    }
}

impl Ui {
    /// Prints an answer: the table of `text` for people, or the document in the form that was asked for.
    ///
    /// # Errors
    ///
    /// Fails where standard output can't be written, and where a template does not fit the document.
    pub fn print<T: Display>(
        &self,
        output: Output<'_>,
        document: &impl Serialize,
        text: impl FnOnce() -> T,
    ) -> Result<(), OutputError> {
        if output.format.is_table() {
            return Ok(self.data(text())?);
        }
        let document = serde_json::to_value(document)?;
        Ok(self.data(render(document, output)?)?)
    }
}

/// Makes a list of objects, as kubectl prints several of them.
pub fn list(objects: Vec<Value>) -> Value {
    let mut list = json!({
        "apiVersion": "v1",
        "kind": "List",
        "metadata": { "resourceVersion": "" },
    });
    list["items"] = Value::Array(objects);
    list
}

/// Writes an object, a list of them or a report in a form other than a table. Whole documents leave out what only the
/// server needs to know; templates reach everything, as with kubectl.
fn render(mut document: Value, output: Output<'_>) -> Result<String, OutputError> {
    if matches!(output.format, Format::Json | Format::Yaml) {
        drop_managed_fields(&mut document);
    }
    Ok(match output.format {
        Format::Table | Format::Wide | Format::Json => go::pretty(&document) + "\n",
        Format::Yaml => manifest::emit(&document),
        Format::Name => names(&document)?,
        Format::JsonPath(template) => template.fill(&document)?,
        Format::CustomColumns(columns) => columns.table(objects(&document), output.header)?,
    })
}

fn drop_managed_fields(document: &mut Value) {
    if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if let Some(items) = document.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(drop_managed_fields);
    }
}

/// Returns the objects of a list, or the document itself.
fn objects(document: &Value) -> &[Value] {
    let items = document.get("items").and_then(Value::as_array);
    let is_list = document["kind"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("List"));
    match items {
        Some(items) if is_list => items,
        _ => std::slice::from_ref(document),
    }
}

/// Names an object as kubectl does: `kustomization.kustomize.toolkit.fluxcd.io/apps`, or `pod/web` of the core group.
pub fn reference(group: &str, kind: &str, name: &str) -> String {
    let kind = kind.to_lowercase();
    match group {
        "" => format!("{kind}/{name}"),
        group => format!("{kind}.{group}/{name}"),
    }
}

fn names(document: &Value) -> Result<String, OutputError> {
    let lines = objects(document).iter().map(|object| {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let kind = text("/kind").ok_or(OutputError::NoName)?;
        let name = text("/metadata/name").ok_or(OutputError::NoName)?;
        let group = text("/apiVersion").and_then(|version| Some(version.split_once('/')?.0));
        Ok(reference(group.unwrap_or_default(), kind, name) + "\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(document: &Value, format: &str) -> Result<String, OutputError> {
        let format = format.parse().unwrap();
        let output = Output {
            format: &format,
            header: true,
        };
        render(document.clone(), output)
    }

    #[test]
    fn prints_objects_as_kubectl_does() {
        let object = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {"name": "podinfo", "managedFields": [{"manager": "flux"}]},
            "spec": {"url": "https://example.com/?a=1&b=<2>"},
        });
        insta::assert_snapshot!(rendered(&object, "json").unwrap(), @r#"
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {
                "name": "podinfo"
            },
            "spec": {
                "url": "https://example.com/?a=1\u0026b=\u003c2\u003e"
            }
        }
        "#);
        let several = list(vec![object.clone(), object]);
        insta::assert_snapshot!(rendered(&several, "name").unwrap(), @r"
        gitrepository.source.toolkit.fluxcd.io/podinfo
        gitrepository.source.toolkit.fluxcd.io/podinfo
        ");
        assert_eq!(
            rendered(&several, "jsonpath={.items[*].metadata.name}").unwrap(),
            "podinfo podinfo"
        );
        assert_eq!(rendered(&list(Vec::new()), "name").unwrap(), "");
        insta::assert_snapshot!(rendered(&list(Vec::new()), "yaml").unwrap(), @r#"
        apiVersion: v1
        items: []
        kind: List
        metadata:
          resourceVersion: ""
        "#);
    }

    #[test]
    fn a_report_has_no_name() {
        let report = json!({"apiVersion": "cli.gitops/v1", "kind": "CheckReport"});
        assert!(matches!(
            rendered(&report, "name"),
            Err(OutputError::NoName)
        ));
    }
}
