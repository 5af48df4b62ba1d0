//! The JSON Schemas of all reports that `-o json` prints, as `docgen` writes them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::debug::DebugReport;
use super::deps_report::DependencyGraph;
use super::fleet_report::ReportList;
use super::trace::TraceReport;
use super::version::{ClusterVersions, Versions};
use crate::error::Failure;
use crate::ops::changes::Diff;
use crate::ops::{
    Causes, Chain, CheckReport, CheckReportList, ClusterTest, Plan, Stats, StatsList, Tree,
    UninstallReport,
};

/// A report that programs may read.
pub struct Report {
    /// Its kind, which is the name of the file of its schema.
    pub kind: &'static str,
    /// Makes its schema.
    pub schema: fn() -> Schema,
}

/// Every report. To add one, name it here, and where `tests/commands/schemas.rs` meets it.
pub const REPORTS: &[Report] = &[
    Report::of::<Plan>("BootstrapPlan"),
    Report::of::<Causes>("Causes"),
    Report::of::<ReportList<'static, Causes>>("CausesList"),
    Report::of::<CheckReport>("CheckReport"),
    Report::of::<CheckReportList>("CheckReportList"),
    Report::of::<ClusterTest>("ClusterTest"),
    Report::of::<ReportList<'static, DebugReport>>("DebugList"),
    Report::of::<DependencyGraph>("DependencyGraph"),
    Report::of::<ReportList<'static, DependencyGraph>>("DependencyGraphList"),
    Report::of::<Diff>("Diff"),
    Report::of::<Stats>("Stats"),
    Report::of::<StatsList>("StatsList"),
    Report::of::<TraceReport>("Trace"),
    Report::of::<ReportList<'static, TraceReport>>("TraceList"),
    Report::of::<Tree>("Tree"),
    Report::of::<ReportList<'static, Tree>>("TreeList"),
    Report::of::<UninstallReport>("UninstallReport"),
    Report::of::<Versions>("Versions"),
    Report::of::<ReportList<'static, ClusterVersions>>("VersionsList"),
    Report::of::<Chain>("Why"),
    Report::of::<ReportList<'static, Chain>>("WhyList"),
];

impl Report {
    const fn of<T: JsonSchema>(kind: &'static str) -> Self {
        Self {
            kind,
            schema: schema::<T>,
        }
    }
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Writes a schema as it is kept.
pub fn text(schema: &Schema) -> Result<String, Failure> {
    let text =
        serde_json::to_string_pretty(schema).map_err(|error| Failure::new(error.to_string()))?;
    Ok(text + "\n")
}
