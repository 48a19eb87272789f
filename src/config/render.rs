//! Problems as a compiler shows them: the line, the place underlined, what was expected, what to do.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use super::problem::{Problem, Problems, Severity};
use crate::domain::text::one_line;

/// ANSI sequences by meaning.
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn severity(&self, severity: Severity, text: &str) -> String {
        self.with(if severity == Severity::Error { "1;31" } else { "1;33" }, text)
    }

    fn frame(&self, text: &str) -> String {
        self.with("34", text)
    }

    fn strong(&self, text: &str) -> String {
        self.with("1", text)
    }
}

/// All problems, errors first, then a count.
pub(super) fn problems(problems: &Problems, colour: bool) -> String {
    let all = || problems.errors.iter().chain(&problems.warnings);
    let mut text: String = all().map(|p| problem(p, colour) + "\n").collect();
    let files = all().map(|p| p.file.as_str()).filter(|file| !file.is_empty()).collect::<BTreeSet<_>>().len();
    let mut counts = Vec::new();
    for (n, what) in [(problems.errors.len(), "error"), (problems.warnings.len(), "warning")] {
        if n > 0 {
            counts.push(plural(n, what));
        }
    }
    if !counts.is_empty() {
        let place = if files == 0 { String::new() } else { format!(" in {}", plural(files, "file")) };
        text.push_str(&format!("{}{place}\n", counts.join(" and ")));
    }
    text
}

/// One problem, with a line break at its end.
pub(super) fn problem(problem: &Problem, colour: bool) -> String {
    let paint = Paint { colour };
    let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
    let mut text = format!(
        "{}{} {}\n",
        paint.severity(problem.severity, severity),
        paint.strong(":"),
        paint.strong(&one_line(&problem.message))
    );
    let number = if problem.line == 0 { String::new() } else { problem.line.to_string() };
    let margin = " ".repeat(number.len());
    let place = if problem.line == 0 {
        one_line(&problem.file)
    } else {
        format!("{}:{}:{}", one_line(&problem.file), problem.line, problem.column)
    };
    if !problem.file.is_empty() {
        text.push_str(&format!("{margin} {} {place}\n", paint.frame("-->")));
    }
    let bar = paint.frame("|");
    if problem.line > 0 {
        let (before, marked) = underlined(problem);
        let carets = paint.severity(problem.severity, &format!("{marked} {}", one_line(&problem.expected)));
        text.push_str(&format!("{margin} {bar}\n"));
        let line = format!("{} {bar} {}", paint.frame(&number), shown(&problem.excerpt));
        text.push_str(&format!("{}\n", line.trim_end()));
        text.push_str(&format!("{margin} {bar} {before}{}\n", carets.trim_end()));
    }
    if problem.line == 0 && !problem.expected.is_empty() {
        text.push_str(&format!("{margin} {} {}\n", paint.frame("="), one_line(&problem.expected)));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("{margin} {} {}\n", paint.frame("= help:"), one_line(help)));
    }
    text
}

/// Blanks up to the marked place, and the carets under it, as wide as the text above them is on screen.
fn underlined(problem: &Problem) -> (String, String) {
    let start = problem.column.saturating_sub(1);
    let before: String = problem.excerpt.chars().take(start).collect();
    let marked: String = problem.excerpt.chars().skip(start).take(problem.width).collect();
    (" ".repeat(shown(&before).width()), "^".repeat(shown(&marked).width().max(1)))
}

/// A source line as it is shown: safe, and with tabs as blanks, so that what is under it stays under it.
fn shown(line: &str) -> String {
    one_line(&line.replace('\t', "    "))
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::problem;
    use crate::config::problem::{Problem, Severity};

    fn sample() -> Problem {
        Problem {
            severity: Severity::Error,
            file: "pipelines/a.toml".to_owned(),
            line: 12,
            column: 4,
            message: "unknown key `日付`".to_owned(),
            expected: "expected `path`".to_owned(),
            help: Some("remove it".to_owned()),
            excerpt: "\té日付 = \"\x1b[2J\"".to_owned(),
            width: 2,
        }
    }

    #[test]
    fn the_underline_stands_under_wide_characters_and_tabs() {
        let text = problem(&Problem { column: 3, ..sample() }, false);
        let expected = "error: unknown key `日付`\n   --> pipelines/a.toml:12:3\n   |\n12 |     é日付 = \"\\x1b[2J\"\n   |      ^^^^ expected `path`\n   = help: remove it\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn colour_adds_only_sequences_of_our_own() {
        let coloured = problem(&sample(), true);
        assert!(coloured.contains("\x1b[1;31m") && !coloured.contains("\x1b[2J"));
        let plain: String = coloured.split('\x1b').enumerate().fold(String::new(), |text, (i, part)| {
            text + if i == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) }
        });
        assert_eq!(plain, problem(&sample(), false));
    }
}
