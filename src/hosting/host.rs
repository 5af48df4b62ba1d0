//! What a service that hosts repositories can tell and do, whichever it is.

use async_trait::async_trait;
use jiff::civil::Date;
use zeroize::Zeroizing;

use super::error::HostError;
use super::key::{DeployKey, RegisteredKey};
use super::name::{Level, Team, Visibility};

/// Who the token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the user or bot.
    pub name: String,
    /// What sort of token it is.
    pub kind: TokenKind,
    /// What it may be used for; `None` where the service does not tell.
    pub scopes: Option<Vec<String>>,
    /// The scopes that the work needs and the token has not.
    pub missing_scopes: Vec<String>,
    /// Its last day.
    pub expires: Option<Date>,
    /// Whether it works.
    pub active: bool,
    /// What to do about a token that lacks something.
    pub remedy: String,
}

/// What sort of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A person's: it may what the person may.
    Personal,
    /// Of a bot that belongs to a group.
    Group,
    /// Of a bot that belongs to one repository.
    Project,
    /// With permissions chosen one by one.
    FineGrained,
}

/// Whether something may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Granted,
    /// It may not, for this reason.
    Denied(String),
    /// Only trying tells.
    Unknown,
}

/// Whether an owner is a person or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A person or a bot.
    User,
    /// A group or organisation.
    Group,
}

/// What is known of the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerState {
    /// It is there.
    Found {
        /// A person or many.
        kind: AccountKind,
        /// Its path, as the service spells it.
        path: String,
        /// Whether the token may create repositories in it.
        may_create: Permission,
    },
    /// It is there, but of the other kind than was said.
    OtherKind(AccountKind),
    /// It is not there, or the token can't see it.
    Missing {
        /// The nearest group around it that is there.
        nearest: Option<String>,
        /// The part that is not there, as in `b/c` of `a/b/c`.
        missing: String,
    },
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The service's number for it.
    pub id: u64,
    /// Owner and name, as the service spells them.
    pub full_name: String,
    /// The page for people.
    pub web_url: String,
    /// Where Git reads and writes it by HTTPS.
    pub https_url: String,
    /// Where Git reads and writes it by SSH.
    pub ssh_url: String,
    /// The branch that is shown first; an empty repository may have none.
    pub default_branch: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whether nothing was ever pushed.
    pub empty: bool,
    /// Whether it takes no changes any more.
    pub archived: bool,
    /// The day of its deletion, if that is decided.
    pub pending_deletion: Option<String>,
    /// Its new owner and name, if it was asked for by old ones.
    pub renamed_to: Option<String>,
    /// What the token may do with it; `None` where the service does not tell.
    pub level: Option<Level>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Whether rules stand before pushing to it.
    pub protected: bool,
    /// Whether the token may push to it; `None` where only trying tells.
    pub may_push: Option<bool>,
}

/// A team's or group's access to the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name of the team; the full path of a group.
    pub team: String,
    /// What it may do.
    pub level: Level,
}

/// Whether a step changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It did.
    Made,
    /// All was as it should be.
    None,
}

/// How a new repository is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRepository {
    /// Who may see it.
    pub visibility: Visibility,
    /// Its first branch.
    pub default_branch: String,
    /// What people read about it; may be empty.
    pub description: String,
}

/// A user name and password for Git alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployToken {
    /// The user name.
    pub username: String,
    /// The password; it is never shown again.
    pub token: Zeroizing<String>,
}

/// A merge or pull request as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// The branch with the changes.
    pub source: String,
    /// The branch that they are for.
    pub target: String,
    /// The title.
    pub title: String,
    /// The text, Markdown.
    pub body: String,
}

/// A merge or pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// Its number in the repository.
    pub number: u64,
    /// The page for people.
    pub url: String,
}

/// What became of a merge or pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// It waits.
    Open,
    /// It was merged, with this commit if the service tells.
    Merged(Option<String>),
    /// It was closed without being merged.
    Closed,
}

