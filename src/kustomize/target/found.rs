//! The kustomization file of a directory: found, read, checked, and its old spellings made new.

use super::super::file::{self, HelmGlobals, Kustomization, Rules};
use super::super::load::{LoadError, Loader, ReadError, shown};
use super::problem::BuildError;
use crate::manifest::{Content, Node};

/// The names that a kustomization file may have.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KIND: &str = "Kustomization";
const COMPONENT: &str = "Component";

/// A kustomization file that was read.
pub struct Found {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub kustomization: Kustomization,
    /// What is to be told about it.
    pub warnings: Vec<String>,
}

impl Found {
    /// Finds and reads the kustomization file of a directory.
    ///
    /// # Errors
    ///
    /// Fails where there is none or more than one, and where it is not as it must be.
    pub fn at(loader: &Loader<'_>, rules: Rules) -> Result<Self, BuildError> {
        let directory = || loader.root().display().to_string();
        let mut files = FILE_NAMES
            .into_iter()
            .filter_map(|name| Some((name, loader.read(name).ok()?)));
        let Some((name, content)) = files.next() else {
            return Err(BuildError::NoKustomization {
                directory: directory(),
            });
        };
        if files.next().is_some() {
            return Err(BuildError::ManyKustomizations {
                directory: directory(),
            });
        }
        let mut kustomization = read_by(&content, rules)?;
        let warnings = warnings(&kustomization);
        modernize(&mut kustomization);
        check(&kustomization, &directory)?;
        Ok(Self {
            name,
            kustomization,
            warnings,
        })
    }

    /// Says whether it is a component.
    pub fn is_component(&self) -> bool {
        self.kustomization.kind == COMPONENT
    }
}

/// Reads a kustomization file; of several documents, the first counts.
///
/// # Errors
///
/// Fails where it is no YAML, or has fields or values that it cannot have.
pub fn read(content: &[u8]) -> Result<Kustomization, BuildError> {
    read_by(content, Rules::KUSTOMIZATION)
}

fn read_by(content: &[u8], rules: Rules) -> Result<Kustomization, BuildError> {
    let syntax = |source| BuildError::Syntax { source };
    let text = std::str::from_utf8(content).map_err(|error| syntax(ReadError::Encoding(error)))?;
    let mut documents =
        Node::documents(text).map_err(|error| syntax(ReadError::Malformed(Box::new(error))))?;
    if documents.is_empty() {
        return Ok(Kustomization::default());
    }
    file::decode(&documents.swap_remove(0), rules).map_err(BuildError::Fields)
}

/// Returns the line that names an address, given as it may be shown.
pub(super) fn line_of(content: &[u8], address: &str) -> Option<u32> {
    let text = std::str::from_utf8(content).ok()?;
    let document = Node::documents(text).ok()?.into_iter().next()?;
    let mut nodes = vec![&document];
    while let Some(node) = nodes.pop() {
        match &node.content {
            Content::Scalar(text) => {
                // A file of a generator may have a key before it.
                let ends = |text: &str| shown(text) == address;
                if ends(text) || text.split_once('=').is_some_and(|(_, path)| ends(path)) {
                    return Some(node.place(1).line).filter(|line| *line > 0);
                }
            }
            Content::Sequence(items) => nodes.extend(items.iter().rev()),
            Content::Mapping(entries) => {
                nodes.extend(entries.iter().rev().map(|entry| &entry.value))
            }
        }
    }
    None
}

/// Returns a line for each deprecated field that is used.
fn warnings(kustomization: &Kustomization) -> Vec<String> {
    let fix = "Run 'kustomize edit fix' to update your Kustomization automatically.";
    [
        (kustomization.bases.is_some(), "bases", "resources", ""),
        (
            kustomization.common_labels.is_some(),
            "commonLabels",
            "labels",
            "",
        ),
        (
            kustomization.image_tags.is_some(),
            "imageTags",
            "images",
            "",
        ),
        (
            kustomization.patches_json6902.is_some(),
            "patchesJson6902",
            "patches",
            "",
        ),
        (
            kustomization.patches_strategic_merge.is_some(),
            "patchesStrategicMerge",
            "patches",
            "",
        ),
        (
            kustomization.vars.is_some(),
            "vars",
            "replacements",
            "[EXPERIMENTAL] ",
        ),
    ]
    .into_iter()
    .filter(|(used, ..)| *used)
    .map(|(_, old, new, mark)| {
        format!("# Warning: '{old}' is deprecated. Please use '{new}' instead. {mark}{fix}")
    })
    .collect()
}

/// Fills in kind and version, and moves what old fields say to the new ones.
fn modernize(kustomization: &mut Kustomization) {
    if kustomization.kind.is_empty() {
        KIND.clone_into(&mut kustomization.kind);
    }
    if kustomization.api_version.is_empty() {
        version_of(&kustomization.kind).clone_into(&mut kustomization.api_version);
    }
    append(&mut kustomization.resources, kustomization.bases.take());
    append(&mut kustomization.images, kustomization.image_tags.take());
    for args in kustomization.config_map_generator.iter_mut().flatten() {
        args.envs
            .extend(Some(std::mem::take(&mut args.env)).filter(|env| !env.is_empty()));
    }
    for args in kustomization.secret_generator.iter_mut().flatten() {
        args.envs
            .extend(Some(std::mem::take(&mut args.env)).filter(|env| !env.is_empty()));
    }
    let Some(charts) = kustomization.helm_chart_inflation_generator.take() else {
        return;
    };
    let mut globals = HelmGlobals::default();
    for chart in &charts {
        for (old, new) in [
            (&chart.helm_home, &mut globals.config_home),
            (&chart.chart_home, &mut globals.chart_home),
        ] {
            if !old.is_empty() {
                new.clone_from(old);
            }
        }
    }
    if kustomization.helm_globals.is_none() && globals != HelmGlobals::default() {
        kustomization.helm_globals = Some(globals);
    }
    append(
        &mut kustomization.helm_charts,
        Some(charts.into_iter().map(Into::into).collect()),
    );
}

/// Appends a list that may not be there; an empty one leaves no trace.
fn append<T>(list: &mut Option<Vec<T>>, other: Option<Vec<T>>) {
    if let Some(other) = other.filter(|other| !other.is_empty()) {
        list.get_or_insert_default().extend(other);
    }
}

fn version_of(kind: &str) -> &'static str {
    if kind == COMPONENT {
        "kustomize.config.k8s.io/v1alpha1"
    } else {
        "kustomize.config.k8s.io/v1beta1"
    }
}

/// Refuses a file that says nothing, or is something else.
fn check(kustomization: &Kustomization, directory: &dyn Fn() -> String) -> Result<(), BuildError> {
    let nothing = Kustomization {
        kind: kustomization.kind.clone(),
        api_version: kustomization.api_version.clone(),
        ..Kustomization::default()
    };
    if *kustomization == nothing {
        return Err(BuildError::Empty);
    }
    let (kind, wanted) = (kustomization.kind.as_str(), version_of(&kustomization.kind));
    let mut problems = Vec::new();
    if kind != KIND && kind != COMPONENT {
        problems.push(format!("kind should be {KIND} or {COMPONENT}"));
    }
    if kustomization.api_version != wanted {
        problems.push(format!("apiVersion for {kind} should be {wanted}"));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(BuildError::Type {
            directory: directory(),
            problems,
        })
    }
}

impl From<ReadError> for BuildError {
    fn from(error: ReadError) -> Self {
        LoadError::Read(error).into()
    }
}
