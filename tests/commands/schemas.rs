//! Reports are as their schemas say, and every schema is held against a real report.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scene::{Scene, TestEnv, assert_fits_schema, kept_schemas};

/// Where each schema meets a report: here, or in the test of its command.
const MET: &[(&str, &[&str])] = &[
    ("BootstrapPlan", &[]),
    ("Causes", &["why", "-o", "json"]),
    ("CausesList", &["why", "--all-contexts", "-o", "json"]),
    ("CheckReport", &["check", "-o", "json", "--timeout=1m"]),
    (
        "CheckReportList",
        &["check", "--pre", "--all-contexts", "-o", "json"],
    ),
    ("ClusterTest", &[]),
    ("DebugList", &[]),
    ("DependencyGraph", &[]),
    (
        "DependencyGraphList",
        &["deps", "--all-contexts", "-o", "json"],
    ),
    ("Diff", &[]),
    ("Stats", &["stats", "-o", "json"]),
    ("StatsList", &["stats", "--all-contexts", "-o", "json"]),
    ("Trace", &[]),
    ("TraceList", &[]),
    ("Tree", &[]),
    ("TreeList", &[]),
    ("UninstallReport", &["uninstall", "--dry-run", "-o", "json"]),
    ("Versions", &["version", "--client", "-o", "json"]),
    ("VersionsList", &[]),
    ("Why", &["why", "kustomization/absent", "-o", "json"]),
    (
        "WhyList",
        &["why", "ks/absent", "--all-contexts", "-o", "json"],
    ),
];

#[test]
fn every_report_fits_its_schema() {
    let met: BTreeSet<String> = MET.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    assert_eq!(
        met,
        kept_schemas(),
        "a schema that no report is held against"
    );
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    for (kind, arguments) in MET.iter().filter(|(_, arguments)| !arguments.is_empty()) {
        let output = env.run(arguments.iter().copied());
        let report: Value = serde_json::from_slice(output.raw_stdout())
            .unwrap_or_else(|error| panic!("{kind}: {error}: {output}"));
        assert_fits_schema(kind, &report);
        let yaml = arguments
            .iter()
            .map(|word| if *word == "json" { "yaml" } else { *word });
        let yaml = env.run(yaml);
        assert_eq!(yaml.status(), output.status(), "{yaml}");
        if report["kind"] == *kind {
            assert!(yaml.stdout().contains(&format!("kind: {kind}\n")), "{yaml}");
        }
    }
}
