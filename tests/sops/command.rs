//! `build kustomization` on encrypted files: digests with a key, masks without, one clear error with a wrong one.

use super::{BUILD, KUSTOMIZATION, fixture, fixtures, key};
use crate::scene::{CommandOutput, Exit, TestEnv, are_installed, installed};

/// What no output may hold: the values of `fixtures/sops/plain/secret.yaml`, and what base64 makes of them.
const SECRETS: &[&str] = &["correct horse", "Y29ycmVjdCBob3Jz", "battery"];

/// A folder with an encrypted Secret, with a key that a generator reads, and with what carries it on.
fn folder() -> TestEnv {
    let env = TestEnv::new();
    env.file("ks.yaml", KUSTOMIZATION);
    env.file("apps/secret.yaml", &fixture("encrypted/secret.yaml"));
    env.file("apps/settings.env", &fixture("encrypted/settings.env"));
    env.file(
        "apps/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {carried: x, url: 'http://admin:PLACE@host/', plain: text}\n",
    );
    env.file(
        "apps/kustomization.yaml",
        "resources: [secret.yaml, settings.yaml]
secretGenerator:
- name: generated
  envs: [settings.env]
replacements:
- source: {kind: Secret, name: generated, fieldPath: data.PASSWORD}
  targets:
  - select: {kind: ConfigMap, name: settings}
    fieldPaths: [data.carried]
- source: {kind: Secret, name: generated, fieldPath: data.MULTI}
  targets:
  - select: {kind: ConfigMap, name: settings}
    fieldPaths: [data.url]
    options: {delimiter: '@', index: 0}
",
    );
    env
}

fn build(env: &TestEnv, more: &[&str]) -> CommandOutput {
    env.run(BUILD.into_iter().chain(more.iter().copied()))
}

/// Returns the digest that stands behind a key.
fn digest<'text>(text: &'text str, key: &str) -> &'text str {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
    let digest = line.unwrap_or_else(|| panic!("{key} is not in {text}"));
    let digest = digest.trim().trim_matches(['\'', '"']);
    assert!(
        digest.starts_with("**sha256:") && digest.ends_with("**"),
        "{digest}"
    );
    digest
}

