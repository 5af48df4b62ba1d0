//! One directory of a build: its steps in their order, and the recursion over what it names.

use std::sync::Arc;

use super::super::file::{Kustomization, Rules, TransformerConfiguration};
use super::super::load::{LoadError, Loader, shown};
use super::super::resource::Origin;
use super::super::transform::default_configuration;
use super::accumulated::Accumulated;
use super::build_state::BuildState;
use super::found::Found;
use super::options::RootFields;
use super::problem::BuildError;
use super::{configuration, fields, found, plugin, validate};

/// A directory that is being built.
pub struct Directory<'call> {
    /// Reads what it names.
    pub loader: Loader<'call>,
    /// What the whole build shares.
    pub state: &'call BuildState,
    /// What its kustomization file says.
    pub kustomization: Kustomization,
    /// The name of that file.
    pub file_name: &'static str,
    /// Where it was reached, if the build wants to know.
    pub origin: Option<Origin>,
    /// The namespace of the nearest kustomization above that has one; charts get it.
    pub namespace_above: String,
}

/// What a directory that is named must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Kustomization,
    Component,
}

impl<'call> Directory<'call> {
    /// Opens the root of a build.
    ///
    /// # Errors
    ///
    /// Fails where its kustomization file cannot be used.
    pub fn root(
        loader: Loader<'call>,
        state: &'call BuildState,
        fields: RootFields,
    ) -> Result<Self, BuildError> {
        let rules = match fields {
            RootFields::Strict => Rules::KUSTOMIZATION,
            RootFields::Lenient => Rules::COMPLETED,
        };
        let found = Found::at(&loader, rules)?;
        state.warn(found.warnings);
        state.set_schema(found.kustomization.openapi.as_ref(), &loader)?;
        let metadata = found.kustomization.build_metadata.as_ref();
        Ok(Self {
            loader,
            state,
            origin: metadata
                .filter(|list| !list.is_empty())
                .map(|_| Origin::default()),
            kustomization: found.kustomization,
            file_name: found.name,
            namespace_above: String::new(),
        })
    }

    /// Adds all that the directory says to what is there.
    ///
    /// # Errors
    ///
    /// Fails where any step does.
    pub fn accumulate(&self, sum: Accumulated) -> Result<Accumulated, BuildError> {
        self.add_to(sum).map_err(|error| self.naming(error))
    }

    /// Says which line of the kustomization file names what is remote and cannot be had.
    fn naming(&self, error: BuildError) -> BuildError {
        let Some(address) = error.remote_address() else {
            return error;
        };
        let file = self.loader.root().join(self.file_name);
        let content = self.loader.read(self.file_name).ok();
        let line = content.and_then(|content| found::line_of(&content, &address));
        BuildError::Named {
            place: line.map_or_else(
                || file.display().to_string(),
                |line| format!("{}:{line}", file.display()),
            ),
            source: Box::new(error),
        }
    }

    fn add_to(&self, mut sum: Accumulated) -> Result<Accumulated, BuildError> {
        let listed = self.kustomization.resources.iter().flatten();
        sum = self
            .accumulate_resources(sum, listed)
            .map_err(|error| error.during("accumulating resources"))?;
        sum.configure(self.configuration()?)?;
        if let Some(places) = configuration::of_definitions(self)? {
            sum.configure(Arc::new(places))?;
        }
        for generator in fields::generators(self)? {
            generator.generate_into(&mut sum.resources)?;
        }
        let generators =
            plugin::generators(self).map_err(|error| error.during("loading generator plugins"))?;
        for generator in generators {
            generator.generate_into(&mut sum.resources)?;
        }
        sum = self
            .accumulate_components(sum)
            .map_err(|error| error.during("accumulating components"))?;
        self.transform(&mut sum)?;
        validate::run(self, &mut sum.resources)?;
        let variables = self.kustomization.vars.as_deref().unwrap_or_default();
        sum.add_variables(variables, |gvk| self.state.scope(gvk))
            .map_err(|error| error.during("merging vars"))?;
        Ok(sum)
    }

    /// Returns where transformers write: the built-in places and those of `configurations`.
    fn configuration(&self) -> Result<Arc<TransformerConfiguration>, BuildError> {
        let own = self
            .kustomization
            .configurations
            .as_deref()
            .unwrap_or_default();
        if own.is_empty() {
            return Ok(Arc::clone(default_configuration()));
        }
        let mut places = TransformerConfiguration::clone(default_configuration());
        places.merge(configuration::read(&self.loader, own)?)?;
        Ok(Arc::new(places))
    }

    fn transform(&self, sum: &mut Accumulated) -> Result<(), BuildError> {
        let places = sum.configuration.clone().unwrap_or_default();
        let mut transformers = fields::transformers(self, &places)?;
        let listed = self.kustomization.transformers.iter().flatten();
        transformers.extend(plugin::transformers(self, listed)?);
        for transformer in transformers {
            transformer.transform(&mut sum.resources)?;
        }
        Ok(())
    }

