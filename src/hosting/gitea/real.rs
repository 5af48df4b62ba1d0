//! The Gitea client against a real Gitea, where one is named.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::error::HostError;
use super::super::host::{
    AccountKind, Change, Host as _, NewRequest, OwnerState, Permission, RequestState,
};
use super::super::key::tests::{ONE, TWO};
use super::super::key::{KeyAccess, RegisteredKey};
use super::super::name::{Level, Visibility};
use super::super::settings::Settings;
use super::host::Gitea;
use super::tests::{key, settings, wanted};

/// Reads where a real Gitea is, and the token of its administrator.
#[expect(clippy::disallowed_methods, reason = "variables of this test only")]
fn real() -> (String, String) {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("set {name}"));
    (
        variable("GITOPS_TEST_GITEA"),
        variable("GITOPS_TEST_GITEA_TOKEN"),
    )
}

async fn prepare(gitea: &Gitea, calls: &[(Method, &str, Value)]) {
    for (method, endpoint, body) in calls {
        let answer = gitea
            .client
            .session
            .ask(method.clone(), endpoint, Some(body))
            .await
            .unwrap();
        assert!(
            answer.status.is_success(),
            "{method} {endpoint}: {:?}",
            answer.body
        );
    }
}

#[tokio::test]
#[ignore = "needs a fresh Gitea: GITOPS_TEST_GITEA=http://127.0.0.1:3000 GITOPS_TEST_GITEA_TOKEN=…, its user `ada`"]
async fn a_real_gitea_does_as_told() {
    let (base, token) = real();
    let gitea = Gitea::new(&settings(&base, &token)).unwrap();
    assert_eq!(gitea.identity().await.unwrap().name, "ada");
    let missing = OwnerState::Missing {
        nearest: None,
        missing: "acme".into(),
    };
    assert_eq!(gitea.owner().await.unwrap(), missing);
    let error = gitea
        .create_repository(&wanted(Visibility::Private))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the organisation acme does not exist, or the token can't see it"
    );
    let team = |name: &str, level: &str| json!({"name": name, "permission": level, "units": ["repo.code"], "can_create_org_repo": false});
    prepare(
        &gitea,
        &[
            (Method::POST, "orgs", json!({"username": "acme"})),
            (Method::POST, "orgs/acme/teams", team("dev", "write")),
            (Method::POST, "orgs/acme/teams", team("readers", "read")),
        ],
    )
    .await;
    real_repository(&gitea, &base).await;
    real_keys(&gitea).await;
    real_teams(&gitea).await;
    real_requests(&gitea).await;
    real_rename(&gitea, &settings(&base, &token)).await;
    let bad = Gitea::new(&settings(&base, "0000000000000000000000000000000000000000")).unwrap();
    assert!(matches!(
        bad.identity().await,
        Err(HostError::Unauthorized { .. })
    ));
}

async fn real_repository(gitea: &Gitea, base: &str) {
    let found = gitea.owner().await.unwrap();
    assert!(
        matches!(
            found,
            OwnerState::Found {
                may_create: Permission::Unknown,
                ..
            }
        ),
        "{found:?}"
    );
    assert_eq!(gitea.repository().await.unwrap(), None);
    let (change, made) = gitea
        .create_repository(&wanted(Visibility::Private))
        .await
        .unwrap();
    assert_eq!(
        (change, made.empty, made.visibility),
        (Change::Made, true, Visibility::Private)
    );
    assert_eq!(
        made.https_url,
        format!("{}/acme/fleet.git", base.trim_end_matches('/'))
    );
    assert_eq!(
        gitea
            .create_repository(&wanted(Visibility::Private))
            .await
            .unwrap()
            .0,
        Change::None
    );
    assert_eq!(
        gitea.update_visibility(Visibility::Public).await.unwrap(),
        Change::Made
    );
    assert_eq!(
        gitea.update_visibility(Visibility::Public).await.unwrap(),
        Change::None
    );
}

async fn real_keys(gitea: &Gitea) {
    assert!(gitea.deploy_keys().await.unwrap().is_empty());
    for (wanted, change) in [
        (key(ONE, KeyAccess::ReadOnly), Change::Made),
        (key(ONE, KeyAccess::ReadOnly), Change::None),
        (key(ONE, KeyAccess::ReadWrite), Change::Made),
        (key(TWO, KeyAccess::ReadOnly), Change::Made),
    ] {
        assert_eq!(
            gitea.put_deploy_key(&wanted).await.unwrap(),
            change,
            "{wanted:?}"
        );
        let keys: Vec<_> = gitea
            .deploy_keys()
            .await
            .unwrap()
            .iter()
            .filter_map(RegisteredKey::as_wanted)
            .collect();
        assert_eq!(keys, [wanted]);
    }
}

