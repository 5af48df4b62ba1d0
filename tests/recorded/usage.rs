//! Command lines that flux refuses, or takes although they are odd, without any cluster.

use std::fs;

use serde::Deserialize;

use crate::scene::{TestEnv, reference_data, skip};

/// The commands that are there.
const COMMANDS: &[&str] = &[
    "bootstrap",
    "build",
    "check",
    "completion",
    "debug",
    "delete",
    "envsubst",
    "events",
    "export",
    "get",
    "install",
    "logs",
    "migrate",
    "reconcile",
    "resume",
    "stats",
    "suspend",
    "trace",
    "tree",
    "trigger",
    "uninstall",
    "version",
];

/// Command lines that we answer otherwise on purpose: the arguments, and the number of the quirk that is fixed.
const FIXED: &[(&str, u8)] = &[
    ("get foo", 2),
    ("bootstrap foo", 2),
    ("install --components= --export", 44),
];

const KUBECONFIG: &str = "apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
";

#[derive(Deserialize)]
struct Recorded {
    env: std::collections::BTreeMap<String, String>,
    cases: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    args: Vec<String>,
    exit: i32,
    /// Its first line; nothing where it is help, whose words are ours.
    stdout: Option<String>,
}

#[test]
fn wrong_command_lines_fail_where_they_fail_with_flux() {
    let Some(data) = reference_data()
        .map(|data| data.join("flux-reference"))
        .filter(|data| data.is_dir())
    else {
        skip("no recordings of flux beside the project");
        return;
    };
    let text = fs::read_to_string(data.join("errors.json")).unwrap();
    let recorded: Recorded = serde_json::from_str(&text).unwrap();
    let env = recorded
        .env
        .iter()
        .fold(TestEnv::new(), |env, (name, value)| {
            env.variable(name, value)
        });
    drop(env.file("kc.yaml", KUBECONFIG));
    for entry in fs::read_dir(data.join("inputs")).unwrap() {
        let path = entry.unwrap().path();
        drop(env.file(
            path.file_name().unwrap().to_str().unwrap(),
            &fs::read_to_string(&path).unwrap(),
        ));
    }
    let ours = |line: &&Line| {
        line.args
            .first()
            .is_some_and(|command| COMMANDS.contains(&command.as_str()))
    };
    let mut wrong = Vec::new();
    for line in recorded.cases.iter().filter(ours) {
        let words = line.args.join(" ");
        let output = env.run(line.args.clone());
        let succeeds = output.status() == Some(0);
        let fixed = FIXED.iter().any(|(fixed, _)| *fixed == words);
        let as_wanted = succeeds == (line.exit == 0 && !fixed);
        let first = output
            .stdout()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        let printed = fixed
            || (line.exit != 0 && first.is_empty())
            || (line.exit == 0 && line.stdout.as_ref().is_none_or(|stdout| *stdout == first));
        if !as_wanted || !printed {
            wrong.push(format!("{words}: flux ends with {}\n{output}", line.exit));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
