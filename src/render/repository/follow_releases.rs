//! Finds what the releases of a cluster need, and renders them, once all Kustomizations are built.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::chart::Charts;
use super::chart_dependencies::{ChartPlace, only_chart};
use super::explore::{Work, owner_render};
use super::finding::Severity;
use super::key::Key;
use super::place::Definitions;
use super::release::ReleaseNeeds;
use super::source::Resolved;
use super::task::Task;
use crate::api::{Values, ValuesPart, ValuesReference};
use crate::error::Failure;
use crate::kustomize::load::{Files as _, join};
use crate::manifest::Object;
use crate::threads;

/// Why a release is not rendered.
struct Lack {
    severity: Severity,
    message: String,
    hint: String,
    field: &'static [&'static str],
}

impl Lack {
    fn new(severity: Severity, message: String, field: &'static [&'static str]) -> Self {
        Self {
            severity,
            message,
            hint: String::new(),
            field,
        }
    }

    fn with_hint(mut self, hint: String) -> Self {
        self.hint = hint;
        self
    }
}

/// Which chart of which source a release takes.
struct Wanted {
    /// The object that names the source.
    chart: Object,
    /// Where its fields stand.
    at: &'static str,
}

const VALUES_FROM: &[&str] = &["spec", "valuesFrom"];
const CHART: &[&str] = &["spec", "chart"];
const CHART_REF: &[&str] = &["spec", "chartRef"];

