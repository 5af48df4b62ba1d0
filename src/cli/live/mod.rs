//! `get --watch`: objects as they are, and each change of them, whatever happens to the connections.

mod board;
mod follow;
mod lane;
mod resize;
mod view;

pub use follow::run;
