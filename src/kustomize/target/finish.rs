//! What happens once, at the end of a build: hashes, references, variables, order, labels, annotations.

use std::collections::BTreeMap;

use super::super::file::{FieldSpec, Kustomization};
use super::super::generate::hash;
use super::super::load;
use super::super::reference;
use super::super::resource::{Resource, ResourceList, text_map};
use super::super::transform::{self, Labeling};
use super::accumulated::Accumulated;
use super::build_state::BuildState;
use super::options::{Options, Order};
use super::origin::{self, ORIGIN, TRANSFORMATIONS};
use super::problem::BuildError;
use super::{internal, order};

/// The label that says who built a resource.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Who built it, as kustomize says it where it knows no version of its own.
const BUILDER: &str = "kustomize-(devel)";

/// The annotation of resources that are not for the cluster.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// Adds the hash of its content to each name that asks for it.
///
/// # Errors
///
/// Fails where a resource cannot be hashed.
pub fn add_hashes(resources: &mut ResourceList) -> Result<(), BuildError> {
    resources.edit_each(|resource| {
        if resource.needs_hash {
            let name = format!("{}-{}", resource.name(), hash::of(resource)?);
            resource.remember();
            resource.set_name(&name);
        }
        Ok(())
    })
}

/// Ends a build.
///
/// # Errors
///
/// Fails where any of the last steps does.
pub fn finish(
    mut sum: Accumulated,
    kustomization: &Kustomization,
    state: &BuildState,
    options: &Options<'_>,
) -> Result<ResourceList, BuildError> {
    add_hashes(&mut sum.resources)?;
    let places = sum.configuration.clone().unwrap_or_default();
    reference::update_references(&mut sum.resources, &places.name_reference)
        .map_err(|error| BuildError::step("updating name references", error))?;
    let unused =
        transform::resolve_variables(&mut sum.resources, &sum.variables, &places.var_reference)
            .map_err(|error| BuildError::step("resolving variables", error))?;
    if !unused.is_empty() {
        state.warn([format!(
            "well-defined vars that were never replaced: {}",
            unused.join(",")
        )]);
    }
    let mut resources = drop_local(sum.resources);
    for resource in &resources {
        load::validate(resource.root())
            .map_err(|error| BuildError::step(format!("reading {} again", resource.id()), error))?;
    }
    resources.refuse_twice()?;
    match (&kustomization.sort_options, options.order) {
        (Some(wanted), _) => order::sort(&mut resources, wanted)?,
        (None, Order::ByKind) => order::sort_by_kind(&mut resources)?,
        (None, Order::Accumulated) => {}
    }
    let asked = |word: &str| {
        let mut words = kustomization.build_metadata.iter().flatten();
        words.any(|other| other == word)
    };
    if options.managed_by_label || asked("managedByLabel") {
        label(&mut resources)?;
    }
    let wanted = Told {
        origin: asked("originAnnotations"),
        transformations: asked("transformerAnnotations"),
    };
    resources.edit_each(|resource| {
        tell(resource, wanted);
        Ok::<_, BuildError>(())
    })?;
    Ok(resources)
}

/// Drops what is not for the cluster.
fn drop_local(resources: ResourceList) -> ResourceList {
    let is_local = |resource: &Resource| {
        let metadata = resource.root().get("metadata");
        let mark = metadata.and_then(|metadata| metadata.get("annotations")?.get(LOCAL));
        mark.is_some_and(|mark| mark.as_text() != Some("false"))
    };
    if !resources.iter().any(is_local) {
        return resources;
    }
    resources
        .into_vec()
        .into_iter()
        .filter(|resource| !is_local(resource))
        .collect()
}

fn label(resources: &mut ResourceList) -> Result<(), BuildError> {
    let labeling = Labeling {
        pairs: BTreeMap::from([(MANAGED_BY.to_owned(), BUILDER.to_owned())]),
        specs: vec![FieldSpec {
            path: "metadata/labels".into(),
            create: true,
            ..FieldSpec::default()
        }],
    };
    labeling
        .apply(resources)
        .map_err(|error| BuildError::step("adding the label that says who built it", error))
}

/// Which annotations about the build are wanted.
#[derive(Clone, Copy)]
struct Told {
    origin: bool,
    transformations: bool,
}

/// Takes internal annotations off, makes texts of the others, and adds those that are wanted.
fn tell(resource: &mut Resource, wanted: Told) {
    let mut told = Vec::new();
    if wanted.origin
        && let Some(origin) = &resource.origin
    {
        told.push((ORIGIN, origin.text()));
    }
    if wanted.transformations && !resource.transformations.is_empty() {
        let list = resource.transformations.iter().map(AsRef::as_ref);
        told.push((TRANSFORMATIONS, origin::transformations(list)));
    }
    let metadata = resource.root().get("metadata");
    if metadata.is_none() {
        // Only lists may do without; the reference gives them some.
        text_map::metadata(resource.root_mut());
    }
    let metadata = resource.root().get("metadata");
    let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
    if told.is_empty() && annotations.is_none_or(internal::is_clean) {
        return;
    }
    let mut texts = text_map::read(annotations);
    texts.retain(|key, _| !internal::is_internal(key));
    texts.extend(told.into_iter().map(|(key, text)| (key.to_owned(), text)));
    text_map::set(
        text_map::metadata(resource.root_mut()),
        "annotations",
        texts,
    );
}
