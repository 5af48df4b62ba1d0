//! The GitLab client against scripted answers, its requests held to GitLab's contract.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::contract::Contract;
use super::super::error::{HostError, Need, Refusal};
use super::super::host::{
    AccountKind, Change, Host as _, NewRepository, NewRequest, OwnerState, Permission,
    RequestState, TokenKind,
};
use super::super::key::tests::{ONE, TWO};
use super::super::key::{DeployKey, KeyAccess};
use super::super::name::{Level, Visibility};
use super::super::settings::{Settings, Token};
use super::host::GitLab;
use crate::error::Explain as _;
use crate::http::{OnPause, Patience, Pause, Reply, Script};

const PROJECT: &str = "/api/v4/projects/acme%2Fplatform%2Ffleet";
const BY_ID: &str = "/api/v4/projects/7";

fn settings(server: &Script) -> Settings {
    Settings {
        base: server.url("").as_str().parse().unwrap(),
        token: Token::new("glpat-hidden"),
        owner: "acme/platform".parse().unwrap(),
        kind: AccountKind::Group,
        repository: "fleet".parse().unwrap(),
        authorities: None,
        limit: Some(Duration::from_millis(400)),
        patience: Patience {
            first: Duration::from_millis(1),
            ..Patience::default()
        },
        on_pause: None,
    }
}

fn gitlab(server: &Script) -> GitLab {
    GitLab::new(&settings(server)).unwrap()
}

fn personal(server: &Script) -> GitLab {
    let owner = "ada".parse().unwrap();
    GitLab::new(&Settings {
        owner,
        kind: AccountKind::User,
        ..settings(server)
    })
    .unwrap()
}

fn project() -> Value {
    json!({
        "id": 7, "name": "fleet", "path_with_namespace": "acme/platform/fleet", "visibility": "private",
        "web_url": "https://git.example.com:8443/gitlab/acme/platform/fleet",
        "http_url_to_repo": "https://git.example.com:8443/gitlab/acme/platform/fleet.git",
        "ssh_url_to_repo": "ssh://git@git.example.com:2222/acme/platform/fleet.git",
        "default_branch": "main", "empty_repo": false, "archived": null, "marked_for_deletion_on": null,
        "shared_with_groups": [{"group_id": 5, "group_full_path": "acme/dev", "group_access_level": 30}],
        "permissions": {"project_access": null, "group_access": {"access_level": 40}},
    })
}

fn user() -> Value {
    json!({"id": 1, "username": "ada", "bot": false})
}

fn wanted() -> NewRepository {
    NewRepository {
        visibility: Visibility::Private,
        default_branch: "main".into(),
        description: String::new(),
    }
}

fn key(text: &str, access: KeyAccess) -> DeployKey {
    DeployKey {
        title: "flux-system-main".into(),
        key: text.parse().unwrap(),
        access,
    }
}

/// Holds all that was asked to the contract, and makes sure that the token went where it belongs.
fn hold(server: &Script) {
    let contract = Contract::of("gitlab", "");
    for asked in server.asked() {
        assert!(!asked.line.contains("hidden"), "{}", asked.line);
        assert_eq!(
            asked.headers["private-token"], "glpat-hidden",
            "{}",
            asked.line
        );
        if let Some(contract) = &contract {
            contract.hold(&asked);
        }
    }
}

#[tokio::test]
async fn tells_who_the_token_is() {
    let server = Script::start().await;
    server.ok(
        "GET /api/v4/personal_access_tokens/self",
        &json!({"id": 3, "scopes": ["read_api"], "expires_at": "2027-03-01", "active": true, "revoked": false}),
    );
    server.ok(
        "GET /api/v4/user",
        &json!({"id": 9, "username": "group_12_bot_3f", "bot": true}),
    );
    let identity = gitlab(&server).identity().await.unwrap();
    assert_eq!(
        (identity.name.as_str(), identity.kind),
        ("group_12_bot_3f", TokenKind::Group)
    );
    assert_eq!(identity.missing_scopes, ["api"]);
    assert_eq!(identity.expires.unwrap().to_string(), "2027-03-01");
    let page = format!(
        "http://127.0.0.1:{}/-/user_settings/personal_access_tokens",
        server.port()
    );
    assert_eq!(
        identity.remedy,
        format!("create a token with the scope `api` at {page}")
    );
    hold(&server);
}

