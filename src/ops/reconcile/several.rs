//! Reconciles objects: sources first, then group by group what others depend on.

use std::collections::HashMap;
use std::time::Instant;

use super::answer::{answered, judge, success, wait};
use super::order::{dependencies, waves};
use super::request::{Ready, ReconcileRequest};
use super::timing::Timing;
use crate::api::Row;
use crate::cluster::{Address, Cluster};
use crate::env;
use crate::error::{Blame, Failure};
use crate::manifest::{Object, ObjectId};
use crate::report::Ui;

/// Reconciles objects, their sources first where that is asked for; of several, those that others depend on
/// come first, and independent ones go side by side.
///
/// # Errors
///
/// Fails where one object can't be reconciled, or one of several; the others are tried all the same, but
/// those that depend on it.
pub async fn reconcile(
    cluster: &Cluster,
    ui: &Ui,
    requests: &[ReconcileRequest],
) -> Result<(), Failure> {
    let mut work = Work {
        cluster,
        ui,
        timing: Timing::begin(),
        sources: HashMap::new(),
    };
    let outcome = match requests {
        [request] => work.one(request).await,
        _ => work.all(requests).await,
    };
    work.timing.tell(ui);
    outcome
}

struct Work<'a> {
    cluster: &'a Cluster,
    ui: &'a Ui,
    timing: Timing,
    /// The sources that were reconciled already, and how that ended.
    sources: HashMap<ObjectId, Option<String>>,
}

/// An object that can be reconciled.
struct Open<'a> {
    request: &'a ReconcileRequest,
    row: Row,
}

impl Work<'_> {
    /// Reconciles one object; its source is one step closer to the start, which is where a kind has none.
    async fn one(&mut self, request: &ReconcileRequest) -> Result<(), Failure> {
        let row = match request.check(self.cluster).await? {
            Ready::Open(row) => *row,
            Ready::Fixed => {
                self.ui
                    .success("reconciliation not supported by the object");
                return Ok(());
            }
        };
        if let Some(source) = request.source(&row) {
            Box::pin(self.one(&ReconcileRequest::of_source(&source)?)).await?;
        }
        let open = [Open { request, row }];
        let end = self.ask(&open, &[0]).await?.into_iter().next();
        let message = end.ok_or_else(|| Failure::new("nothing was waited for"))??;
        self.ui.success(message);
        Ok(())
    }

    /// Reconciles several objects, group by group.
    async fn all(&mut self, requests: &[ReconcileRequest]) -> Result<(), Failure> {
        let mut failed = Vec::new();
        let mut open = Vec::new();
        for request in requests {
            match self.prepare(request).await {
                Ok(Some(row)) => open.push(Open { request, row }),
                Ok(None) => {}
                Err(failure) => failed.push(self.tell_failure(&request.address, &failure)),
            }
        }
        let rows: Vec<_> = open
            .iter()
            .map(|one| (one.request.kind.name, &one.row))
            .collect();
        let mut bad: Vec<usize> = Vec::new();
        for wave in waves(&rows) {
            let mut asked = Vec::new();
            for place in wave {
                let needed = dependencies(&rows, place);
                match needed.iter().find(|needed| bad.contains(needed)) {
                    None => asked.push(place),
                    Some(needed) => {
                        let needed = open[*needed].request.address.id();
                        let failure = Failure::new(format!("not asked, since {needed} failed"));
                        failed.push(self.tell_failure(&open[place].request.address, &failure));
                        bad.push(place);
                    }
                }
            }
            let ends = self.ask(&open, &asked).await?;
            for (place, end) in asked.into_iter().zip(ends) {
                let address = &open[place].request.address;
                match end {
                    Ok(message) => self.tell_success(address, &message),
                    Err(failure) => {
                        failed.push(self.tell_failure(address, &failure));
                        bad.push(place);
                    }
                }
            }
        }
        summed_up(&failed, requests.len())
    }

    /// Checks one of several objects and reconciles its source, if no other one has done so before.
    async fn prepare(&mut self, request: &ReconcileRequest) -> Result<Option<Row>, Failure> {
        let row = match request.check(self.cluster).await? {
            Ready::Open(row) => *row,
            Ready::Fixed => {
                let message = "reconciliation not supported by the object";
                self.tell_success(&request.address, message);
                return Ok(None);
            }
        };
        let Some(source) = request.source(&row) else {
            return Ok(Some(row));
        };
        if !self.sources.contains_key(&source) {
            let outcome = match ReconcileRequest::of_source(&source) {
                Ok(request) => Box::pin(self.one(&request)).await,
                Err(failure) => Err(failure),
            };
            let failure = outcome.err().map(|failure| failure.in_one_line());
            self.sources.insert(source.clone(), failure);
        }
        match self.sources.get(&source).and_then(Option::as_deref) {
            Some(failure) => Err(Failure::new(format!(
                "its source {source} failed: {failure}"
            ))),
            None => Ok(Some(row)),
        }
    }

    /// Asks for some of the objects and waits for all answers; the ends come in the order of the places.
    async fn ask(
        &mut self,
        open: &[Open<'_>],
        places: &[usize],
    ) -> Result<Vec<Result<String, Failure>>, Failure> {
        let begin = Instant::now();
        let mut handled = HashMap::new();
        let mut addresses = Vec::new();
        for place in places {
            let Open { request, row } = &open[*place];
            request
                .write(self.cluster, self.ui, &env::now().to_string())
                .await?;
            let before = row.status.last_handled_reconcile_at.as_str();
            handled.insert(request.address.clone(), before);
            addresses.push(request.address.clone());
        }
        let judge = |address: &Address, object: Option<&Object>| {
            let handled = handled.get(address).copied().unwrap_or_default();
            judge(object, |object| answered(object, handled))
        };
        let ends = wait(self.cluster, self.ui, &addresses, judge).await?;
        for address in &addresses {
            self.timing.note(address, begin);
        }
        let told = places.iter().zip(ends).map(|(place, end)| {
            let object = end?;
            success(open[*place].request.kind, &object)
        });
        Ok(told.collect())
    }

    fn tell_success(&self, address: &Address, message: &str) {
        self.ui.success(format_args!(
            "{} {} reconciliation completed",
            address.resource.kind, address.name
        ));
        if !message.is_empty() {
            self.ui.success(message);
        }
    }

    fn tell_failure(&self, address: &Address, failure: &Failure) -> Blame {
        self.ui.failure(format_args!(
            "{} {} reconciliation failed: {}",
            address.resource.kind,
            address.name,
            failure.in_one_line()
        ));
        for hint in failure.hints() {
            self.ui.action(format_args!("hint: {hint}"));
        }
        failure.blame()
    }
}

/// Makes the end of a command of the ends of its objects.
fn summed_up(failed: &[Blame], count: usize) -> Result<(), Failure> {
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::blaming(
        Blame::of_all(failed.iter().copied()),
        format!(
            "reconciliation failed for {} of {count} objects",
            failed.len()
        ),
    ))
}
