//! Templates, held to what kubectl makes of them (`tests/commands/output.rs` asks kubectl itself).

use serde_json::{Value, json};

use super::template::JsonPath;

fn object() -> Value {
    json!({
        "kind": "List",
        "items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "n": 1, "ready": true,
             "conditions": [{"type": "Ready", "status": "True"}, {"type": "Stalled", "status": "False"}]},
            {"metadata": {"name": "b"}, "n": 2.5, "ready": false, "conditions": []},
            {"metadata": {"name": "c(d)"}, "n": 10, "nothing": null},
        ],
    })
}

fn fill(template: &str) -> Result<String, String> {
    let template: JsonPath = template
        .parse()
        .map_err(|error: super::PathError| error.to_string())?;
    template.fill(&object()).map_err(|error| error.to_string())
}

#[test]
fn paths_lead_to_values() {
    for (template, text) in [
        ("{.kind}", "List"),
        ("{$.kind}", "List"),
        ("{@.kind}", "List"),
        ("kind: {.kind}!", "kind: List!"),
        ("{.items[*].metadata.name}", "a b c(d)"),
        ("{.items[0].metadata.name}", "a"),
        ("{.items[-1].metadata.name}", "c(d)"),
        ("{.items[0:2].metadata.name}", "a b"),
        ("{.items[::2].metadata.name}", "a c(d)"),
        ("{.items[-2:].metadata.name}", "b c(d)"),
        ("{.items[0,2].metadata.name}", "a c(d)"),
        ("{.items[*]['metadata.name','n']}", "a b c(d) 1 2.5 10"),
        (
            "{.items[0].metadata.labels.app\\.kubernetes\\.io/name}",
            "x",
        ),
        (
            "{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}",
            "x",
        ),
        ("{.items[0].conditions[0].*}", "True Ready"),
        (
            "{.items[0].conditions[0]}",
            r#"{"status":"True","type":"Ready"}"#,
        ),
        ("{..type}", "Ready Stalled"),
        ("{..metadata.name}", "a b c(d)"),
        ("{.items[2].nothing}", "null"),
        ("{.missing.deeper}", ""),
        ("{.items[1].conditions[*].type}", ""),
        ("{'it''s'}", "s"),
        ("{\"a\\tb\\n\"}", "a\tb\n"),
        ("no braces", "no braces"),
    ] {
        assert_eq!(fill(template).as_deref(), Ok(text), "{template}");
    }
}

#[test]
fn filters_choose_items() {
    for (template, text) in [
        (r#"{.items[?(@.metadata.name=="b")].n}"#, "2.5"),
        ("{.items[?(@.metadata.name=='b')].n}", "2.5"),
        ("{.items[?(@.metadata.name == 'b')].n}", "2.5"),
        ("{.items[?(@.metadata.name!='b')].metadata.name}", "a c(d)"),
        ("{.items[?(@.metadata.name=='c(d)')].n}", "10"),
        ("{.items[?(@.n>1)].metadata.name}", "b c(d)"),
        ("{.items[?(@.n>=2.5)].metadata.name}", "b c(d)"),
        ("{.items[?(@.n<=1)].metadata.name}", "a"),
        ("{.items[?(@.ready==true)].metadata.name}", "a"),
        ("{.items[?(@.metadata.labels)].metadata.name}", "a"),
        (
            r#"{.items[0].conditions[?(@.type=="Ready")].status}"#,
            "True",
        ),
        (
            r#"{.items[*].conditions[?(@.type=="Ready")].status}"#,
            "True",
        ),
    ] {
        assert_eq!(fill(template).as_deref(), Ok(text), "{template}");
    }
}

#[test]
fn ranges_repeat_what_is_inside() {
    for (template, text) in [
        (
            r#"{range .items[*]}{.metadata.name}{"\t"}{.n}{"\n"}{end}done"#,
            "a\t1\nb\t2.5\nc(d)\t10\ndone",
        ),
        (
            "{range .items[*]}{.metadata.name}:{range .conditions[*]} {.type}={.status}{end};{end}",
            "a: Ready=True Stalled=False;b:;c(d):;",
        ),
        ("{range .missing[*]}{.x}text{end}after", "after"),
        ("{range .items[*]}{.metadata.name} ", "a b c(d)  "),
    ] {
        assert_eq!(fill(template).as_deref(), Ok(text), "{template}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    insta::assert_snapshot!(
        [
            "{.items", "{.items[0}", "{.items[?(@.n>1}", "{.items[x]}", "{.items[?(@.n=1)]}", "{name}", "{'a}",
            "{end}", "{#}", "{....a}", "{.kind[0]}", "{.items[3]}", "{.items[0:4]}", "{.items[::0]}",
            "{.items[?(@.metadata.name>1)]}", "{.items[?(@.ready>true)]}", "{.items[?(@.conditions[*].type=='x')]}",
            "{1.2.3}",
        ]
        .map(|template| format!("{template} => {}\n", fill(template).err().unwrap_or_default()))
        .concat(),
        @r"
        {.items => `{` is not closed
        {.items[0} => `[0}` is not closed
        {.items[?(@.n>1} => `[?(@.n>1}` is not closed
        {.items[x]} => `[x]` is no place in a list, no `'key'` and no filter
        {.items[?(@.n=1)]} => a filter cannot compare with `=`
        {name} => `name` is neither `range` nor `end`, and paths begin with a dot
        {'a} => `'a}` is not closed
        {end} => there is no range for `{end}` to end
        {#} => `#` means nothing here: `#}`
        {....a} => `....` descends twice
        {.kind[0]} => a text is not a list
        {.items[3]} => there is no item 3 in a list of 3
        {.items[0:4]} => there is no item 3 in a list of 3
        {.items[::0]} => the step of a slice must be greater than 0
        {.items[?(@.metadata.name>1)]} => a text cannot be compared with a number
        {.items[?(@.ready>true)]} => a truth value cannot be compared with a truth value
        {.items[?(@.conditions[*].type=='x')]} => a filter can compare only one value with one
        {1.2.3} => `1.2.3` is no number
        "
    );
}
