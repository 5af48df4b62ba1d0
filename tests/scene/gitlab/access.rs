//! Who asks, and what they may do.

use serde_json::Value;

use super::answer::Answer;
use super::group::Group;
use super::project::{Namespace, Project};
use super::state::State;
use super::token::{Kind, Life, Token};
use super::user::User;

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// No one in particular.
    #[default]
    Anonymous,
    /// The holder of the token at this place of the list.
    Token(usize),
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See.
    Guest = 10,
    /// Read the code.
    Reporter = 20,
    /// Push to what is not protected.
    Developer = 30,
    /// Manage keys, tokens, shares, hooks and protection.
    Maintainer = 40,
    /// All.
    Owner = 50,
}

impl Role {
    /// Returns its number.
    pub const fn level(self) -> u64 {
        self as u64
    }

    /// Returns its name in the singular or, for protection, in the plural.
    pub const fn plural(level: u64) -> &'static str {
        match level {
            0 => "No one",
            30 => "Developers + Maintainers",
            60 => "Administrators",
            _ => "Maintainers",
        }
    }
}

impl State {
    /// Says who holds a token, or refuses it.
    pub fn caller(&self, token: &str) -> Result<Caller, Answer> {
        let index = self.tokens.iter().position(|known| known.value == token);
        let index = index.ok_or_else(Answer::unauthorized)?;
        match self.tokens[index].life {
            Life::Active => Ok(Caller::Token(index)),
            Life::Expired => Err(Answer::invalid_token(
                "Token is expired. You can either do re-authorization or token refresh.",
            )),
            Life::Revoked => Err(Answer::invalid_token(
                "Token was revoked. You have to re-authorize from the user.",
            )),
        }
    }

    /// Returns the token of a caller.
    pub fn token_of(&self, caller: &Caller) -> Option<&Token> {
        match caller {
            Caller::Anonymous => None,
            Caller::Token(index) => self.tokens.get(*index),
        }
    }

    /// Returns the user that a caller acts as; no one in particular is refused.
    pub fn user_of(&self, caller: &Caller) -> Result<&User, Answer> {
        let token = self.token_of(caller).ok_or_else(Answer::unauthorized)?;
        let found = self.users.iter().find(|user| user.id == token.user);
        found.ok_or_else(Answer::unauthorized)
    }

    /// Refuses a request that the token's kind or scopes do not reach.
    pub fn admit(&self, caller: &Caller, method: &str, segments: &[&str]) -> Result<(), Answer> {
        let Some(token) = self.token_of(caller) else {
            return if method == "GET" {
                Ok(())
            } else {
                Err(Answer::unauthorized())
            };
        };
        if let Kind::Job(..) = token.kind {
            let is_open = method == "GET" && matches!(segments, ["projects", _]);
            return if is_open {
                Ok(())
            } else {
                Err(Answer::unauthorized())
            };
        }
        let (enough, needed): (&[&str], &str) = match (method, segments) {
            ("GET", ["personal_access_tokens", "self"]) => return Ok(()),
            ("GET", ["user" | "users", ..]) => (&["api", "read_api", "read_user"], "read_user"),
            ("GET", _) => (&["api", "read_api"], "api read_api"),
            _ => (&["api"], "api"),
        };
        if token.reaches(enough) {
            return Ok(());
        }
        Err(Answer::insufficient_scope(needed))
    }

    /// Returns a caller's level in a group: its own or that of a group above.
    pub fn level_in_group(&self, caller: &Caller, group: &Group) -> u64 {
        let Ok(user) = self.user_of(caller) else {
            return 0;
        };
        self.user_level_in_group(user.id, group)
    }

    fn user_level_in_group(&self, user: u64, group: &Group) -> u64 {
        let own = group.members.iter().filter(|(id, _)| *id == user);
        let own = own.map(|(_, level)| *level).max().unwrap_or(0);
        let above = group.parent.and_then(|id| self.group_by_id(id));
        own.max(above.map_or(0, |parent| self.user_level_in_group(user, parent)))
    }

    /// Returns a caller's level in a project: as a member, through its namespace, or through a share.
    pub fn level(&self, caller: &Caller, project: &Project) -> u64 {
        let Ok(user) = self.user_of(caller) else {
            return 0;
        };
        let own = project.members.iter().filter(|(id, _)| *id == user.id);
        let own = own.map(|(_, level)| *level).max().unwrap_or(0);
        let through_namespace = match project.namespace {
            Namespace::User(owner) if owner == user.id => Role::Owner.level(),
            Namespace::User(_) => 0,
            Namespace::Group(id) => self
                .group_by_id(id)
                .map_or(0, |group| self.user_level_in_group(user.id, group)),
        };
        let shared = project.shares.iter().filter_map(|share| {
            let group = self.group_by_id(share.group)?;
            Some(share.level.min(self.user_level_in_group(user.id, group)))
        });
        own.max(through_namespace).max(shared.max().unwrap_or(0))
    }

    /// Says whether a caller may know of a project.
    pub fn sees_project(&self, caller: &Caller, project: &Project) -> bool {
        let level = self.level(caller, project);
        if project.marked_for_deletion.is_some() {
            return level >= Role::Owner.level();
        }
        level > 0 || self.is_open(caller, &project.visibility)
    }

    /// Says whether a caller may know of a group: also by being in something below it.
    pub fn sees_group(&self, caller: &Caller, group: &Group) -> bool {
        if self.level_in_group(caller, group) > 0 || self.is_open(caller, &group.visibility) {
            return true;
        }
        let below_group = self
            .groups
            .iter()
            .filter(|other| other.parent == Some(group.id))
            .any(|other| self.level_in_group(caller, other) > 0 || self.sees_group(caller, other));
        let in_project = self
            .projects
            .iter()
            .filter(|project| project.namespace == Namespace::Group(group.id))
            .any(|project| self.level(caller, project) > 0);
        below_group || in_project
    }

    fn is_open(&self, caller: &Caller, visibility: &str) -> bool {
        match visibility {
            "public" => true,
            "internal" => self.token_of(caller).is_some(),
            _ => false,
        }
    }

    /// Finds a project that the caller may know of, by number or path.
    pub fn find_project(&self, caller: &Caller, id: &str) -> Result<&Project, Answer> {
        let found = self
            .project_at(id)
            .filter(|project| self.sees_project(caller, project));
        found.ok_or_else(|| Answer::not_found("Project"))
    }

    /// Finds a project in which the caller has at least this role: invisible is 404, seen but not allowed is 403.
    pub fn project_for(&self, caller: &Caller, id: &str, role: Role) -> Result<&Project, Answer> {
        let project = self.find_project(caller, id)?;
        if self.token_of(caller).is_none() {
            return Err(Answer::unauthorized());
        }
        if self.level(caller, project) < role.level() {
            return Err(Answer::forbidden());
        }
        Ok(project)
    }

    /// Finds the same project to change it.
    pub fn project_for_change(
        &mut self,
        caller: &Caller,
        id: &str,
        role: Role,
    ) -> Result<&mut Project, Answer> {
        let number = self.project_for(caller, id, role)?.id;
        let found = self
            .projects
            .iter_mut()
            .find(|project| project.id == number);
        found.ok_or_else(|| Answer::not_found("Project"))
    }
}

/// Returns the numbers `0, 10, 20 …` as the API writes access.
pub fn access(level: u64) -> Value {
    if level == 0 {
        return Value::Null;
    }
    serde_json::json!({ "access_level": level, "notification_level": 3 })
}