impl Work<'_> {
    /// Renders the releases that were found, or puts that off.
    pub(super) fn follow_releases(&mut self) {
        let Some(charts) = self.session.charts.clone() else {
            return;
        };
        if self
            .releases
            .iter()
            .any(|task| self.lacks_values(&task.object))
        {
            // What was put off may hold them.
            for place in self.session.build_put_off(&mut self.render, |_| true) {
                self.register(place);
            }
        }
        let releases = std::mem::take(&mut self.releases);
        let edition = if releases.is_empty() {
            return;
        } else {
            charts.edition()
        };
        let mut definitions = BTreeMap::new();
        let mut ready: Vec<(Task, Key)> = Vec::new();
        for mut task in releases {
            let needs = match &edition {
                Err(why) => Err(Lack::new(
                    Severity::Error,
                    format!("its chart cannot be rendered: {why}"),
                    CHART,
                )),
                Ok(_) => self.release_needs(&task, &charts, &mut definitions),
            };
            match needs {
                Ok(needs) => {
                    let key = key(&task, &needs, edition.as_deref().unwrap_or_default());
                    task.release = Some(Arc::new(needs));
                    ready.push((task, key));
                }
                Err(lack) => {
                    let told = (lack.message, lack.hint);
                    self.note(lack.severity, &task, told, lack.field);
                    self.pass_over(task);
                }
            }
        }
        let session = self.session;
        let is_wanted = self.is_whole();
        let outcomes = threads::each(&ready, session.threads, |(task, key)| {
            is_wanted.then(|| session.outcome(*key, task)).flatten()
        });
        for ((task, key), outcome) in ready.into_iter().zip(outcomes) {
            let mut owner = owner_render(task, key, outcome);
            owner.prunes = true;
            self.render.owners.push(owner);
        }
    }

    fn release_needs(
        &mut self,
        task: &Task,
        charts: &Arc<dyn Charts>,
        definitions: &mut BTreeMap<usize, Definitions>,
    ) -> Result<ReleaseNeeds, Lack> {
        let wanted = self.wanted(&task.object)?;
        let chart = self.chart(&wanted)?;
        self.tell_unverified(task, &wanted);
        let (values, holds_secrets) = self.values(&task.object)?;
        let defaults = defaults(&wanted, &chart)?;
        let parent = task.parent.unwrap_or_default();
        let place = self.place(definitions, parent, &task.owner, &["spec"]);
        Ok(ReleaseNeeds {
            chart,
            defaults,
            values,
            holds_secrets,
            charts: Arc::clone(charts),
            place,
        })
    }

    /// Finds the object that says which chart of which source a release takes.
    fn wanted(&self, release: &Object) -> Result<Wanted, Lack> {
        if release.get("/spec/chartRef").is_none() {
            return Ok(Wanted {
                chart: release.clone(),
                at: "/spec/chart/spec",
            });
        }
        let kind = release.text("/spec/chartRef/kind");
        let id = reference(release, "/spec/chartRef", release.namespace());
        match kind {
            "OCIRepository" => Ok(Wanted {
                chart: release.clone(),
                at: "/spec/chartRef",
            }),
            "HelmChart" => {
                let chart = self.sources.object(&id).cloned().ok_or_else(|| {
                    let message = format!("its chart {id} is nowhere in the cluster");
                    Lack::new(Severity::Error, message, CHART_REF)
                })?;
                Ok(Wanted { chart, at: "/spec" })
            }
            _ => {
                let message = format!("its chart {id} is of a kind that is not rendered");
                Err(Lack::new(Severity::Error, message, CHART_REF))
            }
        }
    }

    /// Finds the files of a chart, and of what it needs.
    fn chart(&mut self, wanted: &Wanted) -> Result<ChartPlace, Lack> {
        let Wanted { chart, at } = wanted;
        let is_direct = *at == "/spec/chartRef";
        let at_source = if is_direct {
            (*at).to_owned()
        } else {
            format!("{at}/sourceRef")
        };
        let id = reference(chart, &at_source, chart.namespace());
        let field = if is_direct { CHART_REF } else { CHART };
        let name = chart.text(&format!("{at}/chart")).to_owned();
        let is_repository = !is_direct && id.starts_with("HelmRepository/");
        let resolved = if is_repository {
            let version = chart.text(&format!("{at}/version")).to_owned();
            self.sources.chart(&id, &name, &version)
        } else {
            self.sources.resolve(&id)
        };
        self.tell_unfollowed();
        let artifact = match resolved {
            Resolved::Here(artifact) => artifact,
            Resolved::Unknown => {
                let message = format!("the source {id} of its chart is nowhere in the cluster");
                let hint = "give it with `--set-object FILE`".to_owned();
                return Err(Lack::new(Severity::Error, message, field).with_hint(hint));
            }
            Resolved::Elsewhere(message, hint) => {
                return Err(Lack::new(Severity::Warning, message, field).with_hint(hint));
            }
            Resolved::Unfetched(message, hint) | Resolved::Lacking(message, hint) => {
                return Err(Lack::new(Severity::Error, message, field).with_hint(hint));
            }
        };
        if is_direct || is_repository {
            let named = join(Path::new("/"), &name);
            let path = if is_repository && artifact.is_directory(&named) {
                named
            } else {
                only_chart(&artifact)
            };
            return Ok(ChartPlace::whole(artifact, path));
        }
        let path = join(Path::new("/"), &name);
        if artifact.real_path(&path).is_err() {
            let message = format!("its chart `{name}` is not in {id}");
            return Err(Lack::new(Severity::Error, message, field));
        }
        let chart = ChartPlace::of_source(artifact, path, &self.sources);
        chart.map_err(|missing| {
            let severity = if missing.is_elsewhere {
                Severity::Warning
            } else {
                Severity::Error
            };
            Lack::new(severity, missing.message, field).with_hint(missing.hint)
        })
    }

    /// Tells that nobody looks at the signature of a chart that was fetched.
    fn tell_unverified(&mut self, task: &Task, wanted: &Wanted) {
        let Wanted { chart, at } = wanted;
        let is_asked = chart
            .get(&format!("{at}/verify"))
            .is_some_and(|verify| !verify.is_null());
        let source = reference(chart, &format!("{at}/sourceRef"), chart.namespace());
        let is_fetched = source.starts_with("HelmRepository/") && !self.sources.is_given(&source);
        if is_asked && is_fetched {
            let message = "its chart is used as it was fetched: the signature that `verify` asks for is not verified here";
            self.note(
                Severity::Warning,
                task,
                (message.into(), String::new()),
                CHART,
            );
        }
    }

    /// Says whether an object is not known that a release takes values from.
    fn lacks_values(&self, release: &Object) -> bool {
        let references = references(release).unwrap_or_default();
        references.iter().any(|reference| {
            let kind = reference.kind.to_string();
            let namespace = release.namespace();
            !self.holders.knows(&kind, namespace, &reference.name)
        })
    }

    /// Puts the values of a release together; says too whether Secrets are among them.
    fn values(&self, release: &Object) -> Result<(Map<String, Value>, bool), Lack> {
        let failed = |failure: Failure| {
            let message = format!("its values cannot be read: {}", failure.in_one_line());
            Lack::new(Severity::Error, message, VALUES_FROM)
        };
        let mut values =
            Values::new(release.get("/spec/values")).map_err(|error| failed(error.into()))?;
        let references = references(release);
        let references = references.map_err(|error| failed(Failure::new(error.to_string())))?;
        let mut holds_secrets = false;
        for reference in &references {
            let kind = reference.kind.to_string();
            holds_secrets |= kind == "Secret";
            let key = reference.values_key.as_deref().unwrap_or("values.yaml");
            let id = format!("{kind}/{}/{}", release.namespace(), reference.name);
            let found = self
                .holders
                .value(&kind, release.namespace(), &reference.name, key);
            let Some(text) = found else {
                if reference.optional == Some(true) {
                    continue;
                }
                let message = format!("the values in `{key}` of {id} are not known");
                let hint = "give the object with `--set-object FILE`".to_owned();
                return Err(Lack::new(Severity::Error, message, VALUES_FROM).with_hint(hint));
            };
            if text == format!("${{{key}}}") && kind == "Secret" {
                let message = format!("the values in `{key}` of {id} are encrypted");
                let hint = "give the key with `--decryption-key FILE`".to_owned();
                return Err(Lack::new(Severity::Error, message, VALUES_FROM).with_hint(hint));
            }
            let path = reference.target_path.as_deref().unwrap_or_default();
            let part = match (path, reference.literal) {
                ("", _) => ValuesPart::Document(text),
                (path, Some(true)) => ValuesPart::Literal(path, text),
                (path, _) => ValuesPart::At(path, text),
            };
            values.add(part).map_err(|error| failed(error.into()))?;
        }
        Ok((values.finish(), holds_secrets))
    }
}

