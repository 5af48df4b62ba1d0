//! The report as a comment on a merge request.

use std::fmt::Write as _;

use super::counts::Outcome;
use super::document::{Diff, OwnerChanges};
use super::escape::{code_html, fence};
use super::object_change::ObjectChange;
use super::text::{finding_line, in_words};
use crate::diff::{LineRole, patch_lines};

/// What is kept free for the note that says how much is missing.
const NOTE: usize = 200;

/// How many lines one object may take.
const LINES: usize = 300;

/// Returns the report in at most so many bytes; what does not fit is counted in a note.
///
/// GitHub takes 65,536 characters in a comment, Gitea and GitLab more. Nothing of the objects can end its block,
/// mention somebody or become HTML.
pub fn write_markdown(diff: &Diff, limit: usize) -> String {
    let mut page = Page {
        out: String::new(),
        left: limit.saturating_sub(NOTE),
        omitted: 0,
    };
    page.head(diff);
    page.dangers(diff);
    page.findings(diff);
    page.images(diff);
    for cluster in &diff.clusters {
        let mut heading = String::new();
        if diff.clusters.len() > 1 && cluster.summary.has_changes() {
            heading = format!("#### Cluster {}\n\n", code_html(&cluster.cluster));
        }
        for owner in &cluster.owners {
            page.owner(owner, &mut heading);
        }
    }
    page.finish()
}

struct Page {
    out: String,
    left: usize,
    omitted: usize,
}

impl Page {
    /// Takes a piece if it fits.
    fn take(&mut self, piece: &str) -> bool {
        let fits = piece.len() <= self.left;
        if fits {
            self.left -= piece.len();
            self.out.push_str(piece);
        }
        fits
    }

    /// Takes a list, a line at a time, up to a share of what is left.
    fn take_lines(&mut self, head: &str, lines: &[String]) {
        let share = self.left / 4;
        let mut piece = head.to_owned();
        let mut shown = 0;
        for line in lines {
            if piece.len() + line.len() + 40 > share {
                break;
            }
            piece.push_str(line);
            shown += 1;
        }
        if shown < lines.len() {
            let _ = writeln!(piece, "\n{} more are not shown.", lines.len() - shown);
        }
        piece.push('\n');
        self.take(&piece);
    }

    fn head(&mut self, diff: &Diff) {
        let mut piece = String::from("### What this changes");
        if !diff.title.is_empty() {
            let _ = write!(piece, ": {}", code_html(&diff.title));
        }
        let _ = write!(piece, "\n\n**{}**\n\n", in_words(&diff.summary));
        self.take(&piece);
        if diff.clusters.len() < 2 {
            return;
        }
        let outcomes: Vec<Outcome> = Outcome::ALL
            .into_iter()
            .filter(|outcome| diff.summary.of(*outcome) > 0)
            .collect();
        if outcomes.is_empty() {
            return;
        }
        let mut table = String::from("| cluster |");
        for outcome in &outcomes {
            let _ = write!(table, " {} |", outcome.word());
        }
        let _ = write!(table, "\n|---|{}\n", "--:|".repeat(outcomes.len()));
        let rows: Vec<String> = diff
            .clusters
            .iter()
            .filter(|cluster| cluster.summary.has_changes())
            .map(|cluster| {
                let counts = outcomes
                    .iter()
                    .map(|outcome| format!(" {} |", cluster.summary.of(*outcome)));
                format!(
                    "| {} |{}\n",
                    code_html(&cluster.cluster),
                    counts.collect::<String>()
                )
            })
            .collect();
        self.take_lines(&table, &rows);
    }

    fn dangers(&mut self, diff: &Diff) {
        let lines: Vec<String> = diff
            .objects()
            .flat_map(|(cluster, object)| {
                object.dangers.iter().map(move |danger| {
                    format!(
                        "- {}{}: {}\n",
                        code_html(&object.id().to_string()),
                        in_cluster(diff, cluster),
                        code_html(&danger.message)
                    )
                })
            })
            .collect();
        if !lines.is_empty() {
            self.take_lines("#### ⚠️ Look at this\n\n", &lines);
        }
    }

