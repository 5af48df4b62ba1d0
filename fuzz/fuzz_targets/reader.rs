//! What the reader takes, the writer writes so that it reads the same.

#![no_main]

use gitops::manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for value in manifest::read(text).unwrap_or_default() {
        let written = manifest::emit(&value);
        assert_eq!(manifest::read(&written).ok(), Some(vec![value]));
    }
});
