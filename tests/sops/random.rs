//! Random documents, encrypted by the real sops, and opened by it and by a build: the same bytes.

use std::fmt::Write as _;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{BUILD, KUSTOMIZATION, fixture};
use crate::scene::{TestEnv, are_built, built};

/// How many documents of each format are tried.
const COUNT: usize = 2 * RULES.len();

/// What may be encrypted, and how: fields of a creation rule, one a line.
const RULES: &[&str] = &[
    "",
    "encrypted_regex: ^(data|value|KEY_1|key1)$",
    "unencrypted_suffix: _unencrypted",
    "unencrypted_regex: ^(name|n1|KEY_2|key2)$",
    "encrypted_suffix: e",
    "encrypted_regex: ^(data|list|KEY_1|key1)$\n  mac_only_encrypted: true",
    "encrypted_comment_regex: (about|note)",
    "unencrypted_comment_regex: (about|note)",
    "shamir_threshold: 2",
];

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's generator; its high bits are the better ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const WORDS: &[&str] = &[
    "alpha",
    "two words",
    "ünïcode",
    "with: colon",
    "with # hash",
    "- dash",
    "",
    "true",
    "42",
    "1.50",
    "null",
    "~",
    " leading",
    "trailing ",
    "quo\"te",
    "it's",
    "back\\slash",
    "tab\there",
    "line\nbreak",
    "lines\nand\nmore\n",
    "\n",
    "emoji 😀",
    "{brace}",
    "[bracket]",
    "&anchor",
    "*star",
    "!bang",
    "%percent",
    "@at",
    "`tick",
    "0x1f",
    "1e3",
    "2026-01-02",
    "12:30:45",
    "yes",
    "off",
    "<html> & more",
    "a=b",
    "; semi",
    "very long text that goes on and on and on, well beyond the eightieth column, where some writers would begin to fold it",
];

const KEYS: &[&str] = &[
    "name",
    "value",
    "data",
    "list",
    "nested",
    "key with space",
    "a.b",
    "x-y",
    "UPPER",
    "n1",
    "n2",
    "n3",
    "plain_unencrypted",
];

fn json(dice: &mut Dice, depth: usize) -> Value {
    match dice.roll(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => (dice.roll(2) == 0).into(),
        2 => (i64::try_from(dice.roll(2_000_000)).unwrap() - 1_000_000).into(),
        3 => (f64::from(u32::try_from(dice.roll(1_000_000)).unwrap()) / 128.0 + 0.003).into(),
        4 | 5 => dice.pick(WORDS).into(),
        6 => (0..dice.roll(4)).map(|_| json(dice, depth - 1)).collect(),
        _ => mapping(dice, depth - 1).into(),
    }
}

fn mapping(dice: &mut Dice, depth: usize) -> serde_json::Map<String, Value> {
    let count = 1 + dice.roll(5);
    (0..count)
        .map(|_| (dice.pick(KEYS).to_owned(), json(dice, depth)))
        .collect()
}

/// Writes JSON as YAML with blocks and comments.
fn yaml(value: &Value, indent: usize, dice: &mut Dice, out: &mut String) {
    let blanks = " ".repeat(indent);
    let comment = |dice: &mut Dice, out: &mut String| {
        if dice.roll(4) == 0 {
            writeln!(out, "{blanks}# about {}", dice.roll(1000)).unwrap();
        }
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                comment(dice, out);
                write!(out, "{blanks}{}:", Value::from(key.as_str())).unwrap();
                below(value, indent, dice, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                comment(dice, out);
                write!(out, "{blanks}-").unwrap();
                below(item, indent, dice, out);
            }
        }
        _ => {}
    }
}

fn below(value: &Value, indent: usize, dice: &mut Dice, out: &mut String) {
    let is_block = match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        yaml(value, indent + 2, dice, out);
    } else {
        let comment = if dice.roll(6) == 0 { " # beside" } else { "" };
        writeln!(out, " {value}{comment}").unwrap();
    }
}

fn dotenv(dice: &mut Dice) -> String {
    let mut text = String::new();
    for number in 0..=dice.roll(6) {
        if dice.roll(3) == 0 {
            writeln!(text, "# note {number}").unwrap();
        }
        writeln!(
            text,
            "KEY_{number}={}",
            dice.pick(WORDS).replace('\n', "\\n")
        )
        .unwrap();
    }
    text
}