#[test]
fn with_a_key_values_are_digests_wherever_they_were_carried() {
    let env = folder();
    let text = build(&env, &[&format!("--decryption-key={}", key("age.txt"))]).success();
    // A value and what a replacement made of it are the same secret.
    assert_eq!(digest(&text, "PASSWORD:"), digest(&text, "carried:"));
    assert_ne!(digest(&text, "password:"), digest(&text, "PASSWORD:"));
    assert!(
        text.contains("plain: text") && !text.contains("ENC["),
        "{text}"
    );
    for secret in SECRETS.iter().chain(&["p=a#ss", "cD1hI3Nz", "b25lCnR3bw"]) {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn the_variables_of_sops_name_keys_too() {
    let shown = |env: &TestEnv| build(env, &[]).success();
    let by_file = folder().variable("SOPS_AGE_KEY_FILE", &key("age.txt"));
    assert!(shown(&by_file).contains("**sha256:"));
    let by_text = folder().variable(
        "SOPS_AGE_KEY",
        fixture("keys/age.txt").lines().last().unwrap(),
    );
    assert!(shown(&by_text).contains("**sha256:"));
    let by_command = folder()
        .with_program("cat")
        .variable("SOPS_AGE_KEY_CMD", &format!("cat '{}'", key("age.txt")));
    assert!(shown(&by_command).contains("**sha256:"));
    let by_place = folder();
    let place = by_place.home().join(".config/sops/age");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::copy(fixtures().join("keys/age.txt"), place.join("keys.txt")).unwrap();
    assert!(shown(&by_place).contains("**sha256:"));
    assert!(
        !build(&by_place, &["--no-decryption"])
            .success()
            .contains("**sha256:")
    );
}

#[test]
fn secrets_are_shown_only_to_who_insists() {
    let env = folder();
    let with_key = format!("--decryption-key={}", key("age.txt"));
    let refused = build(&env, &[&with_key, "--show-secrets"]).failure(2);
    assert!(refused.contains("--yes"), "{refused}");
    let text = build(&env, &[&with_key, "--show-secrets", "--yes"]).success();
    assert!(
        text.contains("password: correct horse battery staple"),
        "{text}"
    );
    // The hash is that of the true content.
    let name = |text: &str| {
        let line = text.lines().find(|line| line.contains("name: generated-"));
        line.unwrap().trim().to_owned()
    };
    let hidden = build(&env, &[&with_key]).success();
    assert_eq!(name(&text), name(&hidden));
    assert_ne!(name(&text), name(&build(&env, &[]).success()));
}

#[test]
fn without_a_key_all_is_masked_and_told_once() {
    let output = build(&folder(), &[]);
    let (text, talk) = (output.stdout(), output.stderr());
    assert_eq!(output.status(), Some(0));
    assert!(text.contains("password: '**SOPS**'"), "{text}");
    assert!(
        !text.contains("sops:") && !text.contains("sha256"),
        "{text}"
    );
    assert_eq!(talk.matches("no key at hand opens").count(), 1, "{talk}");
    assert!(talk.contains("Secret/apps/credentials"), "{talk}");
}

#[test]
fn a_wrong_key_a_damaged_file_and_no_key_at_all_are_each_one_clear_error() {
    let env = folder();
    let wrong = build(&env, &[&format!("--decryption-key={}", key("other.txt"))]).failure(1);
    assert!(
        wrong.contains("settings.env")
            && wrong.contains("no key at hand opens it; it is encrypted for age age1"),
        "{wrong}"
    );
    assert!(wrong.contains("other.txt"), "{wrong}");
    let no_key = build(&env, &["--decryption-key=ks.yaml"]).failure(1);
    assert!(
        no_key.contains("ks.yaml holds no decryption key"),
        "{no_key}"
    );
    let absent = build(&env, &["--decryption-key=absent"]).failure(1);
    assert!(
        absent.contains("cannot read the decryption key absent"),
        "{absent}"
    );
    let with_key = format!("--decryption-key={}", key("age.txt"));
    let settings = fixture("encrypted/settings.env");
    env.file(
        "apps/settings.env",
        &settings.replace("USER=ENC[AES256_GCM,data:", "USER=ENC[AES256_GCM,data:AAAA"),
    );
    let changed = build(&env, &[&with_key]).failure(1);
    assert!(
        changed.contains("the value at `USER` can't be decrypted"),
        "{changed}"
    );
    env.file("apps/settings.env", &settings[..settings.len() / 2]);
    let cut = build(&env, &[&with_key]);
    assert!(!cut.stderr().contains("p=a#ss") && !cut.stdout().contains("p=a#ss"));
}

#[test]
fn gpg_is_asked_only_where_that_is_meant() {
    if !are_installed(&["gpg", "gpgconf"]) {
        return;
    }
    let env = folder().with_program("gpg");
    env.file("apps/settings.env", &fixture("encrypted/pgp.env"));
    env.file(
        "apps/kustomization.yaml",
        "secretGenerator: [{name: generated, envs: [settings.env]}]\n",
    );
    // A folder with a short name: the agent's socket is in it.
    let home = tempfile::Builder::new()
        .prefix("gnupg")
        .tempdir_in("/tmp")
        .unwrap();
    let env = env.variable("GNUPGHOME", &home.path().display().to_string());
    env.other_command(
        &installed("gpg").unwrap(),
        ["--batch", "--import", &key("pgp.asc")],
    )
    .run()
    .success();
    assert!(!build(&env, &[]).success().contains("**sha256:"));
    let asked = build(&env, &["--decryption-gpg"]).success();
    assert!(asked.contains("**sha256:"), "{asked}");
    env.other_command(&installed("gpgconf").unwrap(), ["--kill", "gpg-agent"])
        .run()
        .success();
    let from_file = build(&env, &[&format!("--decryption-key={}", key("pgp.asc"))]).success();
    assert!(from_file.contains("**sha256:"), "{from_file}");
}

#[test]
fn keys_with_a_passphrase_and_those_of_plugins_are_refused_with_a_way_out() {
    let env = folder();
    let refused = |name: &str, content: &str, why: &str| {
        env.file(name, content);
        let told = build(&env, &[&format!("--decryption-key={name}")]).failure(1);
        assert!(told.contains(why) && !told.contains("hunter2"), "{told}");
    };
    refused(
        "plugin.txt",
        "AGE-PLUGIN-HUNTER2-1QQQQ\n",
        "keys of age plugins are not supported",
    );
    refused(
        "quantum.txt",
        "AGE-SECRET-KEY-PQ-1QQQQ\n",
        "post-quantum keys of age",
    );
    refused(
        "age.txt",
        "-----BEGIN AGE ENCRYPTED FILE-----\naaaa\n-----END AGE ENCRYPTED FILE-----\n",
        "the age key has a passphrase",
    );
    if are_installed(&["ssh-keygen"]) {
        let path = env.folder().join("id").display().to_string();
        let arguments = [
            "-q", "-t", "ed25519", "-N", "hunter2", "-C", "", "-f", &path,
        ];
        env.other_command(&installed("ssh-keygen").unwrap(), arguments)
            .run()
            .success();
        let content = std::fs::read_to_string(&path).unwrap();
        refused("id", &content, "the SSH key has a passphrase");
    }
    if are_installed(&["gpg", "gpgconf"]) {
        let home = tempfile::Builder::new()
            .prefix("gnupg")
            .tempdir_in("/tmp")
            .unwrap();
        let env = TestEnv::new().variable("GNUPGHOME", &home.path().display().to_string());
        let gpg = |arguments: &[&str]| {
            let all = [
                "--batch",
                "--pinentry-mode=loopback",
                "--passphrase=hunter2",
            ];
            let all = all.iter().chain(arguments).copied();
            env.other_command(&installed("gpg").unwrap(), all)
                .run()
                .success()
        };
        gpg(&[
            "--quick-generate-key",
            "somebody",
            "rsa2048",
            "encrypt",
            "never",
        ]);
        let ring = gpg(&["--armor", "--export-secret-keys"]);
        env.other_command(&installed("gpgconf").unwrap(), ["--kill", "gpg-agent"])
            .run()
            .success();
        refused("locked.asc", &ring, "the OpenPGP key has a passphrase");
    }
}

#[test]
fn a_kustomization_that_does_not_decrypt_stays_masked() {
    let env = folder();
    env.file(
        "ks.yaml",
        &KUSTOMIZATION.replace(
            "  decryption: {provider: sops, secretRef: {name: keys}}\n",
            "",
        ),
    );
    let text = build(&env, &[&format!("--decryption-key={}", key("age.txt"))]).success();
    assert!(text.contains("password: '**SOPS**'"), "{text}");
}

#[test]
fn a_file_of_objects_that_was_changed_is_a_warning() {
    let env = folder();
    let changed = fixture("encrypted/secret.yaml").replace("type: Opaque", "type: example.com/own");
    env.file("apps/secret.yaml", &changed);
    let output = build(&env, &[&format!("--decryption-key={}", key("age.txt"))]);
    assert_eq!(output.status(), Some(0), "{output}");
    let talk = output.stderr();
    assert!(
        talk.contains("secret.yaml: the file was changed after SOPS had encrypted it"),
        "{talk}"
    );
    assert_eq!(talk.matches("MAC").count(), 1, "{talk}");
}

#[test]
fn a_key_may_come_as_the_secret_that_flux_would_read() {
    let env = folder();
    let key = fixture("keys/age.txt");
    let key = key.lines().last().unwrap();
    let secret = |entry: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: keys}}\nstringData: {{{entry}: {key}}}\n"
        )
    };
    env.file("keys.yaml", &secret("identity.agekey"));
    assert!(
        build(&env, &["--decryption-key=keys.yaml"])
            .success()
            .contains("**sha256:")
    );
    env.file("keys.yaml", &secret("identity"));
    let refused = build(&env, &["--decryption-key=keys.yaml"]).failure(1);
    assert!(
        refused.contains("neither `*.agekey` nor `*.asc` entries") && !refused.contains(key),
        "{refused}"
    );
}

