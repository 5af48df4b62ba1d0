//! AWS `CodeCommit`: its addresses, and the passwords that it takes from an identity of AWS.
//!
//! The password is a signature (version 4) of the request `GIT`, as AWS documents it for HTTPS access; it works for
//! a quarter of an hour.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::auth::Secret;
use super::url::{GitUrl, Scheme};

/// The algorithm, as the text to sign names it.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The service, as the text to sign names it.
const SERVICE: &str = "codecommit";

/// An identity of AWS.
#[derive(Clone, Debug)]
pub struct AwsIdentity {
    /// The identifier of the access key.
    pub access_key: String,
    /// The access key.
    pub secret_key: Secret,
    /// What a temporary identity shows besides.
    pub session_token: Option<Secret>,
}

impl GitUrl {
    /// Says whether the repository is at AWS `CodeCommit`, by one of its public names or from within a private network.
    pub fn is_code_commit(&self) -> bool {
        self.host.contains("git-codecommit") && self.host.contains("amazonaws.com")
    }

    /// Returns the region in `git-codecommit.REGION.amazonaws.com`; `None` where the host is no such name.
    ///
    /// The names end with `.cn` in China, and begin with `git-codecommit-fips` where they are validated for it.
    pub fn code_commit_region(&self) -> Option<&str> {
        let rest = ["git-codecommit.", "git-codecommit-fips."]
            .iter()
            .find_map(|prefix| self.host.strip_prefix(prefix))?;
        let region = [".amazonaws.com", ".amazonaws.com.cn"]
            .iter()
            .find_map(|suffix| rest.strip_suffix(suffix))?;
        let is_region = !region.is_empty()
            && region
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '-');
        is_region.then_some(region)
    }

    /// Returns the name of the repository in `/v1/repos/NAME`; `None` where the path is no such one.
    pub fn code_commit_repository(&self) -> Option<&str> {
        let name = self.path.trim_end_matches('/').strip_prefix("/v1/repos/")?;
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }

    /// Returns user and password for this repository at this time; `None` where it is none of `CodeCommit`'s over HTTPS.
    pub fn code_commit_login(
        &self,
        identity: &AwsIdentity,
        now: Timestamp,
    ) -> Option<(String, Secret)> {
        let region = self
            .code_commit_region()
            .filter(|_| self.scheme == Scheme::Https)?;
        let username = match &identity.session_token {
            Some(token) => format!("{}%{}", identity.access_key, token.reveal()),
            None => identity.access_key.clone(),
        };
        let time = now.strftime("%Y%m%dT%H%M%S").to_string();
        let request = format!("GIT\n{}\n\nhost:{}\n\nhost\n", self.path, self.authority());
        let signature = sign(&identity.secret_key, &time, region, &request);
        Some((username, format!("{time}Z{signature}").into()))
    }
}

/// Signs a request, as signature version 4 says.
fn sign(secret_key: &Secret, time: &str, region: &str, request: &str) -> String {
    let date = &time[..8];
    let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
    let text = format!(
        "{ALGORITHM}\n{time}\n{scope}\n{}",
        hex(Sha256::digest(request).as_ref())
    );
    let first = Secret::from(format!("AWS4{}", secret_key.reveal()));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, first.reveal().as_bytes());
    for part in [date, region, SERVICE, "aws4_request"] {
        key = hmac::Key::new(
            hmac::HMAC_SHA256,
            hmac::sign(&key, part.as_bytes()).as_ref(),
        );
    }
    hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text can't fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> GitUrl {
        text.parse().unwrap()
    }

    #[test]
    fn knows_the_addresses() {
        let cases = [
            (
                "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet",
                Some("eu-west-1"),
                Some("fleet"),
            ),
            (
                "ssh://APKA@git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/fleet/",
                Some("us-east-1"),
                Some("fleet"),
            ),
            (
                "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/a.b",
                Some("cn-north-1"),
                Some("a.b"),
            ),
            (
                "https://git-codecommit.eu-west-1.amazonaws.com/fleet",
                Some("eu-west-1"),
                None,
            ),
            (
                "https://vpce-1.git-codecommit.eu-west-1.vpce.amazonaws.com/v1/repos/a/b",
                None,
                None,
            ),
        ];
        for (text, region, repository) in cases {
            let url = url(text);
            assert!(url.is_code_commit(), "{text}");
            assert_eq!(url.code_commit_region(), region, "{text}");
            assert_eq!(url.code_commit_repository(), repository, "{text}");
        }
        assert!(!url("https://git.example.com/v1/repos/a").is_code_commit());
    }

    #[test]
    fn signs_as_aws_does() {
        let mut identity = AwsIdentity {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let url = url("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/fleet");
        let (user, password) = url.code_commit_login(&identity, now).unwrap();
        assert_eq!(user, "AKIDEXAMPLE");
        // Worked out apart from this program, by the steps of the documentation.
        assert_eq!(
            password.reveal(),
            "20260102T030405Z2a16863c47a4a34e46ec9af09d3da90145e1695a6b401d691737ab4b7e886d20"
        );
        identity.session_token = Some("t0ken".into());
        let (user, same) = url.code_commit_login(&identity, now).unwrap();
        assert_eq!((user.as_str(), same), ("AKIDEXAMPLE%t0ken", password));
        let plain =
            super::tests::url("ssh://APKA@git-codecommit.us-east-1.amazonaws.com/v1/repos/a");
        assert_eq!(plain.code_commit_login(&identity, now), None);
    }
}