async fn real_teams(gitea: &Gitea) {
    assert_eq!(
        gitea.grant(&"dev:push".parse().unwrap()).await.unwrap(),
        (Change::Made, Level::Push)
    );
    assert_eq!(
        gitea.grant(&"dev".parse().unwrap()).await.unwrap(),
        (Change::None, Level::Push)
    );
    assert_eq!(
        gitea.grant(&"readers".parse().unwrap()).await.unwrap(),
        (Change::Made, Level::Pull)
    );
    let grants = gitea.grants().await.unwrap();
    assert!(
        grants
            .iter()
            .any(|grant| grant.team == "dev" && grant.level == Level::Push),
        "{grants:?}"
    );
    let nobody = gitea.grant(&"nobody".parse().unwrap()).await.unwrap_err();
    assert_eq!(
        nobody.to_string(),
        "the team nobody does not exist, or the token can't see it"
    );
}

async fn real_requests(gitea: &Gitea) {
    assert_eq!(gitea.branch("main").await.unwrap(), None);
    let file = |branch: &str| json!({"content": "aGk=", "message": "add", "new_branch": branch});
    let protection = json!({"rule_name": "main", "enable_push": false});
    prepare(
        gitea,
        &[
            (
                Method::POST,
                "repos/acme/fleet/contents/one",
                json!({"content": "aGk=", "message": "add"}),
            ),
            (
                Method::POST,
                "repos/acme/fleet/contents/two",
                file("gitops/boot"),
            ),
            (
                Method::POST,
                "repos/acme/fleet/branch_protections",
                protection,
            ),
        ],
    )
    .await;
    let main = gitea.branch("main").await.unwrap().unwrap();
    assert_eq!((main.protected, main.may_push), (true, Some(false)));
    let other = gitea.branch("gitops/boot").await.unwrap().unwrap();
    assert_eq!(
        (other.name.as_str(), other.protected, other.may_push),
        ("gitops/boot", false, Some(true))
    );
    real_merge(gitea).await;
}

async fn real_merge(gitea: &Gitea) {
    let wanted = NewRequest {
        source: "gitops/boot".into(),
        target: "main".into(),
        title: "Set up Flux".into(),
        body: "text".into(),
    };
    let (change, request) = gitea.open_request(&wanted).await.unwrap();
    assert_eq!(change, Change::Made);
    assert_eq!(
        gitea.open_request(&wanted).await.unwrap(),
        (Change::None, request.clone())
    );
    for (body, change) in [
        ("same", Change::Made),
        ("same", Change::None),
        ("other", Change::Made),
    ] {
        assert_eq!(
            gitea
                .comment(request.number, "gitops:diff", body)
                .await
                .unwrap(),
            change,
            "{body}"
        );
    }
    assert_eq!(
        gitea.request_state(request.number).await.unwrap(),
        RequestState::Open
    );
    let merge = format!("repos/acme/fleet/pulls/{}/merge", request.number);
    tokio::time::sleep(Duration::from_secs(2)).await;
    prepare(gitea, &[(Method::POST, &merge, json!({"Do": "merge"}))]).await;
    let state = gitea.request_state(request.number).await.unwrap();
    assert!(
        matches!(&state, RequestState::Merged(Some(commit)) if commit.len() == 40),
        "{state:?}"
    );
    let same = NewRequest {
        source: "main".into(),
        ..wanted
    };
    let refused = gitea.open_request(&same).await.unwrap_err();
    assert!(
        matches!(
            refused,
            HostError::Refused { .. } | HostError::NotVisible { .. }
        ),
        "{refused:?}"
    );
}

async fn real_rename(gitea: &Gitea, settings: &Settings) {
    prepare(
        gitea,
        &[(
            Method::PATCH,
            "repos/acme/fleet",
            json!({"name": "clusters"}),
        )],
    )
    .await;
    let late = Gitea::new(settings).unwrap();
    let found = late.repository().await.unwrap().unwrap();
    assert_eq!(found.renamed_to.as_deref(), Some("acme/clusters"));
    assert_eq!(
        late.put_deploy_key(&key(ONE, KeyAccess::ReadOnly))
            .await
            .unwrap(),
        Change::Made
    );
    let owner = "ada".parse().unwrap();
    let own = Gitea::new(&Settings {
        owner,
        kind: AccountKind::User,
        ..settings.clone()
    })
    .unwrap();
    assert!(matches!(
        own.owner().await.unwrap(),
        OwnerState::Found {
            may_create: Permission::Granted,
            ..
        }
    ));
    let (change, made) = own
        .create_repository(&wanted(Visibility::Private))
        .await
        .unwrap();
    assert_eq!(
        (change, made.full_name.as_str()),
        (Change::Made, "ada/fleet")
    );
    assert!(own.grants().await.unwrap().is_empty());
    let error = own.grant(&"dev".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, HostError::Unsupported { .. }), "{error:?}");
}
