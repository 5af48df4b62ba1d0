//! Faults while GitLab is looked at: nothing is written anywhere, and a second run finds all as it was.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{PROJECT, assert_no_secret, assert_says, command, prepare, run, start, writes};
use crate::scene::gitlab::{Fault, GitLab, Role, State, Tls, Token};
use crate::scene::{Scene, TestEnv};

const FIND: &str = "/projects/mycompany%2Fmygroup%2Fflux";

/// A fault, how the run ends, and what it says then.
struct Case {
    name: &'static str,
    fault: Fault,
    words: &'static [&'static str],
}

fn case(name: &'static str, fault: Fault, words: &'static [&'static str]) -> Case {
    Case { name, fault, words }
}

fn env() -> Option<TestEnv> {
    Some(TestEnv::in_scene(Scene::server()?))
}

/// Runs with `--plan` less: what fails before the first write must not write.
#[track_caller]
fn assert_fails(env: &TestEnv, gitlab: &GitLab, name: &str, words: &[&str]) {
    let text = run(env, gitlab, &["--timeout=20s"]).failure(1);
    assert_says(name, &text, words);
    assert_eq!(writes(gitlab), Vec::<String>::new(), "{name}");
}

#[test]
fn a_fault_of_an_answer_ends_the_run_before_anything_is_written() {
    let Some(env) = env() else { return };
    let user = |fault: Fault| fault.on("GET", "/user").always();
    let find = |fault: Fault| fault.on("GET", FIND).always();
    let cases = [
        case(
            "bad token",
            user(Fault::status(401)),
            &["does not know the token", "GITLAB_TOKEN"],
        ),
        case(
            "expired token",
            user(Fault::expired_token()),
            &["says that the token has expired", "GITLAB_TOKEN"],
        ),
        case(
            "revoked token",
            user(Fault::revoked_token()),
            &["says that the token was revoked", "GITLAB_TOKEN"],
        ),
        case(
            "login page",
            user(Fault::login_page()),
            &["there is no GitLab API at https://127.0.0.1", "200"],
        ),
        case(
            "page instead of 404",
            user(Fault::html(404, "Not here")),
            &["there is no GitLab API at", "port and a sub-path"],
        ),
        case("empty answer", find(Fault::empty()), &["an empty answer"]),
        case(
            "malformed JSON",
            find(Fault::malformed(200, "{\"id\": 7, ")),
            &["not the API's: {\"id\": 7"],
        ),
        case(
            "wrong type",
            find(Fault::json(200, json!({ "id": "seven" }))),
            &["not the API's: {\"id\":\"seven\"}"],
        ),
        case(
            "502 for ever",
            find(Fault::status(502)),
            &["answered 502", "try again later"],
        ),
        case(
            "limit for an hour",
            find(Fault::status(429).retry_after(3600)),
            &["limits the number of requests", "3600 s"],
        ),
        case(
            "redirect to another host",
            find(Fault::redirect(302, "https://localhost:1/x")),
            &["points to https://localhost:1"],
        ),
        case(
            "redirect to http",
            find(Fault::redirect(301, "http://127.0.0.1:1/x")),
            &["points to http://127.0.0.1:1"],
        ),
    ];
    for Case { name, fault, words } in cases {
        let gitlab = start(|state| drop(state.commit_first(PROJECT)));
        gitlab.fault(fault);
        assert_fails(&env, &gitlab, name, words);
    }
}

#[test]
fn a_passing_fault_is_waited_out() {
    let Some(env) = env() else { return };
    let past = Fault::status(429).rate_limit_reset(1_000_000);
    let far = Fault::status(429).rate_limit_reset(99_999_999_999);
    for (name, fault) in [
        ("429 with Retry-After", Fault::status(429).retry_after(1)),
        ("429 without Retry-After", Fault::status(429)),
        ("429 with a reset in the past", past),
        ("429 with a reset in the far future", far),
        ("502", Fault::status(502)),
        ("503", Fault::status(503).times(2)),
        ("504", Fault::status(504)),
        ("reset", Fault::reset()),
        ("answer lost", Fault::lost_answer()),
        ("answer cut", Fault::cut()),
    ] {
        let gitlab = start(|_| {});
        gitlab.fault(fault.on("GET", FIND));
        let begun = Instant::now();
        let output = run(&env, &gitlab, &["--plan"]);
        assert_says(name, &output.stderr(), &["trying again in"]);
        assert_says(name, &output.success(), &["master"]);
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{name}: {:?}",
            begun.elapsed()
        );
        assert_eq!(writes(&gitlab), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn answers_of_other_versions_are_read() {
    let Some(env) = env() else { return };
    for fault in [
        Fault::unknown_fields(),
        Fault::without("empty_repo"),
        Fault::without("permissions"),
    ] {
        let gitlab = start(|state| drop(state.commit_first(PROJECT)));
        gitlab.fault(fault.on("GET", FIND).always());
        let _ = run(&env, &gitlab, &["--plan"]).success();
    }
    let gitlab = start(|state| drop(state.commit_first(PROJECT)));
    gitlab.fault(Fault::nulls().on("GET", FIND).always());
    assert_fails(&env, &gitlab, "null everywhere", &["not the API's"]);
}

/// Fills the project.
trait CommitFirst {
    fn commit_first(&mut self, path: &str) -> String;
}

impl CommitFirst for State {
    fn commit_first(&mut self, path: &str) -> String {
        self.project(path);
        self.commit(path, "master", "README.md", "ours\n")
    }
}

#[test]
fn a_connection_that_can_not_be_made_says_why() {
    let Some(env) = env() else { return };
    for tls in [Tls::Foreign, Tls::Expired, Tls::OtherHost] {
        let gitlab = start(|state| state.settings.tls = tls);
        let text = run(&env, &gitlab, &[]).failure(1);
        assert_says(
            &format!("{tls:?}"),
            &text,
            &[
                "cannot make a secure connection to https://127.0.0.1",
                "ertificate",
            ],
        );
        assert!(gitlab.journal().is_empty());
    }
    let gitlab = start(|_| {});
    gitlab.close();
    assert_says(
        "refused",
        &run(&env, &gitlab, &[]).failure(1),
        &["cannot reach https://127.0.0.1", "refused"],
    );
    let gitlab = start(|_| {});
    gitlab.reset_connections(1000);
    let text = run(&env, &gitlab, &["--timeout=20s"]).failure(1);
    assert!(
        text.contains("cannot reach")
            || text.contains("broke")
            || text.contains("secure connection"),
        "{text}"
    );
}

#[test]
fn a_slow_answer_has_its_time_and_no_more() {
    let Some(env) = env() else { return };
    for (name, fault) in [
        ("delay", Fault::delay(Duration::from_secs(40))),
        ("slow body", Fault::drip(Duration::from_millis(500))),
    ] {
        let gitlab = start(|_| {});
        gitlab.fault(fault.on("GET", "/user").always());
        let begun = Instant::now();
        let text = run(&env, &gitlab, &["--timeout=2s"]).failure(1);
        assert_says(
            name,
            &text,
            &["no complete answer from https://127.0.0.1", "within 2 s"],
        );
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{name}: {:?}",
            begun.elapsed()
        );
    }
    let gitlab = start(|_| {});
    gitlab.fault(Fault::delay(Duration::from_secs(40)).on("GET", "/user"));
    let running = prepare(&env, &gitlab, &["--token-auth"], &[]).start();
    running.wait_for("connecting to");
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    running.interrupt();
    let output = running.finish();
    assert_eq!(output.status(), Some(130), "{output}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_group_that_is_not_there_is_told_from_its_parts() {
    let Some(env) = env() else { return };
    let gitlab = start(|_| {});
    let missing = run(&env, &gitlab, &["--owner=mycompany/nogroup/deep"]);
    assert!(missing.status() != Some(0), "{missing}");
    let missing = env
        .command(
            command(&gitlab, &["--token-auth"], &[])
                .into_iter()
                .map(|word| {
                    word.replace(
                        "--owner=mycompany/mygroup",
                        "--owner=mycompany/nogroup/deep",
                    )
                }),
        )
        .variable("GITLAB_TOKEN", &gitlab.token("alice"))
        .run()
        .failure(1);
    assert_says(
        "part",
        &missing,
        &["nogroup/deep in mycompany does not exist", "--owner"],
    );
    assert_eq!(writes(&gitlab), Vec::<String>::new());
}

#[test]
fn a_renamed_project_is_followed_and_told() {
    let Some(env) = env() else { return };
    let gitlab = start(|state| {
        state.commit_first(PROJECT);
        state.rename_project(PROJECT, "fleet");
    });
    let output = run(&env, &gitlab, &["--plan"]);
    let shown = format!("{}{}", output.stdout(), output.stderr());
    assert_says("renamed", &shown, &["mycompany/mygroup/fleet"]);
    let _ = output.success();
}

#[test]
fn a_token_that_can_only_read_is_refused_before_anything_is_written() {
    let Some(env) = env() else { return };
    let gitlab = start(|_| {});
    let token =
        gitlab.state(|state| state.add_token(Token::personal("alice").scopes(&["read_api"])));
    let output = env
        .command(command(&gitlab, &["--token-auth"], &[]))
        .variable("GITLAB_TOKEN", &token)
        .run();
    assert_no_secret(&env, &gitlab, &output);
    assert_says(
        "scope",
        &output.failure(1),
        &[
            "lacks the scope `api`",
            "-/user_settings/personal_access_tokens",
        ],
    );
    assert_eq!(writes(&gitlab), Vec::<String>::new());
}

#[test]
fn a_branch_that_others_keep_is_told_before_anything_is_written() {
    let Some(env) = env() else { return };
    let gitlab = start(|state| {
        state.commit_first(PROJECT);
        state.protect(PROJECT, "master", 0);
    });
    assert_fails(
        &env,
        &gitlab,
        "protected",
        &["master", "is protected", "--branch"],
    );
    let gitlab = start(|state| {
        state.commit_first(PROJECT);
        state.project_mut(PROJECT).marked_for_deletion = Some("2026-12-01".into());
        state.member("alice", PROJECT, Role::Owner);
    });
    assert_fails(
        &env,
        &gitlab,
        "pending deletion",
        &["2026-12-01", "restore it"],
    );
}
