//! The Gitea client against scripted answers, its requests held to both contracts, one scene after the other.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::contract::Contract;
use super::super::error::{HostError, Need};
use super::super::host::{AccountKind, Change, Host as _, NewRepository};
use super::super::key::tests::{ONE, TWO};
use super::super::key::{DeployKey, KeyAccess};
use super::super::name::{Level, Visibility};
use super::super::settings::{Settings, Token};
use super::host::Gitea;
use crate::error::Explain as _;
use crate::http::{Patience, Reply, Script};

const REPOSITORY: &str = "/api/v1/repos/acme/fleet";

pub(super) fn settings(base: &str, token: &str) -> Settings {
    Settings {
        base: base.parse().unwrap(),
        token: Token::new(token),
        owner: "acme".parse().unwrap(),
        kind: AccountKind::Group,
        repository: "fleet".parse().unwrap(),
        authorities: None,
        limit: Some(Duration::from_secs(5)),
        patience: Patience {
            first: Duration::from_millis(1),
            ..Patience::default()
        },
        on_pause: None,
    }
}

fn gitea(server: &Script) -> Gitea {
    Gitea::new(&settings(server.url("").as_str(), "hidden")).unwrap()
}

fn repository() -> Value {
    json!({
        "id": 7, "full_name": "acme/fleet", "html_url": "https://git.example.com:3000/acme/fleet",
        "clone_url": "https://git.example.com:3000/acme/fleet.git",
        "ssh_url": "ssh://git@git.example.com:2222/acme/fleet.git", "default_branch": "main",
        "private": true, "internal": false, "empty": true, "archived": false,
        "permissions": {"admin": true, "push": true, "pull": true},
    })
}

fn missing() -> Reply {
    Reply::json(
        404,
        &json!({"message": "The target couldn't be found.", "errors": [], "url": "/api/swagger"}),
    )
}

pub(super) fn wanted(visibility: Visibility) -> NewRepository {
    NewRepository {
        visibility,
        default_branch: "main".into(),
        description: String::new(),
    }
}

pub(super) fn key(text: &str, access: KeyAccess) -> DeployKey {
    DeployKey {
        title: "flux-system-main".into(),
        key: text.parse().unwrap(),
        access,
    }
}

/// Holds all that was asked to both contracts, and makes sure that the token went where it belongs.
fn hold(server: &Script) {
    let contracts = ["gitea", "forgejo"].map(|service| Contract::of(service, "/api/v1"));
    for asked in server.asked() {
        assert_eq!(
            asked.headers["authorization"], "token hidden",
            "{}",
            asked.line
        );
        contracts
            .iter()
            .flatten()
            .for_each(|contract| contract.hold(&asked));
    }
}

#[tokio::test]
async fn creates_a_repository_once() {
    let server = Script::start().await;
    server
        .on(&format!("GET {REPOSITORY}"), missing())
        .ok(&format!("GET {REPOSITORY}"), &repository());
    server.on(
        "POST /api/v1/orgs/acme/repos",
        Reply::json(201, &repository()),
    );
    let gitea = gitea(&server);
    let (change, made) = gitea
        .create_repository(&wanted(Visibility::Private))
        .await
        .unwrap();
    assert_eq!(
        (change, made.level, made.empty),
        (Change::Made, Some(Level::Admin), true)
    );
    assert_eq!(
        made.ssh_url,
        "ssh://git@git.example.com:2222/acme/fleet.git"
    );
    let sent =
        json!({"name": "fleet", "description": "", "private": true, "default_branch": "main"});
    assert_eq!(server.body("POST /api/v1/orgs/acme/repos"), sent);
    assert_eq!(
        gitea
            .create_repository(&wanted(Visibility::Private))
            .await
            .unwrap()
            .0,
        Change::None
    );
    assert_eq!(server.writes().len(), 1);
    let internal = gitea
        .update_visibility(Visibility::Internal)
        .await
        .unwrap_err();
    assert_eq!(internal.to_string(), "Gitea has no internal repositories");
    hold(&server);
}

