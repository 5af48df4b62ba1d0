//! The list of controllers that an installation has, as the command line gives it.

use std::fmt;

use super::component::{COMPONENTS, Component, Selection};
use crate::error::{Blame, Explain};

/// What a cluster that follows Git can't be without.
const REQUIRED: &[&str] = &["source-controller", "kustomize-controller"];

/// Why a list of components can't be installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComponentError {
    /// There is no such controller.
    #[error("component {0} is not available")]
    Unknown(String),
    /// A cluster that follows Git needs it.
    #[error("component {0} is required")]
    Required(&'static str),
    /// One name stands in the list more than once.
    #[error("component {0} is listed twice")]
    Twice(&'static str),
    /// The list is empty.
    #[error("no component is selected, so that nothing would run")]
    None,
}

impl Explain for ComponentError {
    fn blame(&self) -> Blame {
        Blame::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown(_) => {
                let names: Vec<_> = COMPONENTS.iter().map(|component| component.name).collect();
                Some(format!("choose from {}", names.join(", ")))
            }
            Self::Required(name) => Some(format!("add {name} to `--components`")),
            Self::Twice(name) => Some(format!(
                "name {name} only once in `--components` and `--components-extra`"
            )),
            Self::None => Some("leave `--components` out to get the standard set".into()),
        }
    }
}

/// The controllers to install, in the order that the user gave; none twice, at least one.
#[derive(Clone, Debug)]
pub struct Components(Vec<&'static Component>);

impl Components {
    /// Reads the lists of an installation: the components, then the extra ones.
    ///
    /// # Errors
    ///
    /// Fails on a name that is unknown or repeated, and where both lists are empty.
    pub fn of_names(
        names: &[impl AsRef<str>],
        extra: &[impl AsRef<str>],
    ) -> Result<Self, ComponentError> {
        let names = names
            .iter()
            .map(AsRef::as_ref)
            .chain(extra.iter().map(AsRef::as_ref));
        let mut chosen: Vec<&'static Component> = Vec::new();
        for name in names {
            let component =
                Component::named(name).ok_or_else(|| ComponentError::Unknown(name.into()))?;
            if chosen.iter().any(|other| other.name == component.name) {
                return Err(ComponentError::Twice(component.name));
            }
            chosen.push(component);
        }
        if chosen.is_empty() {
            return Err(ComponentError::None);
        }
        Ok(Self(chosen))
    }

    /// Reads the lists of a bootstrap, which needs a source and something that applies it.
    ///
    /// # Errors
    ///
    /// Fails where a required component is missing, and for what [`Self::of_names`] refuses.
    pub fn for_bootstrap(
        names: &[impl AsRef<str>],
        extra: &[impl AsRef<str>],
    ) -> Result<Self, ComponentError> {
        for required in REQUIRED {
            let is_it = |name: &str| name == *required;
            if !names.iter().any(|name| is_it(name.as_ref()))
                && !extra.iter().any(|name| is_it(name.as_ref()))
            {
                return Err(ComponentError::Required(required));
            }
        }
        Self::of_names(names, extra)
    }

    /// Goes through them in order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Component> {
        self.0.iter().copied()
    }

    /// Says whether the controller of that name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|component| component.name == name)
    }
}

impl Default for Components {
    fn default() -> Self {
        Self(Component::of(Selection::Standard).collect())
    }
}

impl fmt::Display for Components {
    /// Writes the names with commas between, as the header of the manifests lists them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, component) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", component.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &[&str] = &[];

    #[test]
    fn keeps_the_order_of_the_user() {
        let components = Components::of_names(
            &["helm-controller", "source-controller"],
            &["source-watcher"],
        )
        .unwrap();
        assert_eq!(
            components.to_string(),
            "helm-controller,source-controller,source-watcher"
        );
        assert_eq!(
            Components::default().to_string(),
            "source-controller,kustomize-controller,helm-controller,notification-controller"
        );
    }

    #[test]
    fn refuses_what_cannot_be_installed() {
        let unknown = Components::of_names(NONE, &["foo"]).unwrap_err();
        assert_eq!(unknown.to_string(), "component foo is not available");
        let twice = Components::of_names(&["helm-controller"], &["helm-controller"]).unwrap_err();
        assert_eq!(twice, ComponentError::Twice("helm-controller"));
        assert_eq!(
            Components::of_names(NONE, NONE).unwrap_err(),
            ComponentError::None
        );
        let required = Components::for_bootstrap(&["source-controller", "foo"], NONE).unwrap_err();
        assert_eq!(
            required.to_string(),
            "component kustomize-controller is required"
        );
    }
}
