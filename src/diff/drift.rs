//! Whether an object has to be applied again.

use serde_json::Value;

/// Says whether an object in the cluster differs from the server's answer to a rehearsed apply of it.
///
/// Labels, annotations and everything but `metadata` and `status` count.
pub fn has_drifted(live: &Value, wanted: &Value) -> bool {
    live != wanted
}
