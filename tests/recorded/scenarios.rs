//! The recorded scenarios against the real controllers: the same exits, the same answers, the same facts.

use std::fmt::Write as _;
use std::fs;
use std::future::ready;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::normal::Placeholders;
use super::script::{Action, Expected, Fact, Run, Script, Step, Wait, scripts};
use crate::scene::{
    CLUSTER, GitHttp, PATIENCE, Registry, Repository, Scene, Server, TestEnv, are_built,
    new_folder, reference_data, skip,
};

/// How many scenarios are played side by side.
const AT_ONCE: usize = 4;

/// How long an object may take to get as it must be.
const LIMIT: Duration = PATIENCE;

/// How long facts may take to become true: what the program waited for is there already.
const FACTS_LIMIT: Duration = Duration::from_secs(15);

/// How long a run may take.
const RUN_LIMIT: Duration = Duration::from_mins(6);

/// How long it takes until something is looked at again.
const PAUSE: Duration = Duration::from_millis(150);

/// Commands that scenarios need and that are not there yet: the program must refuse them.
const NOT_YET: &[&str] = &["create", "push"];

/// Runs that end otherwise on purpose: the scenario, the arguments, and the number of the quirk that is fixed.
const FIXED: &[(&str, &str, u8)] = &[];

/// Messages that a controller passes through on its way to a final state.
const PASSING: &[&str] = &[
    "Source artifact not found",
    "latest generation of object has not",
];

/// The chart that the chart repository serves.
const CHART: &[(&str, &str)] = &[
    (
        "tiny/Chart.yaml",
        "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    ),
    ("tiny/values.yaml", "x: \"1\"\n"),
    (
        "tiny/templates/cm.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-cm}\ndata: {x: \"{{ .Values.x }}\"}\n",
    ),
];

/// What the scenarios talk to beside the cluster.
struct World {
    git: GitHttp,
    registry: &'static Registry,
    charts: Server,
}

impl World {
    fn start() -> Option<Self> {
        let registry = Registry::shared()?;
        let chart = chart();
        let index = index(&chart);
        let routes = Router::new()
            .route("/charts/index.yaml", get(move || ready(index)))
            .route("/charts/tiny-0.1.0.tgz", get(move || ready(chart)));
        Some(Self {
            git: GitHttp::open(),
            registry,
            charts: Server::http(routes),
        })
    }
}

fn chart() -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in CHART {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, path, text.as_bytes())
            .expect("a buffer takes all");
    }
    let packed = archive.into_inner().expect("a buffer takes all");
    packed.finish().expect("a buffer takes all")
}

fn index(chart: &[u8]) -> String {
    let digest = Sha256::digest(chart);
    let digest = digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes all");
        text
    });
    format!(
        "apiVersion: v1\nentries:\n  tiny:\n  - {{apiVersion: v2, name: tiny, version: 0.1.0, created: '2026-01-01T00:00:00Z', digest: {digest}, urls: [tiny-0.1.0.tgz]}}\n"
    )
}

/// One scenario while it is played.
struct Play {
    env: TestEnv,
    placeholders: Placeholders,
    repository: Repository,
}

impl Play {
    fn new(world: &World, scene: Scene) -> Self {
        let namespace = scene.namespace().to_owned();
        let git = world.git.url("");
        let places = vec![
            ("GIT", git.trim_end_matches("/.git").to_owned()),
            ("CHARTS", format!("{}/charts", world.charts.url())),
            ("REGISTRY", world.registry.host()),
            ("NS", namespace.clone()),
            ("REPO", namespace.clone()),
        ];
        Self {
            env: TestEnv::in_scene(scene).without_variable("FLUX_SYSTEM_NAMESPACE"),
            placeholders: Placeholders {
                places,
                ..Placeholders::default()
            },
            repository: world.git.repository(&namespace),
        }
    }

    fn fill(&self, text: &str) -> String {
        self.placeholders.fill(text)
    }

    fn object(&self, target: &str) -> Option<Value> {
        self.env.scene().object(&self.fill(target))
    }

