//! Where the content of an object comes from.

use super::row::{Row, RowReference};
use crate::manifest::ObjectId;

/// The API group of a source whose reference names none.
const SOURCE_GROUP: &str = "source.toolkit.fluxcd.io";

impl Row {
    /// Returns the object behind a reference; without a namespace it stands beside this one.
    pub fn resolve(&self, reference: &RowReference) -> ObjectId {
        let group = reference
            .api_version
            .split_once('/')
            .map_or(SOURCE_GROUP, |(group, _)| group);
        let namespace = match reference.namespace.as_str() {
            "" => &self.metadata.namespace,
            namespace => namespace,
        };
        ObjectId {
            group: group.into(),
            kind: reference.kind.clone(),
            namespace: namespace.into(),
            name: reference.name.clone(),
        }
    }

    /// Returns the source that is referred to.
    pub fn source(&self) -> Option<ObjectId> {
        self.spec
            .source_ref
            .as_ref()
            .map(|reference| self.resolve(reference))
    }

    /// Returns the chart of a release: the one that is referred to, or the one that is made for it.
    pub fn release_source(&self) -> Option<ObjectId> {
        if let Some(reference) = &self.spec.chart_ref {
            return Some(self.resolve(reference));
        }
        let source = self.resolve(self.spec.chart.spec.source_ref.as_ref()?);
        Some(ObjectId {
            group: SOURCE_GROUP.into(),
            kind: "HelmChart".into(),
            namespace: source.namespace,
            name: format!("{}-{}", self.metadata.namespace, self.metadata.name),
        })
    }

    /// Shows the packaged chart of a release, or else the source, with its namespace filled in.
    pub fn resolved_origin(&self) -> String {
        let references = [
            &self.spec.chart_ref,
            &self.spec.chart.spec.source_ref,
            &self.spec.source_ref,
        ];
        let reference = references.into_iter().flatten().next();
        reference
            .map(|reference| self.resolve(reference).to_string())
            .unwrap_or_default()
    }

    /// Shows the source as written, even without a namespace.
    pub fn written_origin(&self) -> String {
        let Some(RowReference {
            kind,
            namespace,
            name,
            ..
        }) = &self.spec.source_ref
        else {
            return String::new();
        };
        format!("{kind}/{namespace}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::row::row_of;

    fn row(spec: &Value) -> Row {
        row_of(&json!({"metadata": {"name": "web", "namespace": "apps"}, "spec": spec}))
    }

    #[test]
    fn finds_sources_beside_the_object() {
        let row = row(&json!({"sourceRef": {"kind": "GitRepository", "name": "repo"}}));
        let source = row.source().unwrap();
        assert_eq!(source.to_string(), "GitRepository/apps/repo");
        assert_eq!(source.group, SOURCE_GROUP);
        assert_eq!(row.resolved_origin(), "GitRepository/apps/repo");
        assert_eq!(row.written_origin(), "GitRepository//repo");
        assert_eq!(row.release_source(), None);
    }

    #[test]
    fn finds_the_chart_of_a_release() {
        let source = json!({"kind": "HelmRepository", "name": "charts", "namespace": "infra"});
        let made = row(&json!({"chart": {"spec": {"sourceRef": source}}}));
        assert_eq!(
            made.release_source().unwrap().to_string(),
            "HelmChart/infra/apps-web"
        );
        assert_eq!(made.resolved_origin(), "HelmRepository/infra/charts");
        let named = row(&json!({"chartRef": {"kind": "OCIRepository", "name": "web"}}));
        assert_eq!(
            named.release_source().unwrap().to_string(),
            "OCIRepository/apps/web"
        );
        assert_eq!(row(&json!({})).resolved_origin(), "");
    }

    #[test]
    fn takes_the_group_that_a_reference_names() {
        let reference = json!({"apiVersion": "source.extensions.fluxcd.io/v1beta1", "kind": "ArtifactGenerator", "name": "g"});
        let source = row(&json!({ "sourceRef": reference })).source().unwrap();
        assert_eq!(source.group, "source.extensions.fluxcd.io");
    }
}
