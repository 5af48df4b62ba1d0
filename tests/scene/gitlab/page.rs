//! Lists in pages, by offset.

use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::answer::{Answer, Reply};
use super::call::Call;
use super::state::State;

/// How many rows a page has where the caller does not say.
const ROWS: usize = 20;
/// How many it has at most.
const MOST_ROWS: usize = 100;
/// Above so many rows, GitLab no longer counts them.
const MOST_COUNTED: usize = 10_000;
/// Rows further away than this are not reached by offset.
const FURTHEST: usize = 50_000;

/// Answers with the page that was asked for.
pub fn page(state: &State, call: &Call, rows: Vec<Value>) -> Reply {
    let asked = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
    let page = asked("page").unwrap_or(1).max(1);
    let size = asked("per_page").unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let offset = (page - 1).saturating_mul(size);
    if offset > FURTHEST {
        let refusal = "Offset pagination has a maximum allowed offset of 50000 for requests that return objects of \
                       this type. Remaining records can be retrieved using keyset pagination.";
        return Err(Answer::error(405, refusal));
    }
    let total = rows.len();
    let pages = total.div_ceil(size).max(1);
    let next = (page < pages).then_some(page + 1);
    let shown: Vec<Value> = rows.into_iter().skip(offset).take(size).collect();
    let number = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let previous = (page > 1).then(|| page - 1);
    let mut answer = Answer::json(200, Value::Array(shown))
        .with("X-Page", page)
        .with("X-Per-Page", size)
        .with("X-Next-Page", number(next))
        .with("X-Prev-Page", number(previous));
    let mut links = vec![("prev", previous), ("next", next), ("first", Some(1))];
    if total <= MOST_COUNTED {
        answer = answer.with("X-Total", total).with("X-Total-Pages", pages);
        links.push(("last", Some(pages)));
    }
    let links: Vec<String> = links
        .into_iter()
        .filter_map(|(relation, page)| {
            Some(format!(
                "<{}>; rel=\"{relation}\"",
                address(state, call, page?, size)
            ))
        })
        .collect();
    Ok(answer.with("Link", links.join(", ")))
}

fn address(state: &State, call: &Call, page: usize, size: usize) -> String {
    let others = call
        .query
        .iter()
        .filter(|(key, _)| key != "page" && key != "per_page");
    let mut query = Serializer::new(String::new());
    query.extend_pairs(others);
    query.append_pair("page", &page.to_string());
    query.append_pair("per_page", &size.to_string());
    format!("{}/api/v4{}?{}", state.base(), call.path, query.finish())
}
