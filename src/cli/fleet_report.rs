//! What the clusters of a fleet answered, as one text or as one document.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::clean;

/// A report that each cluster of a fleet gives.
pub trait ClusterReport: JsonSchema + Serialize {
    /// The kind of the document that has the reports of several clusters.
    const LIST: &'static str;
}

/// The reports of several clusters; a document of `cli.gitops/v1`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}List")]
pub struct ReportList<'a, T: ClusterReport> {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = T::LIST))]
    kind: &'static str,
    /// The reports, in the order of the contexts; clusters that could not be asked are left out.
    items: Vec<Item<'a, T>>,
}

/// The report of one cluster.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "{T}OfCluster")]
struct Item<'a, T: ClusterReport> {
    /// The kubeconfig context of the cluster.
    cluster: &'a str,
    #[serde(flatten)]
    report: &'a T,
}

impl<'a, T: ClusterReport> ReportList<'a, T> {
    /// Makes one document of the reports, each with the name of its cluster.
    pub fn new(reports: impl IntoIterator<Item = (&'a str, &'a T)>) -> Self {
        let item = |(cluster, report)| Item { cluster, report };
        Self {
            api_version: "cli.gitops/v1",
            kind: T::LIST,
            items: reports.into_iter().map(item).collect(),
        }
    }
}

/// Puts texts for people below the names of their clusters.
pub fn blocks<'a>(texts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let block = |(cluster, text): (&str, String)| {
        let text = text.trim_matches('\n');
        let name = one_line(cluster);
        match text {
            "" => format!("cluster {name}\n"),
            text => format!("cluster {name}\n\n{text}\n"),
        }
    };
    let blocks: Vec<String> = texts.into_iter().map(block).collect();
    blocks.join("\n")
}

/// Puts YAML, or lines such as `NAME=VALUE`, below comments with the names of their clusters.
pub fn commented_blocks<'a>(texts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let block = |(cluster, text): (&str, String)| comment(cluster) + &text;
    let blocks: Vec<String> = texts.into_iter().map(block).collect();
    blocks.join("\n")
}

/// Returns the comment that names a cluster in YAML.
pub fn comment(cluster: &str) -> String {
    format!("# cluster {}\n", one_line(cluster))
}

/// Returns the name of a cluster so that nothing of it can stand on a line of its own.
pub fn one_line(cluster: &str) -> String {
    clean(cluster).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_has_the_name_of_its_cluster() {
        let texts = || [("a", "\none\n\n".to_owned()), ("b", "two\n".to_owned())];
        assert_eq!(blocks([("a", "\n".to_owned())]), "cluster a\n");
        assert_eq!(blocks(texts()), "cluster a\n\none\n\ncluster b\n\ntwo\n");
        let yaml = [("a", "x: 1\n".to_owned()), ("b", "x: 2\n".to_owned())];
        assert_eq!(
            commented_blocks(yaml),
            "# cluster a\nx: 1\n\n# cluster b\nx: 2\n"
        );
    }

    #[test]
    fn no_name_of_a_cluster_ends_its_comment() {
        assert_eq!(comment("a\nkind: Secret"), "# cluster a kind: Secret\n");
        assert_eq!(comment("a\rb\u{2028}c"), "# cluster abc\n");
    }
}