#[tokio::test]
async fn says_what_is_wrong_with_a_token() {
    for (body, reason) in [
        (json!({"message": "401 Unauthorized"}), Refusal::Unknown),
        (
            json!({"error": "invalid_token", "error_description": "Token is expired. …"}),
            Refusal::Expired,
        ),
        (
            json!({"error": "invalid_token", "error_description": "Token was revoked. …"}),
            Refusal::Revoked,
        ),
    ] {
        let server = Script::start().await;
        server.on(
            "GET /api/v4/personal_access_tokens/self",
            Reply::json(401, &body),
        );
        let error = gitlab(&server).identity().await.unwrap_err();
        assert!(
            matches!(&error, HostError::Unauthorized { reason: other, .. } if *other == reason),
            "{error:?}"
        );
        assert!(error.hint().unwrap().contains("`api`"));
    }
    let server = Script::start().await;
    for token in ["glcbt-64_x", "gldt-x", " "] {
        let refused = GitLab::new(&Settings {
            token: Token::new(token),
            ..settings(&server)
        });
        assert!(
            matches!(refused, Err(HostError::BadToken { .. })),
            "{token}"
        );
    }
}

#[tokio::test]
async fn says_which_part_of_a_group_is_missing() {
    let server = Script::start().await;
    let nothing = Reply::json(404, &json!({"message": "404 Group Not Found"}));
    server
        .on("GET /api/v4/groups/acme%2Fplatform", nothing)
        .ok("GET /api/v4/user", &user());
    server.ok(
        "GET /api/v4/groups/acme",
        &json!({"id": 2, "full_path": "acme"}),
    );
    let state = gitlab(&server).owner().await.unwrap();
    assert_eq!(
        state,
        OwnerState::Missing {
            nearest: Some("acme".into()),
            missing: "platform".into()
        }
    );
    server.on(
        &format!("GET {PROJECT}"),
        Reply::json(404, &json!({"message": "404 Project Not Found"})),
    );
    let error = gitlab(&server)
        .create_repository(&wanted())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the group acme/platform does not exist, or the token can't see it"
    );
    assert!(
        error.hint().unwrap().contains("`platform`"),
        "{:?}",
        error.hint()
    );
    assert!(server.writes().is_empty());
    hold(&server);
}

#[tokio::test]
async fn tells_users_from_groups() {
    let server = Script::start().await;
    server.ok("GET /api/v4/user", &user());
    server.on(
        "GET /api/v4/groups/ada",
        Reply::json(404, &json!({"message": "404 Group Not Found"})),
    );
    let owner = "ada".parse().unwrap();
    let group = GitLab::new(&Settings {
        owner,
        ..settings(&server)
    })
    .unwrap();
    assert_eq!(
        group.owner().await.unwrap(),
        OwnerState::OtherKind(AccountKind::User)
    );
    let own = personal(&server).owner().await.unwrap();
    assert!(
        matches!(
            own,
            OwnerState::Found {
                may_create: Permission::Granted,
                ..
            }
        ),
        "{own:?}"
    );
    server.ok(
        "GET /api/v4/namespaces/acme",
        &json!({"id": 2, "kind": "group", "full_path": "acme"}),
    );
    let owner = "acme".parse().unwrap();
    let other = GitLab::new(&Settings {
        owner,
        kind: AccountKind::User,
        ..settings(&server)
    })
    .unwrap();
    assert_eq!(
        other.owner().await.unwrap(),
        OwnerState::OtherKind(AccountKind::Group)
    );
    hold(&server);
}

