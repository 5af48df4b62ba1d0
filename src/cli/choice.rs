//! The flags that choose among objects: by labels and fields, which the server reads, and by state, which we read.

use clap::Args;

use super::context::Context;
use crate::api::{Kind, Row, Selector};
use crate::cluster::Selection;
use crate::env;
use crate::error::Failure;

/// Which objects are chosen among those of a kind.
#[derive(Args, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag, and any of them may stand beside any other"
)]
pub struct ChoiceArgs {
    /// All objects of the namespace
    #[arg(long)]
    pub all: bool,

    /// In all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    label_selector: Option<String>,

    /// Only objects with these fields, such as metadata.name=podinfo
    #[arg(long, value_name = "SELECTOR")]
    field_selector: Option<String>,

    /// Only objects with this condition, as TYPE=STATUS or TYPE!=STATUS
    #[arg(long, value_name = "SELECTOR")]
    status_selector: Option<String>,

    /// Only objects that are suspended
    #[arg(long)]
    suspended: bool,

    /// Only objects that are not ready
    #[arg(long)]
    not_ready: bool,

    /// Only objects that are suspended past their time, as `resume --expired` means it.
    #[arg(skip)]
    expired: bool,
}

impl ChoiceArgs {
    /// Leaves out all objects but those that are suspended past their time.
    pub const fn only_expired(&mut self) {
        self.expired = true;
    }

    /// Says whether only objects are meant that are suspended past their time.
    pub const fn is_only_expired(&self) -> bool {
        self.expired
    }

    /// Says whether objects of all namespaces are meant.
    pub const fn is_everywhere(&self) -> bool {
        self.all_namespaces
    }

    /// Returns the namespace to look in; none for all of them.
    pub fn namespace<'a>(&self, context: &'a Context) -> &'a str {
        if self.all_namespaces {
            ""
        } else {
            &context.namespace
        }
    }

    /// Returns where the objects are sought, as messages say it: a quoted name, or `any`.
    pub fn place(&self, context: &Context) -> String {
        if self.all_namespaces {
            "any".into()
        } else {
            format!("\"{}\"", context.namespace)
        }
    }

    /// Says whether a flag chooses objects, so that none need be named.
    pub const fn chooses(&self) -> bool {
        self.all
            || self.suspended
            || self.not_ready
            || self.expired
            || self.label_selector.is_some()
            || self.field_selector.is_some()
            || self.status_selector.is_some()
    }

    /// Says whether the server must be asked for a list, even for a name.
    pub const fn needs_list(&self) -> bool {
        self.all_namespaces || self.label_selector.is_some() || self.field_selector.is_some()
    }

    /// Returns what to ask the server for: all that the labels and fields choose, perhaps of one name only.
    pub fn selection(&self, namespace: &str, name: Option<&str>) -> Selection {
        let name = name.map(|name| format!("metadata.name={name}"));
        let fields: Vec<String> = name
            .into_iter()
            .chain(self.field_selector.clone())
            .collect();
        Selection {
            namespace: namespace.into(),
            labels: self.label_selector.clone().unwrap_or_default(),
            fields: fields.join(","),
            ..Selection::default()
        }
    }

    /// Returns the test that the state of an object must pass.
    pub fn filter(&self) -> Result<StateFilter, Failure> {
        Ok(StateFilter {
            selector: self
                .status_selector
                .as_deref()
                .map(str::parse)
                .transpose()?,
            suspended: self.suspended,
            not_ready: self.not_ready,
            expired: self.expired,
        })
    }

    /// Says whether the state of an object chooses.
    pub const fn has_state(&self) -> bool {
        self.suspended || self.not_ready || self.expired || self.status_selector.is_some()
    }
}

/// What the state of an object must be like.
pub struct StateFilter {
    selector: Option<Selector>,
    suspended: bool,
    not_ready: bool,
    expired: bool,
}

impl StateFilter {
    /// Says whether an object passes.
    pub fn passes(&self, kind: &Kind, row: &Row) -> bool {
        let selected = self.selector.as_ref();
        selected.is_none_or(|selector| selector.matches(kind, row))
            && (!self.suspended || (kind.suspended)(row))
            && (!self.expired || kind.is_overdue(row, env::now()))
            && (!self.not_ready || kind.readiness(row).word != "True")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::row_of;

    #[test]
    fn states_are_filtered() {
        let kind = Kind::named("Kustomization").unwrap();
        let ready = row_of(
            &serde_json::json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
        );
        let suspended = row_of(&serde_json::json!({"spec": {"suspend": true}}));
        let filter = |suspended, not_ready, selector: Option<&str>| StateFilter {
            selector: selector.map(|selector| selector.parse().unwrap()),
            suspended,
            not_ready,
            expired: false,
        };
        assert!(filter(false, false, None).passes(kind, &ready));
        assert!(!filter(true, false, None).passes(kind, &ready));
        assert!(filter(true, true, None).passes(kind, &suspended));
        assert!(!filter(false, true, None).passes(kind, &ready));
        assert!(!filter(false, false, Some("ready=false")).passes(kind, &suspended));
        assert!(filter(false, false, Some("ready!=true")).passes(kind, &suspended));
    }
}
