//! The annotations that tell where a resource came from and what changed it.

use std::path::Path;

use super::super::load::{GitUrl, join};
use super::super::resource::{Configuration, Origin, Resource};

/// The annotation that tells where a resource came from.
pub const ORIGIN: &str = "config.kubernetes.io/origin";

/// The annotation that tells what changed it.
pub const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

impl Origin {
    /// Returns where a path leads from here.
    #[must_use]
    pub fn to(&self, path: &str) -> Self {
        let Some(url) = GitUrl::parse(path) else {
            return Self {
                path: joined(&self.path, path),
                ..self.clone()
            };
        };
        Self {
            path: joined("", &url.directory),
            repository: url.repository,
            reference: url.revision,
            ..self.clone()
        }
    }

    /// Returns the origin of what a field of this kustomization makes or changes.
    #[must_use]
    pub fn of_field(&self, file_name: &str, kind: &str) -> Self {
        Self {
            repository: self.repository.clone(),
            reference: self.reference.clone(),
            configured_in: joined(&self.path, file_name),
            configured_by: Some(Configuration {
                api_version: "builtin".into(),
                kind: kind.into(),
                ..Configuration::default()
            }),
            path: String::new(),
        }
    }

    /// Returns the origin of what a generator or transformer makes or changes, from its own.
    #[must_use]
    pub fn of_plugin(&self, plugin: &Resource) -> Self {
        let id = plugin.id();
        Self {
            repository: self.repository.clone(),
            reference: self.reference.clone(),
            configured_in: self.path.clone(),
            configured_by: Some(Configuration {
                api_version: id.gvk.api_version(),
                kind: id.gvk.kind.clone(),
                name: id.name.clone(),
                namespace: id.namespace.clone(),
            }),
            path: String::new(),
        }
    }

    /// Returns its lines, without indention.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (field, value) in [
            ("path", &self.path),
            ("repo", &self.repository),
            ("ref", &self.reference),
            ("configuredIn", &self.configured_in),
        ] {
            push(&mut lines, "", field, value);
        }
        if let Some(by) = &self.configured_by {
            lines.push("configuredBy:".into());
            for (field, value) in [
                ("apiVersion", &by.api_version),
                ("kind", &by.kind),
                ("name", &by.name),
                ("namespace", &by.namespace),
            ] {
                push(&mut lines, "  ", field, value);
            }
        }
        lines
    }

    /// Returns the text of the annotation.
    pub fn text(&self) -> String {
        let mut lines = self.lines();
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Returns the text of the annotation that lists what changed a resource.
pub fn transformations<'origin>(origins: impl IntoIterator<Item = &'origin Origin>) -> String {
    let mut text = String::new();
    for origin in origins {
        for (index, line) in origin.lines().iter().enumerate() {
            text.push_str(if index == 0 { "- " } else { "  " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn joined(directory: &str, path: &str) -> String {
    join(Path::new(directory), path)
        .to_string_lossy()
        .into_owned()
}

fn push(lines: &mut Vec<String>, indent: &str, field: &str, value: &str) {
    if !value.is_empty() {
        let value = crate::manifest::emit(&value.into());
        lines.push(format!("{indent}{field}: {}", value.trim_end()));
    }
}
