//! The columns of `get`: how each cell is made from a row.

use jiff::Timestamp;

use super::flux::{Column, Kind};
use super::row::Row;
use crate::env;

/// The revision of the artifact, as it is.
pub const REVISION: Column = Column {
    header: "REVISION",
    cell: |_, row| row.status.artifact.revision.clone(),
};

/// The revision of the artifact, with short hashes.
pub const SHORT_REVISION: Column = Column {
    header: "REVISION",
    cell: |_, row| shorten(&row.status.artifact.revision),
};

/// The revision that was last applied.
pub const APPLIED_REVISION: Column = Column {
    header: "REVISION",
    cell: |_, row| shorten(&row.status.last_applied_revision),
};

/// The chart version of a release.
pub const RELEASE_REVISION: Column = Column {
    header: "REVISION",
    cell: |_, row| row.release_revision().into(),
};

/// Where the content comes from, found as the controllers do.
pub const SOURCE: Column = Column {
    header: "SOURCE",
    cell: |_, row| row.resolved_origin(),
};

/// Where the content comes from, exactly as written.
pub const WRITTEN_SOURCE: Column = Column {
    header: "SOURCE",
    cell: |_, row| row.written_origin(),
};

/// When an image was last scanned.
pub const LAST_SCAN: Column = Column {
    header: "LAST SCAN",
    cell: |_, row| row.status.last_scan_result.scan_time.clone(),
};

/// When an automation last ran.
pub const LAST_RUN: Column = Column {
    header: "LAST RUN",
    cell: |_, row| row.status.last_automation_run_time.clone(),
};

/// Name of the image that a policy has chosen.
pub const IMAGE: Column = Column {
    header: "IMAGE",
    cell: |_, row| row.status.latest_ref.name.clone(),
};

/// Tag of the image that a policy has chosen.
pub const TAG: Column = Column {
    header: "TAG",
    cell: |_, row| row.status.latest_ref.tag.clone(),
};

/// Whether the object is suspended.
pub const SUSPENDED: Column = Column {
    header: "SUSPENDED",
    cell: |kind, row| {
        if (kind.suspended)(row) {
            "True"
        } else {
            "False"
        }
        .into()
    },
};

/// Whether the object is ready.
pub const READY: Column = Column {
    header: "READY",
    cell: |kind, row| kind.readiness(row).word.into(),
};

/// Why the object is ready, or not.
pub const MESSAGE: Column = Column {
    header: "MESSAGE",
    cell: |kind, row| kind.readiness(row).message.into(),
};

/// Why the object is ready, or not, with short hashes.
pub const SHORT_MESSAGE: Column = Column {
    header: "MESSAGE",
    cell: |kind, row| shorten(kind.readiness(row).message),
};

/// How old the object is.
const AGE: Column = Column {
    header: "AGE",
    cell: |_, row| age(&row.metadata.creation_timestamp, env::now()),
};

/// Until when the object is to be suspended.
const SUSPENDED_UNTIL: Column = Column {
    header: "SUSPENDED UNTIL",
    cell: |_, row| row.metadata.annotations.suspend_until.clone(),
};

/// Why the object is suspended.
const SUSPEND_REASON: Column = Column {
    header: "SUSPEND REASON",
    cell: |_, row| row.metadata.annotations.suspend_reason.clone(),
};

/// What `get -o wide` shows behind the columns of every kind.
pub const WIDE: &[Column] = &[AGE, SUSPENDED_UNTIL, SUSPEND_REASON];

/// Says how long ago a time was, in one or two units, as kubectl does; empty for what is no time.
fn age(since: &str, now: Timestamp) -> String {
    let Ok(since) = since.parse::<Timestamp>() else {
        return String::new();
    };
    let seconds = now.duration_since(since).as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let years = days / 365;
    let two = |great: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{great}{unit}"),
        _ => format!("{great}{unit}{small}{small_unit}"),
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if hours < 3 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if years < 8 => two(years, "y", days % 365, "d"),
        () => format!("{years}y"),
    }
}

/// Whether an object is ready, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness<'a> {
    /// `True`, `False` or `Unknown`.
    pub word: &'a str,
    /// Why.
    pub message: &'a str,
}

impl Kind {
    /// Says whether an object is ready.
    pub fn readiness<'a>(&self, row: &'a Row) -> Readiness<'a> {
        if let Some(message) = (self.fixed)(row) {
            return Readiness {
                word: "True",
                message,
            };
        }
        match row.condition("Ready") {
            Some(ready) => Readiness {
                word: &ready.status,
                message: &ready.message,
            },
            None => Readiness {
                word: "False",
                message: "waiting to be reconciled",
            },
        }
    }
}

/// Cuts every hash down to its first eight digits: a word of 40 to 128 lower-case hex digits. As flux does it, what
/// stands somewhere as a word is cut wherever else it stands, inside longer words too.
fn shorten(text: &str) -> String {
    let mut short = text.to_owned();
    for word in text.split(|character| !is_word(character)) {
        if is_hash(word) {
            short = short.replace(word, &word[..8]);
        }
    }
    short
}

/// Says whether a character belongs to a word, as Go's regular expressions see it.
const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Says whether a word is a hash.
fn is_hash(word: &str) -> bool {
    (40..=128).contains(&word.len()) && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8";

    #[test]
    fn ages_are_told_in_fit_units() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (since, text) in [
            ("2026-11-21T11:59:01Z", "59s"),
            ("2026-11-21T12:00:05Z", "0s"),
            ("2026-11-21T11:57:00Z", "3m"),
            ("2026-11-21T11:56:30Z", "3m30s"),
            ("2026-11-21T11:00:00Z", "60m"),
            ("2026-11-21T07:30:00Z", "4h30m"),
            ("2026-11-20T11:00:00Z", "25h"),
            ("2026-11-18T09:00:00Z", "3d3h"),
            ("2026-01-01T12:00:00Z", "324d"),
            ("2024-01-01T12:00:00Z", "2y325d"),
            ("2010-01-01T12:00:00Z", "16y"),
            ("soon", ""),
        ] {
            assert_eq!(age(since, now), text, "{since}");
        }
    }

    #[test]
    fn cuts_hashes_only() {
        for (text, short) in [
            ("", ""),
            (SHA1, "ca978112"),
            (&format!("main@sha1:{SHA1}"), "main@sha1:ca978112"),
            (&format!("é{SHA1}é, {SHA1}."), "éca978112é, ca978112."),
            (&SHA1[1..], &SHA1[1..]),
            (&format!("x{SHA1}"), &format!("x{SHA1}")),
            (&format!("{SHA1}_"), &format!("{SHA1}_")),
            (&SHA1.to_uppercase(), &SHA1.to_uppercase()),
            (&"a".repeat(128), "aaaaaaaa"),
            (&"a".repeat(129), &"a".repeat(129)),
            (
                &format!("0x{SHA1} {SHA1} {SHA1}_"),
                "0xca978112 ca978112 ca978112_",
            ),
        ] {
            assert_eq!(shorten(text), short);
        }
    }
}
