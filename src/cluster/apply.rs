//! Server-side apply in stages: what others need first, and only what would change.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::apply_error::ApplyError;
use super::change::{Action, Applied};
use super::client::Cluster;
use super::normalise::normalise;
use super::preview::Preview;
use super::promise::Promised;
use super::settle::settle;
use crate::manifest::{Object, Stage, sort_for_apply, stage};

/// How to apply.
#[derive(Clone, Copy, Debug)]
pub struct ApplyOptions {
    /// How many requests may be on their way at a time.
    pub concurrency: usize,
    /// How long definitions and namespaces may take to be ready.
    pub settle_limit: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            settle_limit: Duration::from_mins(1),
        }
    }
}

impl Cluster {
    /// Applies objects in stages, so that a kind and a namespace exist before their first object.
    ///
    /// Each stage is rehearsed as a whole before anything of it is written; what would not change
    /// is not sent. `on_change` hears of each object in the order of [`sort_for_apply`].
    pub async fn apply(
        &self,
        objects: &[Object],
        options: &ApplyOptions,
        mut on_change: impl FnMut(&Applied),
    ) -> Result<Vec<Applied>, ApplyError> {
        let mut objects = objects.to_vec();
        objects.iter_mut().for_each(normalise);
        sort_for_apply(&mut objects);
        let promised = Promised::by(&objects);
        let (foundation, rest): (Vec<_>, Vec<_>) = objects
            .into_iter()
            .partition(|object| stage(object) == Stage::Foundation);
        let mut applied = Vec::new();
        let mut report = |change: Applied| {
            on_change(&change);
            applied.push(change);
        };
        let ready = self
            .apply_stage(&foundation, &promised, options, &mut report)
            .await?;
        if !self.is_rehearsing() {
            settle(self, &ready, options.settle_limit).await?;
        }
        self.apply_stage(&rest, &promised, options, &mut report)
            .await?;
        Ok(applied)
    }

    /// Rehearses a stage, then writes what changes of it. Returns its objects as they then are.
    async fn apply_stage(
        &self,
        objects: &[Object],
        promised: &Promised,
        options: &ApplyOptions,
        report: &mut impl FnMut(Applied),
    ) -> Result<Vec<Object>, ApplyError> {
        self.learn_kinds(objects, options).await;
        let rehearsals = stream::iter(objects).map(|object| self.rehearse(object, promised));
        let plan: Vec<(&Object, Option<Preview>)> = rehearsals
            .buffered(options.concurrency)
            .try_collect()
            .await?;
        let mut ready = Vec::new();
        // Objects of one kind do not need each other, those of another kind may.
        for same_kind in plan.chunk_by(|(left, _), (right, _)| left.kind() == right.kind()) {
            let has_failed = &AtomicBool::new(false);
            let mut writes = stream::iter(same_kind)
                .map(|(object, preview)| async move {
                    if has_failed.load(Ordering::Relaxed) {
                        return None;
                    }
                    Some(self.carry_out(object, preview.as_ref()).await)
                })
                .buffered(options.concurrency);
            let mut failure = None;
            while let Some(written) = writes.next().await {
                match written {
                    None => {}
                    Some(Ok((change, object))) => {
                        report(change);
                        ready.push(object);
                    }
                    // What is on its way by now is waited for, so that it is told.
                    Some(Err(error)) => {
                        has_failed.store(true, Ordering::Relaxed);
                        failure.get_or_insert(error);
                    }
                }
            }
            if let Some(failure) = failure {
                return Err(failure);
            }
        }
        Ok(ready)
    }

    /// Asks for the kinds of the objects once, before many want to know at the same time. What
    /// fails here fails again with the name of its object.
    async fn learn_kinds(&self, objects: &[Object], options: &ApplyOptions) {
        let kinds: BTreeSet<(&str, &str)> = objects
            .iter()
            .map(|object| (object.api_version(), object.kind()))
            .collect();
        let mut versions: Vec<(&str, &str)> = kinds.into_iter().collect();
        versions.dedup_by(|left, right| left.0 == right.0);
        let learn = |(version, kind)| async move { self.resource(version, kind).await.is_ok() };
        stream::iter(versions)
            .map(learn)
            .buffer_unordered(options.concurrency)
            .collect::<Vec<bool>>()
            .await;
    }

