//! `diff overlay`: a plain folder held against a cluster, and applied as it was shown.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::context::Context;
use super::super::flag::Csv;
use super::super::fleet;
use super::compare_args::CompareArgs;
use super::outcome::{end, show, show_all};
use crate::error::Failure;
use crate::manifest::ObjectId;
use crate::ops::{self, OverlayDiff, OverlayRequest, Tally};
use crate::report::Question;

/// Show what applying a plain folder would change, and apply exactly that
///
/// The folder may have a kustomization file, or none. What was applied is remembered under the name of its owner, in a
/// config map of the namespace; `--prune` deletes only what the same owner applied before. The fields belong to the
/// manager that Flux's controllers use, so that Flux can take the objects over without a restart.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops diff overlay overlays/production\n  gitops diff overlay deploy -n shop --owner shop --apply --prune"
)]
pub struct OverlayArgs {
    /// Folder to compare
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// Name under which what was applied is remembered; the name of the folder if it is not given
    #[arg(long, value_name = "NAME", value_parser = super::super::flag::namespace)]
    owner: Option<String>,

    /// Files to leave out, in the syntax of `.gitignore`
    #[arg(long, value_name = "PATTERNS")]
    ignore_paths: Vec<Csv>,

    /// Apply what is shown, and wait until it is healthy
    #[arg(long)]
    apply: bool,

    /// Delete what the owner applied before and is not in the folder any more
    #[arg(long)]
    prune: bool,

    /// Answer all questions with yes
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    compare: CompareArgs,
}

/// Compares, prints what would change, and applies it where that is asked for.
pub async fn run(context: &Context, args: &OverlayArgs) -> Result<(), Failure> {
    let fleet = args.compare.fleet();
    if args.apply && (fleet.is_fleet() || args.compare.is_read_only()) {
        return Err(Failure::usage(
            "--apply works on one cluster, and needs the right to change it",
        )
        .with_hint("leave --contexts, --all-contexts and --read-only out"));
    }
    if args.apply {
        return apply(context, args).await;
    }
    let one = async |context: &Context| {
        let diff = compared(context, args).await?;
        Ok(diff.entries(args.prune))
    };
    let gathered = fleet::gather(context, fleet, one).await;
    let gathered = gathered.map_err(Failure::undecided)?;
    let names = Names::of(context, args)?;
    let owner = ObjectId {
        group: String::new(),
        kind: "Overlay".into(),
        namespace: names.namespace,
        name: names.owner,
    };
    show_all(context, &args.compare, &owner, &gathered)
}

async fn compared(context: &Context, args: &OverlayArgs) -> Result<OverlayDiff, Failure> {
    let names = Names::of(context, args)?;
    let ignore = Csv::join(&args.ignore_paths);
    let request = names.request(context, args, &ignore).await?;
    ops::diff_overlay(&context.ui, &request).await
}

/// The names that a request borrows.
struct Names {
    namespace: String,
    owner: String,
}

impl Names {
    fn of(context: &Context, args: &OverlayArgs) -> Result<Self, Failure> {
        let owner = match &args.owner {
            Some(owner) => owner.clone(),
            None if !args.folder.is_dir() => {
                let folder = args.folder.display();
                return Err(Failure::new(format!("there is no folder {folder}")));
            }
            None => owner_of(&args.folder).ok_or_else(|| {
                Failure::usage("the name of the folder can't be the name of an owner")
                    .with_hint("name one with `--owner`")
            })?,
        };
        Ok(Self {
            namespace: context.namespace_of_objects(),
            owner,
        })
    }

    async fn request<'a>(
        &'a self,
        context: &'a Context,
        args: &'a OverlayArgs,
        ignore: &'a [String],
    ) -> Result<OverlayRequest<'a>, Failure> {
        Ok(OverlayRequest {
            folder: &args.folder,
            ignore,
            namespace: &self.namespace,
            owner: &self.owner,
            cluster: context.cluster().await?,
            options: args.compare.options(context)?,
        })
    }
}

/// Makes the name of an owner of that of a folder.
fn owner_of(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let name = folder.file_name()?.to_str()?.to_ascii_lowercase();
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let name: String = name
        .chars()
        .map(|character| if fits(character) { character } else { '-' })
        .take(40)
        .collect();
    let name = name.trim_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// Shows the diff and does exactly that, after two questions.
async fn apply(context: &Context, args: &OverlayArgs) -> Result<(), Failure> {
    let names = Names::of(context, args)?;
    let ignore = Csv::join(&args.ignore_paths);
    let request = names.request(context, args, &ignore).await?;
    let target = context.target().await?;
    let ui = &context.ui;
    ui.action(format_args!("the cluster is {target}"));
    ask(
        args,
        &format!(
            "Compare {} with {target}, to apply it?",
            args.folder.display()
        ),
    )?;
    let diff = ops::diff_overlay(ui, &request).await?;
    let entries = diff.entries(args.prune);
    show(context, &entries)?;
    if !diff.encrypted.is_empty() {
        let message = format!(
            "values are encrypted by SOPS: {}",
            diff.encrypted.join(", ")
        );
        return Err(Failure::new(message).with_hint("leave these files out with `--ignore-paths`"));
    }
    let tally = Tally::of(&entries);
    if tally.refused > 0 {
        return end(context, tally);
    }
    if !tally.differs() {
        ui.success("nothing to apply");
        return Ok(());
    }
    ask(args, &format!("Apply this to {target}?"))?;
    context.on_interrupt("what was applied stays; run the same command again to go on");
    ops::apply_overlay(ui, &request, &diff, args.prune).await?;
    ui.success(format_args!("applied: {tally}"));
    Ok(())
}

fn ask(args: &OverlayArgs, words: &str) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    let question = Question {
        words,
        answered_by: "`--yes`",
    };
    Ok(question.confirm()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_their_owners() {
        let root = tempfile::tempdir().unwrap();
        let owner = |name: &str| {
            let folder = root.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            owner_of(&folder)
        };
        assert_eq!(owner("My_App.v2").as_deref(), Some("my-app-v2"));
        assert_eq!(owner("___"), None);
    }
}
