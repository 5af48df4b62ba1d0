//! `build cluster`: everything that the entry path of a cluster leads to, without a cluster.

use std::path::PathBuf;

use clap::Args;

use super::super::context::Context;
use super::super::decryption::ShowArgs;
use super::super::output::OutputArgs;
use super::super::repository_args::{self, RepositoryArgs};
use crate::error::Failure;
use crate::manifest;
use crate::ops::Side;
use crate::render::repository::{ClusterRender, Depth, OwnerRender};
use crate::report::{Format, Table, list};

/// Build everything that the entry path of a cluster leads to
///
/// Flux Kustomizations are followed from the path on, without a cluster, with their substitutions and patches. What
/// can't be built is told with file and line, and does not keep the rest from being printed. No program is run, and
/// nothing is read outside of the repository or fetched without a flag. In the place of secret values stand digests,
/// wherever the values were carried; those that SOPS has encrypted are masked.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops build cluster clusters/production\n  gitops build cluster clusters/production --revision main -o name"
)]
pub struct ClusterArgs {
    /// Entry path of the cluster: the folder that its first Kustomization builds
    path: PathBuf,

    /// Revision of the repository, in place of the files as they are now
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    repository: RepositoryArgs,

    #[command(flatten)]
    show: ShowArgs,
}

impl ClusterArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        self.repository.is_local()
    }
}

/// Prints the objects, and tells what is wrong.
pub fn run(context: &Context, args: &ClusterArgs) -> Result<(), Failure> {
    let shows_secrets = args.show.shows()?;
    let opened = args.repository.open(&args.path)?;
    let side = args
        .revision
        .as_deref()
        .map_or(Side::Folder, Side::Revision);
    let repository = opened.side(side)?;
    let session = args.repository.session(&opened, args.show.asking())?;
    let mut render = session.render(&repository, &opened.entry, Depth::Whole);
    args.repository.finish(context, &session);
    if !shows_secrets {
        session.hide([&mut render]);
    }
    print(context, args, &render)?;
    let errors = repository_args::tell(context, &render.cluster, &render.all_findings());
    match errors {
        0 => Ok(()),
        1 => Err(Failure::new("there is a problem in the repository").undecided()),
        errors => {
            let problems = format!("there are {errors} problems in the repository");
            Err(Failure::new(problems).undecided())
        }
    }
}

fn print(context: &Context, args: &ClusterArgs, render: &ClusterRender) -> Result<(), Failure> {
    let output = args.output.output_or(&Format::Yaml);
    let objects = render.owners.iter().flat_map(OwnerRender::objects);
    if matches!(output.format, Format::Yaml) {
        let mut text = String::new();
        for object in objects {
            manifest::emit_into(object.value(), &mut text);
            text.push_str("---\n");
        }
        return Ok(context.ui.data(text)?);
    }
    if matches!(output.format, Format::Table | Format::Wide) {
        return Ok(context
            .ui
            .print(output, &(), || table(render, output.header))?);
    }
    let values = objects.map(|object| object.value().clone()).collect();
    let document = list(values);
    Ok(context.ui.print(output, &document, String::new)?)
}

fn table(render: &ClusterRender, header: bool) -> Table {
    let mut table = Table::new(["owner", "suspended", "kind", "namespace", "name"]);
    for owner in &render.owners {
        for object in owner.objects() {
            table.push([
                owner.owner.to_string(),
                if owner.suspended { "True" } else { "False" }.to_owned(),
                object.kind().to_owned(),
                object.namespace().to_owned(),
                object.name().to_owned(),
            ]);
        }
    }
    if header {
        table
    } else {
        table.without_header()
    }
}
