//! What the double knows: people, groups, projects; with the door for tests to fill it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::access::Role;
use super::group::Group;
use super::key::{Key, Push};
use super::project::{Namespace, Project};
use super::repository::Repository;
use super::settings::{Settings, Tls};
use super::token::{Kind, Token};
use super::user::User;

/// All that the double knows.
pub struct State {
    /// How it is set up. What decides of the doors (TLS, SSH) counts at the start only.
    pub settings: Settings,
    /// Users and bots.
    pub users: Vec<User>,
    /// Tokens of every kind.
    pub tokens: Vec<Token>,
    /// Groups at all levels.
    pub groups: Vec<Group>,
    /// Projects.
    pub projects: Vec<Project>,
    /// Deploy keys of the whole instance.
    pub keys: Vec<Key>,
    /// The number given last: numbers rise, and none is given twice.
    pub last_id: u64,
    /// Old paths of projects, with the number of each.
    pub moved: Vec<(String, u64)>,
    /// When the window of the rate limit began, and the requests in it.
    pub window: Option<(Instant, u64)>,
    /// The port of the API and of Git over HTTP.
    pub port: u16,
    /// The address of Git over SSH: user, at-sign, host, colon, port.
    pub ssh_address: Option<String>,
    /// The folder of it all.
    pub folder: PathBuf,
}

impl State {
    /// Makes an empty one.
    pub fn new(folder: &Path, port: u16) -> Self {
        Self {
            settings: Settings::default(),
            users: Vec::new(),
            tokens: Vec::new(),
            groups: Vec::new(),
            projects: Vec::new(),
            keys: Vec::new(),
            last_id: 100,
            moved: Vec::new(),
            window: None,
            port,
            ssh_address: None,
            folder: folder.to_owned(),
        }
    }

    /// Gives the next number.
    pub const fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Returns the address of the double, mount point included, without a slash at its end.
    pub fn base(&self) -> String {
        let scheme = if self.settings.tls == Tls::Off {
            "http"
        } else {
            "https"
        };
        format!("{scheme}://127.0.0.1:{}{}", self.port, self.settings.mount)
    }

    /// Returns the number of a user, who is made where there is none of the name.
    pub fn user(&mut self, username: &str) -> u64 {
        let found = self.users.iter().find(|user| user.username == username);
        if let Some(user) = found {
            return user.id;
        }
        self.make_user(username, false)
    }

    fn make_user(&mut self, username: &str, bot: bool) -> u64 {
        let (id, namespace) = (self.next_id(), self.next_id());
        self.users.push(User {
            id,
            username: username.to_owned(),
            bot,
            namespace,
        });
        id
    }

    /// Returns a group, which is made with all above it where it is missing: private, as GitLab does it.
    pub fn group(&mut self, path: &str) -> &mut Group {
        if let Some(index) = self.group_index(path) {
            return &mut self.groups[index];
        }
        let (parent, name) = match path.rsplit_once('/') {
            Some((above, name)) => (Some(self.group(above).id), name),
            None => (None, path),
        };
        let id = self.next_id();
        self.groups.push(Group::new(id, name, path, parent));
        self.groups.last_mut().expect("it was just pushed")
    }

    fn group_index(&self, path: &str) -> Option<usize> {
        let mut groups = self.groups.iter();
        groups.position(|group| group.full_path.eq_ignore_ascii_case(path))
    }

    /// Makes a user a member of a group or a project.
    pub fn member(&mut self, username: &str, path: &str, role: Role) {
        let user = self.user(username);
        self.join(user, path, role);
    }

    fn join(&mut self, user: u64, path: &str, role: Role) {
        let entry = (user, role.level());
        if let Some(index) = self.group_index(path) {
            self.groups[index].members.push(entry);
        } else {
            self.project_mut(path).members.push(entry);
        }
    }

    /// Returns the secret of a user's token with scope `api`, which is made where there is none.
    pub fn token(&mut self, username: &str) -> String {
        let kind = Kind::Personal(username.to_owned());
        let found = self
            .tokens
            .iter()
            .find(|token| token.kind == kind && token.reaches(&["api"]));
        if let Some(token) = found {
            return token.value.clone();
        }
        self.add_token(Token::personal(username))
    }

    /// Adds a token and returns its secret; its user, or its bot with the role, is made where missing.
    pub fn add_token(&mut self, mut token: Token) -> String {
        token.id = self.next_id();
        token.user = match token.kind.clone() {
            Kind::Personal(username) | Kind::Job(_, username) => self.user(&username),
            Kind::Group(path, role) => {
                let group = self.group(&path).id;
                self.bot(&format!("group_{group}_bot_{:08x}", token.id), &path, role)
            }
            Kind::Project(path, role) => {
                let project = self.project_mut(&path).id;
                self.bot(
                    &format!("project_{project}_bot_{:08x}", token.id),
                    &path,
                    role,
                )
            }
        };
        self.tokens.push(token);
        self.tokens
            .last()
            .expect("it was just pushed")
            .value
            .clone()
    }

