//! Commands, driven as people drive them: what recordings of flux do not show.

mod check;
mod get;
mod install;
mod release;
mod steer;
mod stream;
