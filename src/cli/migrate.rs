//! `migrate`: custom resources to the API versions of a release, in the cluster or in files.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::flag::Csv;
use crate::error::Failure;
use crate::ops::{self, Migration, Target, Write};
use crate::report::{Mark, Question};

/// What is migrated: a cluster, or files.
#[derive(Args)]
#[command(after_help = "Example: gitops migrate -f . --dry-run")]
pub struct MigrateArgs {
    /// File or folder with manifests, in place of the cluster
    #[arg(short = 'f', long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    path: Option<PathBuf>,

    /// Endings of the files to look into
    #[arg(short, long, value_name = "LIST", default_value = ".yaml,.yml")]
    extensions: Vec<Csv>,

    /// Minor version of Flux to bring manifests to [default: the newest]
    #[arg(short, long, value_name = "VERSION")]
    version: Option<Target>,

    /// Write to files without asking
    #[arg(short, long)]
    yes: bool,

    /// Change nothing, only show what would be changed
    #[arg(long)]
    dry_run: bool,
}

impl MigrateArgs {
    /// Says whether no cluster is asked.
    pub const fn is_local(&self) -> bool {
        self.path.is_some()
    }
}

/// Migrates files, or the cluster.
pub async fn run(context: &Context, args: &MigrateArgs) -> Result<(), Failure> {
    let ui = &context.ui;
    ui.action("starting migration of custom resources");
    if let Some(path) = &args.path {
        return migrate_files(context, args, path);
    }
    let write = if args.dry_run {
        Write::Rehearsed
    } else {
        Write::ForGood
    };
    ops::migrate_stored(context.cluster().await?, ui, write).await?;
    ui.success("custom resources migrated successfully");
    Ok(())
}

fn migrate_files(context: &Context, args: &MigrateArgs, path: &Path) -> Result<(), Failure> {
    let ui = &context.ui;
    let target = args.version.unwrap_or_default();
    let root = PathBuf::from(".");
    let migration = Migration::find(&root, path, &Csv::join(&args.extensions), target)?;
    tell(context, &migration, target);
    let to_write = || {
        migration
            .files
            .iter()
            .filter(|file| !file.upgrades.is_empty())
    };
    if to_write().next().is_none() {
        ui.success("no custom resources found that require migration");
        return Ok(());
    }
    if args.dry_run {
        ui.success("dry-run mode enabled, no changes will be made");
        return Ok(());
    }
    if !args.yes {
        Question {
            words: "Are you sure you want to proceed with the above upgrades?",
            answered_by: "`--yes`",
        }
        .confirm()?;
    }
    for file in to_write() {
        file.write()?;
        ui.success(format_args!(
            "file {} migrated successfully",
            file.path.display()
        ));
    }
    ui.success("custom resources migrated successfully");
    Ok(())
}

/// Tells what is to be changed, and what is left alone.
fn tell(context: &Context, migration: &Migration, target: Target) {
    let ui = &context.ui;
    for path in &migration.irregular {
        ui.warning(format_args!("skipping irregular file {}", path.display()));
    }
    for file in &migration.files {
        let path = file.path.display().to_string();
        for upgrade in &file.upgrades {
            let message = format!(
                "{path}:{}: {} {} -> {}",
                upgrade.line, upgrade.kind, upgrade.old, upgrade.new
            );
            ui.say_about(Mark::Generate, &path, message);
        }
        for newer in &file.newer {
            ui.warning(format_args!(
                "{path}:{}: {} {} is newer than the {} of Flux {}, and stays",
                newer.line,
                newer.kind,
                newer.old,
                newer.new,
                target.release()
            ));
        }
    }
}
