//! `install`: the order of its writes, and how it gets on with `kubectl` and with Flux's own definitions.

use std::fs;

use serde_json::Value;

use crate::scene::{
    CommandOutput, Scene, TestEnv, are_built, built, documents, reference_data, skip, text,
};

/// Makes a place on a server without Flux, where `install` works in `flux-system`.
fn bare() -> Option<TestEnv> {
    Some(TestEnv::in_scene(Scene::private_bare_server()?).without_variable("FLUX_SYSTEM_NAMESPACE"))
}

fn kubectl(env: &TestEnv, arguments: &[&str]) -> CommandOutput {
    env.other_command(&built("kubectl"), arguments.iter().copied())
        .run()
}

#[test]
fn the_pull_secret_is_there_before_the_pods() {
    let Some(env) = bare() else { return };
    let namespace = env.scene().namespace().to_owned();
    let env = env.variable("FLUX_SYSTEM_NAMESPACE", &namespace);
    let credentials = ["--registry-creds=me:a:secret", "--image-pull-secret=pull"];
    let refused = env.run(["install"].into_iter().chain(credentials));
    assert_eq!(
        refused.status(),
        Some(2),
        "a password with a colon is refused, as by flux: {refused}"
    );
    let credentials = [
        "--registry-creds=me:secret",
        "--image-pull-secret=pull",
        "--timeout=20s",
    ];
    let output = env.run(["install"].into_iter().chain(credentials));
    // Nothing runs the Deployments here.
    assert_eq!(output.status(), Some(3), "{output}");
    assert!(!output.to_string().contains("me:secret"), "{output}");
    let writes = env.scene().writes();
    let position = |wanted: &str| {
        writes
            .lines()
            .position(|line| line.contains(wanted))
            .unwrap_or_else(|| panic!("no {wanted} in\n{writes}"))
    };
    assert!(
        position("secrets/pull") < position("deployments/"),
        "{writes}"
    );
    let secret = env.scene().object("Secret/pull").unwrap();
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    let deployment = env.scene().object("Deployment/source-controller").unwrap();
    assert_eq!(
        deployment["spec"]["template"]["spec"]["imagePullSecrets"][0]["name"],
        "pull"
    );
}

#[test]
fn kubectl_takes_the_export_and_a_second_time_without_a_change() {
    if !are_built(&["kubectl"]) {
        return;
    }
    let Some(env) = bare() else { return };
    let export = env.run(["install", "--export"]).success();
    let file = env.file("flux.yaml", &export).display().to_string();
    let first = kubectl(&env, &["apply", "--server-side", "-f", &file]);
    assert_eq!(first.status(), Some(0), "{first}");
    let versions = |env: &TestEnv| -> Vec<String> {
        let names = documents(&export);
        let names = names.iter().map(|object| {
            let namespace = text(object, "/metadata/namespace");
            let place = if namespace.is_empty() { "x" } else { namespace };
            format!(
                "{}/{}/{place}/{}",
                text(object, "/apiVersion"),
                text(object, "/kind"),
                text(object, "/metadata/name")
            )
        });
        let read = |target: String| {
            let [.., kind, namespace, name] = target.split('/').collect::<Vec<_>>()[..] else {
                unreachable!()
            };
            let object = env
                .scene()
                .object(&format!("{kind}/{namespace}/{name}"))
                .unwrap_or_else(|| panic!("no {target}"));
            format!("{target} {}", object["metadata"]["resourceVersion"])
        };
        // The server itself writes the status of definitions and namespaces.
        names
            .filter(|name| !name.contains("Definition") && !name.contains("Namespace"))
            .map(read)
            .collect()
    };
    let before = versions(&env);
    assert!(before.len() > 15, "{before:?}");
    let second = kubectl(&env, &["apply", "--server-side", "-f", &file]);
    assert_eq!(second.status(), Some(0), "{second}");
    assert_eq!(versions(&env), before);
    // Our own apply finds nothing to change either: only the owner of the fields is new.
    let ours = env.run(["install", "--timeout=20s"]);
    assert_eq!(ours.status(), Some(3), "{ours}");
    let lines: Vec<String> = ours.stdout().lines().map(str::to_owned).collect();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| !line.ends_with(" created")),
        "{ours}"
    );
}

