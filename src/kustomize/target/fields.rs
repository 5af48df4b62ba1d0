//! The generators and transformers that the fields of a kustomization ask for, in the order in which they run.

use std::sync::Arc;

use super::super::file::{GeneratorOptions, HelmChart, HelmGlobals, TransformerConfiguration};
use super::super::generate::{self, Chart};
use super::super::resource::{Origin, ResourceList};
use super::super::transform::{self, End, Existing, Labeling, NamespaceMove, Subjects};
use super::directory::Directory;
use super::patches;
use super::problem::BuildError;
use super::step::{Generate, Generator, Transformer};

/// Returns the generators of the fields.
///
/// # Errors
///
/// Fails where a chart cannot be rendered.
pub fn generators<'dir>(
    directory: &'dir Directory<'_>,
) -> Result<Vec<Generator<'dir>>, BuildError> {
    let file = &directory.kustomization;
    let global = file.generator_options.as_ref();
    let mut generators = Vec::new();
    let origin = origin(directory, "ConfigMapGenerator");
    for args in file.config_map_generator.iter().flatten() {
        let mut args = args.clone();
        args.options = options(args.options, global);
        let run = move || Ok(vec![generate::config_map(&args, &directory.loader)?]);
        generators.push(Generator {
            origin: origin.clone(),
            run: Box::new(run),
        });
    }
    let origin = self::origin(directory, "SecretGenerator");
    for args in file.secret_generator.iter().flatten() {
        let mut args = args.clone();
        args.options = options(args.options, global);
        let run = move || Ok(vec![generate::secret(&args, &directory.loader)?]);
        generators.push(Generator {
            origin: origin.clone(),
            run: Box::new(run),
        });
    }
    let origin = self::origin(directory, "HelmChartInflationGenerator");
    for chart in file.helm_charts.iter().flatten() {
        let mut chart = chart.clone();
        if chart.namespace.is_empty() {
            chart.namespace = directory.namespace();
        }
        let globals = file.helm_globals.clone().unwrap_or_default();
        let run = charts(directory, chart, globals).map_err(|error| {
            error.during("trouble configuring builtin HelmChartInflationGenerator")
        })?;
        let origin = origin.clone();
        generators.push(Generator { origin, run });
    }
    Ok(generators)
}

/// Returns what renders a chart.
///
/// # Errors
///
/// Fails where charts are refused, or something of this one cannot be used.
pub(super) fn charts<'dir>(
    directory: &'dir Directory<'_>,
    chart: HelmChart,
    globals: HelmGlobals,
) -> Result<Generate<'dir>, BuildError> {
    let loader = &directory.loader;
    let helm = loader.helm().ok_or(BuildError::HelmDisabled)?;
    let chart = Chart::new(chart, globals, loader, helm)?;
    Ok(Box::new(move || {
        let documents = chart.render()?;
        let made = documents.iter().map(|document| {
            let mut resource = directory.state.resource(document);
            resource.from_helm = true;
            resource
        });
        Ok(made.collect())
    }))
}

/// Completes the options of a generator with those of the file.
fn options(
    own: Option<GeneratorOptions>,
    global: Option<&GeneratorOptions>,
) -> Option<GeneratorOptions> {
    match global {
        Some(global) => Some(own.unwrap_or_default().with_global(global)),
        None => own,
    }
}

/// Returns what the resources are told about a field, if the build wants to know.
fn origin(directory: &Directory<'_>, kind: &str) -> Option<Arc<Origin>> {
    let origin = directory.origin.as_ref()?;
    Some(Arc::new(origin.of_field(directory.file_name, kind)))
}

/// The transformers of the fields, as they are collected.
struct Collected<'dir, 'call> {
    directory: &'dir Directory<'call>,
    transformers: Vec<Transformer<'dir>>,
}

impl<'dir> Collected<'dir, '_> {
    fn add(
        &mut self,
        kind: &str,
        run: impl FnOnce(&mut ResourceList) -> Result<(), BuildError> + 'dir,
    ) {
        self.transformers.push(Transformer {
            origin: origin(self.directory, kind),
            run: Box::new(run),
        });
    }
}