    fn bot(&mut self, username: &str, path: &str, role: Role) -> u64 {
        let bot = self.make_user(username, true);
        self.join(bot, path, role);
        bot
    }

    /// Returns a project, which is made with its namespace and an empty repository where it is missing.
    ///
    /// A namespace that is neither a user nor a group becomes a group.
    pub fn project(&mut self, path: &str) -> &mut Project {
        if self.project_at(path).is_none() {
            let (above, name) = path
                .rsplit_once('/')
                .expect("a project lies in a namespace");
            let user = self.users.iter().find(|user| user.username == above);
            let namespace = match user.map(|user| user.id) {
                Some(user) => Namespace::User(user),
                None => Namespace::Group(self.group(above).id),
            };
            self.make_project(namespace, name, name, "main");
        }
        self.project_mut(path)
    }

    /// Returns a project that must be there.
    pub fn project_mut(&mut self, path: &str) -> &mut Project {
        let id = self.project_at(path).map(|project| project.id);
        let found = self
            .projects
            .iter_mut()
            .find(|project| Some(project.id) == id);
        found.unwrap_or_else(|| panic!("the double has no project {path}"))
    }

    /// Makes a project with an empty repository whose default branch is protected.
    pub fn make_project(
        &mut self,
        namespace: Namespace,
        name: &str,
        path: &str,
        branch: &str,
    ) -> u64 {
        let id = self.next_id();
        let folder = self.folder.join("repositories").join(format!("{id}.git"));
        let repository = Repository::create(&folder, branch);
        let full_path = format!("{}/{path}", self.namespace_path(namespace));
        let mut project = Project::new(id, namespace, (name, path, &full_path), repository);
        project.default_branch = branch.to_owned();
        self.projects.push(project);
        let protection = self.next_id();
        self.project_mut(&full_path)
            .protect(protection, branch, Role::Maintainer.level());
        id
    }

    /// Returns the path of a namespace.
    pub fn namespace_path(&self, namespace: Namespace) -> String {
        match namespace {
            Namespace::User(id) => {
                let found = self.users.iter().find(|user| user.id == id);
                found.map(|user| user.username.clone())
            }
            Namespace::Group(id) => self.group_by_id(id).map(|group| group.full_path.clone()),
        }
        .unwrap_or_default()
    }

    /// Finds a group by its number.
    pub fn group_by_id(&self, id: u64) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Finds a group by number or path.
    pub fn group_at(&self, id: &str) -> Option<&Group> {
        let by_path = self.group_index(id).map(|index| &self.groups[index]);
        by_path.or_else(|| self.group_by_id(id.parse().ok()?))
    }

    /// Finds a project by number or path.
    pub fn project_at(&self, id: &str) -> Option<&Project> {
        let number: Option<u64> = id.parse().ok();
        self.projects.iter().find(|project| {
            Some(project.id) == number || project.full_path.eq_ignore_ascii_case(id)
        })
    }

    /// Moves a project to another path in its namespace; the old path leads to the new one.
    pub fn rename_project(&mut self, path: &str, name: &str) {
        let project = self.project_mut(path);
        let (above, _) = path
            .rsplit_once('/')
            .expect("a project lies in a namespace");
        name.clone_into(&mut project.path);
        name.clone_into(&mut project.name);
        project.full_path = format!("{above}/{name}");
        let id = project.id;
        self.moved.push((path.to_ascii_lowercase(), id));
    }

    /// Protects a branch, or changes who may push to it; level 0 is no one.
    pub fn protect(&mut self, path: &str, branch: &str, level: u64) {
        let id = self.next_id();
        self.project_mut(path).protect(id, branch, level);
    }

    /// Commits a file past all protection, as another person would; returns the commit.
    pub fn commit(&mut self, path: &str, branch: &str, file: &str, content: &str) -> String {
        let repository = &self.project_mut(path).repository;
        repository.commit(branch, &format!("Write {file}"), &[(file, content)])
    }

    /// Registers a deploy key of a project; returns its number.
    pub fn key(&mut self, path: &str, title: &str, public_key: &str, push: Push) -> u64 {
        let id = self.taken_key(title, public_key);
        self.project_mut(path).keys.push((id, push));
        id
    }

    /// Registers a key that no caller can reach: another user's, or one of a project out of sight.
    pub fn taken_key(&mut self, title: &str, public_key: &str) -> u64 {
        let id = self.next_id();
        let key = Key::parse(id, title, public_key).expect("the test gives a good key");
        self.keys.push(key);
        id
    }
}
