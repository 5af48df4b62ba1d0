//! Endpoints that the `gitlab` crate does not know, and a page of any list.

use std::borrow::Cow;

use gitlab::api::common::NameOrId;
use gitlab::api::{BodyError, Endpoint, JsonParams, QueryParams};
use reqwest::Method;
use serde_json::json;

/// `GET projects/:id/deploy_tokens`.
pub(super) struct DeployTokens<'a> {
    pub project: NameOrId<'a>,
}

impl Endpoint for DeployTokens<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/deploy_tokens", self.project).into()
    }
}

/// `POST projects/:id/deploy_tokens`, for a token that can read the repository and nothing else.
pub(super) struct CreateDeployToken<'a> {
    pub project: NameOrId<'a>,
    pub name: &'a str,
}

impl Endpoint for CreateDeployToken<'_> {
    fn method(&self) -> Method {
        Method::POST
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/deploy_tokens", self.project).into()
    }

    fn body(&self) -> Result<Option<(&'static str, Vec<u8>)>, BodyError> {
        JsonParams::into_body(&json!({"name": self.name, "scopes": ["read_repository"]}))
    }
}

/// `DELETE projects/:id/deploy_tokens/:token_id`.
pub(super) struct DeleteDeployToken<'a> {
    pub project: NameOrId<'a>,
    pub token: u64,
}

impl Endpoint for DeleteDeployToken<'_> {
    fn method(&self) -> Method {
        Method::DELETE
    }

    fn endpoint(&self) -> Cow<'static, str> {
        format!("projects/{}/deploy_tokens/{}", self.project, self.token).into()
    }
}

/// One page of a list.
pub(super) struct Page<'a, E> {
    pub list: &'a E,
    pub number: u64,
}

impl<E: Endpoint> Endpoint for Page<'_, E> {
    fn method(&self) -> Method {
        self.list.method()
    }

    fn endpoint(&self) -> Cow<'static, str> {
        self.list.endpoint()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = self.list.parameters();
        parameters
            .push("per_page", 100_u64)
            .push("page", self.number);
        parameters
    }
}