    /// Adds files and directories in their order.
    ///
    /// # Errors
    ///
    /// Fails where one is neither a file of resources nor a directory that can be built.
    pub fn accumulate_resources<'path>(
        &self,
        mut sum: Accumulated,
        paths: impl Iterator<Item = &'path String> + Clone,
    ) -> Result<Accumulated, BuildError> {
        self.loader.read_ahead(paths.clone());
        for path in paths {
            let Err(file) = self.accumulate_file(&mut sum, path) else {
                continue;
            };
            if file.is_refused_by_server() {
                return Err(file);
            }
            let entered = match self.loader.enter(path) {
                Err(_) if file.is_malformed() => return Err(file),
                // That it is no file of this machine either is nothing to tell.
                Err(error) if error.remote_address().is_some() => {
                    let asked = file.remote_address().is_some();
                    return Err(match error {
                        LoadError::NoRemote { .. } => error.into(),
                        error if asked => {
                            let file = file.in_one_line();
                            BuildError::from(error).during(format!("{file}; as a repository"))
                        }
                        error => error.into(),
                    });
                }
                entered => entered.map_err(BuildError::from),
            };
            let built = entered.and_then(|loader| {
                self.accumulate_directory(sum, loader, path, Wanted::Kustomization)
            });
            sum = built.map_err(|source| BuildError::Neither {
                file: Box::new(file),
                source: Box::new(source),
            })?;
        }
        Ok(sum)
    }

    fn accumulate_file(&self, sum: &mut Accumulated, path: &str) -> Result<(), BuildError> {
        let documents = self.loader.resources(path);
        let documents = documents.map_err(|error| {
            BuildError::from(error).during(format!("accumulating resources from '{}'", shown(path)))
        })?;
        let origin = self.origin.as_ref().map(|origin| Arc::new(origin.to(path)));
        for document in documents.iter() {
            let mut resource = self.state.resource(document);
            resource.origin.clone_from(&origin);
            let added = sum.resources.push(resource);
            added.map_err(|error| {
                BuildError::from(error).during(format!("merging resources from '{}'", shown(path)))
            })?;
        }
        Ok(())
    }

    fn accumulate_components(&self, mut sum: Accumulated) -> Result<Accumulated, BuildError> {
        for path in self.kustomization.components.iter().flatten() {
            let loader = self.loader.enter(path);
            let loader = loader.map_err(|error| BuildError::from(error).during("loader.New"))?;
            sum = self
                .accumulate_directory(sum, loader, path, Wanted::Component)
                .map_err(|error| error.during("accumulateDirectory"))?;
        }
        Ok(sum)
    }

    /// Adds a directory; a component works on all that is there, anything else on its own.
    fn accumulate_directory(
        &self,
        mut sum: Accumulated,
        loader: Loader<'call>,
        path: &str,
        wanted: Wanted,
    ) -> Result<Accumulated, BuildError> {
        let root = loader.root().display().to_string();
        let below = self.below(loader, path, wanted)?;
        let recursed =
            |error: BuildError| error.during(format!("recursed accumulation of path '{root}'"));
        let other = match wanted {
            Wanted::Kustomization => below.accumulate(Accumulated::default()),
            Wanted::Component => below.accumulate(std::mem::take(&mut sum)),
        };
        sum.merge(other.map_err(recursed)?)
            .map_err(|error| error.during(format!("recursed merging from path '{root}'")))?;
        Ok(sum)
    }

    /// Returns the namespace that it says, or the nearest one above.
    pub fn namespace(&self) -> String {
        match self.kustomization.namespace.as_str() {
            "" => self.namespace_above.clone(),
            own => own.to_owned(),
        }
    }

    /// Opens a directory that this one names.
    fn below(&self, loader: Loader<'call>, path: &str, wanted: Wanted) -> Result<Self, BuildError> {
        let root = loader.root().display().to_string();
        let found = Found::at(&loader, Rules::KUSTOMIZATION)
            .map_err(|error| error.during(format!("couldn't make target for path '{root}'")))?;
        let is_component = found.is_component();
        self.state.warn(found.warnings);
        self.state
            .set_schema(found.kustomization.openapi.as_ref(), &loader)?;
        match wanted {
            Wanted::Component if !is_component => {
                let kind = found.kustomization.kind;
                return Err(BuildError::NoComponent {
                    directory: root,
                    kind,
                });
            }
            Wanted::Kustomization if is_component => {
                return Err(BuildError::Component { directory: root });
            }
            _ => {}
        }
        Ok(Self {
            loader,
            state: self.state,
            origin: self.origin.as_ref().map(|origin| origin.to(path)),
            kustomization: found.kustomization,
            file_name: found.name,
            namespace_above: self.namespace(),
        })
    }
}
