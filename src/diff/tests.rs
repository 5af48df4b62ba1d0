//! The report against what flux printed.

use serde_json::Value;

use super::{Style, compare, write_report};

#[test]
fn random_local() {
    let Ok(text) = std::fs::read_to_string("/tmp/dr/cases.jsonl") else {
        return;
    };
    let mut bad = 0;
    let mut all = 0;
    for (index, line) in text.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut out = String::new();
        write_report(
            &compare(&case["old"], &case["new"]),
            Style::default(),
            &mut out,
        );
        let expected = case["report"].as_str().unwrap();
        if expected.starts_with("PANIC") || expected.starts_with("ERROR") {
            continue;
        }
        all += 1;
        if out != expected {
            bad += 1;
            if bad <= 12 {
                eprintln!(
                    "#### {index}\n{}\n{}\n---- expected\n{expected}\n---- got\n{out}",
                    case["old"], case["new"]
                );
            }
        }
    }
    eprintln!("{bad} of {all}");
    assert!(bad == 0);
}
