//! The report for terminals and logs.

use std::fmt::Write as _;

use super::counts::{Counts, Outcome};
use super::document::{ClusterChanges, Diff, Finding, OwnerChanges};
use super::escape::one_line;
use super::object_change::ObjectChange;
use crate::diff::{LineRole, Palette, patch_lines};

/// How the report is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextStyle {
    /// Colours.
    pub palette: Palette,
}

#[derive(Clone, Copy)]
enum Ink {
    Heading,
    Good,
    Bad,
    Odd,
    Faint,
}

impl TextStyle {
    fn ink(self, ink: Ink, text: &str) -> String {
        if self.palette == Palette::Plain {
            return text.into();
        }
        let code = match ink {
            Ink::Heading => "1",
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Odd => "33",
            Ink::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Appends the whole report: clusters, owners, objects with their fields, then what is counted.
pub fn write_text(diff: &Diff, style: TextStyle, out: &mut String) {
    for cluster in &diff.clusters {
        if cluster.owners.is_empty() && cluster.findings.is_empty() {
            continue;
        }
        if !cluster.cluster.is_empty() {
            let name = format!("cluster {}", one_line(&cluster.cluster));
            let _ = writeln!(out, "{}\n", style.ink(Ink::Heading, &name));
        }
        for owner in &cluster.owners {
            write_owner(owner, style, out);
        }
        write_findings(&cluster.findings, style, out);
    }
    write_summary(diff, style, out);
}

fn write_owner(owner: &OwnerChanges, style: TextStyle, out: &mut String) {
    if let Some(name) = &owner.owner {
        let _ = write!(
            out,
            "{}",
            style.ink(Ink::Heading, &one_line(&name.to_string()))
        );
        if owner.suspended {
            out.push_str(&style.ink(
                Ink::Odd,
                "  (suspended: nothing happens before it is resumed)",
            ));
        }
        out.push('\n');
    }
    for object in &owner.objects {
        write_object(object, style, out);
    }
    out.push('\n');
}

fn write_object(object: &ObjectChange, style: TextStyle, out: &mut String) {
    let ink = match object.outcome {
        Outcome::Created => Ink::Good,
        Outcome::Changed | Outcome::Moved | Outcome::Orphaned => Ink::Odd,
        Outcome::Pruned | Outcome::Deleted | Outcome::Failed => Ink::Bad,
        Outcome::Skipped => Ink::Faint,
    };
    let mut line = headline(object);
    if let Some(reason) = &object.reason {
        let _ = write!(line, ": {}", one_line(reason));
    }
    let _ = writeln!(out, "  {}", style.ink(ink, &line));
    for danger in &object.dangers {
        let text = format!("⚠️ {}", one_line(&danger.message));
        let _ = writeln!(out, "      {}", style.ink(Ink::Bad, &text));
    }
    for line in patch_lines(&object.differences) {
        let (indent, sign, ink) = match line.role {
            LineRole::Path => ("      ", "", Ink::Heading),
            LineRole::Note => ("        ", "", Ink::Faint),
            LineRole::Old => ("      ", "- ", Ink::Bad),
            LineRole::New => ("      ", "+ ", Ink::Good),
        };
        let text = style.ink(ink, &format!("{sign}{}", line.text));
        let _ = writeln!(out, "{indent}{text}");
    }
}

/// Returns an object and its end, such as `± Deployment/shop/web changed`.
pub fn headline(object: &ObjectChange) -> String {
    let id = object.id().to_string();
    let mut line = format!(
        "{} {} {}",
        object.outcome.sign(),
        one_line(&id),
        object.outcome.word()
    );
    if let Some(from) = &object.moved_from {
        let _ = write!(line, " from {}", one_line(&from.to_string()));
    }
    line
}

fn write_findings(findings: &[Finding], style: TextStyle, out: &mut String) {
    for finding in findings {
        let text = format!("✗ {}", finding_line(finding));
        let _ = writeln!(out, "{}", style.ink(Ink::Bad, &text));
    }
    if !findings.is_empty() {
        out.push('\n');
    }
}

/// Returns a finding on one line: where, then what.
pub fn finding_line(finding: &Finding) -> String {
    let place = match (finding.file.as_str(), finding.line) {
        ("", _) => String::new(),
        (file, None) => format!("{file}: "),
        (file, Some(line)) => format!("{file}:{line}: "),
    };
    let owner = finding
        .owner
        .as_ref()
        .map(|owner| format!("{owner}: "))
        .unwrap_or_default();
    one_line(&format!("{place}{owner}{}", finding.message)).into_owned()
}

/// Appends what is counted: one line for each cluster where there are several, and one for all.
pub fn write_summary(diff: &Diff, style: TextStyle, out: &mut String) {
    if diff.clusters.len() > 1 {
        let width = |cluster: &ClusterChanges| one_line(&cluster.cluster).chars().count();
        let widest = diff.clusters.iter().map(width).max().unwrap_or(0);
        for cluster in &diff.clusters {
            let name = one_line(&cluster.cluster);
            let padding = " ".repeat(widest - width(cluster));
            let _ = writeln!(out, "{name}{padding}  {}", in_words(&cluster.summary));
        }
    }
    let _ = writeln!(out, "{}", style.ink(Ink::Heading, &in_words(&diff.summary)));
}

/// Returns counts in words, such as `2 created, 1 pruned, 40 unchanged`.
pub fn in_words(counts: &Counts) -> String {
    let mut parts: Vec<String> = Outcome::ALL
        .into_iter()
        .filter(|outcome| counts.of(*outcome) > 0)
        .map(|outcome| format!("{} {}", counts.of(outcome), outcome.word()))
        .collect();
    if parts.is_empty() {
        parts.push("no changes".into());
    }
    if counts.unchanged > 0 {
        parts.push(format!("{} unchanged", counts.unchanged));
    }
    if counts.held_back > 0 {
        parts.push(format!("{} held back", counts.held_back));
    }
    match counts.dangers {
        0 => {}
        1 => parts.push("1 danger".into()),
        dangers => parts.push(format!("{dangers} dangers")),
    }
    parts.join(", ")
}
