//! `--status-selector`: rows by one of their conditions.

use std::str::FromStr;

use super::flux::Kind;
use super::row::Row;
use crate::error::{Blame, Explain};

/// Why a text is no status selector.
#[derive(Debug, thiserror::Error)]
#[error("expected status selector in type=status or type!=status format, but found: {found}")]
pub struct SelectorError {
    /// The text.
    found: String,
}

impl Explain for SelectorError {
    fn blame(&self) -> Blame {
        Blame::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("name a condition and its status, such as `ready=false`".into())
    }
}

/// A choice of rows: a condition has a status, or has it not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    type_: String,
    status: String,
    wanted: bool,
}

impl Selector {
    /// Says whether a row is chosen; where the condition is missing, it has no status at all.
    pub fn matches(&self, kind: &Kind, row: &Row) -> bool {
        self.holds(kind, row) == self.wanted
    }

    /// Says whether the condition has the status; of equal conditions the last one counts.
    fn holds(&self, kind: &Kind, row: &Row) -> bool {
        if kind.definition.status.is_none() {
            return self.is("Ready", "True");
        }
        let mut conditions = row.status.conditions.iter().rev();
        let condition =
            conditions.find(|condition| condition.type_.eq_ignore_ascii_case(&self.type_));
        condition.is_some_and(|condition| self.is(&condition.type_, &condition.status))
    }

    /// Compares with the condition that is asked for, in any case of letters.
    fn is(&self, type_: &str, status: &str) -> bool {
        self.type_.eq_ignore_ascii_case(type_) && self.status.eq_ignore_ascii_case(status)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (wanted, parts) = match text.split_once("!=") {
            Some(parts) => (false, Some(parts)),
            None => (true, text.split_once('=')),
        };
        let (type_, status) = parts.ok_or_else(|| SelectorError { found: text.into() })?;
        Ok(Self {
            type_: type_.into(),
            status: status.into(),
            wanted,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::row::row_of;

    fn matches(selector: &str, kind: &str, row: &Row) -> bool {
        selector
            .parse::<Selector>()
            .unwrap()
            .matches(Kind::named(kind).unwrap(), row)
    }

    #[test]
    fn chooses_by_condition() {
        let row = row_of(&json!({"status": {"conditions": [
            {"type": "Ready", "status": "False"}, {"type": "Stalled", "status": "True"},
        ]}}));
        for (selector, chosen) in [
            ("ready=FALSE", true),
            ("Ready=True", false),
            ("ready!=true", true),
            ("Ready!=False", false),
            ("Stalled=True", true),
            ("Reconciling=True", false),
            ("Reconciling!=True", true),
        ] {
            assert_eq!(
                matches(selector, "GitRepository", &row),
                chosen,
                "{selector}"
            );
        }
    }

    #[test]
    fn takes_a_kind_without_status_for_ready() {
        let row = Row::default();
        assert!(matches("ready=true", "Alert", &row));
        assert!(matches("stalled!=true", "Provider", &row));
        assert!(!matches("ready!=true", "Provider", &row));
        assert!(!matches("ready=true", "Receiver", &row));
    }

    #[test]
    fn refuses_a_text_without_a_status() {
        let error = "bogus".parse::<Selector>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected status selector in type=status or type!=status format, but found: bogus"
        );
    }
}