/// Merges the files that stand in the place of a chart's own values: of a chart in a repository of charts they lie
/// in the chart, of others in their source.
fn defaults(wanted: &Wanted, place: &ChartPlace) -> Result<Option<Map<String, Value>>, Lack> {
    let Wanted { chart, at } = wanted;
    let files = chart.get(&format!("{at}/valuesFiles"));
    let files: Vec<&str> = files
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if files.is_empty() {
        return Ok(None);
    }
    let may_lack = chart.get(&format!("{at}/ignoreMissingValuesFiles")) == Some(&true.into());
    let is_repository = chart.text(&format!("{at}/sourceRef/kind")) == "HelmRepository";
    let folder = if is_repository {
        &place.path
    } else {
        Path::new("/")
    };
    let failed = |file: &str, why: String| {
        let message = format!("its values file `{file}` cannot be read: {why}");
        Lack::new(Severity::Error, message, CHART)
    };
    let mut values =
        Values::new(None).map_err(|error| failed("", Failure::from(error).in_one_line()))?;
    for file in files {
        let content = match place.artifact.read(&join(folder, file)) {
            Err(_) if may_lack => continue,
            content => content.map_err(|error| failed(file, error.to_string()))?,
        };
        let text = String::from_utf8_lossy(&content);
        let added = values.add(ValuesPart::Document(&text));
        added.map_err(|error| failed(file, Failure::from(error).in_one_line()))?;
    }
    Ok(Some(values.finish()))
}

/// Reads the references of a release to values.
fn references(release: &Object) -> serde_json::Result<Vec<ValuesReference>> {
    let references = release.get("/spec/valuesFrom").cloned();
    let references = references.filter(|references| !references.is_null());
    references.map_or(Ok(Vec::new()), serde_json::from_value)
}

/// Returns `Kind/namespace/name` of what a field refers to.
fn reference(object: &Object, at: &str, namespace: &str) -> String {
    let field = |field: &str| object.text(&format!("{at}/{field}")).to_owned();
    let namespace = match field("namespace") {
        own if own.is_empty() => namespace.to_owned(),
        own => own,
    };
    format!("{}/{namespace}/{}", field("kind"), field("name"))
}

/// Makes the key of a release: of all that its objects depend on.
fn key(task: &Task, needs: &ReleaseNeeds, edition: &str) -> Key {
    let object = &task.object;
    let spec = object.get("/spec").map(ToString::to_string);
    let text = |values: &Map<String, Value>| serde_json::to_string(values).unwrap_or_default();
    let mut texts = vec![
        edition.to_owned(),
        object.namespace().to_owned(),
        object.name().to_owned(),
        spec.unwrap_or_default(),
        text(&needs.values),
        needs.defaults.as_ref().map(text).unwrap_or_default(),
    ];
    needs.chart.digests(&mut texts);
    Key::of_texts("release", texts.iter().map(String::as_str))
}
