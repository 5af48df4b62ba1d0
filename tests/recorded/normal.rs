//! Placeholders for what differs from one run of a scenario to the next, as the recordings have them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// What stands for what in one scenario.
#[derive(Default)]
pub struct Placeholders {
    /// Names and addresses: the placeholder, and what it stands for.
    pub places: Vec<(&'static str, String)>,
    /// The hashes of the commits, by their letters.
    pub commits: BTreeMap<String, String>,
}

/// Texts that follow a rule, and their placeholders; the first ones win.
static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"/[\w./-]*/(helmchart-[^/\s]*?-)\d+/", "$${TMP}/${1}$${N}/"),
        (r"/[\w./-]*/([a-z-]+-)\d+/", "$${TMP}/${1}$${N}/"),
        (r"\b[0-9a-f]{64}\b", "$${HEX64}"),
        (r"\b[0-9a-f]{40}\b", "$${HEX40}"),
        (r"sha256:[0-9a-f]{8,12}\b", "sha256:$${HEX}"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "$${TIME}"),
        (
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \w+",
            "$${TIME}",
        ),
        (r"( in |after )\d+(\.\d+)?[mµ]?s\b", "${1}$${DURATION}"),
        (r":\d{5}->", ":$${PORT}->"),
        (r"\+[0-9a-f]{12}\b", "+$${HEX12}"),
        (r" +([\t\n]|$)", "${1}"),
    ]
    .map(|(rule, placeholder)| (Regex::new(rule).expect("the rules are fixed"), placeholder))
    .into()
});

impl Placeholders {
    /// Puts what they stand for in the place of placeholders.
    pub fn fill(&self, text: &str) -> String {
        let fill = |text: String, (name, value): &(&str, String)| {
            text.replace(&format!("${{{name}}}"), value)
        };
        self.places.iter().fold(text.to_owned(), fill)
    }

    /// Puts placeholders in the place of what they stand for.
    pub fn normal(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (letter, hash) in &self.commits {
            for (name, length) in [("SHA", 40), ("SHA12", 12), ("SHA8", 8)] {
                text = text.replace(&hash[..length], &format!("${{{name}:{letter}}}"));
            }
        }
        for (name, value) in &self.places {
            text = text.replace(value, &format!("${{{name}}}"));
        }
        RULES.iter().fold(text, |text, (rule, placeholder)| {
            rule.replace_all(&text, *placeholder).into_owned()
        })
    }
}

#[test]
fn what_differs_becomes_a_placeholder_and_back() {
    let hash = "0123456789abcdef0123456789abcdef01234567";
    let placeholders = Placeholders {
        places: vec![("NS", "ns-abcdefgh".to_owned())],
        commits: BTreeMap::from([("A".to_owned(), hash.to_owned())]),
    };
    assert_eq!(
        placeholders.fill("get ks -n ${NS}"),
        "get ks -n ns-abcdefgh"
    );
    for (text, normal) in [
        (
            "main@sha1:0123456789abcdef0123456789abcdef01234567",
            "main@sha1:${SHA:A}",
        ),
        ("main@sha1:01234567", "main@sha1:${SHA8:A}"),
        (
            "stat /tmp/x/source-controller/tmp/kustomization-123/nope: no",
            "stat ${TMP}/kustomization-${N}/nope: no",
        ),
        (
            "stat /tmp/helmchart-a-b-99/source/nope",
            "stat ${TMP}/helmchart-a-b-${N}/source/nope",
        ),
        ("NAME   \tREADY \t\n", "NAME\tREADY\t\n"),
        ("at 2026-01-01 10:00:00 +0000 UTC", "at ${TIME}"),
    ] {
        assert_eq!(placeholders.normal(text), normal);
    }
}
