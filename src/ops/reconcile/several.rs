//! Reconciles objects: sources first, then group by group what others depend on.

use std::collections::HashMap;
use std::time::Instant;

use super::answer::{answered, judge, success, wait};
use super::order::{dependencies, waves};
use super::request::{Ready, ReconcileRequest};
use super::timing::Timing;
use crate::api::{Row, row_of};
use crate::cluster::{Address, Cluster, Verdict};
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
        [request] => work.one(request).await.map(drop),
        _ => work.all(requests).await,
    };
    work.timing.tell(ui);
    outcome
}

struct Work<'a> {
    cluster: &'a Cluster,
    ui: &'a Ui,
    timing: Timing,
    /// The sources that were reconciled already: the revision that came of it, or why none did.
    sources: HashMap<ObjectId, Result<String, String>>,
}

/// An object that can be reconciled.
struct Open<'a> {
    request: &'a ReconcileRequest,
    row: Row,
    /// The revision that its source was just reconciled to; empty where none was.
    revision: String,
}

/// What came of a request.
struct End {
    message: String,
    /// The revision that the object has as a source; empty for others.
    revision: String,
}

impl Work<'_> {
    /// Reconciles one object; its source is one step closer to the start, which is where a kind has none. Returns the
    /// revision that it has as a source.
    async fn one(&mut self, request: &ReconcileRequest) -> Result<String, Failure> {
        let row = match request.check(self.cluster).await? {
            Ready::Open(row) => *row,
            Ready::Fixed => {
                self.ui
                    .success("reconciliation not supported by the object");
                return Ok(String::new());
            }
        };
        let revision = match request.source(&row) {
            Some(source) => Box::pin(self.one(&ReconcileRequest::of_source(&source)?)).await?,
            None => String::new(),
        };
        let open = [Open {
            request,
            row,
            revision,
        }];
        let end = self.ask(&open, &[0]).await?.into_iter().next();
        let end = end.ok_or_else(|| Failure::new("nothing was waited for"))??;
        self.ui.success(end.message);
        Ok(end.revision)
    }

    /// Reconciles several objects, group by group.
    async fn all(&mut self, requests: &[ReconcileRequest]) -> Result<(), Failure> {
        let mut failed = Vec::new();
        let mut open = Vec::new();
        for request in requests {
            match self.prepare(request).await {
                Ok(Some(prepared)) => open.push(prepared),
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
                    Ok(end) => self.tell_success(address, &end.message),
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
    async fn prepare<'a>(
        &mut self,
        request: &'a ReconcileRequest,
    ) -> Result<Option<Open<'a>>, Failure> {
        let row = match request.check(self.cluster).await? {
            Ready::Open(row) => *row,
            Ready::Fixed => {
                let message = "reconciliation not supported by the object";
                self.tell_success(&request.address, message);
                return Ok(None);
            }
        };
        let revision = match request.source(&row) {
            Some(source) => self.revision_of(source).await?,
            None => String::new(),
        };
        Ok(Some(Open {
            request,
            row,
            revision,
        }))
    }

    /// Reconciles a source, once, and returns the revision that it has then.
    async fn revision_of(&mut self, source: ObjectId) -> Result<String, Failure> {
        let known = self.sources.get(&source).cloned();
        let outcome = if let Some(known) = known {
            known
        } else {
            let outcome = match ReconcileRequest::of_source(&source) {
                Ok(request) => Box::pin(self.one(&request)).await,
                Err(failure) => Err(failure),
            };
            let outcome = outcome.map_err(|failure| failure.in_one_line());
            self.sources.insert(source.clone(), outcome.clone());
            outcome
        };
        outcome.map_err(|failure| Failure::new(format!("its source {source} failed: {failure}")))
    }

    /// Asks for some of the objects and waits for all answers; the ends come in the order of the places.
    async fn ask(
        &mut self,
        open: &[Open<'_>],
        places: &[usize],
    ) -> Result<Vec<Result<End, Failure>>, Failure> {
        let begin = Instant::now();
        let mut asked = HashMap::new();
        let mut addresses = Vec::new();
        for place in places {
            let one = &open[*place];
            one.request
                .write(self.cluster, self.ui, &env::now().to_string())
                .await?;
            asked.insert(one.request.address.clone(), one);
            addresses.push(one.request.address.clone());
        }
        let judge = |address: &Address, object: Option<&Object>| {
            judge(object, |object| match asked.get(address) {
                Some(one) => answered(object, &one.row, &one.revision),
                None => Verdict::Waiting("nobody was asked about it".into()),
            })
        };
        let ends = wait(self.cluster, self.ui, &addresses, judge).await?;
        for address in &addresses {
            self.timing.note(address, begin);
        }
        let told = places.iter().zip(ends).map(|(place, end)| {
            let object = end?;
            let message = success(open[*place].request.kind, &object)?;
            let revision = row_of(object.value()).status.artifact.revision;
            Ok(End { message, revision })
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
