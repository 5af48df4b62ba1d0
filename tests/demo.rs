//! The environment that `scripts/demo` plays in: a cluster that knows nothing of Flux, and a Gitea beside it; and the
//! demo on a cluster that it did not make.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::thread;

use crate::scene::{
    Access, Authority, CLUSTER, Cluster, DEMO, DEMO_STAYS, GitHttp, Gitea, Scene, Scheme, TestEnv,
    User, are_built, built, run_root, write_private,
};

/// The organisation that the demo's repository belongs to.
const OWNER: &str = "demo";

/// Starts the environment, tells the script where everything is, and stays until the script is gone.
#[test]
#[ignore = "the environment of scripts/demo"]
fn environment() {
    let Some(file) = DEMO.text() else { return };
    let programs: Vec<&str> = CLUSTER.iter().copied().chain(["gitea"]).collect();
    assert!(are_built(&programs), "run tests/env/build.sh first");
    let gitea = thread::spawn(|| Gitea::start(Scheme::Https));
    let cluster = Cluster::start_bare();
    let gitea = gitea.join().expect("Gitea starts");
    gitea.create_organisation(OWNER);
    let authority = run_root().join("gitea-ca.pem");
    fs::write(&authority, gitea.authority().expect("it speaks HTTPS"))
        .expect("the folder of the run can be written");
    tell(Path::new(&file), &cluster, &gitea, &authority);
    if DEMO_STAYS.text().is_some() {
        loop {
            thread::park();
        }
    }
    // The script holds the other end, and its end is ours.
    drop(std::io::stdin().read_to_end(&mut Vec::new()));
}

/// Writes what the script needs as lines for a shell, under another name first, so that it reads all or nothing.
fn tell(file: &Path, cluster: &Cluster, gitea: &Gitea, authority: &Path) {
    let kubeconfig = cluster.plane().kubeconfig(User::Admin);
    let text = format!(
        "KUBECONFIG='{}'\nGITEA_HOST='{}'\nGITEA_URL='{}'\nGITEA_CA='{}'\nGITEA_OWNER='{OWNER}'\nGITEA_TOKEN='{}'\n",
        kubeconfig.display(),
        gitea.host(),
        gitea.url(),
        authority.display(),
        gitea.token(),
    );
    let draft = file.with_extension("draft");
    write_private(&draft, &text);
    fs::rename(&draft, file).expect("the script's folder can be written");
}

/// The programs of the system that the script uses.
const SCRIPT_PROGRAMS: &[&str] = &[
    "bash", "cargo", "cat", "dirname", "mktemp", "realpath", "rm", "sed",
];

#[test]
fn plays_on_a_cluster_of_ones_own() {
    let Some(scene) = Scene::private_bare() else {
        return;
    };
    let password = "sesame-of-the-test";
    let authority = Authority::new("Git CA");
    let access = Access::Basic {
        user: "ann".into(),
        password: password.into(),
    };
    let server = GitHttp::start(access, Some(&authority.identity()));
    let repository = server.repository("fleet");
    let env = TestEnv::in_scene(scene).without_variable("FLUX_SYSTEM_NAMESPACE");
    let env = SCRIPT_PROGRAMS
        .iter()
        .fold(env, |env, name| env.with_program(name));
    let cache = built("").parent().unwrap().to_owned();
    let env = env
        .variable("GITOPS", env!("CARGO_BIN_EXE_gitops"))
        .variable("GITOPS_TESTENV", &cache.display().to_string());
    let ca = env.file("ca.pem", authority.pem());
    let play = || {
        let arguments = [
            "--context=scene".to_owned(),
            "--".to_owned(),
            format!("--url={}", server.url("fleet")),
            "--username=ann".to_owned(),
            format!("--password={password}"),
            "--token-auth".to_owned(),
            format!("--ca-file={}", ca.display()),
        ];
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo");
        env.other_command(&script, arguments).run()
    };
    let output = play();
    assert_eq!(output.status(), Some(0), "{output}");
    let shown = output.to_string();
    assert!(!shown.contains(password), "{shown}");
    assert!(
        shown.contains("the ConfigMap in the cluster says \"hello again\""),
        "{shown}"
    );
    let subjects = repository.subjects("main");
    assert_eq!(
        subjects[..2],
        ["Say hello again", "Say hello"],
        "{subjects:?}"
    );
    // Somebody who plays it again finds it all there.
    let output = play();
    assert_eq!(output.status(), Some(0), "{output}");
    assert_eq!(repository.subjects("main").len(), 6);
}
