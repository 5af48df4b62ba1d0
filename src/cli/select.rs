//! Which objects a verb works on: names, or all of a namespace.

use futures::future::try_join_all;

use super::context::Context;
use crate::api::{Kind, Row};
use crate::cluster::{Address, Resource, Selection};
use crate::error::Failure;

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// All objects of the namespace.
    All,
    /// These names, each once.
    Names(Vec<&'a str>),
}

/// One object that was asked for.
pub enum Selected {
    /// It is there.
    Found(Box<(Row, Address)>),
    /// There is none of that name.
    Missing(String),
}

/// Says what was asked for: names win over `--all`, and a name that is given twice counts once.
pub fn wanted<'a>(kind: &Kind, names: &'a [String], all: bool) -> Result<Wanted<'a>, Failure> {
    if names.is_empty() {
        return if all {
            Ok(Wanted::All)
        } else {
            Err(Failure::usage(format!("{} name is required", kind.human)))
        };
    }
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name.as_str()) {
            unique.push(name);
        }
    }
    Ok(Wanted::Names(unique))
}

/// Finds what was asked for in the namespace of the command, in the order of the command line.
pub async fn find(
    context: &Context,
    kind: &'static Kind,
    wanted: Wanted<'_>,
) -> Result<Vec<Selected>, Failure> {
    let cluster = context.cluster().await?;
    let resource = Resource::from(kind);
    let namespace = &context.namespace;
    match wanted {
        Wanted::All => {
            let rows: Vec<Row> = cluster
                .list(&resource, &Selection::of_namespace(namespace))
                .await?;
            Ok(rows.into_iter().map(|row| found(&resource, row)).collect())
        }
        Wanted::Names(names) => {
            let reads = names.iter().map(|name| async {
                let row: Option<Row> = cluster.read(&resource.at(namespace, name)).await?;
                Ok::<_, Failure>(row.map_or_else(
                    || Selected::Missing((*name).into()),
                    |row| found(&resource, row),
                ))
            });
            try_join_all(reads).await
        }
    }
}

fn found(resource: &Resource, row: Row) -> Selected {
    let address = resource.at(&row.metadata.namespace, &row.metadata.name);
    Selected::Found(Box::new((row, address)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::KINDS;

    #[test]
    fn names_win_and_count_once() {
        let names = ["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(
            wanted(KINDS[0], &names, true).unwrap(),
            Wanted::Names(vec!["a", "b"])
        );
        assert_eq!(wanted(KINDS[0], &[], true).unwrap(), Wanted::All);
        let missing = wanted(KINDS[0], &[], false).unwrap_err();
        assert_eq!(missing.to_string(), "kustomization name is required");
    }
}
