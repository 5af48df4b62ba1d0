//! Passes and failures of a cluster, owner by owner and object by object, for pipelines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::render::repository::{ClusterRender, Finding, Owner, Severity};

/// What is said of an owner or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is as it should be.
    Passed,
    /// It would not be applied as it stands.
    Failed,
    /// It can't be known from the repository alone.
    Skipped,
}

/// One owner or object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestedObject {
    /// The owner, as `Kind/namespace/name`.
    pub owner: String,
    /// The object, as `Kind/namespace/name`; empty where the owner itself is meant.
    pub object: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// What is wrong with it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Where the first of it is, as `file:line`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// The test of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterTest {
    /// Always `cli.gitops/v1`.
    pub api_version: &'static str,
    /// Always `ClusterTest`.
    pub kind: &'static str,
    /// The path of the cluster, from the root of the repository.
    pub cluster: String,
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many can't be known.
    pub skipped: usize,
    /// The owners, each followed by its objects.
    pub results: Vec<TestedObject>,
}

/// Says of every owner and object of a render whether it is as it should be.
pub fn verdicts(render: &ClusterRender) -> ClusterTest {
    let findings = render.all_findings();
    let mut of: BTreeMap<(String, String), Vec<&Finding>> = BTreeMap::new();
    for finding in &findings {
        let object = finding.object.as_ref().map(ToString::to_string);
        let key = (finding.owner.to_string(), object.unwrap_or_default());
        of.entry(key).or_default().push(finding);
    }
    let mut results = Vec::new();
    let mut add = |owner: &Owner, object: String, is_known: bool| {
        let key = (owner.to_string(), object.clone());
        let found = of.remove(&key).unwrap_or_default();
        results.push(tested(key.0, object, &found, is_known));
    };
    let mut told = BTreeSet::new();
    for owner in &render.owners {
        add(&owner.owner, String::new(), owner.outcome.is_some());
        for object in owner.objects() {
            let id = object.id().to_string();
            if told.insert((owner.owner.clone(), id.clone())) {
                add(&owner.owner, id, true);
            }
        }
    }
    for ((owner, object), found) in of {
        results.push(tested(owner, object, &found, true));
    }
    let count = |verdict| {
        let results = results.iter();
        results.filter(|result| result.verdict == verdict).count()
    };
    ClusterTest {
        api_version: "cli.gitops/v1",
        kind: "ClusterTest",
        cluster: render.cluster.clone(),
        passed: count(Verdict::Passed),
        failed: count(Verdict::Failed),
        skipped: count(Verdict::Skipped),
        results,
    }
}

fn tested(owner: String, object: String, found: &[&Finding], is_known: bool) -> TestedObject {
    let is_error = |finding: &&&Finding| finding.severity == Severity::Error;
    let first = found.iter().find(is_error).or(found.first());
    TestedObject {
        owner,
        object,
        verdict: if found.iter().any(|finding| is_error(&finding)) {
            Verdict::Failed
        } else if is_known {
            Verdict::Passed
        } else {
            Verdict::Skipped
        },
        problems: found
            .iter()
            .map(|finding| finding.message.clone())
            .collect(),
        place: first.map(|finding| finding.place()).unwrap_or_default(),
    }
}

impl ClusterTest {
    /// Writes the test as `JUnit` reports are written: a case an object, in the class of its owner.
    pub fn junit(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" skipped=\"{}\"",
            self.results.len(),
            self.failed,
            self.skipped
        );
        let cluster = escaped(&self.cluster);
        // Writing into a text can't fail.
        let _infallible = writeln!(text, "<testsuites {counts}>");
        let _infallible = writeln!(
            text,
            "  <testsuite name=\"{cluster}\" {counts} errors=\"0\">"
        );
        for result in &self.results {
            result.write(&mut text);
        }
        text.push_str("  </testsuite>\n</testsuites>\n");
        text
    }
}

impl TestedObject {
    fn write(&self, text: &mut String) {
        let name = match self.object.as_str() {
            "" => "build",
            object => object,
        };
        let (owner, name) = (escaped(&self.owner), escaped(name));
        let file = self
            .place
            .rsplit_once(':')
            .map_or(self.place.as_str(), |(file, _)| file);
        let file = match file {
            "" => String::new(),
            file => format!(" file=\"{}\"", escaped(file)),
        };
        let start = format!("    <testcase classname=\"{owner}\" name=\"{name}\"{file}");
        let told = escaped(&self.problems.join("\n"));
        let place = match self.place.as_str() {
            "" => String::new(),
            place => format!("{}: ", escaped(place)),
        };
        let (first, _) = told.split_once('\n').unwrap_or((&told, ""));
        // Writing into a text can't fail.
        let _infallible = match self.verdict {
            Verdict::Passed if told.is_empty() => writeln!(text, "{start}/>"),
            Verdict::Passed => {
                writeln!(
                    text,
                    "{start}>\n      <system-err>{place}{told}</system-err>\n    </testcase>"
                )
            }
            Verdict::Failed => {
                writeln!(
                    text,
                    "{start}>\n      <failure message=\"{first}\">{place}{told}</failure>\n    </testcase>"
                )
            }
            Verdict::Skipped => {
                writeln!(
                    text,
                    "{start}>\n      <skipped message=\"{first}\"/>\n    </testcase>"
                )
            }
        };
    }
}

/// Escapes a text for XML; characters that XML can't hold are replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(character),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                safe.push('\u{fffd}');
            }
            character => safe.push(character),
        }
    }
    safe
}