/// Locks a private key of SSH with the passphrase `hunter2`; says whether there is a program for it.
fn locked_ssh_key(env: &TestEnv, name: &str) -> bool {
    if !are_installed(&["ssh-keygen"]) {
        return false;
    }
    let path = env.file(name, &std::fs::read_to_string(key("id_ed25519")).unwrap());
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, mode).unwrap();
    let path = path.display().to_string();
    let arguments = ["-q", "-p", "-P", "", "-N", "hunter2", "-f", &path];
    env.other_command(&installed("ssh-keygen").unwrap(), arguments)
        .run()
        .success();
    true
}

#[test]
fn a_passphrase_is_asked_for_once_at_a_terminal_and_never_shown() {
    let env = TestEnv::new();
    env.file("ks.yaml", KUSTOMIZATION);
    env.file("apps/one.yaml", &fixture("encrypted/ssh-ed25519.yaml"));
    env.file("apps/two.yaml", &fixture("encrypted/ssh-ed25519.yaml"));
    env.file(
        "apps/kustomization.yaml",
        "secretGenerator: [{name: a, files: [one.yaml, two.yaml]}]\n",
    );
    if !locked_ssh_key(&env, "locked") {
        return;
    }
    let arguments = |more: &'static [&'static str]| {
        let all = BUILD.into_iter().chain(["--decryption-key=locked"]);
        env.command(all.chain(more.iter().copied()))
    };
    let mut terminal = arguments(&[]).on_terminal();
    terminal.expect("Passphrase of the SSH key (locked)");
    terminal.enter_secret("wrong");
    let before = terminal.expect("That was wrong. Passphrase of the SSH key (locked)");
    assert!(!before.contains("wrong"), "{before}");
    terminal.enter_secret("hunter2");
    let (rest, exit) = terminal.finish();
    assert_eq!(exit, Exit::Code(0), "{rest}");
    assert!(rest.contains("**sha256:"), "{rest}");
    assert!(!rest.contains("hunter2"), "{rest}");
    // What stays of the question is the line that says that an answer was given.
    assert_eq!(rest.matches("Passphrase").count(), 1, "{rest}");

    // Who stops it there gets the terminal back.
    let mut terminal = arguments(&[]).on_terminal();
    terminal.expect("Passphrase of the SSH key (locked): ");
    terminal.control('c');
    let (rest, exit) = terminal.finish();
    assert_eq!(exit, Exit::Code(130), "{rest}");

    // Three wrong ones are an error that says so; `--yes` and a pipe ask nobody.
    let mut terminal = arguments(&[]).on_terminal();
    for _ in 0..3 {
        terminal.expect("Passphrase of the SSH key (locked): ");
        terminal.enter_secret("wrong");
        terminal.expect("[hidden]");
    }
    let (rest, exit) = terminal.finish();
    assert_eq!(exit, Exit::Code(1), "{rest}");
    assert!(rest.contains("its passphrase was wrong"), "{rest}");
    let (rest, exit) = arguments(&["--yes"]).on_terminal().finish();
    assert_eq!(exit, Exit::Code(1), "{rest}");
    assert!(rest.contains("the SSH key has a passphrase"), "{rest}");
    let told = arguments(&[]).stdin("hunter2\n").run().failure(1);
    assert!(told.contains("the SSH key has a passphrase"), "{told}");
}

#[test]
fn nobody_is_asked_for_a_key_that_opens_nothing() {
    let env = folder();
    if !locked_ssh_key(&env, "locked") {
        return;
    }
    // Everything is encrypted for the other key.
    let both = format!("--decryption-key={},locked", key("age.txt"));
    let arguments = BUILD.into_iter().chain([both.as_str()]);
    let (rest, exit) = env.command(arguments).on_terminal().finish();
    assert_eq!(exit, Exit::Code(0), "{rest}");
    assert!(
        !rest.contains("Passphrase") && rest.contains("**sha256:"),
        "{rest}"
    );
}
