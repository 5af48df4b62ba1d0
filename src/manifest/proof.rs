//! What holds for all YAML: recorded outputs come back byte for byte, and no text makes us panic.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::emit::{emit, emit_into};
use super::node::Node;
use super::scalar::Dialect;
use super::yaml::{read, read_as};
use crate::shared;

/// Lists all files below a folder, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    files.sort();
    files
}

/// Cuts a stream into its documents and the lines between them, such as `---` and comments.
fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let mark = line.trim_end() == "---"
            || (line.starts_with("# ") && pieces.last().is_none_or(|last| !last.0));
        let blank = line == "\n" && pieces.last().is_some_and(|last| !last.0);
        match pieces.last_mut() {
            Some(last) if last.0 != (mark || blank) => last.1.push_str(line),
            _ => pieces.push((!(mark || blank), line.into())),
        }
    }
    pieces
}

/// Reads and writes every document of a recorded output; returns what differs first.
fn round_trip(text: &str) -> Result<(), String> {
    let mut written = String::with_capacity(text.len());
    for (document, piece) in pieces(text) {
        if !document {
            written.push_str(&piece);
            continue;
        }
        for value in read_as(&piece, Dialect::Configuration).map_err(|error| error.to_string())? {
            emit_into(&value, &mut written);
        }
    }
    if written == text {
        return Ok(());
    }
    let line = text
        .lines()
        .zip(written.lines())
        .position(|(left, right)| left != right);
    let line = line.unwrap_or_else(|| text.lines().count().min(written.lines().count()));
    Err(format!(
        "line {}: {:?} became {:?}",
        line + 1,
        text.lines().nth(line),
        written.lines().nth(line)
    ))
}

fn check_files(files: &[PathBuf]) {
    let failures: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            // Some commands print an empty line of their own after the last document.
            let cut = text.strip_suffix('\n').filter(|cut| cut.ends_with('\n'));
            let failure = round_trip(&text)
                .err()
                .filter(|_| cut.is_none_or(|cut| round_trip(cut).is_err()))?;
            Some(format!("{}: {failure}", path.display()))
        })
        .collect();
    println!(
        "{} of {} files came back byte for byte",
        files.len() - failures.len(),
        files.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn recorded_flux_output_comes_back() {
    let Some(shared) = shared::folder("") else {
        return;
    };
    let reference = shared.join("flux-reference");
    let mut files = files_below(&reference.join("install-export"));
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    for folder in ["export-cases", "build-cases"] {
        let mut outputs = files_below(&reference.join(folder));
        outputs.retain(|path| path.ends_with("stdout"));
        files.extend(outputs);
    }
    assert!(files.len() > 50, "{} files are too few", files.len());
    check_files(&files);
}

#[test]
fn recorded_kustomize_output_comes_back() {
    let Some(shared) = shared::folder("") else {
        return;
    };
    let mut files = files_below(&shared.join("kustomize-corpus/cases"));
    files.retain(|path| path.file_name().is_some_and(|name| name == "expected.yaml"));
    assert!(files.len() > 400, "{} files are too few", files.len());
    check_files(&files);
}

/// A text of the characters that the format cares about.
fn text() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        4 => "[a-z]{1,12}",
        2 => "[ -~]{0,6}",
        2 => " {1,2}",
        1 => "[\n\t:#'\"\\\\\\-?]{1,2}",
        1 => "[é日\u{a0}😀\u{feff}\u{1}\r\u{e000}]{1,2}",
    ];
    prop_oneof![
        3 => prop::collection::vec(words, 0..40).prop_map(|words| words.concat()),
        1 => "[0-9_.+eExXob:TZ-]{1,12}",
        1 => "(yes|no|on|~|null|true|<<|=|\\.inf|2024-01-01|---|\\.\\.\\.)",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_filter_map("finite", |float| super::number::of_float(float).map(Value::Number)),
        5 => text().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            // Go writes the key `<<` without quotes, so that it is no key when read again.
            prop::collection::vec(
                (text().prop_filter("no merge", |key| key != "<<"), inner),
                0..5
            )
            .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn what_is_written_is_read_again(value in value()) {
        let text = emit(&value);
        for dialect in [Dialect::Resources, Dialect::Configuration, Dialect::Loose] {
            let documents: Vec<Node> = Node::documents(&text).unwrap();
            prop_assert_eq!(documents.len(), 1);
            let again = documents.into_iter().next().unwrap().into_value(dialect, 1).unwrap();
            prop_assert_eq!(&again, &value, "{}", text);
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[\\PC\n\t\r:#&*!<|>'\"\\[\\]{}, -]{0,80}") {
        match read(&text) {
            Ok(values) => prop_assert!(values.iter().all(|value| emit(value).ends_with('\n'))),
            Err(error) => prop_assert!(error.place.line > 0),
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = read(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(error.place.line > 0);
        }
    }

    #[test]
    fn sensible_pieces_in_any_order_never_panic(pieces in prop::collection::vec(
        prop::sample::select(vec!["a: ", "- ", "\n", "  ", "&x ", "*x", "<<: ", "[", "]", "{", "}", ",", "? ", "|\n", ">-\n", "'", "\"", "---\n", "...\n", "%YAML 1.1\n", "!!int ", "!foo ", "#", "b", "\t", "0x", "1"]), 0..40)) {
        if let Err(error) = read(&pieces.concat()) {
            prop_assert!(error.place.line > 0, "{}", error);
        }
    }
}