#[tokio::test]
async fn a_lost_answer_or_a_race_is_no_failure() {
    let taken = json!({"message": "The repository with the same name already exists."});
    for (reply, change) in [
        (Reply::html(502), Change::Made),
        (Reply::json(409, &taken), Change::None),
    ] {
        let server = Script::start().await;
        server
            .on(&format!("GET {REPOSITORY}"), missing())
            .ok(&format!("GET {REPOSITORY}"), &repository());
        server.on("POST /api/v1/orgs/acme/repos", reply);
        assert_eq!(
            gitea(&server)
                .create_repository(&wanted(Visibility::Public))
                .await
                .unwrap()
                .0,
            change
        );
        assert_eq!(server.writes().len(), 1);
        hold(&server);
    }
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let server = Script::start().await;
    let message = "token does not have at least one of required scope(s), required=[write:organization], token scope=read:user";
    server.on(&format!("GET {REPOSITORY}"), missing());
    server.on(
        "POST /api/v1/orgs/acme/repos",
        Reply::json(403, &json!({ "message": message })),
    );
    let error = gitea(&server)
        .create_repository(&wanted(Visibility::Private))
        .await
        .unwrap_err();
    let HostError::NotAllowed {
        need: Need::Scope(scope),
        hint,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(scope, "write:organization");
    assert!(
        hint.as_ref()
            .unwrap()
            .ends_with("/user/settings/applications"),
        "{hint:?}"
    );
    hold(&server);
}

#[tokio::test]
async fn a_key_that_was_removed_comes_back_when_its_successor_is_refused() {
    let server = Script::start().await;
    let keys = format!("{REPOSITORY}/keys");
    let list = format!("GET {keys}?limit=50&page=1");
    let old = json!({"id": 1, "title": "flux-system-main", "key": TWO, "read_only": true});
    server.ok(&list, &json!([old])).ok(&list, &json!([]));
    server.on(&format!("DELETE {keys}/1"), Reply::new(204));
    let refused = Reply::json(422, &json!({"message": "SSH is disabled"}));
    server
        .on(&format!("POST {keys}"), refused)
        .on(&format!("POST {keys}"), Reply::json(201, &old));
    let error = gitea(&server)
        .put_deploy_key(&key(ONE, KeyAccess::ReadWrite))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot add a deploy key to the repository acme/fleet: SSH is disabled (status 422)"
    );
    let plain = TWO.split_inclusive(' ').take(2).collect::<String>();
    let restored = json!({"title": "flux-system-main", "key": plain.trim(), "read_only": true});
    assert_eq!(server.body(&format!("POST {keys}")), restored);
    hold(&server);
    let server = Script::start().await;
    server.ok(&list, &json!([old])).ok(&list, &json!([]));
    server
        .on(&format!("DELETE {keys}/1"), Reply::new(204))
        .on(&format!("POST {keys}"), Reply::html(500));
    let error = gitea(&server)
        .put_deploy_key(&key(ONE, KeyAccess::ReadWrite))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the deploy key \"flux-system-main\""),
        "{error}"
    );
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn a_key_in_use_elsewhere_is_told() {
    let server = Script::start().await;
    let keys = format!("{REPOSITORY}/keys");
    server.ok(&format!("GET {keys}?limit=50&page=1"), &json!(null));
    let refused = json!({"message": "Key content has been used as non-deploy key"});
    server.on(&format!("POST {keys}"), Reply::json(422, &refused));
    let error = gitea(&server)
        .put_deploy_key(&key(ONE, KeyAccess::ReadOnly))
        .await
        .unwrap_err();
    assert!(matches!(error, HostError::KeyInUse { .. }), "{error:?}");
    hold(&server);
}

#[tokio::test]
async fn a_user_has_no_teams() {
    let server = Script::start().await;
    let team = format!("GET {REPOSITORY}/teams/dev");
    server.on(
        &team,
        Reply::json(
            405,
            &json!({"message": "repo is not owned by an organization"}),
        ),
    );
    let error = gitea(&server)
        .grant(&"dev:push".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, HostError::Unsupported { .. }), "{error:?}");
    hold(&server);
}