#[tokio::test]
async fn creates_a_project_once() {
    let server = Script::start().await;
    let find = format!("GET {PROJECT}");
    server.on(
        &find,
        Reply::json(404, &json!({"message": "404 Project Not Found"})),
    );
    server.ok(
        "GET /api/v4/groups/acme%2Fplatform",
        &json!({"id": 12, "project_creation_level": "developer"}),
    );
    server.on("POST /api/v4/projects", Reply::json(201, &project()));
    let gitlab = gitlab(&server);
    let (change, made) = gitlab.create_repository(&wanted()).await.unwrap();
    assert_eq!(change, Change::Made);
    assert_eq!(
        made.https_url,
        "https://git.example.com:8443/gitlab/acme/platform/fleet.git"
    );
    assert_eq!((made.level, made.renamed_to), (Some(Level::Maintain), None));
    let sent = server.body("POST /api/v4/projects");
    let expected = json!({
        "name": "fleet", "namespace_id": 12, "visibility": "private", "default_branch": "main", "description": "",
    });
    assert_eq!(sent, expected);
    server.ok(&format!("GET {BY_ID}"), &project());
    assert_eq!(
        gitlab.create_repository(&wanted()).await.unwrap().0,
        Change::None
    );
    assert_eq!(server.writes(), ["POST /api/v4/projects"]);
    hold(&server);
}

#[tokio::test]
async fn a_lost_answer_or_a_race_is_no_failure() {
    let taken = json!({"message": {"name": ["has already been taken"], "path": ["has already been taken"]}});
    let late = Reply::json(201, &project()).after(Duration::from_secs(5));
    for (reply, change) in [
        (late, Change::Made),
        (Reply::html(502), Change::Made),
        (Reply::new(201), Change::Made),
        (Reply::json(400, &taken), Change::None),
    ] {
        let server = Script::start().await;
        let find = "GET /api/v4/projects/ada%2Ffleet";
        let mut mine = project();
        mine["path_with_namespace"] = json!("ada/fleet");
        server
            .on(
                find,
                Reply::json(404, &json!({"message": "404 Project Not Found"})),
            )
            .ok(find, &mine);
        server
            .ok("GET /api/v4/user", &user())
            .on("POST /api/v4/projects", reply.clone());
        let (done, _) = personal(&server)
            .create_repository(&wanted())
            .await
            .unwrap();
        assert_eq!(done, change, "{reply:?}");
        assert_eq!(server.writes().len(), 1);
        hold(&server);
    }
}