fn ini(dice: &mut Dice) -> String {
    let mut text = String::new();
    for section in 0..=dice.roll(3) {
        writeln!(text, "[section {section}]").unwrap();
        for number in 0..dice.roll(5) {
            if dice.roll(3) == 0 {
                writeln!(text, "; note {number}").unwrap();
            }
            let value = dice.pick(WORDS);
            // What the format can't say between quotes is left out.
            if !value.contains(['`', '\n', '\\']) {
                writeln!(text, "key{number} = `{value}`").unwrap();
            }
        }
    }
    text
}

fn document(kind: &str, dice: &mut Dice) -> String {
    match kind {
        "json" => serde_json::to_string_pretty(&Value::from(mapping(dice, 4))).unwrap(),
        "yaml" => {
            let mut text = String::new();
            let value = mapping(dice, 4).into();
            yaml(&value, 0, dice, &mut text);
            text
        }
        "env" => dotenv(dice),
        "ini" => ini(dice),
        _ => (0..dice.roll(200)).map(|_| dice.pick(WORDS)).collect(),
    }
}

/// Returns the public half of a key in its file.
fn public(keys: &str) -> &str {
    let mut lines = keys.lines();
    lines
        .find_map(|line| line.strip_prefix("# public key: "))
        .expect("the file says it")
}

#[test]
fn random_documents_are_opened_to_the_bytes_that_sops_gives() {
    if !are_built(&["sops"]) {
        return;
    }
    let [own, other] = ["keys/age.txt", "keys/other.txt"].map(fixture);
    let env = TestEnv::new();
    let keys = env.file("keys.txt", &format!("{own}\n{other}"));
    let env = env.variable("SOPS_AGE_KEY_FILE", &keys.display().to_string());
    let mut dice = Dice(20_261_121);
    let (mut generators, mut expected) = (String::new(), Vec::new());
    for kind in ["yaml", "json", "env", "ini", "bin"] {
        for number in 0..COUNT {
            let name = format!("document-{number}.{kind}");
            let plain = env.file(&format!("plain/{name}"), &document(kind, &mut dice));
            // A file that is encrypted as a whole has no keys to choose from.
            let rule = if kind == "bin" {
                ""
            } else {
                RULES[number % RULES.len()]
            };
            let recipients = format!(
                "  key_groups: [{{age: [{}]}}, {{age: [{}]}}]\n",
                public(&own),
                public(&other)
            );
            let rules = env.file(
                "rules.yaml",
                &format!("creation_rules:\n- path_regex: .*\n{recipients}  {rule}\n"),
            );
            let arguments = ["--config", &rules.display().to_string(), "encrypt"]
                .map(ToOwned::to_owned)
                .into_iter()
                .chain([plain.display().to_string()]);
            let encrypted = env.other_command(&built("sops"), arguments).run();
            if encrypted.status() != Some(0) {
                // Some documents sops itself refuses, such as empty files.
                continue;
            }
            let path = env.file(
                &format!("apps/{name}"),
                &String::from_utf8_lossy(encrypted.raw_stdout()),
            );
            let decrypted = env
                .other_command(
                    &built("sops"),
                    ["decrypt".into(), path.display().to_string()],
                )
                .run();
            assert_eq!(decrypted.status(), Some(0), "{decrypted}");
            writeln!(generators, "  - {name}").unwrap();
            expected.push((name, decrypted.raw_stdout().to_vec()));
        }
    }
    assert!(expected.len() > 3 * COUNT, "{}", expected.len());
    env.file(
        "apps/kustomization.yaml",
        &format!("secretGenerator:\n- name: all\n  files:\n{generators}"),
    );
    env.file("ks.yaml", KUSTOMIZATION);
    let text = env
        .run(BUILD.into_iter().chain(["--show-secrets", "--yes"]))
        .success();
    let object = crate::scene::documents(&text).remove(0);
    let mut differences = String::new();
    for (name, expected) in expected {
        let found = object["data"][&name].as_str().unwrap_or_default();
        let found: String = found.split_whitespace().collect();
        let found = STANDARD.decode(found).unwrap();
        if found != expected {
            let plain = fs::read_to_string(env.folder().join("plain").join(&name)).unwrap();
            let (found, expected) = (
                String::from_utf8_lossy(&found),
                String::from_utf8_lossy(&expected),
            );
            write!(
                differences,
                "== {name}\n{plain}\n-- sops\n{expected}\n-- ours\n{found}\n"
            )
            .unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}
