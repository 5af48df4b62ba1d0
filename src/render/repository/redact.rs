//! Takes what is secret out of the renders of clusters, before anybody sees them.

use std::sync::Arc;

use super::super::secrets::Secrets;
use super::finding::Finding;
use super::outcome::{ClusterRender, Outcome, OwnerRender};
use super::session::Session;

impl Session {
    /// Takes out what is secret: the values of all Secrets that the renders know, wherever they were carried.
    ///
    /// Where the same value stands in two renders, the same digest stands in its place.
    pub fn hide<'a>(&self, renders: impl IntoIterator<Item = &'a mut ClusterRender>) {
        let mut renders: Vec<&mut ClusterRender> = renders.into_iter().collect();
        let mut secrets = Secrets::new();
        for object in &self.objects {
            secrets.add_object(object);
        }
        for text in self.decryptor().secrets.texts() {
            secrets.add(text);
        }
        for render in &renders {
            let owners = render.owners.iter();
            for object in owners.flat_map(OwnerRender::objects) {
                secrets.add_object(object);
            }
        }
        for render in &mut renders {
            render.redact(&secrets);
        }
    }
}

impl ClusterRender {
    fn redact(&mut self, secrets: &Secrets) {
        for owner in &mut self.owners {
            let outcome = owner.outcome.as_deref();
            if let Some(redacted) = outcome.and_then(|outcome| outcome.redacted(secrets)) {
                owner.outcome = Some(Arc::new(redacted));
            }
        }
        for finding in &mut self.findings {
            finding.redact(secrets);
        }
    }
}

impl Outcome {
    /// Returns the outcome without what is secret in it; `None` where nothing can be.
    fn redacted(&self, secrets: &Secrets) -> Option<Self> {
        let mut objects = self.objects.iter();
        if secrets.texts().next().is_none() && !objects.any(|object| object.kind() == "Secret") {
            return None;
        }
        let mut redacted = Self {
            objects: self.objects.clone(),
            files: self.files.clone(),
            findings: self.findings.clone(),
            is_passing: self.is_passing,
        };
        for object in &mut redacted.objects {
            secrets.redact_object(object);
        }
        for finding in &mut redacted.findings {
            finding.redact(secrets);
        }
        Some(redacted)
    }
}

impl Finding {
    fn redact(&mut self, secrets: &Secrets) {
        for text in [&mut self.message, &mut self.hint] {
            *text = secrets.redact_text(text);
        }
    }
}