/// Returns the transformers of the fields.
///
/// # Errors
///
/// Fails where a field cannot be used.
pub fn transformers<'dir>(
    directory: &'dir Directory<'_>,
    places: &Arc<TransformerConfiguration>,
) -> Result<Vec<Transformer<'dir>>, BuildError> {
    let mut collected = Collected {
        directory,
        transformers: Vec::new(),
    };
    if let Some(run) = patches::strategic(directory)? {
        collected.add(patches::STRATEGIC, run);
    }
    for run in patches::patches(directory)? {
        collected.add(patches::PATCH, run);
    }
    names(&mut collected, places);
    labels(&mut collected, places)?;
    for run in patches::json(directory)? {
        collected.add(patches::JSON, run);
    }
    values(&mut collected, places);
    replacements(&mut collected)?;
    Ok(collected.transformers)
}

/// Adds what sets labels and annotations.
fn labels(
    collected: &mut Collected<'_, '_>,
    places: &Arc<TransformerConfiguration>,
) -> Result<(), BuildError> {
    let file = &collected.directory.kustomization;
    for labeling in
        transform::labelings(file, places).map_err(|error| step("LabelTransformer", error))?
    {
        collected.add("LabelTransformer", move |resources| {
            labeling
                .apply(resources)
                .map_err(|error| step("LabelTransformer", error))
        });
    }
    if let Some(pairs) = file
        .common_annotations
        .clone()
        .filter(|pairs| !pairs.is_empty())
    {
        let specs = places.common_annotations.clone();
        collected.add("AnnotationsTransformer", move |resources| {
            let labeling = Labeling { pairs, specs };
            labeling
                .apply(resources)
                .map_err(|error| step("AnnotationsTransformer", error))
        });
    }
    Ok(())
}

/// Adds what sets replicas and images.
fn values(collected: &mut Collected<'_, '_>, places: &Arc<TransformerConfiguration>) {
    let file = &collected.directory.kustomization;
    for replica in file.replicas.iter().flatten() {
        let places = Arc::clone(places);
        collected.add("ReplicaCountTransformer", move |resources| {
            transform::set_replicas(resources, replica, &places.replicas)
                .map_err(|error| step("ReplicaCountTransformer", error))
        });
    }
    let images = file.images.as_deref().unwrap_or_default();
    if !images.is_empty() {
        let places = Arc::clone(places);
        collected.add("ImageTagTransformer", move |resources| {
            transform::change_images(resources, images, &places.images)
                .map_err(|error| step("ImageTagTransformer", error))
        });
    }
    if collected.directory.origin.is_some() {
        // All are changed at once, yet each is told of.
        for _ in images.iter().skip(1) {
            collected.add("ImageTagTransformer", |_| Ok(()));
        }
    }
}

/// Adds what copies values.
fn replacements(collected: &mut Collected<'_, '_>) -> Result<(), BuildError> {
    let kind = "ReplacementTransformer";
    let directory = collected.directory;
    let entries = directory.kustomization.replacements.as_deref();
    let entries = entries.unwrap_or_default();
    if entries.is_empty() {
        return Ok(());
    }
    let replacements = transform::collect_replacements(entries, |path| directory.loader.read(path))
        .map_err(|error| step(kind, error))?;
    collected.add(kind, move |resources| {
        transform::apply_replacements(resources, &replacements).map_err(|error| step(kind, error))
    });
    Ok(())
}

/// Adds what changes namespaces and names.
fn names(collected: &mut Collected<'_, '_>, places: &Arc<TransformerConfiguration>) {
    let file = &collected.directory.kustomization;
    if !file.namespace.is_empty() {
        let change = NamespaceMove {
            namespace: file.namespace.clone(),
            specs: places.namespace.clone(),
            subjects: Subjects::default(),
            existing: Existing::default(),
        };
        collected.add("NamespaceTransformer", move |resources| {
            change
                .apply(resources)
                .map_err(|error| step("NamespaceTransformer", error))
        });
    }
    for (kind, end, affix, specs) in [
        (
            "PrefixTransformer",
            End::Front,
            &file.name_prefix,
            &places.name_prefix,
        ),
        (
            "SuffixTransformer",
            End::Back,
            &file.name_suffix,
            &places.name_suffix,
        ),
    ] {
        if !affix.is_empty() {
            let specs = specs.clone();
            collected.add(kind, move |resources| {
                transform::add_affix(resources, end, affix, &specs)
                    .map_err(|error| step(kind, error))
            });
        }
    }
}

fn step(kind: &str, error: impl std::error::Error + Send + Sync + 'static) -> BuildError {
    BuildError::step(format!("running {kind}"), error)
}