    fn step(&mut self, name: &str, step: &Step) -> Result<(), String> {
        let expected = &step.expect;
        match &step.action {
            Action::Git(commit) => {
                let texts = commit.files.iter();
                let texts: Vec<_> = texts
                    .map(|(path, text)| (path, text.as_deref().map(|text| self.fill(text))))
                    .collect();
                let files: Vec<_> = texts
                    .iter()
                    .map(|(path, text)| (path.as_str(), text.as_deref()))
                    .collect();
                let hash = self.repository.commit_to("main", &commit.letter, &files);
                self.placeholders
                    .commits
                    .insert(commit.letter.clone(), hash);
                Ok(())
            }
            Action::Apply(yaml) => {
                self.env.scene().apply(&self.fill(yaml));
                Ok(())
            }
            Action::Patch(patch) => {
                let body = self.fill(&patch.patch.to_string());
                let body = serde_json::from_str(&body).expect("it was written just now");
                self.env.scene().patch(&self.fill(&patch.object), &body);
                Ok(())
            }
            Action::Wait(wait) => self.wait(wait, expected),
            Action::Gone(target) => until(LIMIT, || match self.object(target) {
                None => Ok(()),
                Some(_) => Err(format!("{target} is still there")),
            }),
            Action::Facts(facts) => until(FACTS_LIMIT, || self.facts(facts, expected)),
            // What only reads is asked again while the controllers are still busy.
            Action::Run(run) if run.run.starts_with("get ") => {
                until(LIMIT, || self.run(name, run, expected))
            }
            Action::Run(run) => self.run(name, run, expected),
        }
    }

    fn wait(&self, wait: &Wait, expected: &Expected) -> Result<(), String> {
        until(LIMIT, || {
            let object = self.object(&wait.object).unwrap_or_default();
            let ready = self.settled(wait, &object);
            let reason = ready.and_then(|ready| ready["reason"].as_str());
            match (reason, expected.reason.as_deref()) {
                (Some(_), None) => Ok(()),
                (Some(reason), Some(wanted)) if reason == wanted => Ok(()),
                (_, wanted) => Err(format!(
                    "{} is not {} because of {wanted:?}: {}",
                    wait.object, wait.ready, object["status"]
                )),
            }
        })
    }