#[tokio::test]
async fn explains_a_name_that_is_taken() {
    let taken = json!({"message": {"path": ["has already been taken"]}});
    let mut doomed = project();
    doomed["marked_for_deletion_on"] = json!("2026-12-01");
    for (found, word) in [
        (json!([]), "no member of it"),
        (json!([doomed]), "deleted on 2026-12-01"),
    ] {
        let server = Script::start().await;
        server.on(
            &format!("GET {PROJECT}"),
            Reply::json(404, &json!({"message": "404 Project Not Found"})),
        );
        server.ok("GET /api/v4/groups/acme%2Fplatform", &json!({"id": 12}));
        server.on("POST /api/v4/projects", Reply::json(400, &taken));
        server.ok(
            "GET /api/v4/projects?search=fleet&membership=true&per_page=100&page=1",
            &found,
        );
        let error = gitlab(&server)
            .create_repository(&wanted())
            .await
            .unwrap_err();
        assert!(matches!(error, HostError::Taken { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains(word), "{:?}", error.hint());
        hold(&server);
    }
}

#[tokio::test]
async fn a_scope_or_a_role_that_is_missing_is_named() {
    let server = Script::start().await;
    let keys = format!("{PROJECT}/deploy_keys");
    server.ok(&format!("GET {keys}?per_page=100&page=1"), &json!([]));
    let scope = json!({"error": "insufficient_scope", "error_description": "higher privileges", "scope": "api"});
    server.on(&format!("POST {keys}"), Reply::json(403, &scope));
    server.on(
        &format!("POST {keys}"),
        Reply::json(403, &json!({"message": "403 Forbidden"})),
    );
    let wanted = key(ONE, KeyAccess::ReadOnly);
    let error = gitlab(&server).put_deploy_key(&wanted).await.unwrap_err();
    assert!(
        matches!(&error, HostError::NotAllowed { need: Need::Scope(scope), .. } if scope == "api"),
        "{error:?}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .ends_with("/-/user_settings/personal_access_tokens")
    );
    let error = gitlab(&server).put_deploy_key(&wanted).await.unwrap_err();
    let text =
        "the token may not add a deploy key to the project acme/platform/fleet: 403 Forbidden";
    assert_eq!(error.to_string(), text);
    assert!(error.hint().unwrap().contains("Maintainer"));
    hold(&server);
}

#[tokio::test]
async fn a_deploy_key_is_added_before_an_old_one_goes() {
    let server = Script::start().await;
    let keys = format!("{PROJECT}/deploy_keys");
    let old = json!({"id": 1, "title": "flux-system-main", "key": TWO, "can_push": false});
    server.ok(&format!("GET {keys}?per_page=100&page=1"), &json!([old]));
    let made = json!({"id": 2, "title": "flux-system-main", "key": ONE, "can_push": true});
    server.on(&format!("POST {keys}"), Reply::json(201, &made));
    server.on(&format!("DELETE {keys}/1"), Reply::new(204));
    let change = gitlab(&server)
        .put_deploy_key(&key(ONE, KeyAccess::ReadWrite))
        .await
        .unwrap();
    assert_eq!(change, Change::Made);
    assert_eq!(
        server.writes(),
        [format!("POST {keys}"), format!("DELETE {keys}/1")]
    );
    let plain = ONE.rsplit_once(' ').unwrap().0;
    let sent = json!({"title": "flux-system-main", "key": plain, "can_push": true});
    assert_eq!(server.body(&format!("POST {keys}")), sent);
    hold(&server);
}

#[tokio::test]
async fn a_deploy_key_that_is_there_is_kept_or_changed_in_place() {
    let server = Script::start().await;
    let keys = format!("{PROJECT}/deploy_keys");
    let there = json!([{"id": 1, "title": "flux-system-main", "key": format!("{ONE} more\n"), "can_push": false}]);
    server.ok(&format!("GET {keys}?per_page=100&page=1"), &there);
    let gitlab = gitlab(&server);
    assert_eq!(
        gitlab
            .put_deploy_key(&key(ONE, KeyAccess::ReadOnly))
            .await
            .unwrap(),
        Change::None
    );
    assert!(server.writes().is_empty());
    server.ok(&format!("PUT {keys}/1"), &json!({"id": 1}));
    assert_eq!(
        gitlab
            .put_deploy_key(&key(ONE, KeyAccess::ReadWrite))
            .await
            .unwrap(),
        Change::Made
    );
    assert_eq!(
        server.body(&format!("PUT {keys}/1")),
        json!({"can_push": true})
    );
    hold(&server);
}

#[tokio::test]
async fn a_key_of_another_project_is_joined_or_refused() {
    let taken = json!({"message": {"deploy_key.fingerprint_sha256": ["has already been taken"]}});
    let neighbours =
        "GET /api/v4/groups/acme%2Fplatform/projects?min_access_level=40&per_page=100&page=1";
    let mut other = project();
    other["id"] = json!(8);
    for projects in [json!([other]), json!([])] {
        let server = Script::start().await;
        let keys = format!("{PROJECT}/deploy_keys");
        server.ok(&format!("GET {keys}?per_page=100&page=1"), &json!([]));
        server
            .on(&format!("POST {keys}"), Reply::json(400, &taken))
            .ok(neighbours, &projects);
        let there = json!({"id": 5, "title": "elsewhere", "key": ONE, "can_push": false});
        server.ok(
            "GET /api/v4/projects/8/deploy_keys?per_page=100&page=1",
            &json!([there]),
        );
        server.on(&format!("POST {keys}/5/enable"), Reply::json(201, &there));
        let result = gitlab(&server)
            .put_deploy_key(&key(ONE, KeyAccess::ReadOnly))
            .await;
        if projects.as_array().unwrap().is_empty() {
            assert!(
                matches!(result, Err(HostError::KeyInUse { .. })),
                "{result:?}"
            );
        } else {
            assert_eq!(result.unwrap(), Change::Made);
        }
        hold(&server);
    }
}

#[tokio::test]
async fn a_deploy_token_takes_the_place_of_old_ones() {
    let server = Script::start().await;
    let tokens = format!("{PROJECT}/deploy_tokens");
    let made =
        json!({"id": 4, "name": "flux", "username": "gitlab+deploy-token-4", "token": "gldt-new"});
    server
        .on(&format!("POST {tokens}"), Reply::html(504))
        .on(&format!("POST {tokens}"), Reply::json(201, &made));
    let rows = json!([
        {"id": 1, "name": "flux"}, {"id": 2, "name": "other"}, {"id": 3, "name": "flux", "revoked": false},
        {"id": 4, "name": "flux"}, {"id": 5, "name": "flux", "expired": true},
    ]);
    server.ok(&format!("GET {tokens}?per_page=100&page=1"), &rows);
    for id in [1, 3] {
        server.on(&format!("DELETE {tokens}/{id}"), Reply::new(204));
    }
    let token = gitlab(&server).put_deploy_token("flux").await.unwrap();
    assert_eq!(
        (token.username.as_str(), token.token.as_str()),
        ("gitlab+deploy-token-4", "gldt-new")
    );
    let deleted: Vec<_> = server
        .writes()
        .into_iter()
        .filter(|line| line.starts_with("DELETE"))
        .collect();
    assert_eq!(
        deleted,
        [format!("DELETE {tokens}/1"), format!("DELETE {tokens}/3")]
    );
    hold(&server);
    let server = Script::start().await;
    server.on(
        &format!("POST {tokens}"),
        Reply::json(201, &json!({"id": 4, "token": "gldt-new"})),
    );
    let error = gitlab(&server).put_deploy_token("flux").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("gldt-new"));
}

#[tokio::test]
async fn a_group_gets_the_level_that_was_asked_for() {
    let server = Script::start().await;
    server
        .ok(&format!("GET {PROJECT}"), &project())
        .ok(&format!("GET {BY_ID}"), &project());
    server
        .ok("GET /api/v4/groups/acme%2Fdev", &json!({"id": 5}))
        .ok("GET /api/v4/groups/ops", &json!({"id": 6}));
    server.on(&format!("DELETE {BY_ID}/share/5"), Reply::new(204));
    server.on(
        &format!("POST {BY_ID}/share"),
        Reply::json(201, &json!({"group_id": 5})),
    );
    let gitlab = gitlab(&server);
    assert_eq!(
        gitlab
            .grant(&"acme/dev:push".parse().unwrap())
            .await
            .unwrap(),
        (Change::None, Level::Push)
    );
    assert!(server.writes().is_empty());
    assert_eq!(
        gitlab.grant(&"acme/dev".parse().unwrap()).await.unwrap(),
        (Change::Made, Level::Maintain)
    );
    assert_eq!(
        server.body(&format!("POST {BY_ID}/share")),
        json!({"group_id": 5, "group_access": 40})
    );
    assert_eq!(
        gitlab.grant(&"ops:pull".parse().unwrap()).await.unwrap(),
        (Change::Made, Level::Pull)
    );
    assert_eq!(server.writes().len(), 3);
    hold(&server);
}

#[tokio::test]
async fn a_share_that_could_not_be_changed_is_put_back() {
    let server = Script::start().await;
    server
        .ok(&format!("GET {PROJECT}"), &project())
        .ok("GET /api/v4/groups/acme%2Fdev", &json!({"id": 5}));
    server.on(&format!("DELETE {BY_ID}/share/5"), Reply::new(204));
    server.on(
        &format!("POST {BY_ID}/share"),
        Reply::json(400, &json!({"message": "no admin here"})),
    );
    server.on(
        &format!("POST {BY_ID}/share"),
        Reply::json(201, &json!({"group_id": 5})),
    );
    let error = gitlab(&server)
        .grant(&"acme/dev:admin".parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot share the project acme/platform/fleet: no admin here (status 400)"
    );
    assert_eq!(
        server.body(&format!("POST {BY_ID}/share")),
        json!({"group_id": 5, "group_access": 30})
    );
    hold(&server);
}

#[tokio::test]
async fn a_new_name_is_told_and_the_number_is_used() {
    let server = Script::start().await;
    let new = "/api/v4/projects/acme%2Fplatform%2Fclusters";
    let mut renamed = project();
    renamed["path_with_namespace"] = json!("acme/platform/clusters");
    server.on(
        &format!("GET {PROJECT}"),
        Reply::new(301).header("location", server.url(new).to_string()),
    );
    server.ok(&format!("GET {new}"), &renamed);
    let gitlab = gitlab(&server);
    let found = gitlab.repository().await.unwrap().unwrap();
    assert_eq!(found.renamed_to.as_deref(), Some("acme/platform/clusters"));
    let branch = json!({"name": "feat/x", "protected": true, "can_push": false});
    server.ok(
        &format!("GET {BY_ID}/repository/branches/feat%2Fx"),
        &branch,
    );
    let branch = gitlab.branch("feat/x").await.unwrap().unwrap();
    assert_eq!((branch.protected, branch.may_push), (true, Some(false)));
    hold(&server);
}

#[tokio::test]
async fn visibility_is_changed_where_it_differs() {
    let server = Script::start().await;
    server
        .ok(&format!("GET {PROJECT}"), &project())
        .ok(&format!("GET {BY_ID}"), &project());
    server.ok(&format!("PUT {BY_ID}"), &project());
    let gitlab = gitlab(&server);
    assert_eq!(
        gitlab.update_visibility(Visibility::Private).await.unwrap(),
        Change::None
    );
    assert_eq!(
        gitlab
            .update_visibility(Visibility::Internal)
            .await
            .unwrap(),
        Change::Made
    );
    assert_eq!(
        server.body(&format!("PUT {BY_ID}")),
        json!({"visibility": "internal"})
    );
    hold(&server);
}

#[tokio::test]
async fn all_pages_are_read_once() {
    let server = Script::start().await;
    let keys = |page: u64| format!("GET {PROJECT}/deploy_keys?per_page=100&page={page}");
    let row = |id: u64| json!({"id": id, "title": format!("key {id}"), "key": null});
    for page in 1..=25 {
        let rows: Vec<_> = (0..100).map(|index| row(page * 100 + index)).collect();
        let next = if page == 25 {
            String::new()
        } else {
            (page + 1).to_string()
        };
        server.on(
            &keys(page),
            Reply::json(200, &json!(rows)).header("x-next-page", next),
        );
    }
    assert_eq!(gitlab(&server).deploy_keys().await.unwrap().len(), 2500);
    assert_eq!(server.lines().len(), 25);
    let server = Script::start().await;
    server.on(
        &keys(1),
        Reply::json(200, &json!([row(1)])).header("x-next-page", "2"),
    );
    server.on(
        &keys(2),
        Reply::json(200, &json!([row(1)])).header("x-next-page", "3"),
    );
    assert_eq!(gitlab(&server).deploy_keys().await.unwrap().len(), 1);
    hold(&server);
}

#[tokio::test]
async fn answers_of_another_kind_are_one_clear_error() {
    let address = format!("GET {PROJECT}");
    for (reply, expected) in [
        (Reply::html(200), "there is no GitLab API at"),
        (Reply::html(404), "there is no GitLab API at"),
        (
            Reply::new(404).text("404 page not found"),
            "there is no GitLab API at",
        ),
        (
            Reply::new(200),
            "answered 200 with something that is not the API's: an empty answer",
        ),
        (
            Reply::new(200).text("{\"id\": 7, "),
            "answered 200 with something that is not the API's: {\"id\": 7,",
        ),
        (
            Reply::json(200, &json!({"id": "seven"})),
            "is not the API's: {\"id\":\"seven\"}",
        ),
        (Reply::json(200, &json!(null)), "is not the API's: null"),
        (Reply::html(500), "answered 500: <!DOCTYPE html>"),
        (Reply::new(599).text("glpat-hidden"), "answered 599: ***"),
    ] {
        let server = Script::start().await;
        server.on(&address, reply);
        let error = gitlab(&server).repository().await.unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains(&server.port().to_string()),
            "{error}"
        );
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[tokio::test]
async fn a_limit_is_waited_out() {
    let server = Script::start().await;
    let find = format!("GET {PROJECT}");
    server
        .on(
            &find,
            Reply::new(429)
                .header("retry-after", "0")
                .text("Retry later"),
        )
        .ok(&find, &project());
    let told = Arc::new(Mutex::new(0));
    let ears = told.clone();
    let on_pause: OnPause = Arc::new(move |_: &Pause| *ears.lock().unwrap() += 1);
    let gitlab = GitLab::new(&Settings {
        on_pause: Some(on_pause),
        ..settings(&server)
    })
    .unwrap();
    assert!(gitlab.repository().await.unwrap().is_some());
    assert_eq!(*told.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_merge_request_is_opened_once_and_followed() {
    let server = Script::start().await;
    let open = format!(
        "GET {PROJECT}/merge_requests?state=opened&source_branch=gitops%2Fboot&target_branch=main&per_page=100&page=1"
    );
    let request = json!({"iid": 3, "web_url": "https://git.example.com/mr/3", "state": "opened"});
    server.ok(&open, &json!([])).ok(&open, &json!([request]));
    let another = json!({"message": ["Another open merge request already exists for this source branch: !3"]});
    server.on(
        &format!("POST {PROJECT}/merge_requests"),
        Reply::json(409, &another),
    );
    let wanted = NewRequest {
        source: "gitops/boot".into(),
        target: "main".into(),
        title: "Set up Flux".into(),
        body: "1 + 1".into(),
    };
    let gitlab = gitlab(&server);
    let (change, found) = gitlab.open_request(&wanted).await.unwrap();
    assert_eq!(
        (change, found.number, found.url.as_str()),
        (Change::None, 3, "https://git.example.com/mr/3")
    );
    let sent = json!({
        "source_branch": "gitops/boot", "target_branch": "main", "title": "Set up Flux", "description": "1 + 1",
        "remove_source_branch": true,
    });
    assert_eq!(server.body(&format!("POST {PROJECT}/merge_requests")), sent);
    let one = format!("GET {PROJECT}/merge_requests/3");
    server.ok(&one, &json!({"iid": 3, "state": "locked"}));
    server.ok(
        &one,
        &json!({"iid": 3, "state": "merged", "merge_commit_sha": null, "sha": "abc"}),
    );
    assert_eq!(gitlab.request_state(3).await.unwrap(), RequestState::Open);
    assert_eq!(
        gitlab.request_state(3).await.unwrap(),
        RequestState::Merged(Some("abc".into()))
    );
    hold(&server);
}

#[tokio::test]
async fn a_comment_of_ours_is_written_over() {
    let server = Script::start().await;
    let notes = format!("{PROJECT}/merge_requests/3/notes");
    let list = format!("GET {notes}?per_page=100&page=1");
    server.ok("GET /api/v4/user", &user());
    let text = "<!-- gitops:diff -->\nnothing changes";
    let foreign = json!({"id": 1, "body": text, "author": {"username": "eve"}});
    let own = json!({"id": 2, "body": text, "author": {"username": "ada"}});
    server
        .ok(&list, &json!([foreign]))
        .ok(&list, &json!([foreign, own]));
    server
        .on(&format!("POST {notes}"), Reply::json(201, &own))
        .ok(&format!("PUT {notes}/2"), &own);
    let gitlab = gitlab(&server);
    assert_eq!(
        gitlab
            .comment(3, "gitops:diff", "nothing changes")
            .await
            .unwrap(),
        Change::Made
    );
    assert_eq!(
        server.body(&format!("POST {notes}")),
        json!({ "body": text })
    );
    assert_eq!(
        gitlab
            .comment(3, "gitops:diff", "nothing changes")
            .await
            .unwrap(),
        Change::None
    );
    assert_eq!(
        gitlab
            .comment(3, "gitops:diff", "much changes")
            .await
            .unwrap(),
        Change::Made
    );
    assert_eq!(
        server.body(&format!("PUT {notes}/2")),
        json!({"body": "<!-- gitops:diff -->\nmuch changes"})
    );
    hold(&server);
}

#[tokio::test]
async fn a_sub_path_belongs_to_the_address() {
    let server = Script::start().await;
    server.ok(&format!("GET /gitlab{PROJECT}"), &project());
    let base = server.url("/gitlab/").as_str().parse().unwrap();
    let gitlab = GitLab::new(&Settings {
        base,
        ..settings(&server)
    })
    .unwrap();
    assert_eq!(
        gitlab.repository().await.unwrap().unwrap().full_name,
        "acme/platform/fleet"
    );
    let repository = "-fleet".parse().unwrap();
    assert!(matches!(
        GitLab::new(&Settings {
            repository,
            ..settings(&server)
        }),
        Err(HostError::Name(_))
    ));
}
