//! Replays of recorded runs of flux: the same arguments on the same cluster print and change the same.

mod builds;
mod case;
mod change;
mod kinds;
mod normal;
mod replay;
mod responder;
mod scenarios;
mod script;
mod stand;
mod usage;