/// Returns the versions of a definition without what only people read.
fn essence(definition: &Value) -> Value {
    fn without_descriptions(value: &Value, inside_properties: bool) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                // A property may have this name.
                .filter(|(name, field)| {
                    inside_properties || *name != "description" || !field.is_string()
                })
                .map(|(name, field)| {
                    (
                        name.clone(),
                        without_descriptions(field, name == "properties" && !inside_properties),
                    )
                })
                .collect(),
            Value::Array(items) => items
                .iter()
                .map(|item| without_descriptions(item, false))
                .collect(),
            other => other.clone(),
        }
    }
    without_descriptions(&definition["spec"], false)
}

#[test]
fn definitions_are_those_of_flux_whoever_applies_them() {
    let Some(folder) = reference_data()
        .map(|data| data.join("flux-crds"))
        .filter(|folder| folder.is_dir())
    else {
        skip("no definitions of flux beside the project");
        return;
    };
    let Some(scene) = Scene::private_bare_server() else {
        return;
    };
    let components =
        "--components-extra=image-reflector-controller,image-automation-controller,source-watcher";
    let export = TestEnv::new()
        .run(["install", "--export", components])
        .success();
    let is_definition = |object: &Value| object["kind"] == "CustomResourceDefinition";
    let ours: Vec<Value> = documents(&export)
        .into_iter()
        .filter(is_definition)
        .collect();
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    let theirs: Vec<Value> = files
        .flat_map(|path| documents(&fs::read_to_string(path).unwrap()))
        .filter(is_definition)
        .collect();
    assert_eq!((ours.len(), theirs.len()), (15, 15));
    let essences = || -> Vec<(String, Value)> {
        let read = |object: &Value| {
            let name = text(object, "/metadata/name");
            (
                name.to_owned(),
                essence(
                    &scene
                        .object(&format!("CustomResourceDefinition/{name}"))
                        .unwrap(),
                ),
            )
        };
        ours.iter().map(read).collect()
    };
    // As each would apply them: with the same owner, what one leaves out is taken away.
    let mut seen = Vec::new();
    for definitions in [&ours, &theirs, &ours] {
        scene.api().apply_all(definitions.clone(), "");
        seen.push(essences());
    }
    for ((name, first), (_, second)) in seen[0].iter().zip(&seen[1]) {
        assert!(first == second, "{name} differs from flux's");
    }
    for ((name, first), (_, third)) in seen[0].iter().zip(&seen[2]) {
        assert!(first == third, "{name} is not as it was");
    }
}

#[test]
fn a_folder_of_manifests_is_installed_in_place_of_our_own() {
    let env = TestEnv::new();
    let manifests = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: elsewhere\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\n  namespace: elsewhere\ndata:\n  a: \"1\"\n";
    drop(env.file("overlay/all.yaml", manifests));
    let overlay = env.file("overlay/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- all.yaml\n");
    let patched = env.file("patched/kustomization.yaml", "resources:\n- ../overlay\npatches:\n- patch: |\n    {apiVersion: v1, kind: ConfigMap, metadata: {name: kept, namespace: elsewhere}, data: {a: \"2\"}}\n");
    let patched = patched.parent().unwrap().display().to_string();
    let overlay = overlay.parent().unwrap().display().to_string();
    let export = env
        .run(["install", "--export", "--manifests", &overlay])
        .success();
    let objects = documents(&export);
    assert_eq!(objects, documents(manifests), "{export}");
    let export = env
        .run(["install", "--export", "--manifests", &patched])
        .success();
    assert_eq!(
        documents(&export),
        documents(&manifests.replace("\"1\"", "\"2\"")),
        "{export}"
    );
    insta::assert_snapshot!(env.run(["install", "--export", "--manifests", "/nowhere"]), @r"
    ------- stderr -------
    ✗ cannot build the manifests in /nowhere: must build at directory: '/nowhere' doesn't exist: evalsymlink failure on '/nowhere' : lstat /nowhere: no such file or directory
    [exit status: 1]
    ");
}
