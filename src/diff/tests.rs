//! The report against what flux's printer wrote, and what must hold of every comparison.
//!
//! `fixtures/diff/reports.jsonl` was written by `dyff` 1.10.2 as flux 2.9.4 calls it: two objects and the report a line.

use serde_json::{Value, json};

use super::{Difference, Edit, Entries, Palette, Step, Style, compare, write_report};

const REPORTS: &str = include_str!("../../fixtures/diff/reports.jsonl");

fn report(old: &Value, new: &Value) -> String {
    let mut out = String::new();
    write_report(&compare(old, new), Style::default(), &mut out);
    out
}

fn cases() -> Vec<Value> {
    let lines = REPORTS.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn writes_what_flux_writes() {
    let cases = cases();
    assert!(cases.len() > 200);
    for case in cases {
        let (old, new) = (&case["old"], &case["new"]);
        let expected = case["report"].as_str().unwrap();
        assert_eq!(report(old, new), expected, "{old}\n{new}");
    }
}

#[test]
fn shows_a_drifted_deployment() {
    let deployment = |replicas: u32, arg: &str| {
        json!({"kind": "Deployment", "spec": {"replicas": replicas, "template": {"spec": {
            "containers": [{"name": "web", "args": ["serve", arg]}]}}}})
    };
    let text = report(&deployment(2, "--verbose"), &deployment(5, "--quiet"));
    assert_eq!(
        text,
        "\nspec.replicas\n± value change\n- 2\n+ 5\n\n\
         spec.template.spec.containers.web.args\n\
         - one list entry removed:   + one list entry added:\n\
         - \"--verbose\"                 - \"--quiet\"\n\n"
    );
}

#[test]
fn equal_objects_differ_nowhere() {
    for case in cases() {
        for object in [&case["old"], &case["new"]] {
            assert_eq!(compare(object, object), []);
            assert_eq!(report(object, object), "\n");
        }
    }
}

#[test]
fn every_changed_leaf_is_covered() {
    for case in cases() {
        let (old, new) = (&case["old"], &case["new"]);
        let differences = compare(old, new);
        if differences.is_empty() {
            assert_eq!(normal(old), normal(new), "nothing was found");
        }
        let mut rebuilt = old.clone();
        for difference in &differences {
            apply(difference, &mut rebuilt, new);
        }
        assert_eq!(normal(&rebuilt), normal(new), "{old}\n{new}");
    }
}

/// Carries a difference over to the old state: a changed node becomes what the new state has there.
fn apply(difference: &Difference, old: &mut Value, new: &Value) {
    let Some((old, new)) = descend(difference.path.steps(), old, new) else {
        return;
    };
    for edit in &difference.edits {
        match (edit, &mut *old) {
            (Edit::Removed(Entries::Map(entries)), Value::Object(fields)) => {
                for (key, _) in entries {
                    fields.remove(key);
                }
            }
            (Edit::Added(Entries::Map(entries)), Value::Object(fields)) => {
                fields.extend(entries.iter().cloned());
            }
            // Entries of lists are put into their new order as a whole.
            _ => *old = new.clone(),
        }
    }
}

fn descend<'state>(
    steps: &[Step],
    old: &'state mut Value,
    new: &'state Value,
) -> Option<(&'state mut Value, &'state Value)> {
    let Some((step, rest)) = steps.split_first() else {
        return Some((old, new));
    };
    let named = |entry: &Value, field: &str, name: &str| match field {
        "resource" => true,
        _ => entry
            .get(field)
            .is_some_and(|value| super::scalar::text(value) == name),
    };
    let (old, new) = match step {
        Step::Key(key) => (old.get_mut(key)?, new.get(key)?),
        Step::Index(index) => (old.get_mut(index)?, new.get(index)?),
        // A list of objects is compared as a whole here.
        Step::Named { field, .. } if field == "resource" => {
            *old = new.clone();
            return None;
        }
        Step::Named { field, name } => (
            old.as_array_mut()?
                .iter_mut()
                .find(|entry| named(entry, field, name))?,
            new.as_array()?
                .iter()
                .find(|entry| named(entry, field, name))?,
        ),
    };
    descend(rest, old, new)
}

/// Writes a value without what does not count: the types of scalars in lists, empty collections.
fn normal(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", normal(value)))
                .collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(entries) if entries.is_empty() => "{}".into(),
        Value::Array(entries) => {
            let entries: Vec<_> = entries.iter().map(normal).collect();
            format!("[{}]", entries.join(","))
        }
        scalar => super::scalar::text(scalar).into_owned(),
    }
}

#[test]
fn colours_change_nothing_else() {
    let style = Style {
        palette: Palette::Terminal,
        ..Style::default()
    };
    for case in cases() {
        let mut out = String::new();
        write_report(&compare(&case["old"], &case["new"]), style, &mut out);
        let mut plain = String::new();
        let mut rest = out.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        // Blanks at the end of a coloured line stay, since the colour ends after them.
        let trimmed = |text: &str| -> Vec<String> {
            text.lines()
                .map(|line| line.trim_end().to_owned())
                .collect()
        };
        assert_eq!(trimmed(&plain), trimmed(case["report"].as_str().unwrap()));
    }
}

#[test]
fn survives_any_width() {
    for case in cases().iter().take(60) {
        for width in [0, 1, 20, 1000] {
            let style = Style {
                width,
                ..Style::default()
            };
            let mut out = String::new();
            write_report(&compare(&case["old"], &case["new"]), style, &mut out);
            assert!(out.ends_with('\n'));
        }
    }
}
