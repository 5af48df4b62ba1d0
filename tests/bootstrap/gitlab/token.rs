//! Where the token comes from, and tokens that are none of use.

use serde_json::Value;

use super::{assert_no_secret, assert_says, command, start, writes};
use crate::scene::gitlab::GitLab;
use crate::scene::{Scene, TestEnv};

fn stage() -> Option<(TestEnv, GitLab)> {
    Some((TestEnv::in_scene(Scene::server()?), start(|_| {})))
}

#[test]
fn the_token_is_read_from_standard_input() {
    let Some((env, gitlab)) = stage() else { return };
    let line = format!("{}\n", gitlab.token("alice"));
    let output = env
        .command(command(
            &gitlab,
            &["--token-auth"],
            &["--plan", "--output=json"],
        ))
        .stdin(&line)
        .run();
    assert_no_secret(&env, &gitlab, &output);
    let plan: Value = serde_json::from_slice(output.raw_stdout())
        .unwrap_or_else(|error| panic!("{error}: {output}"));
    assert_eq!(plan["branch"], "master");
    assert_eq!(writes(&gitlab), Vec::<String>::new());
}

#[test]
fn the_token_is_typed_unseen_on_a_terminal() {
    let Some((env, gitlab)) = stage() else { return };
    let token = gitlab.token("alice");
    let mut terminal = env
        .command(command(&gitlab, &["--token-auth"], &["--plan"]))
        .on_terminal();
    terminal.expect("Please enter your GitLab personal access token (PAT)");
    terminal.enter_secret(&token);
    let (shown, exit) = terminal.finish();
    assert_eq!(exit, crate::scene::Exit::Code(0), "{shown}");
    assert!(!shown.contains(&token), "the token shows:\n{shown}");
    assert_says("plan", &shown, &["mycompany/mygroup/flux"]);
}

#[test]
fn without_a_token_the_variable_is_named() {
    let Some((env, gitlab)) = stage() else { return };
    let output = env
        .command(command(&gitlab, &["--token-auth"], &[]))
        .stdin("")
        .run();
    assert!(matches!(output.status(), Some(1 | 2)), "{output}");
    assert_says("none", &output.stderr(), &["GITLAB_TOKEN"]);
    assert!(gitlab.journal().is_empty());
}

#[test]
fn tokens_that_are_no_access_tokens_are_refused_before_any_request() {
    let Some((env, gitlab)) = stage() else { return };
    for (token, words) in [
        ("glcbt-0123456789", "the token of a CI job"),
        ("gldt-0123456789", "a deploy token"),
        ("glrt-0123456789", "a runner's token"),
        ("glptt-0123456789", "a pipeline trigger token"),
        ("glft-0123456789", "a feed token"),
        ("glagent-0123456789", "the token of an agent"),
    ] {
        let output = env
            .command(command(&gitlab, &["--token-auth"], &[]))
            .variable("GITLAB_TOKEN", token)
            .run();
        let text = output.failure(2);
        assert_says(token, &text, &[words, "scope `api`"]);
        assert!(!text.contains(token), "{text}");
    }
    assert!(gitlab.journal().is_empty());
}

#[test]
fn an_unknown_token_is_refused_with_the_name_of_its_variable() {
    let Some((env, gitlab)) = stage() else { return };
    let output = env
        .command(command(&gitlab, &["--token-auth"], &[]))
        .variable("GITLAB_TOKEN", "glpat-nobody-knows")
        .run();
    let text = output.failure(1);
    assert_says(
        "unknown",
        &text,
        &["does not know the token", "GITLAB_TOKEN"],
    );
    assert!(!text.contains("nobody-knows"), "{text}");
    assert_eq!(writes(&gitlab), Vec::<String>::new());
}