    fn findings(&mut self, diff: &Diff) {
        let lines: Vec<String> = diff
            .clusters
            .iter()
            .flat_map(|cluster| {
                cluster.findings.iter().map(move |finding| {
                    let place = in_cluster(diff, &cluster.cluster);
                    format!("- {}{place}\n", code_html(&finding_line(finding)))
                })
            })
            .collect();
        if !lines.is_empty() {
            self.take_lines("#### ✗ Not worked out\n\n", &lines);
        }
    }

    fn images(&mut self, diff: &Diff) {
        let head = "#### Images\n\n| object | container | before | after |\n|---|---|---|---|\n";
        let cell = |image: &Option<String>| match image {
            Some(image) => code_html(image),
            None => "—".into(),
        };
        let rows: Vec<String> = diff
            .objects()
            .flat_map(|(cluster, object)| {
                object.images.iter().map(move |image| {
                    format!(
                        "| {}{} | {} | {} | {} |\n",
                        code_html(&object.id().to_string()),
                        in_cluster(diff, cluster),
                        code_html(&image.container),
                        cell(&image.before),
                        cell(&image.after)
                    )
                })
            })
            .collect();
        if !rows.is_empty() {
            self.take_lines(head, &rows);
        }
    }

    /// Takes an owner's objects; the headings go with the first object that fits.
    fn owner(&mut self, owner: &OwnerChanges, heading: &mut String) {
        let mut own_heading = match &owner.owner {
            Some(name) => {
                let held = if owner.suspended {
                    " (suspended: nothing happens before it is resumed)"
                } else {
                    ""
                };
                format!("**{}**{held}\n\n", code_html(&name.to_string()))
            }
            None => String::new(),
        };
        for object in &owner.objects {
            let before = format!("{heading}{own_heading}");
            let line = headline(object);
            let is_taken = details(object).is_some_and(|details| {
                self.take(&format!(
                    "{before}<details><summary>{line}</summary>\n\n{details}\n</details>\n\n"
                ))
            }) || self.take(&format!("{before}{line}\n\n"));
            if is_taken {
                heading.clear();
                own_heading.clear();
            } else {
                self.omitted += 1;
            }
        }
    }

    fn finish(mut self) -> String {
        if self.omitted > 0 {
            let _ = writeln!(
                self.out,
                "_{} more objects do not fit into a comment: see the whole report._",
                self.omitted
            );
        }
        self.out
    }
}

fn in_cluster(diff: &Diff, cluster: &str) -> String {
    if diff.clusters.len() > 1 {
        format!(" in {}", code_html(cluster))
    } else {
        String::new()
    }
}

fn headline(object: &ObjectChange) -> String {
    let mut line = format!(
        "{} {} {}",
        object.outcome.sign(),
        code_html(&object.id().to_string()),
        object.outcome.word()
    );
    // A sign at the start of a line would make a list of it.
    line.insert(0, '\u{2060}');
    if let Some(from) = &object.moved_from {
        let _ = write!(line, " from {}", code_html(&from.to_string()));
    }
    if let Some(reason) = &object.reason {
        let _ = write!(line, ": {}", code_html(reason));
    }
    line
}

/// Returns the fields of an object as a block of code, or nothing where no field changes.
fn details(object: &ObjectChange) -> Option<String> {
    let lines = patch_lines(&object.differences);
    if lines.is_empty() {
        return None;
    }
    let fence = fence(lines.iter().map(|line| line.text.as_str()));
    let mut out = format!("{fence}diff\n");
    for line in lines.iter().take(LINES) {
        let _ = match line.role {
            LineRole::Path => writeln!(out, "@@ {} @@", line.text),
            LineRole::Note => writeln!(out, "  # {}", line.text),
            LineRole::Old => writeln!(out, "- {}", line.text),
            LineRole::New => writeln!(out, "+ {}", line.text),
        };
    }
    if lines.len() > LINES {
        let _ = writeln!(out, "  # … {} more lines", lines.len() - LINES);
    }
    out.push_str(&fence);
    out.push('\n');
    Some(out)
}
