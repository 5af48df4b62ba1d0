//! The report as one page that needs nothing else: no script, no font, no picture, no network.

use std::fmt::Write as _;

use super::counts::Outcome;
use super::document::{ClusterChanges, Diff, OwnerChanges};
use super::escape::html;
use super::object_change::ObjectChange;
use super::text::{finding_line, in_words};
use crate::diff::{LineRole, patch_lines};

/// Forbids everything but the style in the page itself.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("page.css");

/// Up to how many lines an object is shown unfolded.
const SHORT: usize = 40;

/// Returns the report as a page of HTML.
pub fn write_html(diff: &Diff) -> String {
    let title = match diff.title.as_str() {
        "" => "What this changes".into(),
        title => format!("What this changes: {}", html(title)),
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"counts\">{}</p>\n",
        in_words(&diff.summary)
    );
    write_clusters(diff, &mut out);
    write_dangers(diff, &mut out);
    write_findings(diff, &mut out);
    write_images(diff, &mut out);
    for (index, cluster) in diff.clusters.iter().enumerate() {
        write_cluster(index, cluster, &mut out);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn write_clusters(diff: &Diff, out: &mut String) {
    if diff.clusters.len() < 2 {
        return;
    }
    out.push_str("<table>\n<thead><tr><th>cluster</th>");
    for outcome in Outcome::ALL {
        let _ = write!(out, "<th class=\"number\">{}</th>", outcome.word());
    }
    out.push_str("<th class=\"number\">unchanged</th></tr></thead>\n<tbody>\n");
    for (index, cluster) in diff.clusters.iter().enumerate() {
        let name = html(&cluster.cluster);
        let _ = if cluster.owners.is_empty() {
            write!(out, "<tr><td>{name}</td>")
        } else {
            write!(out, "<tr><td><a href=\"#cluster-{index}\">{name}</a></td>")
        };
        let counts = Outcome::ALL.map(|outcome| cluster.summary.of(outcome));
        for count in counts.into_iter().chain([cluster.summary.unchanged]) {
            let class = if count == 0 { "number none" } else { "number" };
            let _ = write!(out, "<td class=\"{class}\">{count}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn write_dangers(diff: &Diff, out: &mut String) {
    if diff.summary.dangers == 0 {
        return;
    }
    out.push_str("<section class=\"dangers\">\n<h2>⚠️ Look at this</h2>\n<ul>\n");
    for (cluster, object) in diff.objects() {
        for danger in &object.dangers {
            let _ = writeln!(
                out,
                "<li><code>{}</code>{}: {}</li>",
                html(&object.id().to_string()),
                in_cluster(diff, cluster),
                html(&danger.message)
            );
        }
    }
    out.push_str("</ul>\n</section>\n");
}

fn write_findings(diff: &Diff, out: &mut String) {
    if diff
        .clusters
        .iter()
        .all(|cluster| cluster.findings.is_empty())
    {
        return;
    }
    out.push_str("<section class=\"findings\">\n<h2>✗ Not worked out</h2>\n<ul>\n");
    for cluster in &diff.clusters {
        for finding in &cluster.findings {
            let _ = writeln!(
                out,
                "<li>{}{}</li>",
                html(&finding_line(finding)),
                in_cluster(diff, &cluster.cluster)
            );
        }
    }
    out.push_str("</ul>\n</section>\n");
}

fn write_images(diff: &Diff, out: &mut String) {
    let mut rows = String::new();
    for (cluster, object) in diff.objects() {
        for image in &object.images {
            let side = |image: &Option<String>| match image {
                Some(image) => format!("<code>{}</code>", html(image)),
                None => "—".into(),
            };
            let _ = writeln!(
                rows,
                "<tr><td><code>{}</code>{}</td><td><code>{}</code></td><td class=\"old\">{}</td><td class=\"new\">{}</td></tr>",
                html(&object.id().to_string()),
                in_cluster(diff, cluster),
                html(&image.container),
                side(&image.before),
                side(&image.after)
            );
        }
    }
    if !rows.is_empty() {
        let _ = write!(
            out,
            "<section>\n<h2>Images</h2>\n<table>\n<thead><tr><th>object</th><th>container</th>\
             <th>before</th><th>after</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>\n"
        );
    }
}

fn write_cluster(index: usize, cluster: &ClusterChanges, out: &mut String) {
    if cluster.owners.is_empty() {
        return;
    }
    let _ = writeln!(out, "<section id=\"cluster-{index}\">");
    if !cluster.cluster.is_empty() {
        let _ = writeln!(
            out,
            "<h2>Cluster {} <small>{}</small></h2>",
            html(&cluster.cluster),
            in_words(&cluster.summary)
        );
    }
    for owner in &cluster.owners {
        write_owner(owner, out);
    }
    out.push_str("</section>\n");
}

fn write_owner(owner: &OwnerChanges, out: &mut String) {
    if let Some(name) = &owner.owner {
        let held = if owner.suspended {
            " <span class=\"held\">suspended: nothing happens before it is resumed</span>"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<h3>{}{held} <small>{}</small></h3>",
            html(&name.to_string()),
            in_words(&owner.summary)
        );
    }
    for object in &owner.objects {
        write_object(object, out);
    }
}

fn write_object(object: &ObjectChange, out: &mut String) {
    let mut line = format!(
        "<span class=\"sign {word}\">{}</span> <code>{}</code> {word}",
        object.outcome.sign(),
        html(&object.id().to_string()),
        word = object.outcome.word()
    );
    if let Some(from) = &object.moved_from {
        let _ = write!(line, " from {}", html(&from.to_string()));
    }
    if let Some(reason) = &object.reason {
        let _ = write!(line, ": {}", html(reason));
    }
    for danger in &object.dangers {
        let _ = write!(
            line,
            " <span class=\"danger\">⚠️ {}</span>",
            html(&danger.message)
        );
    }
    let lines = patch_lines(&object.differences);
    if lines.is_empty() {
        let _ = writeln!(out, "<p class=\"object\">{line}</p>");
        return;
    }
    let open = if lines.len() <= SHORT { " open" } else { "" };
    let _ = write!(out, "<details{open}><summary>{line}</summary>\n<pre>");
    for line in &lines {
        let (class, sign) = match line.role {
            LineRole::Path => ("path", ""),
            LineRole::Note => ("note", ""),
            LineRole::Old => ("old", "- "),
            LineRole::New => ("new", "+ "),
        };
        let _ = write!(
            out,
            "<span class=\"{class}\">{sign}{}\n</span>",
            html(&line.text)
        );
    }
    out.push_str("</pre>\n</details>\n");
}

fn in_cluster(diff: &Diff, cluster: &str) -> String {
    if diff.clusters.len() > 1 {
        format!(" <small>in {}</small>", html(cluster))
    } else {
        String::new()
    }
}
