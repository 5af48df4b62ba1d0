//! The forms in which secrets are carried on: as they are, without line breaks, in JSON, and in base64.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::Regex;
use zeroize::Zeroize as _;

/// The shortest part of a base64 text that is looked for.
const ENCODED_PART: usize = 6;

/// All forms of all secrets, made ready to be looked for.
pub(super) struct Search {
    /// Finds any of them; `None` where there are none.
    pattern: Option<Regex>,
    /// The forms and the secrets that they are of.
    forms: BTreeMap<String, String>,
}

impl Search {
    /// Makes ready to look for some secrets.
    pub fn new(known: &BTreeSet<String>) -> Self {
        let mut forms = BTreeMap::new();
        for secret in known {
            for form in forms_of(secret) {
                forms.entry(form).or_insert_with(|| secret.clone());
            }
        }
        let mut sorted: Vec<&String> = forms.keys().collect();
        // The first that fits counts, and it has to be the longest.
        sorted.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let pattern: Vec<String> = sorted.into_iter().map(|form| regex::escape(form)).collect();
        let pattern = regex::RegexBuilder::new(&pattern.join("|"))
            .size_limit(usize::MAX)
            .build();
        Self {
            pattern: pattern.ok().filter(|_| !forms.is_empty()),
            forms,
        }
    }

    /// Returns where the next form of a secret stands, from a place on.
    pub fn next(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let found = self.pattern.as_ref()?.find_at(text, from)?;
        Some(found.range())
    }

    /// Returns the secret that a text is a form of.
    pub fn secret(&self, form: &str) -> Option<&str> {
        self.forms.get(form).map(String::as_str)
    }
}

/// Returns the forms in which a secret may have been carried on.
fn forms_of(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned()]);
    // Variables lose their line breaks.
    if secret.contains('\n') {
        forms.insert(secret.replace('\n', ""));
    }
    if let Ok(quoted) = serde_json::to_string(secret) {
        forms.insert(quoted[1..quoted.len() - 1].to_owned());
    }
    for ended in [secret.to_owned(), format!("{secret}\n")] {
        forms.insert(STANDARD.encode(ended));
    }
    forms.extend((0..3).flat_map(|before| encoded_parts(secret.as_bytes(), before)));
    forms.retain(|form| form.len() >= 2);
    forms
}

/// Returns what a secret looks like within a longer base64 text, after a number of bytes modulo three.
///
/// Its first and its last character may hold bits of what stands around it.
fn encoded_parts(secret: &[u8], before: usize) -> Vec<String> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret);
    let start = (before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    let texts = [
        STANDARD_NO_PAD.encode(&bytes),
        URL_SAFE_NO_PAD.encode(&bytes),
    ];
    bytes.zeroize();
    let parts = texts.iter().filter_map(|text| text.get(start..end));
    parts
        .filter(|part| part.len() >= ENCODED_PART)
        .map(ToOwned::to_owned)
        .collect()
}

impl Drop for Search {
    fn drop(&mut self) {
        for (mut form, mut secret) in std::mem::take(&mut self.forms) {
            form.zeroize();
            secret.zeroize();
        }
    }
}
