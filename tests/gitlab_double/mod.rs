//! The double of GitLab, held to what is known of GitLab.

mod api;
mod clone;
mod fault;
mod gate;
mod git;
mod key;
mod page;
mod request;
mod ssh;

use std::fs;

use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::{Certificate, Method, redirect};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::scene::gitlab::{Gate, GitLab, Role, State};

/// Makes alice, owner of `mycompany`, and bob, developer in it; holds answers to the contract, too.
pub fn company(state: &mut State) {
    state.settings.gate = Gate::RequestsAndAnswers;
    state.user("alice");
    state.user("bob");
    state.group("mycompany/mygroup");
    state.member("alice", "mycompany", Role::Owner);
    state.member("bob", "mycompany", Role::Developer);
}

/// Starts a double with `company` and more.
pub fn start(more: impl FnOnce(&mut State)) -> GitLab {
    GitLab::start(|state| {
        company(state);
        more(state);
    })
}

/// Returns a client that trusts the double's authority and follows nothing.
pub fn client(gitlab: &GitLab) -> Client {
    let authority = fs::read(gitlab.ca_file()).unwrap();
    Client::builder()
        .add_root_certificate(Certificate::from_pem(&authority).unwrap())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// Speaks to the API of a double as a user.
pub struct Speaker<'a> {
    gitlab: &'a GitLab,
    client: Client,
    token: Option<String>,
}

impl<'a> Speaker<'a> {
    /// Speaks as a user.
    pub fn new(gitlab: &'a GitLab, user: &str) -> Self {
        Self::with(gitlab, Some(gitlab.token(user)))
    }

    /// Speaks with a token, or without.
    pub fn with(gitlab: &'a GitLab, token: Option<String>) -> Self {
        let client = client(gitlab);
        Self {
            gitlab,
            client,
            token,
        }
    }

    /// Begins a request.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self
            .client
            .request(method, format!("{}{path}", self.gitlab.api()));
        match &self.token {
            Some(token) => request.header("PRIVATE-TOKEN", token),
            None => request,
        }
    }

    /// Reads.
    pub fn get(&self, path: &str) -> (u16, Value) {
        taken(self.request("GET", path).send().unwrap())
    }

    /// Sends a body.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        taken(self.request(method, path).json(body).send().unwrap())
    }

    /// Sends a form, as GitLab takes it in place of JSON.
    pub fn send_form(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = "application/x-www-form-urlencoded";
        let request = self.request(method, path).header("Content-Type", kind);
        taken(request.body(body).send().unwrap())
    }

    /// Removes.
    pub fn delete(&self, path: &str) -> u16 {
        self.request("DELETE", path)
            .send()
            .unwrap()
            .status()
            .as_u16()
    }
}

/// Takes status and body of an answer; a body that is no JSON comes as text.
pub fn taken(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().unwrap();
    if status == 599 {
        println!("{text}");
    }
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, body)
}

/// Says whether the contract is there; says so if not.
pub fn has_contract() -> bool {
    let folder = crate::scene::gitlab::reference_folder();
    let has_it = folder.is_some_and(|folder| folder.join("hosting-contracts").is_dir());
    if !has_it {
        println!("skipped: there is no GitLab contract");
    }
    has_it
}
