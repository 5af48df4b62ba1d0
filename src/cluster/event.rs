//! Events: what controllers say about objects.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::client::Cluster;
use super::error::ClusterError;
use super::list::Selection;
use super::resource::{Address, Resource};

/// How many events are read at a time.
const PAGE: u32 = 500;

/// One event, read straight from a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    /// Where and under which name it is kept.
    pub metadata: EventMetadata,
    /// `Normal` or `Warning`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// One word for what happened.
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    /// What happened.
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    /// What it happened to.
    #[serde(deserialize_with = "or_default")]
    pub involved_object: InvolvedObject,
    /// How often it happened.
    #[serde(deserialize_with = "or_default")]
    pub count: i64,
    /// When it happened first.
    pub first_timestamp: Option<Timestamp>,
    /// When it happened last.
    pub last_timestamp: Option<Timestamp>,
    /// When it happened, in the newer form of events.
    #[serde(rename = "eventTime")]
    pub happened: Option<Timestamp>,
    /// How often and until when it happened, in the newer form of events.
    pub series: Option<Series>,
    /// Who says so.
    #[serde(deserialize_with = "or_default")]
    pub reporting_component: String,
}

/// Where and under which name an event is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventMetadata {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it was made.
    pub creation_timestamp: Option<Timestamp>,
    /// The version of the store.
    pub resource_version: String,
}

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InvolvedObject {
    /// API version of the object.
    pub api_version: String,
    /// Kind of the object.
    pub kind: String,
    /// Namespace of the object.
    pub namespace: String,
    /// Name of the object.
    pub name: String,
    /// Unique id of the object.
    pub uid: String,
}

/// An event that happened again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Series {
    /// How often.
    pub count: i64,
    /// When last.
    pub last_observed_time: Option<Timestamp>,
}

impl Event {
    /// Returns when it was last seen; `None` for an event that has no time at all.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let series = self
            .series
            .as_ref()
            .and_then(|series| series.last_observed_time);
        series
            .or(self.last_timestamp)
            .or(self.happened)
            .or(self.first_timestamp)
            .or(self.metadata.creation_timestamp)
    }

    /// Returns when it was first seen.
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.first_timestamp
            .or(self.happened)
            .or(self.metadata.creation_timestamp)
    }

    /// Returns how often it was seen, at least once.
    pub fn times(&self) -> i64 {
        self.series
            .as_ref()
            .map_or(self.count, |series| series.count)
            .max(1)
    }
}

/// Sorts events by the time they were last seen, oldest first; ties by namespace and name.
pub fn sort_events(events: &mut [Event]) {
    events.sort_by(|left, right| {
        let key = |event: &Event| (event.last_seen(), event.times());
        key(left)
            .cmp(&key(right))
            .then_with(|| left.metadata.namespace.cmp(&right.metadata.namespace))
            .then_with(|| left.metadata.name.cmp(&right.metadata.name))
    });
}

impl Cluster {
    /// Reads the events of an object, oldest first.
    pub async fn events_of(&self, address: &Address) -> Result<Vec<Event>, ClusterError> {
        let selection = about(address);
        let mut events: Vec<Event> = self.list(&Resource::EVENT, &selection).await?;
        // The same kind of another group would share the name.
        events.retain(|event| group_of(event) == address.resource.group);
        sort_events(&mut events);
        Ok(events)
    }

    /// Reads the newest event of an object.
    pub async fn newest_event(&self, address: &Address) -> Result<Option<Event>, ClusterError> {
        Ok(self.events_of(address).await?.pop())
    }
}

/// Selects the events of an object; those of cluster-scoped ones are kept in `default`.
fn about(address: &Address) -> Selection {
    let namespace = if address.namespace.is_empty() {
        "default"
    } else {
        &address.namespace
    };
    Selection {
        fields: format!(
            "involvedObject.kind={},involvedObject.name={}",
            address.resource.kind, address.name
        ),
        page: Some(PAGE),
        ..Selection::of_namespace(namespace)
    }
}

fn group_of(event: &Event) -> &str {
    let version = &event.involved_object.api_version;
    version.split_once('/').map_or("", |(group, _)| group)
}

/// Takes `null` for the default: Go writes it for what is empty.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::double::{Double, answer};
    use super::*;

    fn event(name: &str, times: &serde_json::Value) -> Event {
        let mut value = json!({"metadata": {"name": name}, "eventTime": null, "reason": null});
        for (key, time) in times.as_object().unwrap() {
            value[key] = time.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_newest_time_of_either_form_counts() {
        let mut events = [
            event(
                "series",
                &json!({"series": {"count": 7, "lastObservedTime": "2030-01-01T00:00:04.000001Z"},
                "eventTime": "2030-01-01T00:00:00.000000Z"}),
            ),
            event(
                "old",
                &json!({"lastTimestamp": "2030-01-01T00:00:02Z", "count": 3}),
            ),
            event("new", &json!({"eventTime": "2030-01-01T00:00:03.5Z"})),
            event("none", &json!({})),
        ];
        sort_events(&mut events);
        let names: Vec<_> = events
            .iter()
            .map(|event| event.metadata.name.as_str())
            .collect();
        assert_eq!(names, ["none", "old", "new", "series"]);
        assert_eq!(events.map(|event| event.times()), [1, 3, 1, 7]);
    }

    #[tokio::test]
    async fn events_are_asked_for_by_object_and_told_apart_by_group() {
        let double = Double::start(|_| {
            let item = |version: &str, second: u32| {
                json!({"message": version, "lastTimestamp": format!("2030-01-01T00:00:0{second}Z"),
                    "involvedObject": {"kind": "Bucket", "name": "b", "apiVersion": version}})
            };
            let items = [
                item("other.io/v1", 9),
                item("source.toolkit.fluxcd.io/v1", 5),
            ];
            answer(200, &json!({"items": items}))
        })
        .await;
        let bucket = Resource::in_namespace("source.toolkit.fluxcd.io", "v1", "Bucket", "buckets");
        let newest = double
            .connect()
            .await
            .newest_event(&bucket.at("apps", "b"))
            .await
            .unwrap();
        assert_eq!(newest.unwrap().message, "source.toolkit.fluxcd.io/v1");
        let selector = "involvedObject.kind%3DBucket%2CinvolvedObject.name%3Db";
        let line = format!("GET /api/v1/namespaces/apps/events?fieldSelector={selector}&limit=500");
        assert_eq!(double.lines(), [line]);
    }
}
