//! The tables that flux printed, held against our cells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::extensions::ArtifactGenerator;
use super::flux::{Column, Flux, Kind};
use super::helm::HelmRelease;
use super::image::{ImagePolicy, ImageRepository, ImageUpdateAutomation};
use super::kinds::KINDS;
use super::kustomize::Kustomization;
use super::notification::{Alert, Provider, Receiver};
use super::row::row_of;
use super::selector::Selector;
use super::source::{
    Bucket, ExternalArtifact, GitRepository, HelmChart, HelmRepository, OCIRepository,
};
use crate::shared;

/// A recorded run of `flux get`.
#[derive(Deserialize)]
struct Case {
    world: String,
    args: Vec<String>,
    exit: u8,
    stdout: String,
    stderr: String,
}

/// What a run asks for, as far as cells are concerned.
#[derive(Default)]
struct Asked {
    words: Vec<String>,
    namespace: Option<String>,
    everywhere: bool,
    no_header: bool,
    show_source: bool,
    selector: Option<String>,
    labels: Vec<(String, String)>,
}

impl Asked {
    fn new(args: &[String]) -> Self {
        let mut asked = Self {
            namespace: Some("flux-system".into()),
            ..Self::default()
        };
        let mut args = args.iter().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-A" => asked.everywhere = true,
                "-n" => asked.namespace = args.next().cloned(),
                "-l" => asked.label(args.next().unwrap()),
                "--no-header" => asked.no_header = true,
                "--show-source" => asked.show_source = true,
                other => match other.strip_prefix("--status-selector=") {
                    Some(selector) => asked.selector = Some(selector.into()),
                    None => asked.words.push(other.into()),
                },
            }
        }
        asked
    }

    fn label(&mut self, text: &str) {
        let pairs = text.split(',').map(|pair| pair.split_once('=').unwrap());
        self.labels
            .extend(pairs.map(|(key, value)| (key.into(), value.into())));
    }

    /// Returns the kind, and the name behind its words.
    fn kind(&self) -> Option<(&'static Kind, Option<&str>)> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        KINDS.iter().find_map(|kind| {
            let aliases = kind.aliases.iter().map(|alias| vec![*alias]);
            let mut spellings = [kind.plural_words.to_vec(), kind.words.to_vec()]
                .into_iter()
                .chain(aliases);
            let spelling = spellings.find(|spelling| words.starts_with(spelling))?;
            Some((*kind, words.get(spelling.len()).copied()))
        })
    }

    fn takes(&self, object: &Value, name: Option<&str>) -> bool {
        let metadata = &object["metadata"];
        (self.everywhere || metadata["namespace"].as_str() == self.namespace.as_deref())
            && name.is_none_or(|name| metadata["name"] == name)
            && self
                .labels
                .iter()
                .all(|(key, value)| metadata["labels"][key] == *value)
    }
}

/// Puts a row on as many lines as its tallest cell has.
fn lines(cells: &[String]) -> Vec<Vec<String>> {
    let height = cells
        .iter()
        .map(|cell| cell.split('\n').count())
        .max()
        .unwrap_or(0);
    let line = |at: usize| {
        cells
            .iter()
            .map(|cell| cell.split('\n').nth(at).unwrap_or("").trim_end().into())
            .collect()
    };
    (0..height).map(line).collect()
}

/// Returns the kind of an object that is held as a value.
fn kind_of(object: &Value) -> Option<&'static Kind> {
    let (group, _) = object["apiVersion"].as_str()?.split_once('/')?;
    Kind::of(group, object["kind"].as_str()?)
}

