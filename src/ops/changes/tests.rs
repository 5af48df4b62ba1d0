//! Two sides of a repository, what happens between them, and hostile names in every report.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::object_change::DangerKind;
use super::*;
use crate::diff::Palette;
use crate::manifest::Object;

fn owner(kind: &str, name: &str) -> Owner {
    Owner {
        kind: kind.into(),
        namespace: "flux-system".into(),
        name: name.into(),
    }
}

fn object(kind: &str, name: &str, fields: &Value) -> Object {
    let api_version = match kind {
        "Deployment" | "StatefulSet" => "apps/v1",
        "ClusterRoleBinding" | "Role" => "rbac.authorization.k8s.io/v1",
        "Kustomization" => "kustomize.toolkit.fluxcd.io/v1",
        _ => "v1",
    };
    let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}});
    let all = value.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    Object::new(value).unwrap()
}

fn owned(by: &str, object: Object) -> SideObject<'static> {
    SideObject {
        object: Cow::Owned(object),
        owner: Some(owner("Kustomization", by)),
        prunes: true,
        suspended: false,
    }
}

fn settings(name: &str, value: &str) -> Object {
    object("ConfigMap", name, &json!({"data": {"mode": value}}))
}

fn web(image: &str, replicas: u32) -> Object {
    object(
        "Deployment",
        "web",
        &json!({"spec": {"replicas": replicas, "selector": {"matchLabels": {"app": image}},
            "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}),
    )
}

fn side(objects: Vec<SideObject<'static>>) -> Vec<ClusterSide<'static>> {
    vec![ClusterSide {
        cluster: "prod".into(),
        objects,
        ..ClusterSide::default()
    }]
}

/// Writes each object on one line: owner, headline, reason.
fn told(diff: &Diff) -> Vec<String> {
    let mut lines = Vec::new();
    for cluster in &diff.clusters {
        for owner in &cluster.owners {
            for object in &owner.objects {
                let owner = owner.owner.as_ref().map_or("", |owner| owner.name.as_str());
                let reason = object.reason.as_deref().unwrap_or_default();
                let line = format!("{owner}: {} {reason}", super::text::headline(object));
                lines.push(line.trim_end().to_owned());
            }
        }
    }
    lines
}

#[test]
fn tells_every_end() {
    let base = side(vec![
        owned("apps", settings("same", "a")),
        owned("apps", settings("edited", "a")),
        owned("apps", settings("gone", "a")),
        owned("apps", settings("moves", "a")),
        SideObject {
            prunes: false,
            ..owned("careless", settings("left", "a"))
        },
        owned("careless", settings("stays", "a")),
        owned("dropped", settings("falls", "a")),
        SideObject {
            owner: Some(owner("HelmRelease", "chart")),
            ..owned("", settings("released", "a"))
        },
    ]);
    let mut note = settings("ignored", "a");
    note.metadata_mut().insert(
        "annotations".into(),
        json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}),
    );
    let head = side(vec![
        owned("apps", settings("same", "a")),
        owned("apps", settings("edited", "b")),
        owned("apps", settings("fresh", "a")),
        owned("apps", note),
        owned("careless", settings("stays", "a")),
        owned("infra", settings("moves", "b")),
    ]);
    let diff = between("", &base, &head);
    assert_eq!(
        told(&diff),
        [
            "apps: ± ConfigMap/shop/edited changed",
            "apps: + ConfigMap/shop/fresh created",
            "apps: · ConfigMap/shop/ignored skipped reconciliation is disabled by a note on it",
            "apps: - ConfigMap/shop/gone pruned",
            "careless: ~ ConfigMap/shop/left orphaned its owner does not prune it: it stays in the cluster",
            "infra: → ConfigMap/shop/moves moved from Kustomization/flux-system/apps",
            "dropped: - ConfigMap/shop/falls deleted Kustomization/flux-system/dropped goes",
            "chart: - ConfigMap/shop/released deleted HelmRelease/flux-system/chart goes",
        ]
    );
    let counts = diff.summary;
    assert_eq!(
        (counts.unchanged, counts.changed, counts.deleted),
        (2, 1, 2)
    );
    assert!(diff.has_changes());
    assert!(!between("", &base, &base).has_changes());
}

#[test]
fn what_could_not_be_rendered_is_not_gone() {
    let base = side(vec![owned("apps", settings("a", "a"))]);
    let mut head = side(Vec::new());
    head[0].unrendered = vec![owner("Kustomization", "apps")];
    head[0].findings = vec![Finding {
        owner: Some(owner("Kustomization", "apps")),
        file: "apps/x.yaml".into(),
        line: Some(3),
        message: "no YAML".into(),
    }];
    let diff = between("", &base, &head);
    assert_eq!(
        told(&diff),
        ["apps: · ConfigMap/shop/a skipped its owner could not be rendered"]
    );
    assert!(!diff.has_changes() && diff.has_findings());
    let diff = between("", &head, &base);
    assert!(told(&diff)[0].contains("how it was is unknown"));
}

#[test]
fn suspended_owners_hold_back() {
    let held = |value: &str| SideObject {
        suspended: true,
        ..owned("apps", settings("a", value))
    };
    let diff = between("", &side(vec![held("a")]), &side(vec![held("b")]));
    assert!(diff.clusters[0].owners[0].suspended);
    assert_eq!(diff.summary.held_back, 1);
}

#[test]
fn two_owners_are_a_danger() {
    let both = vec![
        owned("one", settings("a", "a")),
        owned("two", settings("a", "a")),
    ];
    let diff = between("", &side(vec![both[0].clone()]), &side(both.clone()));
    assert_eq!(told(&diff), ["two: + ConfigMap/shop/a created"]);
    let change = &diff.clusters[0].owners[0].objects[0];
    assert_eq!(change.dangers[0].kind, DangerKind::TwoOwners);
    // To lose one of two owners is no deletion.
    let diff = between("", &side(both.clone()), &side(vec![both[0].clone()]));
    assert_eq!(told(&diff), [""; 0]);
}

#[test]
fn values_of_secrets_appear_nowhere() {
    let secret = |value: &str| object("Secret", "login", &json!({"data": {"password": value}}));
    let diff = between(
        "",
        &side(vec![owned("apps", secret("c2VjcmV0MQ=="))]),
        &side(vec![owned("apps", secret("c2VjcmV0Mg=="))]),
    );
    let mut text = String::new();
    write_text(&diff, TextStyle::default(), &mut text);
    let all = [
        text,
        write_markdown(&diff, 60_000),
        write_html(&diff),
        serde_json::to_string(&diff).unwrap(),
        format!("{diff:?}"),
    ];
    for report in all {
        assert!(!report.contains("c2Vjcm"), "{report}");
        assert!(report.contains("*** (after)"), "{report}");
    }
}

/// Both sides of a repository whose every text tries to be more than text.
fn hostile() -> Diff {
    let texts = include_str!("../../../fixtures/changes/hostile.json");
    let texts: Vec<String> = serde_json::from_str(texts).unwrap();
    let mut base = Vec::new();
    let mut head = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let container = |image: &str| {
            object(
                "Deployment",
                &format!("{text}{index}"),
                &json!({"spec": {"selector": {text: image}, "template": {"spec": {"containers": [{"name": text, "image": image}]}}},
                    "data": {"note": format!("{text}\n{text}\nend {image}\n")}}),
            )
        };
        let owner = format!("{text}{index}");
        base.push(owned(&owner, container("a")));
        head.push(owned(&owner, container(text)));
        base.push(owned(&format!("old-{owner}"), settings(text, "a")));
        head.push(owned(&format!("new-{owner}"), settings(text, text)));
        head.push(owned(
            &owner,
            object(
                "ClusterRoleBinding",
                text,
                &json!({"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
                    "subjects": [{"kind": "User", "name": text}]}),
            ),
        ));
    }
    let mut head = side(head);
    head[0].cluster = texts.join(" ");
    head[0].findings = texts
        .iter()
        .map(|text| Finding {
            owner: None,
            file: text.clone(),
            line: Some(1),
            message: text.clone(),
        })
        .collect();
    let mut base = side(base);
    base[0].cluster.clone_from(&head[0].cluster);
    let more = ClusterSide {
        cluster: "other".into(),
        ..ClusterSide::default()
    };
    head.push(more.clone());
    base.push(more);
    between(&texts.join(" "), &base, &head)
}

#[test]
fn hostile_text_stays_text_in_html() {
    let page = write_html(&hostile());
    // Every tag of the page is one of ours.
    let mut rest = page.as_str();
    while let Some((_, after)) = rest.split_once('<') {
        let name: String = after
            .trim_start_matches(['/', '!'])
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let ours = [
            "doctype", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3",
            "p", "small", "span", "code", "table", "thead", "tbody", "tr", "th", "td", "a",
            "section", "ul", "li", "details", "summary", "pre",
        ];
        assert!(ours.contains(&name.as_str()), "<{name}: {after:.60}");
        let (tag, after) = after.split_once('>').unwrap();
        let attributes = tag.split_once(' ').map_or("", |(_, attributes)| attributes);
        let is_handler = attributes
            .split_whitespace()
            .any(|attribute| attribute.starts_with("on") || attribute.starts_with("src"));
        assert!(!is_handler, "<{tag}>");
        rest = after;
    }
    assert!(!page.contains("href=\"j") && !page.contains('\u{202e}'));
    assert!(page.contains("Content-Security-Policy"));
}

#[test]
fn hostile_text_stays_text_in_markdown() {
    let page = write_markdown(&hostile(), 200_000);
    let mut fence: Option<String> = None;
    let mut blocks = 0;
    for line in page.lines() {
        let marks: String = line.chars().take_while(|mark| *mark == '`').collect();
        match &fence {
            Some(open) => {
                if line == open {
                    fence = None;
                    continue;
                }
                assert!(marks.len() < open.len(), "closes its fence: {line}");
                let is_ours = ["- ", "+ ", "@@ ", "  # "];
                assert!(is_ours.iter().any(|sign| line.starts_with(sign)), "{line}");
            }
            None if marks.len() >= 3 => {
                assert_eq!(&line[marks.len()..], "diff");
                fence = Some(marks);
                blocks += 1;
            }
            None => {
                // Outside of blocks there is no mention, no link, no quick action and no foreign tag.
                assert!(!line.contains(['@', '`', '\u{202e}']), "{line}");
                assert!(!line.contains("www.") && !line.contains("://"), "{line}");
                assert!(!line.starts_with('/') && !line.contains("]("), "{line}");
                for after in line.split('<').skip(1) {
                    let ours = [
                        "code>",
                        "/code>",
                        "details>",
                        "/details>",
                        "summary>",
                        "/summary>",
                    ];
                    assert!(ours.iter().any(|tag| after.starts_with(tag)), "{line}");
                }
                if line.starts_with('|') {
                    let bars = line.matches('|').count();
                    assert!((4..=10).contains(&bars), "{line}");
                }
            }
        }
    }
    assert_eq!(fence, None);
    assert!(blocks > 20);
}

#[test]
fn hostile_text_moves_no_cursor() {
    let mut text = String::new();
    write_text(&hostile(), TextStyle::default(), &mut text);
    let odd = text
        .chars()
        .find(|character| character.is_control() && !matches!(character, '\n' | '\t'));
    assert_eq!(odd, None);
}

#[test]
fn a_comment_fits() {
    let diff = hostile();
    let whole = write_markdown(&diff, usize::MAX);
    for limit in [600, 2_000, 10_000, 65_536] {
        let page = write_markdown(&diff, limit);
        assert!(page.len() <= limit, "{} > {limit}", page.len());
        assert_eq!(
            page.matches("```diff").count(),
            page.matches("<details>").count()
        );
        let is_cut = ["do not fit into a comment", "more are not shown"];
        assert!(page.len() == whole.len() || is_cut.iter().any(|note| page.contains(note)));
    }
}

fn example() -> Diff {
    let base = side(vec![
        owned("apps", web("registry.example.com/web:1.0.0", 2)),
        owned("apps", settings("settings", "light")),
        owned("apps", settings("old", "a")),
    ]);
    let head = side(vec![
        owned("apps", web("registry.example.com/web:2.0.0", 5)),
        owned("apps", settings("settings", "dark")),
        owned("apps", settings("new", "a")),
    ]);
    between("main → feature", &base, &head)
}

#[test]
fn reads_well_in_a_log() {
    let mut text = String::new();
    write_text(&example(), TextStyle::default(), &mut text);
    assert_eq!(
        text,
        "\
cluster prod

Kustomization/flux-system/apps
  ± Deployment/shop/web changed
      ⚠️ spec.selector cannot be changed: the server will refuse this
      spec.replicas
      - 2
      + 5
      spec.selector.matchLabels.app
      - registry.example.com/web:1.0.0
      + registry.example.com/web:2.0.0
      spec.template.spec.containers.web.image
      - registry.example.com/web:1.0.0
      + registry.example.com/web:2.0.0
  ± ConfigMap/shop/settings changed
      data.mode
      - light
      + dark
  + ConfigMap/shop/new created
  - ConfigMap/shop/old pruned

1 created, 2 changed, 1 pruned, 1 danger
"
    );
    let mut coloured = String::new();
    let style = TextStyle {
        palette: Palette::Terminal,
    };
    write_text(&example(), style, &mut coloured);
    assert!(coloured.contains("\u{1b}[32m+ ConfigMap/shop/new created\u{1b}[0m"));
}

#[test]
fn reads_well_as_a_comment() {
    let page = write_markdown(&example(), 60_000);
    assert!(page.starts_with(
        "### What this changes: <code>main → feature</code>\n\n**1 created, 2 changed, 1 pruned, 1 danger**\n\n"
    ));
    assert!(
        page.contains(
            "```diff\n@@ spec.replicas @@\n- 2\n+ 5\n@@ spec.selector.matchLabels.app @@\n"
        )
    );
}

#[test]
fn the_document_is_stable() {
    let document = serde_json::to_value(example()).unwrap();
    assert_eq!(document["apiVersion"], "cli.gitops/v1");
    let object = &document["clusters"][0]["owners"][0]["objects"][0];
    assert_eq!(object["outcome"], "changed");
    assert_eq!(
        object["fields"][0],
        json!({"path": "spec.replicas", "change": "changed", "before": 2, "after": 5})
    );
    assert_eq!(
        object["images"][0],
        json!({"container": "web", "before": "registry.example.com/web:1.0.0", "after": "registry.example.com/web:2.0.0"})
    );
    assert_eq!(object["dangers"][0]["kind"], "immutableField");
}
