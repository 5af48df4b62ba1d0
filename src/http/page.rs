//! Lists that come in pages: all of them, each once, and never without end.

use std::collections::HashSet;

use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;
use url::Url;

use crate::error::Explain;

/// How many pages a list may have.
const MOST_PAGES: usize = 1000;

/// Where a list goes on after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The page that was read is the last.
    End,
    /// There is another page of this number.
    Page(u64),
}

/// A list that does not end.
#[derive(Debug, thiserror::Error)]
#[error("the list at {url} does not end: {MOST_PAGES} pages were read")]
pub struct PageError {
    url: String,
}

impl Explain for PageError {}

/// The rows of the pages that were read so far.
#[derive(Debug, Default)]
pub struct Pages {
    rows: Vec<Value>,
    seen: HashSet<String>,
    read: usize,
    current: u64,
}

impl Pages {
    /// Starts before the first page.
    pub fn new() -> Self {
        Self {
            current: 1,
            ..Self::default()
        }
    }

    /// Returns the number of the page to ask for.
    pub const fn current(&self) -> u64 {
        self.current
    }

    /// Takes the rows of the current page; says whether there is another page to ask for.
    ///
    /// A page that brings nothing new ends the list, and so does a server that leads back.
    pub fn take(&mut self, rows: Vec<Value>, next: &Next, url: &Url) -> Result<bool, PageError> {
        let before = self.rows.len();
        for row in rows {
            if self.seen.insert(identity(&row)) {
                self.rows.push(row);
            }
        }
        self.read += 1;
        let Next::Page(number) = *next else {
            return Ok(false);
        };
        if self.rows.len() == before || number <= self.current {
            return Ok(false);
        }
        if self.read >= MOST_PAGES {
            return Err(PageError {
                url: super::redact::shown(url),
            });
        }
        self.current = number;
        Ok(true)
    }

    /// Returns the rows, in the order they came.
    pub fn into_rows(self) -> Vec<Value> {
        self.rows
    }
}

/// Returns what tells a row from others: its id, or all of it.
fn identity(row: &Value) -> String {
    row.get("id")
        .filter(|id| !id.is_null())
        .unwrap_or(row)
        .to_string()
}

/// Returns the target of `rel="next"` in the `Link` headers.
pub fn link_to_next(headers: &HeaderMap, base: &Url) -> Option<Url> {
    headers
        .get_all(LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|value| {
            value.split(',').find_map(|link| {
                let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
                let next = parameters.split(';').any(|parameter| {
                    let (name, value) = parameter.trim().split_once('=').unwrap_or_default();
                    name.eq_ignore_ascii_case("rel")
                        && value
                            .trim_matches('"')
                            .split(' ')
                            .any(|word| word == "next")
                });
                if next { base.join(target).ok() } else { None }
            })
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url() -> Url {
        Url::parse("https://host/list?page=1").unwrap()
    }

    #[test]
    fn each_row_comes_once() {
        let mut pages = Pages::new();
        assert!(
            pages
                .take(
                    vec![json!({"id": 1}), json!({"id": 2})],
                    &Next::Page(2),
                    &url()
                )
                .unwrap()
        );
        assert_eq!(pages.current(), 2);
        // Something was added in front meanwhile, so that a row moved to the second page.
        assert!(
            !pages
                .take(vec![json!({"id": 2}), json!({"id": 3})], &Next::End, &url())
                .unwrap()
        );
        assert_eq!(
            pages.into_rows(),
            [json!({"id": 1}), json!({"id": 2}), json!({"id": 3})]
        );
    }

    #[test]
    fn a_list_that_leads_back_or_repeats_ends() {
        let mut pages = Pages::new();
        assert!(
            !pages
                .take(vec![json!({"id": 1})], &Next::Page(1), &url())
                .unwrap()
        );
        let mut pages = Pages::new();
        assert!(
            pages
                .take(vec![json!({"id": 1})], &Next::Page(2), &url())
                .unwrap()
        );
        assert!(
            !pages
                .take(vec![json!({"id": 1})], &Next::Page(3), &url())
                .unwrap()
        );
    }

    #[test]
    fn a_list_without_end_is_an_error() {
        let mut pages = Pages::new();
        let error = (1..).find_map(|page| {
            pages
                .take(vec![json!({"id": page})], &Next::Page(page + 1), &url())
                .err()
        });
        assert_eq!(
            error.unwrap().to_string(),
            "the list at https://host/list does not end: 1000 pages were read"
        );
    }

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let link = r#"<https://host/list?page=1>; rel="prev", </list?page=3&limit=50>; rel="next""#;
        let headers = HeaderMap::from_iter([(LINK, link.parse().unwrap())]);
        assert_eq!(
            link_to_next(&headers, &url()).unwrap().as_str(),
            "https://host/list?page=3&limit=50"
        );
        assert_eq!(link_to_next(&HeaderMap::new(), &url()), None);
    }
}
