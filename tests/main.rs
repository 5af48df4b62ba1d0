//! The one test binary: the program, driven as people drive it, against the real components.

#![cfg_attr(
    test,
    expect(
        clippy::too_many_lines,
        clippy::format_collect,
        clippy::format_push_string,
        let_underscore_drop,
        reason = "a test of a whole run tells its story in one piece, and is read more often than it is run"
    )
)]

#[cfg(test)]
mod bench;
#[cfg(test)]
mod bootstrap;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod gitlab_double;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod kustomize;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod sops;
