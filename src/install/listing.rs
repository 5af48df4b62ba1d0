//! What a generated kustomization lists of the files in its folder.

use std::collections::BTreeSet;

use super::document;
use crate::kustomize::FILE_NAMES;

/// Chooses the resources of a kustomization that is made for a folder, from its files and their texts.
///
/// These are the files of Kubernetes objects at any depth, in the order of a walk by name. A folder inside
/// that has a kustomization of its own stands for all that is in it; files that can't be read are no resources.
pub fn listed(files: &[(&str, &str)]) -> Vec<String> {
    let own = files.iter().filter_map(|(path, _)| {
        let (folder, name) = path.rsplit_once('/')?;
        FILE_NAMES.contains(&name).then_some(folder)
    });
    let own: BTreeSet<&str> = own.collect();
    let mut resources = BTreeSet::new();
    for (path, text) in files {
        if let Some(folder) = outermost(path, &own) {
            resources.insert(walked(folder));
        } else if is_resource(path, text) {
            resources.insert(walked(path));
        }
    }
    resources
        .into_iter()
        .map(|segments| segments.join("/"))
        .collect()
}

/// Returns the outermost folder on the way to a file that has a kustomization.
fn outermost<'path>(path: &'path str, own: &BTreeSet<&str>) -> Option<&'path str> {
    let ends = path.match_indices('/').map(|(end, _)| &path[..end]);
    ends.into_iter().find(|folder| own.contains(folder))
}

/// Returns the segments of a path, which compare as a walk visits them.
fn walked(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

fn is_resource(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "yaml" | "yml")
        && !FILE_NAMES.contains(&name)
        && document::values(text).and_then(document::checked).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n";

    #[test]
    fn lists_what_a_build_can_read() {
        let files = [
            ("gotk-sync.yaml", OBJECT),
            ("gotk-components.yaml", OBJECT),
            ("notes.md", OBJECT),
            ("broken.yaml", "a: [\n"),
            ("values.yaml", "replicas: 2\n"),
            ("b/deep/x.yml", OBJECT),
            ("a/kustomization.yaml", "resources: [x.yaml]\n"),
            ("a/x.yaml", OBJECT),
            ("a/inner/kustomization.yml", ""),
        ];
        assert_eq!(
            listed(&files),
            [
                "a",
                "b/deep/x.yml",
                "gotk-components.yaml",
                "gotk-sync.yaml"
            ]
        );
    }
}
