//! Work grows as fast as what there is to do: counted, not timed.

use allocation_counter::measure;
use gitops::kustomize::load::Disk;
use gitops::kustomize::{self, Options};

use crate::bench::overlay::{self, Style};
use crate::scene::new_folder;

/// The most that twice the resources may cost, in percent of what once costs.
const LIMIT: u64 = 220;

/// Builds an overlay of so many resources; returns how often and how much memory was asked for.
fn work(resources: usize) -> (u64, u64) {
    let folder = new_folder(&format!("growth-{resources}"));
    overlay::write(&folder, resources, Style::Full);
    let root = folder.to_string_lossy().into_owned();
    let used = measure(|| {
        // The door for many roots works on one thread if told so; only that thread is counted.
        let mut built = kustomize::build_all(&Disk, &[root], &Options::default(), 1);
        let text = built.remove(0).unwrap().text().unwrap();
        assert_eq!(text.matches("\n---\n").count() + 1, resources);
    });
    (used.count_total, used.bytes_total)
}

/// Checks that each overlay, twice as large as the one before it, costs about twice as much.
fn check(sizes: &[usize]) {
    let costs: Vec<_> = sizes.iter().copied().map(work).collect();
    for pair in costs.windows(2) {
        let ((times, bytes), (times_of_twice, bytes_of_twice)) = (pair[0], pair[1]);
        assert!(times > 1_000, "allocations are counted: {costs:?}");
        assert!(times_of_twice * 100 <= times * LIMIT, "{costs:?}");
        assert!(bytes_of_twice * 100 <= bytes * LIMIT, "{costs:?}");
    }
}

#[test]
fn twice_the_resources_cost_about_twice_the_work() {
    check(&[500, 1_000, 2_000, 4_000]);
}

#[test]
fn so_do_tens_of_thousands() {
    check(&[12_500, 25_000, 50_000]);
}
