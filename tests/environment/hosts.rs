//! Gitea and the OCI registry, used by the controllers as in real life.

use reqwest::Method;
use serde_json::json;

use super::cluster::SYNC;
use crate::scene::{Gitea, Registry, Scene, Scheme, are_built, text};

#[test]
fn gitea_takes_keys_and_commits_and_a_controller_clones_from_it() {
    let Some(scene) = Scene::shared() else { return };
    let Some(gitea) = Gitea::shared() else { return };
    let owner = gitea.organisation();
    gitea.create_repository(&owner, "fleet");
    let content = json!({ "content": "e2FwaVZlcnNpb246IHYxLCBraW5kOiBDb25maWdNYXAsIG1ldGFkYXRhOiB7bmFtZTogYX19Cg==", "message": "add a", "branch": "main" });
    let (status, answer) = gitea.call(
        Method::POST,
        &format!("/repos/{owner}/fleet/contents/app/a.yaml"),
        Some(&content),
    );
    assert_eq!(status, 201, "{answer}\n{}", gitea.log_tail());
    assert_eq!(
        gitea.repository(&owner, "fleet").files("main"),
        ["app/a.yaml"]
    );
    let authority = gitea.authority().expect("the shared one speaks HTTPS");
    let data = json!({ "username": "git", "password": gitea.token(), "ca.crt": authority });
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "git" }, "stringData": data });
    scene.apply(&secret.to_string());
    let url = gitea.clone_url(&owner, "fleet");
    scene.apply(&SYNC.replace(
        "url: URL",
        &format!("secretRef: {{name: git}}, url: '{url}'"),
    ));
    scene.wait_ready("Kustomization/app");
}

#[test]
fn gitea_knows_its_users_and_their_scopes() {
    if !are_built(&["gitea"]) {
        return;
    }
    let gitea = Gitea::start(Scheme::Http);
    let token = gitea.user("ada", "read:user");
    assert_ne!(token, gitea.token());
    let (status, user) = gitea.call(Method::GET, "/user", None);
    assert_eq!((status, text(&user, "/login")), (200, "root1"));
    let (status, version) = gitea.call(Method::GET, "/version", None);
    assert_eq!((status, text(&version, "/version")), (200, "1.27.3"));
    assert!(
        gitea.ssh_url("a", "b").starts_with("ssh://git@127.0.0.1:"),
        "{}",
        gitea.ssh_url("a", "b")
    );
}

#[test]
fn a_controller_picks_the_newest_tag_of_a_registry() {
    let Some(scene) = Scene::shared() else { return };
    let Some(registry) = Registry::shared() else {
        return;
    };
    for tag in ["1.0.0", "1.2.0", "1.1.0"] {
        registry.push_tag("web", tag);
    }
    let images = "
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {name: web}
spec: {interval: 1h, insecure: true, image: HOST/web}
";
    scene.apply(&images.replace("HOST", &registry.host()));
    scene.wait_ready("ImageRepository/web");
    scene.apply(
        "
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: web}
spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: 1.x}}}
",
    );
    let policy = scene.wait_ready("ImagePolicy/web");
    assert_eq!(
        text(&policy, "/status/latestRef/tag"),
        "1.2.0",
        "{}",
        registry.log_tail()
    );
}