    /// Writes an object if that changes it.
    async fn carry_out(
        &self,
        object: &Object,
        preview: Option<&Preview>,
    ) -> Result<(Applied, Object), ApplyError> {
        let id = object.id();
        let Some(preview) = preview else {
            return Ok((
                Applied {
                    id,
                    action: Action::Created,
                },
                object.clone(),
            ));
        };
        let action = preview.action;
        if action == Action::Unchanged || self.is_rehearsing() {
            return Ok((Applied { id, action }, preview.merged.clone()));
        }
        match self.server_side_apply(&preview.address, object).await {
            Ok(written) => Ok((Applied { id, action }, written)),
            Err(source) => Err(ApplyError::Apply { id, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use axum::response::Response;
    use serde_json::{Value, json};

    use super::super::double::{Double, Seen, answer};
    use super::*;
    use crate::error::Explain as _;

    /// Plays an API server that holds the `ConfigMap` `same` and refuses what is called `bad`.
    fn serve(seen: &Seen) -> Response {
        let (path, query) = seen.line.split_once('?').unwrap_or((&seen.line, ""));
        let name = path.rsplit('/').next().unwrap_or_default();
        let missing = json!({"reason": "NotFound", "details": {"name": name}});
        match (path, name) {
            ("GET /api/v1", _) => answer(
                200,
                &json!({"resources": [
                    {"name": "namespaces", "kind": "Namespace", "namespaced": false},
                    {"name": "configmaps", "kind": "ConfigMap", "namespaced": true},
                    {"name": "configmaps/part", "kind": "Part", "namespaced": true},
                ]}),
            ),
            ("GET /apis/x.io/v1", _) => answer(404, &json!({})),
            (_, "bad") => answer(
                422,
                &json!({"reason": "Invalid", "message": "data: field is immutable"}),
            ),
            (path, "same") if path.starts_with("GET") => {
                let metadata = json!({"name": "same", "namespace": "a", "resourceVersion": "1"});
                answer(
                    200,
                    &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": "1"}}),
                )
            }
            (path, "other") if path.starts_with("GET") => {
                answer(200, &config_map("other", "0").into_value())
            }
            _ if query.contains("fieldManager=flux") => {
                let mut body: Value = serde_json::from_slice(&seen.body).unwrap();
                if body["kind"] == "Namespace" {
                    body["status"] = json!({"phase": "Active"});
                }
                answer(200, &body)
            }
            _ => answer(404, &missing),
        }
    }

    fn config_map(name: &str, value: &str) -> Object {
        let metadata = json!({"name": name, "namespace": "a"});
        let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": value}});
        Object::new(value).unwrap()
    }

    fn namespace() -> Object {
        Object::new(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}))
            .unwrap()
    }

    /// Returns the requests that write.
    fn writes(double: &Double) -> Vec<String> {
        let lines = double.lines().into_iter();
        lines
            .filter(|line| line.starts_with("PATCH") && !line.contains("dryRun"))
            .collect()
    }

    #[tokio::test]
    async fn only_what_changes_is_written_and_told_in_order() {
        let double = Double::start(serve).await;
        let objects = [
            config_map("same", "1"),
            config_map("other", "1"),
            config_map("new", "1"),
            namespace(),
        ];
        let mut told = Vec::new();
        let cluster = double.connect().await;
        let applied = cluster
            .apply(&objects, &ApplyOptions::default(), |change| {
                told.push(format!("{} {}", change.id, change.action));
            })
            .await
            .unwrap();
        let expected = [
            "Namespace/a created",
            "ConfigMap/a/new created",
            "ConfigMap/a/other configured",
            "ConfigMap/a/same unchanged",
        ];
        assert_eq!(told, expected);
        assert_eq!(applied.len(), 4);
        let mut writes = writes(&double);
        writes.sort();
        let path = |name: &str| {
            format!("PATCH /api/v1/namespaces/a/configmaps/{name}?force=true&fieldManager=flux")
        };
        let namespace = "PATCH /api/v1/namespaces/a?force=true&fieldManager=flux".to_owned();
        assert_eq!(writes, [path("new"), path("other"), namespace]);
    }

    #[tokio::test]
    async fn nothing_of_a_stage_is_written_when_one_object_is_refused() {
        let double = Double::start(serve).await;
        let objects = [config_map("bad", "1"), config_map("new", "1")];
        let cluster = double.connect().await;
        let error = cluster
            .apply(&objects, &ApplyOptions::default(), |_| {})
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "ConfigMap/a/bad would not be accepted");
        assert!(error.source().is_some());
        assert!(error.hint().unwrap().contains("delete ConfigMap/a/bad"));
        assert_eq!(writes(&double), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_rehearsal_takes_promised_namespaces_and_kinds_for_granted() {
        let double = Double::start(serve).await;
        let definition = Object::new(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"},
        }));
        let bucket = Object::new(json!({
            "apiVersion": "x.io/v1", "kind": "Bucket", "metadata": {"name": "c", "namespace": "b"},
        }));
        let objects = [definition.unwrap(), bucket.unwrap()];
        let cluster = double.connect().await;
        let rehearsal = cluster.rehearsing();
        let applied = rehearsal
            .apply(&objects, &ApplyOptions::default(), |_| {})
            .await
            .unwrap();
        assert_eq!(applied[1].action, Action::Created);
        assert_eq!(writes(&double), Vec::<String>::new());
        let error = cluster
            .apply(&objects[1..], &ApplyOptions::default(), |_| {})
            .await
            .unwrap_err();
        assert_eq!(
            error.source().unwrap().to_string(),
            "the cluster does not know the kind Bucket of x.io/v1"
        );
    }

    #[tokio::test]
    async fn an_object_that_cannot_be_sent_is_named() {
        let double = Double::start(serve).await;
        let cluster = double.connect().await;
        let refused = async |value: Value| {
            let object = Object::new(value).unwrap();
            cluster.preview(&object).await.unwrap_err().to_string()
        };
        let lost = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lost"}});
        assert_eq!(
            refused(lost).await,
            "ConfigMap/lost must name its namespace"
        );
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "s", "namespace": "a"}, "data": {"k": "hunter2!"}});
        assert_eq!(
            refused(secret).await,
            "the value of `k` in Secret/a/s is not base64"
        );
    }
}
