//! The environment that `scripts/demo` plays in: a cluster that knows nothing of Flux, and a Gitea beside it.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::thread;

use crate::scene::{
    CLUSTER, Cluster, DEMO, DEMO_STAYS, Gitea, Scheme, User, are_built, run_root, write_private,
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