/// Makes the table of a kind, or says why there is none.
fn table(
    asked: &Asked,
    kind: &Kind,
    name: Option<&str>,
    objects: &[Value],
) -> Result<Vec<Vec<String>>, String> {
    let mut rows: Vec<_> = objects
        .iter()
        .filter(|object| kind_of(object) == Some(kind) && asked.takes(object, name))
        .map(row_of)
        .collect();
    rows.sort_by(|a, b| {
        (&a.metadata.namespace, &a.metadata.name).cmp(&(&b.metadata.namespace, &b.metadata.name))
    });
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let selector = asked.selector.as_ref().map(|text| text.parse::<Selector>());
    let selector = selector.transpose().map_err(|error| error.to_string())?;
    let columns: Vec<&Column> = if asked.show_source {
        kind.columns_with_source().collect()
    } else {
        kind.columns.iter().collect()
    };
    let mut table = Vec::new();
    if !asked.no_header {
        let first = asked
            .everywhere
            .then_some("NAMESPACE")
            .into_iter()
            .chain(["NAME"]);
        table.push(
            first
                .chain(columns.iter().map(|column| column.header))
                .map(String::from)
                .collect(),
        );
    }
    for row in rows
        .iter()
        .filter(|row| selector.as_ref().is_none_or(|s| s.matches(kind, row)))
    {
        let mut cells = vec![row.metadata.name.clone()];
        if asked.everywhere {
            cells.insert(0, row.metadata.namespace.clone());
        }
        cells.extend(columns.iter().map(|column| (column.cell)(kind, row)));
        table.extend(lines(&cells));
    }
    Ok(table)
}

/// Takes a printed table apart.
fn printed(stdout: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let line = line.strip_suffix('\t').unwrap_or(line);
        line.split('\t')
            .map(|cell| cell.trim_end().to_string())
            .collect()
    };
    stdout.lines().map(cells).collect()
}

/// Reads the objects of every world.
fn worlds(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let read = |world: &str| {
        let text = std::fs::read_to_string(folder.join(format!("objects-{world}.yaml"))).unwrap();
        (
            world.to_string(),
            serde_saphyr::from_multiple(&text).unwrap(),
        )
    };
    ["edge", "platform"].map(read).into()
}

#[test]
fn shows_the_cells_that_flux_shows() {
    let Some(folder) = shared::folder("flux-reference/get-cases") else {
        return;
    };
    let worlds = worlds(&folder);
    let mut held = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Case = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let asked = Asked::new(&case.args);
        let Some((kind, name)) = asked.kind() else {
            continue;
        };
        match table(&asked, kind, name, &worlds[&case.world]) {
            Ok(table) if case.exit == 0 => {
                assert_eq!(table, printed(&case.stdout), "{:?}", case.args);
            }
            Err(message) => assert_eq!(
                case.stderr.trim_end(),
                format!("✗ {message}"),
                "{:?}",
                case.args
            ),
            Ok(_) => continue,
        }
        held += 1;
    }
    assert!(held > 60, "only {held} cases were held against our cells");
}

/// Reads an object into its type and writes it again.
fn again<K: Flux>(object: &Value) -> Value {
    let typed: K = serde_json::from_value(object.clone()).unwrap();
    serde_json::to_value(typed).unwrap()
}

/// Does so by the kind of the object.
fn again_by_kind(kind: &Kind, object: &Value) -> Value {
    match kind.name {
        "Kustomization" => again::<Kustomization>(object),
        "HelmRelease" => again::<HelmRelease>(object),
        "GitRepository" => again::<GitRepository>(object),
        "OCIRepository" => again::<OCIRepository>(object),
        "Bucket" => again::<Bucket>(object),
        "HelmRepository" => again::<HelmRepository>(object),
        "HelmChart" => again::<HelmChart>(object),
        "ExternalArtifact" => again::<ExternalArtifact>(object),
        "ImageRepository" => again::<ImageRepository>(object),
        "ImagePolicy" => again::<ImagePolicy>(object),
        "ImageUpdateAutomation" => again::<ImageUpdateAutomation>(object),
        "Receiver" => again::<Receiver>(object),
        "Alert" => again::<Alert>(object),
        "Provider" => again::<Provider>(object),
        "ArtifactGenerator" => again::<ArtifactGenerator>(object),
        other => panic!("`{other}` has no type in this test"),
    }
}

#[test]
fn reads_and_writes_every_object_unchanged() {
    let Some(folder) = shared::folder("flux-reference/get-cases") else {
        return;
    };
    let mut kinds = BTreeSet::new();
    for object in worlds(&folder).values().flatten() {
        let kind = kind_of(object).unwrap();
        assert_eq!(again_by_kind(kind, object), *object);
        kinds.insert(kind.name);
    }
    assert_eq!(kinds.len(), KINDS.len(), "{kinds:?}");
}
