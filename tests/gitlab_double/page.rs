//! Lists in pages, good and bad.

use std::collections::BTreeSet;

use super::{Speaker, start};
use crate::scene::gitlab::{Fault, GitLab};

const KEYS: &str = "/projects/mycompany%2Fflux/deploy_keys";

fn with_keys(count: usize) -> GitLab {
    start(|state| {
        state.project("mycompany/flux");
        state.many_keys("mycompany/flux", count);
    })
}

/// Reads a page: its ids, its `X-Next-Page`, its `Link`.
fn page(alice: &Speaker<'_>, query: &str) -> (Vec<u64>, String, String) {
    let answer = alice
        .request("GET", &format!("{KEYS}{query}"))
        .send()
        .unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (next, link) = (header("x-next-page"), header("link"));
    let rows: Vec<serde_json::Value> = answer.json().unwrap();
    (
        rows.iter().map(|row| row["id"].as_u64().unwrap()).collect(),
        next,
        link,
    )
}

#[test]
fn every_row_of_a_long_list_is_on_one_page() {
    let gitlab = with_keys(2_500);
    let alice = Speaker::new(&gitlab, "alice");
    assert_eq!(
        page(&alice, "").0.len(),
        20,
        "GitLab shows twenty where no one asks for more"
    );
    let (mut seen, mut next, mut pages) = (BTreeSet::new(), "1".to_owned(), 0);
    while !next.is_empty() {
        let (ids, following, _) = page(&alice, &format!("?per_page=100&page={next}"));
        seen.extend(ids);
        next = following;
        pages += 1;
    }
    assert_eq!((pages, seen.len()), (25, 2_500));
}

#[test]
fn links_lead_from_page_to_page() {
    let gitlab = with_keys(45);
    let alice = Speaker::new(&gitlab, "alice");
    let (_, next, link) = page(&alice, "?page=2");
    assert_eq!(next, "3");
    let expected = format!("<{}{KEYS}?page=3&per_page=20>; rel=\"next\"", gitlab.api());
    assert!(link.contains(&expected), "{link}");
    let (ids, next, link) = page(&alice, "?page=3");
    assert_eq!((ids.len(), next.as_str()), (5, ""));
    assert!(!link.contains("rel=\"next\""), "{link}");
    let total = alice.request("GET", KEYS).send().unwrap();
    assert_eq!(total.headers()["x-total-pages"], "3");
    assert_eq!(alice.get(&format!("{KEYS}?page=9999&per_page=100")).0, 405);
}

#[test]
fn pages_without_end_and_pages_in_a_circle() {
    let gitlab = with_keys(3);
    let alice = Speaker::new(&gitlab, "alice");
    gitlab.fault(Fault::endless_pages().on("GET", "/projects/*/deploy_keys"));
    let (first, next, _) = page(&alice, "");
    let (second, after, link) = page(&alice, &format!("?page={next}"));
    assert_eq!((next.as_str(), after.as_str()), ("2", "3"));
    assert!(
        link.contains("page=3&") && link.contains("rel=\"next\""),
        "{link}"
    );
    assert!(
        first.iter().all(|id| !second.contains(id)),
        "rows are new on each page"
    );
    gitlab.mend();
    gitlab.fault(Fault::repeated_page().on("GET", "/projects/*/deploy_keys"));
    let (ids, next, _) = page(&alice, "?page=1");
    assert_eq!((ids, next.as_str()), (first, "1"));
}
