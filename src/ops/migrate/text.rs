//! Old API versions in the text of a manifest, found line by line: templates are no YAML.

use std::ops::Range;

use super::target::{Target, rank};

/// An API version that is to be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The line of `apiVersion`, from 1.
    pub line: usize,
    /// The kind.
    pub kind: String,
    /// The version that stands there.
    pub old: String,
    /// The version that the release serves.
    pub new: &'static str,
    /// Where the version stands in the text.
    place: Range<usize>,
}

impl Upgrade {
    /// Says whether the version is newer than what the release serves.
    pub fn is_downwards(&self) -> bool {
        rank(&self.old) > rank(self.new)
    }
}

/// A line that says `key: value`.
struct Entry<'text> {
    /// The column of the key.
    column: usize,
    key: &'text str,
    value: &'text str,
    /// Where the value begins in the text.
    begin: usize,
}

/// Finds the versions that differ from those of a release.
///
/// `apiVersion` and `kind` belong together when they stand in one block at one column, whatever stands between.
pub fn upgrades(text: &str, target: Target) -> Vec<Upgrade> {
    let lines = lines(text);
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(version) = line.as_ref().filter(|entry| entry.key == "apiVersion") else {
            continue;
        };
        let Some((group, old)) = version.value.split_once('/') else {
            continue;
        };
        let Some(kind) = kind_beside(&lines, number, version.column) else {
            continue;
        };
        let Some(new) = target.version_of(group, kind) else {
            continue;
        };
        if new != old {
            let begin = version.begin + group.len() + 1;
            found.push(Upgrade {
                line: number + 1,
                kind: kind.to_owned(),
                old: old.to_owned(),
                new,
                place: begin..begin + old.len(),
            });
        }
    }
    found
}

/// Returns the text with the new versions in their places; all else stays, byte for byte.
pub fn rewritten(text: &str, upgrades: &[Upgrade]) -> String {
    let mut result = text.to_owned();
    for upgrade in upgrades.iter().rev() {
        result.replace_range(upgrade.place.clone(), upgrade.new);
    }
    result
}

/// Reads the lines that are entries; others are `None`, and an end of a document is an entry `---`.
fn lines(text: &str) -> Vec<Option<Entry<'_>>> {
    let mut begin = 0;
    let read = text.split_inclusive('\n').map(|line| {
        let entry = entry(line, begin);
        begin += line.len();
        entry
    });
    read.collect()
}

fn entry(line: &str, begin: usize) -> Option<Entry<'_>> {
    let content = line.trim_end();
    if content.starts_with("---") {
        return Some(Entry {
            column: 0,
            key: "---",
            value: "",
            begin,
        });
    }
    // The dash of a list counts as indentation: the first key stands behind it.
    let rest = content.trim_start_matches([' ', '\t', '-']);
    let column = content.len() - rest.len();
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let Some((key, value)) = rest.split_once(':') else {
        return Some(Entry {
            column,
            key: "",
            value: "",
            begin,
        });
    };
    let key = key.trim().trim_matches(['"', '\'']);
    let inner = value.trim_start();
    let start = content.len() - inner.len();
    // A comment may follow, and quotes may stand around.
    let end = inner.find(" #").unwrap_or(inner.len());
    let quoted = inner[..end].trim_end();
    let bare = quoted.trim_start_matches(['"', '\'']);
    Some(Entry {
        column,
        key,
        value: bare.trim_end_matches(['"', '\'']),
        begin: begin + start + quoted.len() - bare.len(),
    })
}

/// Returns the kind of the block that a line stands in: below it, or above it.
fn kind_beside<'text>(
    lines: &[Option<Entry<'text>>],
    number: usize,
    column: usize,
) -> Option<&'text str> {
    let below = lines[number + 1..].iter().flatten();
    let above = lines[..number].iter().rev().flatten();
    kind_in(below, column).or_else(|| kind_in(above, column))
}

fn kind_in<'lines, 'text: 'lines>(
    mut lines: impl Iterator<Item = &'lines Entry<'text>>,
    column: usize,
) -> Option<&'text str> {
    lines
        .by_ref()
        .take_while(|entry| entry.key != "---" && entry.column >= column)
        // Another block of the same list begins with the next `apiVersion`.
        .take_while(|entry| entry.column > column || entry.key != "apiVersion")
        .find(|entry| entry.column == column && entry.key == "kind")
        .map(|entry| entry.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let upgrades = upgrades(text, Target::default());
        let told = upgrades.iter().map(|upgrade| {
            format!(
                "{}: {} {} -> {}",
                upgrade.line, upgrade.kind, upgrade.old, upgrade.new
            )
        });
        told.collect()
    }

    #[test]
    fn finds_old_versions_where_kind_and_version_belong_together() {
        let text = "\
apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: GitRepository
---
# {{ a template }}
  kind: Kustomization # x
  # between
  metadata:
    name: a
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1beta1' # c
---
- apiVersion: \"image.toolkit.fluxcd.io/v1beta2\"
  kind: \"ImagePolicy\"
- apiVersion: v1
  kind: ConfigMap
- kind: Bucket
  apiVersion: source.toolkit.fluxcd.io/v1
";
        let expected = [
            "1: GitRepository v1beta2 -> v1",
            "9: Kustomization v1beta1 -> v1",
            "11: ImagePolicy v1beta2 -> v1",
        ];
        assert_eq!(found(text), expected);
        let new = rewritten(text, &upgrades(text, Target::default()));
        assert_eq!(found(&new), Vec::<String>::new());
        assert!(new.contains("'kustomize.toolkit.fluxcd.io/v1' # c"));
        assert!(new.contains("\"image.toolkit.fluxcd.io/v1\"\n"));
        assert_eq!(new.lines().count(), text.lines().count());
    }

    #[test]
    fn leaves_alone_what_does_not_belong_together() {
        for text in [
            "apiVersion: source.toolkit.fluxcd.io/v1beta2\n---\nkind: GitRepository\n",
            "apiVersion: source.toolkit.fluxcd.io/v1beta2\nspec:\n  kind: GitRepository\n",
            "apiVersion: apps/v1beta2\nkind: Deployment\n",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
            "- apiVersion: source.toolkit.fluxcd.io/v1beta2\n- apiVersion: v1\n  kind: Bucket\n",
            "",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn keeps_line_ends_and_knows_the_direction() {
        let text = "apiVersion: image.toolkit.fluxcd.io/v1\r\nkind: ImagePolicy\r\n";
        assert_eq!(found(text), Vec::<String>::new());
        let down = upgrades(text, "2.6".parse().unwrap());
        assert!(down[0].is_downwards());
        let old = "apiVersion: source.toolkit.fluxcd.io/v1beta1\r\nkind: Bucket\r\n";
        let up = upgrades(old, Target::default());
        assert!(!up[0].is_downwards());
        assert_eq!(rewritten(old, &up), old.replace("v1beta1", "v1"));
    }
}
