//! A kustomization file is read or refused with words.

#![no_main]

use gitops::kustomize;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = kustomize::read_kustomization(bytes) {
        assert!(!error.in_one_line().is_empty());
    }
});
