//! Runs of a program: a clean environment, input, signals, time limits, a terminal.

use std::time::Duration;

use crate::scene::{Exit, TestEnv, installed};

/// Makes a place where scripts find what they use.
fn place() -> TestEnv {
    TestEnv::new().with_program("cat").with_program("sleep")
}

fn shell(env: &TestEnv, script: &str) -> crate::scene::Invocation {
    env.other_command(
        &installed("sh").expect("every system has a shell"),
        ["-c", script],
    )
}

#[test]
fn the_environment_holds_nothing_of_the_test_runner() {
    let env = TestEnv::new();
    let names = env
        .other_command(
            &installed("env").expect("every system has `env`"),
            [] as [&str; 0],
        )
        .run()
        .success();
    let mut names: Vec<&str> = names
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "COLUMNS",
            "GITOPS_CLOCK",
            "GITOPS_RELEASE_URL",
            "GIT_CONFIG_NOSYSTEM",
            "HOME",
            "LANG",
            "NO_COLOR",
            "PATH",
            "TMPDIR",
            "TZ"
        ]
    );
}

#[test]
fn streams_are_kept_apart_and_folders_are_named() {
    let env = place();
    env.file("in/file.txt", "text\n");
    insta::assert_snapshot!(shell(&env, "cat in/file.txt - ; echo $HOME; pwd >&2; exit 3").stdin("typed\n").run(), @r"
    text
    typed
    [HOME]
    ------- stderr -------
    [WORK]
    [exit status: 3]
    ");
}

#[test]
fn a_run_that_takes_too_long_is_ended_with_what_it_started() {
    let env = place();
    let output = shell(&env, "echo begun; sleep 100 & sleep 100")
        .timeout(Duration::from_millis(300))
        .run();
    insta::assert_snapshot!(output, @r"
    begun
    [ran out of time]
    ");
}

#[test]
fn a_running_program_is_interrupted() {
    let env = place();
    let running = shell(
        &env,
        "trap 'echo stopped >&2; exit 130' INT; echo ready; while :; do sleep 0.05; done",
    )
    .start();
    running.wait_for("ready");
    running.interrupt();
    let output = running.finish();
    assert_eq!(output.status(), Some(130));
    insta::assert_snapshot!(output, @r"
    ready
    ------- stderr -------
    stopped
    [exit status: 130]
    ");
}

#[test]
fn a_program_on_a_terminal_asks_and_hears() {
    let env = place();
    let script =
        "test -t 0 || exit 9; printf 'sure? '; read answer; echo \"heard $answer\"; exit 4";
    let mut terminal = shell(&env, script).on_terminal();
    drop(terminal.expect("sure? "));
    terminal.type_keys("ye");
    terminal.enter("s");
    drop(terminal.expect("heard yes"));
    assert_eq!(terminal.finish().1, Exit::Code(4));

    let mut terminal = shell(&env, "echo ready; sleep 100").on_terminal();
    drop(terminal.expect("ready"));
    terminal.control('c');
    assert_eq!(terminal.finish().1, Exit::Signal(libc::SIGINT));
}

#[test]
fn a_run_has_its_own_folder_and_variables() {
    let env = place()
        .variable("KIND", "place")
        .without_variable("COLUMNS");
    env.file("below/name", "text");
    let output = shell(
        &env,
        "echo $KIND $OWN ${COLUMNS:-none} $HOME; cat name; kill -TERM $$",
    )
    .variable("OWN", "run")
    .within(&env.folder().join("below"))
    .run()
    .redacting("place", "[KIND]");
    let home = env.home().display().to_string();
    assert_eq!(
        output.raw_stdout(),
        format!("place run none {home}\ntext").as_bytes()
    );
    assert_eq!(output.raw_stderr(), b"");
    insta::assert_snapshot!(output, @r"
    [KIND] run none [HOME]
    text[no line end]
    [ended by signal 15]
    ");
    let running = shell(
        &env,
        "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done",
    )
    .start();
    running.wait_for("ready");
    running.signal(libc::SIGTERM);
    drop(running.finish().failure(7));
}
