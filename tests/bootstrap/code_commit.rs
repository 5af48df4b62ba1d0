//! What `bootstrap git` asks of a repository at AWS `CodeCommit`, before anything is contacted.

use super::place::words;
use crate::scene::{GitHttp, TestEnv};

const SSH: &str = "git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet";

fn refused(env: &TestEnv, url: &str, more: &[&str]) -> String {
    let mut all = words(&["bootstrap", "git", "--path=clusters/one", "--url", url]);
    all.extend(words(more));
    env.run(all).failure(2)
}

/// Makes a key of a type with `ssh-keygen`; returns the flag that names it.
fn key(env: &TestEnv, kind: &str) -> String {
    let path = env.folder().join(kind);
    let output = std::process::Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-t", kind, "-f"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    format!("--private-key-file={}", path.display())
}

#[test]
fn the_rules_of_ssh_are_held_before_anything_is_contacted() {
    let env = TestEnv::new();
    let said = refused(&env, &format!("ssh://{SSH}"), &[]);
    assert!(said.contains("names no SSH user"), "{said}");
    let said = refused(&env, &format!("ssh://git@{SSH}"), &[]);
    assert!(said.contains("identifier of the SSH key"), "{said}");
    let said = refused(&env, &format!("ssh://APKAEXAMPLE@{SSH}"), &[]);
    assert!(said.contains("needs --private-key-file"), "{said}");
    let other = key(&env, "ed25519");
    let said = refused(&env, &format!("ssh://APKAEXAMPLE@{SSH}"), &[&other]);
    assert!(
        said.contains("RSA keys only") && said.contains("ssh-ed25519"),
        "{said}"
    );
    let said = refused(
        &env,
        "ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/fleet",
        &[&other],
    );
    assert!(said.contains("/v1/repos/NAME"), "{said}");
    // With an RSA key the rules are met: what is refused now is another flag.
    let rsa = key(&env, "rsa");
    let said = refused(
        &env,
        &format!("ssh://APKAEXAMPLE@{SSH}"),
        &[&rsa, "--ssh-signing-password=x"],
    );
    assert!(said.contains("needs --ssh-signing-key-file"), "{said}");
    assert!(!said.contains("CodeCommit"), "{said}");
}

#[test]
fn https_takes_an_identity_of_aws() {
    let env = TestEnv::new();
    let url = format!("https://{SSH}");
    let said = refused(&env, &url, &[]);
    assert!(said.contains("AWS_ACCESS_KEY_ID"), "{said}");
    assert!(said.contains("--token-auth"), "{said}");
    let said = refused(&env, "codecommit::eu-west-1://fleet", &[]);
    assert!(said.contains("helper program"), "{said}");
    let env = env
        .variable("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "aws-secret-of-the-test");
    let said = refused(
        &env,
        "https://vpce-1.git-codecommit.eu-west-1.vpce.amazonaws.com/v1/repos/fleet",
        &[],
    );
    assert!(said.contains("names no region"), "{said}");
    assert!(!said.contains("aws-secret-of-the-test"), "{said}");
    // Any other host is not concerned.
    let server = GitHttp::open();
    let said = refused(&env, &server.url("fleet"), &[]);
    assert!(said.contains("--allow-insecure-http"), "{said}");
}
