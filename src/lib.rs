//! gitops: the map of the house.
//!
//! Seven floors, and arrows only downwards (`docs/architecture.md`):
//! `cli` parses and shows; `ops` does work that spans rooms; `cluster`, `hosting` and `install` each know one thing
//! of the world; `api`, `git`, `report` and `secrets` are what they are made of; `http` and `manifest` carry data;
//! `error` and `env` are the ground.

mod api;
mod cluster;
mod env;
mod error;
mod git;
mod hosting;
mod http;
mod install;
mod manifest;
mod report;
mod secrets;
