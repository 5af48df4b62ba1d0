//! Tables of events: which columns, and what stands in them.

use jiff::Timestamp;

use super::rows::Header;
use crate::cluster::Event;
use crate::env;
use crate::report::{Table, age};

/// The columns of a table of events, and whether it begins with their names.
#[derive(Clone, Copy, Debug)]
pub struct EventLayout {
    /// Whether the cluster is shown.
    pub cluster: bool,
    /// Whether the namespace is shown.
    pub namespace: bool,
    /// Whether it is shown who says so, how often, and under which name the event is kept.
    pub wide: bool,
    /// Whether the names of the columns are shown.
    pub header: Header,
}

impl EventLayout {
    /// Draws a table of events, each with the name of its cluster.
    pub fn table<'a>(self, events: impl IntoIterator<Item = (&'a str, &'a Event)>) -> Table {
        let beside = [("Cluster", self.cluster), ("Namespace", self.namespace)];
        let beside = beside
            .into_iter()
            .filter_map(|(name, is_shown)| is_shown.then_some(name));
        let columns = ["Last seen", "Type", "Reason", "Object", "Message"];
        let wide = ["Source", "Count", "Name"]
            .into_iter()
            .filter(|_| self.wide);
        let mut table = Table::new(beside.chain(columns).chain(wide));
        if self.header == Header::Hidden {
            table = table.without_header();
        }
        for (cluster, event) in events {
            table.push(self.cells(cluster, event));
        }
        table
    }

    fn cells(self, cluster: &str, event: &Event) -> Vec<String> {
        let object = &event.involved_object;
        let mut cells = Vec::new();
        if self.cluster {
            cells.push(cluster.to_owned());
        }
        if self.namespace {
            cells.push(event.metadata.namespace.clone());
        }
        cells.extend([
            last_seen(event, env::now()),
            event.kind.clone(),
            event.reason.clone(),
            format!("{}/{}", object.kind, object.name),
            event.message.clone(),
        ]);
        if self.wide {
            cells.extend([
                event.reporting_component.clone(),
                event.times().to_string(),
                event.metadata.name.clone(),
            ]);
        }
        cells
    }
}

/// Writes when an event was last seen, and how often since when.
fn last_seen(event: &Event, now: Timestamp) -> String {
    let since = |time: Option<Timestamp>| {
        time.map_or_else(|| "<unknown>".into(), |time| age(now.duration_since(time)))
    };
    let first = since(event.first_seen());
    if event.times() > 1 || event.series.is_some() {
        return format!(
            "{} (x{} over {first})",
            since(event.last_seen()),
            event.times()
        );
    }
    first
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(value: serde_json::Value) -> Event {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_last_sight_counts_repetitions() {
        let now: Timestamp = "2030-01-02T00:00:00Z".parse().unwrap();
        for (fields, shown) in [
            (
                json!({"firstTimestamp": "2030-01-01T20:00:00Z", "lastTimestamp": "2030-01-01T23:00:00Z", "count": 1}),
                "4h",
            ),
            (
                json!({"firstTimestamp": "2030-01-01T20:00:00Z", "lastTimestamp": "2030-01-01T23:00:00Z", "count": 7}),
                "60m (x7 over 4h)",
            ),
            (
                json!({"eventTime": "2030-01-01T20:00:00.000000Z", "series": {"count": 3, "lastObservedTime": "2030-01-01T23:59:50.000000Z"}}),
                "10s (x3 over 4h)",
            ),
            (json!({}), "<unknown>"),
        ] {
            assert_eq!(last_seen(&event(fields), now), shown);
        }
    }
}
