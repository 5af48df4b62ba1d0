//! `delete`: ask, then delete objects of any kind.

use clap::Args;

use super::context::Context;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, SelectArgs};
use crate::api::{Kind, Row, Verb};
use crate::cluster::Address;
use crate::error::Failure;
use crate::report::Question;

/// What to delete.
#[derive(Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    selection: SelectArgs,

    /// Delete without asking
    #[arg(short, long, visible_alias = "yes")]
    silent: bool,
}

/// An object that is to go.
struct Doomed {
    kind: &'static Kind,
    address: Address,
}

impl VerbArgs for DeleteArgs {
    const VERB: Verb = Verb::Delete;

    fn about(kind: &Kind) -> String {
        format!("Delete a {}, after asking", kind.name)
    }
}

/// Deletes the selected objects; their finalizers are not waited for.
pub async fn run(context: &Context, on: &OnKind<DeleteArgs>) -> Result<(), Failure> {
    let ui = &context.ui;
    let selection = &on.args.selection;
    let mut doomed = Vec::new();
    // Before anything is asked or deleted, all of them must be there.
    for target in selection.targets(Verb::Delete, &on.kinds)? {
        let kind = target.kind;
        let found = select::find_all::<Row>(context, selection, &target).await?;
        doomed.extend(
            found
                .into_iter()
                .map(|(_, address)| Doomed { kind, address }),
        );
    }
    if !on.args.silent {
        if !selection.has_only_names() {
            for Doomed { kind, address } in &doomed {
                ui.waiting(format_args!(
                    "would delete {} {} in {} namespace",
                    kind.human, address.name, address.namespace
                ));
            }
        }
        Question {
            words: &question(&doomed),
            answered_by: "`--silent`",
        }
        .confirm()?;
    }
    for Doomed { kind, address } in doomed {
        ui.action(format_args!(
            "deleting {} {} in {} namespace",
            kind.human, address.name, address.namespace
        ));
        context.cluster().await?.delete(&address).await?;
        ui.success(format_args!("{} deleted", kind.human));
    }
    Ok(())
}

/// Asks once about all that goes.
fn question(doomed: &[Doomed]) -> String {
    let subject = match doomed {
        [one] => format!("this {}", one.kind.human),
        [first, rest @ ..] if rest.iter().all(|one| one.kind == first.kind) => {
            let names: Vec<&str> = doomed.iter().map(|one| one.address.name.as_str()).collect();
            format!(
                "these {} objects of kind {} ({})",
                doomed.len(),
                first.kind.human,
                shortened(&names)
            )
        }
        _ => {
            let names: Vec<String> = doomed
                .iter()
                .map(|one| format!("{}/{}", one.kind.human, one.address.name))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("these {} objects ({})", doomed.len(), shortened(&names))
        }
    };
    format!("Are you sure you want to delete {subject}?")
}

/// Joins names, and leaves out those behind the first few: nobody reads hundreds in a question.
fn shortened(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    let rest = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - rest].join(", ");
    match rest {
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::KINDS;
    use crate::cluster::Resource;

    fn doomed(kind: &'static Kind, name: &str) -> Doomed {
        Doomed {
            kind,
            address: Resource::from(kind).at("apps", name),
        }
    }

    #[test]
    fn asks_about_all_that_goes() {
        let kind = KINDS[0];
        let release = Kind::named("HelmRelease").unwrap();
        for (objects, asked) in [
            (vec![doomed(kind, "a")], "this kustomization"),
            (
                vec![doomed(kind, "a"), doomed(kind, "b")],
                "these 2 objects of kind kustomization (a, b)",
            ),
            (
                vec![doomed(kind, "a"), doomed(release, "b")],
                "these 2 objects (kustomization/a, helmrelease/b)",
            ),
        ] {
            assert_eq!(
                question(&objects),
                format!("Are you sure you want to delete {asked}?")
            );
        }
        let many: Vec<Doomed> = (0..22).map(|_| doomed(kind, "a")).collect();
        assert!(question(&many).ends_with("a and 2 more)?"));
    }
}
