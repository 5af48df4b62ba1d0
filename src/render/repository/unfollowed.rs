//! Fields of sources that Flux follows when it fetches them, and that are not followed here.

use super::explore::Work;
use super::finding::Severity;
use super::task::Task;
use crate::manifest::{Object, ObjectId};

/// A field of a source that is not followed.
struct Unfollowed {
    /// Where it stands.
    field: &'static [&'static str],
    /// The same as a pointer.
    at: &'static str,
    /// What that comes to.
    message: &'static str,
}

/// Everything of the kind.
const UNFOLLOWED: &[Unfollowed] = &[
    Unfollowed {
        field: &["spec", "verify"],
        at: "/spec/verify",
        message: "its content is used as it was fetched: the signature that `spec.verify` asks for is not verified here",
    },
    Unfollowed {
        field: &["spec", "sparseCheckout"],
        at: "/spec/sparseCheckout",
        message: "all of its files are used: `spec.sparseCheckout` is not followed here",
    },
];

impl Work<'_> {
    /// Tells what was not followed of the sources that were fetched since the last call.
    pub(super) fn tell_unfollowed(&mut self) {
        for source in self.sources.take_fetched() {
            let set = UNFOLLOWED.iter().filter(|unfollowed| {
                source
                    .get(unfollowed.at)
                    .is_some_and(|value| !value.is_null())
            });
            for unfollowed in set {
                let task = Task::of_source(source.clone(), self.holder_of(&source.id()));
                let told = (unfollowed.message.to_owned(), String::new());
                self.note(Severity::Warning, &task, told, unfollowed.field);
            }
        }
    }

    /// Returns the place of the owner whose build a source was found in.
    fn holder_of(&self, source: &ObjectId) -> Option<usize> {
        let mut owners = self.render.owners.iter();
        owners.position(|owner| {
            let mut objects = owner.objects().iter();
            objects.any(|object: &Object| object.id() == *source)
        })
    }
}
