//! What a directory adds up to: resources, the places of transformers, and variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::file::{FieldSpecConflict, TransformerConfiguration, Variable};
use super::super::resource::{Gvk, Id, ResourceList, Scope};
use super::super::transform::default_configuration;
use super::problem::BuildError;

/// What a directory adds up to.
#[derive(Clone, Debug, Default)]
pub struct Accumulated {
    /// Its resources.
    pub resources: ResourceList,
    /// Where transformers write, for it and for all that build on it.
    pub configuration: Option<Arc<TransformerConfiguration>>,
    /// Its variables by their names.
    pub variables: BTreeMap<String, Variable>,
}

impl Accumulated {
    /// Adds what another directory adds up to.
    ///
    /// # Errors
    ///
    /// Fails where an id or a variable is there already, or configurations disagree.
    pub fn merge(&mut self, other: Self) -> Result<(), BuildError> {
        self.resources.append(other.resources)?;
        if let Some(configuration) = other.configuration {
            self.configure(configuration)?;
        }
        for (name, variable) in other.variables {
            self.define(name, variable)?;
        }
        Ok(())
    }

    /// Adds the places of a configuration.
    ///
    /// # Errors
    ///
    /// Fails where two rules disagree.
    pub fn configure(
        &mut self,
        other: Arc<TransformerConfiguration>,
    ) -> Result<(), FieldSpecConflict> {
        match &mut self.configuration {
            // Nearly every directory has the same configuration: the built-in one.
            Some(own) if Arc::ptr_eq(own, &other) => Ok(()),
            Some(own) => Arc::make_mut(own).merge(Arc::unwrap_or_clone(other)),
            None if Arc::ptr_eq(&other, default_configuration()) => {
                self.configuration = Some(other);
                Ok(())
            }
            None => {
                // Rules may cover each other by now: the one that stands before the other counts.
                let mut own = TransformerConfiguration::default();
                own.merge(Arc::unwrap_or_clone(other))?;
                self.configuration = Some(Arc::new(own));
                Ok(())
            }
        }
    }

    /// Adds variables, and marks the resources that they are read from.
    ///
    /// # Errors
    ///
    /// Fails where a variable may mean several resources, or is there already.
    pub fn add_variables(
        &mut self,
        variables: &[Variable],
        scope: impl Fn(&Gvk) -> Scope,
    ) -> Result<(), BuildError> {
        for variable in variables {
            let mut variable = variable.clone();
            variable.complete();
            let places = self.sources(&variable, &scope);
            match *places.as_slice() {
                [] => {}
                [place] => {
                    let name = variable.name.clone();
                    self.resources
                        .edit(place, |resource| resource.variables.push(name));
                }
                _ => {
                    return Err(BuildError::AmbiguousVariable {
                        name: variable.name,
                        found: places.len(),
                    });
                }
            }
        }
        for variable in variables {
            let mut variable = variable.clone();
            variable.complete();
            self.define(variable.name.clone(), variable)?;
        }
        Ok(())
    }

    /// Finds the resources that a variable may mean; its namespace counts only where it is given.
    fn sources(&self, variable: &Variable, scope: impl Fn(&Gvk) -> Scope) -> Vec<usize> {
        let object = &variable.objref;
        let gvk = object.gvk();
        let wanted = Id {
            scope: scope(&gvk),
            gvk,
            name: object.name.clone(),
            namespace: object.namespace.clone(),
        };
        if !wanted.namespace.is_empty() || wanted.scope == Scope::Cluster {
            return self.resources.ever(&wanted).collect();
        }
        let is_meant = |place: &usize| {
            let mut ids = self.resources.at(*place).any_ids();
            ids.any(|id| id.name == wanted.name && id.gvk == wanted.gvk)
        };
        self.resources
            .ever_named(&wanted.name)
            .filter(is_meant)
            .collect()
    }

    fn define(&mut self, name: String, variable: Variable) -> Result<(), BuildError> {
        match self.variables.insert(name, variable) {
            None => Ok(()),
            Some(old) => Err(BuildError::RepeatedVariable { name: old.name }),
        }
    }
}
