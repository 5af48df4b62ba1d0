//! Substitution puts in what is known, or refuses.

#![no_main]

use gitops::kustomize::{self, Unset};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let known = |name: &str| (name.len() < 3).then(|| format!("<{name}>"));
    for unset in [Unset::Empty, Unset::Refused] {
        if let Ok(done) = kustomize::substitute(text, unset, &known) {
            assert!(done.len() <= 64 * (text.len() + 1));
        }
    }
});