/// A service that hosts one repository.
///
/// The first half reads, and a plan is made from its answers. Of the second half each call is one step
/// of a plan: it may be repeated, looks itself whether an unclear failure took effect, and says whether
/// it changed anything. Dropping a call's future ends it.
#[async_trait]
pub trait Host: Send + Sync {
    /// Returns the name of the service, for people.
    fn service(&self) -> &'static str;

    /// Returns how the service calls a request to merge a branch.
    fn request_name(&self) -> &'static str {
        "pull request"
    }

    /// Returns the host, with a port if it is not the usual one.
    fn address(&self) -> &str;

    /// Tells who the token is and what it may be used for.
    async fn identity(&self) -> Result<Identity, HostError>;

    /// Tells what is known of the owner.
    async fn owner(&self) -> Result<OwnerState, HostError>;

    /// Returns the repository; `None` where there is none that the token can see.
    async fn repository(&self) -> Result<Option<Repository>, HostError>;

    /// Returns a branch; `None` where there is none of that name.
    async fn branch(&self, name: &str) -> Result<Option<Branch>, HostError>;

    /// Returns all deploy keys.
    async fn deploy_keys(&self) -> Result<Vec<RegisteredKey>, HostError>;

    /// Returns the access that teams have.
    async fn grants(&self) -> Result<Vec<Grant>, HostError>;

    /// Returns the open merge or pull request between the two branches; `None` where there is none.
    async fn find_request(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<OpenRequest>, HostError>;

    /// Creates the repository unless it is there.
    async fn create_repository(
        &self,
        wanted: &NewRepository,
    ) -> Result<(Change, Repository), HostError>;

    /// Makes the repository as visible as said.
    async fn update_visibility(&self, wanted: Visibility) -> Result<Change, HostError>;

    /// Registers a deploy key, in place of others of its title.
    async fn put_deploy_key(&self, wanted: &DeployKey) -> Result<Change, HostError>;

    /// Makes a new deploy token that can read, in place of others of its name: an old one can't be read back.
    async fn put_deploy_token(&self, name: &str) -> Result<DeployToken, HostError> {
        let _ = name;
        Err(HostError::Unsupported {
            service: self.service(),
            what: "deploy tokens",
        })
    }

    /// Gives a team access; returns the level that it then has, which some services fix for a team as a whole.
    async fn grant(&self, team: &Team) -> Result<(Change, Level), HostError>;

    /// Opens a merge or pull request, or finds the open one between the two branches.
    async fn open_request(&self, wanted: &NewRequest) -> Result<(Change, OpenRequest), HostError>;

    /// Tells what became of a merge or pull request.
    async fn request_state(&self, number: u64) -> Result<RequestState, HostError>;

    /// Writes a comment to a merge or pull request, in place of an earlier one of ours with this marker.
    async fn comment(&self, number: u64, marker: &str, body: &str) -> Result<Change, HostError>;
}

/// Returns a comment that can be found again by its marker, which readers do not see.
pub(super) fn marked(marker: &str, body: &str) -> String {
    format!("{}\n{body}", hidden(marker))
}

/// Makes sense of the answer to a creation: what a lost answer, or another's that came first, may have left is looked
/// for.
///
/// # Errors
///
/// Fails as the creation did where nothing is found, and as the search does.
pub(super) async fn made_or_found<T>(
    made: Result<T, HostError>,
    look: impl Future<Output = Result<Option<T>, HostError>>,
) -> Result<(Change, T), HostError> {
    let (change, error) = match made {
        Ok(made) => return Ok((Change::Made, made)),
        Err(error) if error.is_unclear() => (Change::Made, error),
        Err(error @ HostError::Refused { status: 409, .. }) => (Change::None, error),
        Err(error) => return Err(error),
    };
    match look.await? {
        Some(found) => Ok((change, found)),
        None => Err(error),
    }
}

/// Says whether a comment bears the marker.
pub(super) fn is_marked(marker: &str, body: &str) -> bool {
    body.trim_start().starts_with(&hidden(marker))
}

fn hidden(marker: &str) -> String {
    // Nothing in a marker may end the comment that hides it.
    let plain = |character: char| {
        if matches!(character, '-' | '<' | '>') {
            '_'
        } else {
            character
        }
    };
    format!("<!-- {} -->", marker.chars().map(plain).collect::<String>())
}
