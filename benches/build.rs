//! How long the engine takes for generated overlays: `cargo bench --bench build`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use gitops::kustomize::load::Disk;
use gitops::kustomize::{self, Options};

use overlay::Style;

#[expect(
    dead_code,
    reason = "the contest of tests/bench asks more of the overlays"
)]
#[path = "../tests/bench/overlay.rs"]
mod overlay;

/// How many resources an overlay has.
const SIZES: [usize; 4] = [4, 1_000, 5_000, 50_000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("build");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for resources in SIZES {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        overlay::write(folder.path(), resources, Style::Full);
        let root = folder.path().to_string_lossy().into_owned();
        group.throughput(Throughput::Elements(resources as u64));
        group.bench_function(BenchmarkId::from_parameter(resources), |bencher| {
            bencher.iter(|| {
                let built = kustomize::build(&Disk, &root, &Options::default());
                let text = built.and_then(|built| built.text());
                black_box(text.expect("the overlay is sound"))
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