    /// Returns the ready condition where it is final and as it must be.
    fn settled<'a>(&self, wait: &Wait, object: &'a Value) -> Option<&'a Value> {
        let status = &object["status"];
        let condition = |kind: &str| {
            let mut conditions = status["conditions"].as_array().into_iter().flatten();
            conditions.find(|condition| condition["type"] == kind)
        };
        let ready = condition("Ready").filter(|ready| ready["status"] == wait.ready.as_str())?;
        let seen = match &ready["observedGeneration"] {
            Value::Null => &status["observedGeneration"],
            seen => seen,
        };
        let is_under_way = condition("Reconciling").is_some_and(|reconciling| {
            reconciling["status"] == "True" && reconciling["reason"] != "ProgressingWithRetry"
        });
        let is_release = wait.object.starts_with("HelmRelease");
        let message = ready["message"].as_str().unwrap_or_default();
        let is_at = |letter: &String| {
            let commit = self.placeholders.commits.get(letter);
            let applied = status["lastAppliedRevision"].as_str();
            let revision = applied.or_else(|| status["artifact"]["revision"].as_str());
            commit.is_some_and(|commit| revision.unwrap_or_default().contains(commit.as_str()))
        };
        let is_final = *seen == object["metadata"]["generation"]
            && (wait.ready == "True" || is_release || !is_under_way)
            && !PASSING.iter().any(|passing| message.contains(passing))
            && wait.revision.iter().all(is_at);
        is_final.then_some(ready)
    }

    fn facts(&self, facts: &[Fact], expected: &Expected) -> Result<(), String> {
        let values: Vec<Value> = facts.iter().map(|fact| self.fact(fact)).collect();
        let wanted = expected.values.as_ref();
        if wanted.is_none_or(|wanted| *wanted == values) {
            return Ok(());
        }
        Err(format!("the facts are {values:?}, with flux {wanted:?}"))
    }

    fn fact(&self, fact: &Fact) -> Value {
        let path = self.fill(&fact.path).replace('.', "/");
        let object = self.object(&fact.object).unwrap_or_default();
        match object.pointer(&format!("/{path}")) {
            Some(Value::String(text)) => self.placeholders.normal(text).into(),
            value => value.cloned().unwrap_or_default(),
        }
    }

    fn run(&self, name: &str, run: &Run, expected: &Expected) -> Result<(), String> {
        let folder = new_folder("run");
        for (path, text) in &run.folder {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("it is below the folder"))
                .expect("the folder of the run can be written");
            fs::write(path, self.fill(text)).expect("the folder of the run can be written");
        }
        let arguments = self.fill(&run.run);
        let invocation = self.env.command(arguments.split_whitespace());
        let output = invocation.within(&folder).timeout(RUN_LIMIT).run();
        let stdout = self
            .placeholders
            .normal(&String::from_utf8_lossy(output.raw_stdout()));
        let ended_alike = expected
            .exit
            .is_none_or(|exit| (output.status() == Some(0)) == (exit == 0));
        let said_alike = expected
            .stdout
            .as_ref()
            .is_none_or(|wanted| *wanted == stdout);
        let fixed = FIXED
            .iter()
            .find(|(scenario, words, _)| *scenario == name && *words == run.run);
        match (fixed, ended_alike && said_alike) {
            (None, true) | (Some(_), false) => Ok(()),
            (Some((.., quirk)), true) => Err(format!(
                "`{}` does not fix quirk {quirk}: {output}",
                run.run
            )),
            (None, false) => Err(format!(
                "`{}` ends with {:?} and says\n{stdout}\n---- flux ends with {:?} and says\n{}\n----\n{output}",
                run.run,
                output.status(),
                expected.exit,
                expected.stdout.as_deref().unwrap_or_default()
            )),
        }
    }
}

/// Looks again and again until something is so; after the limit the last complaint is returned.
fn until(limit: Duration, look: impl Fn() -> Result<(), String>) -> Result<(), String> {
    let begin = Instant::now();
    loop {
        let outcome = look();
        if outcome.is_ok() || begin.elapsed() > limit {
            return outcome;
        }
        thread::sleep(PAUSE);
    }
}

fn play(world: &World, script: &Script) -> Result<(), String> {
    let scene = Scene::shared().ok_or("there is no cluster")?;
    let mut play = Play::new(world, scene);
    for (number, step) in script.steps.iter().enumerate() {
        play.step(&script.name, step)
            .map_err(|trouble| format!("{}, step {}: {trouble}", script.name, number + 1))?;
    }
    Ok(())
}

#[test]
fn scenarios_end_as_with_flux() {
    let data = reference_data().filter(|data| data.join("flux-reference").is_dir());
    let Some(data) = data else {
        skip("no recordings of flux beside the project");
        return;
    };
    if !are_built(CLUSTER) {
        return;
    }
    let Some(world) = World::start() else { return };
    let all = scripts(&data.join("flux-reference"));
    let (later, here): (Vec<Script>, Vec<Script>) = all
        .into_iter()
        .partition(|script| script.commands().any(|command| NOT_YET.contains(&command)));
    assert!(here.len() > later.len(), "most scenarios are played");
    let next = Mutex::new(here.iter());
    let troubles = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let script = next.lock().expect("no holder panics").next();
                    let Some(script) = script else { return };
                    if let Err(trouble) = play(&world, script) {
                        troubles.lock().expect("no holder panics").push(trouble);
                    }
                }
            });
        }
    });
    let troubles = troubles.into_inner().expect("no holder panics");
    assert!(
        troubles.is_empty(),
        "{} of {} scenarios differ:\n{}",
        troubles.len(),
        here.len(),
        troubles.join("\n")
    );
}

#[test]
fn commands_that_are_missing_are_refused() {
    let env = TestEnv::new();
    for command in NOT_YET {
        // Once it is there, its scenarios are to be played.
        assert_eq!(env.run([*command, "--help"]).status(), Some(2), "{command}");
    }
}
