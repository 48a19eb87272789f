//! The message as HTML, for mail: tables and colours of cells alone, which every mail client draws. Images and SVG are
//! blocked by most until somebody asks for them.

use crate::domain::alert::{Notice, NoticeAlert, Severity};
use crate::domain::text::one_line;

use super::words::about;
use super::{chart, opening};

/// The whole document. Every text in it is escaped.
pub fn html(notice: &Notice) -> String {
    let mut body = paragraph("", &opening(notice));
    for alert in &notice.alerts {
        body.push_str(&section(alert, notice.total == 1));
    }
    let left = notice.total.saturating_sub(notice.alerts.len());
    if left > 0 {
        body.push_str(&paragraph("", &format!("and {} more", crate::domain::format::count(left as u64))));
    }
    if let Some(link) = &notice.link {
        let link = escaped(link);
        body.push_str(&format!("<p><a href=\"{link}\">{link}</a></p>\n"));
    }
    body.push_str(&paragraph("color:#667085;", &format!("Landfall, workspace {}", notice.workspace)));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head>\n<body style=\"font-family:sans-serif;\
         font-size:14px;color:#1d2939;\">\n{body}</body></html>\n"
    )
}

fn section(alert: &NoticeAlert, alone: bool) -> String {
    let finding = &alert.finding;
    let colour = match finding.severity {
        Severity::Critical => "#b42318",
        Severity::Warning => "#b54708",
        Severity::Info => "#175cd3",
    };
    let over = format!("{} · {} · {}", finding.severity, alert.pipeline, finding.kind);
    let mut html = paragraph(&format!("color:{colour};margin-bottom:0;"), &over);
    html.push_str(&paragraph("font-size:16px;font-weight:bold;margin-top:0;", &finding.message));
    let rows = about(alert).into_iter().map(|(what, value)| {
        let (what, value) = (escaped(what), escaped(&value));
        format!("<tr><td style=\"color:#667085;padding-right:12px;\">{what}</td><td>{value}</td></tr>\n")
    });
    html.push_str(&format!("<table cellspacing=\"0\" cellpadding=\"1\">\n{}</table>\n", rows.collect::<String>()));
    if alone {
        html.push_str(&chart::chart(finding));
        html.push_str(&preformatted(&finding.evidence.lines));
    }
    html.push_str(&preformatted(&alert.actions));
    html
}

fn paragraph(style: &str, text: &str) -> String {
    format!("<p style=\"{style}\">{}</p>\n", escaped(text))
}

fn preformatted(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("<pre style=\"background:#f2f4f7;padding:8px;\">{}</pre>\n", lines.join("\n"))
}

/// Text as it may stand in HTML, also within quotes.
pub(super) fn escaped(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
