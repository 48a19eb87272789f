//! The page, from stories made of real days.

use std::collections::BTreeSet;

use chrono::{Duration, TimeZone, Utc};

use super::render;
use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertState, Severity};
use crate::domain::diagnosis;
use crate::domain::model::{Check, Decision, ModelCard, Verdict};
use crate::domain::plan::Task;
use crate::domain::story::{Story, StoryAlert, StoryDay, StoryFile, StoryModel, StoryPrecision, StoryStage};

fn at(day: u32, hour: u32) -> Instant {
    Utc.with_ymd_and_hms(2013, 3, day, hour, 2, 11).unwrap()
}

/// A wave between -1 and 1 that repeats nowhere in a story: instead of noise, and the same everywhere.
fn wave(i: usize) -> f64 {
    let i = i as f64;
    (0.5 * (i * 0.9).sin() + 0.3 * (i * 2.31 + 1.0).sin() + 0.2 * (i * 5.7).cos()).clamp(-1.0, 1.0)
}

/// The flights of New York, January to March 2013: real rows and outcomes of each day, predictions as a model that
/// knows the calendar and not the weather would make them.
fn days() -> Vec<StoryDay> {
    let lines: Vec<&str> = include_str!("../alerts/flights_by_day.csv").lines().skip(1).take(68).collect();
    let newest = lines.len() - 1;
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let f: Vec<&str> = line.split(',').collect();
            let [rows, arrived, late] = [1, 2, 3].map(|c| f[c].parse::<f64>().unwrap());
            let actual = late / arrived;
            let predicted = 0.225 + 0.045 * wave(i) + if i % 7 == 4 { -0.05 } else { 0.0 };
            let known = (i > 13 && i < newest).then_some(());
            StoryDay {
                day: f[0].to_owned(),
                rows: rows as u64,
                predicted: (i > 13).then_some(predicted),
                actual: (i < newest).then_some(actual),
                labelled: Some(if i < newest { arrived / rows } else { 0.0 }),
                headline: known.map(|()| 0.69 + 0.04 * wave(i + 40) - 0.0004 * i as f64),
                loss: known.map(|()| -(actual * predicted.ln() + (1.0 - actual) * (1.0 - predicted).ln()) - 0.03),
            }
        })
        .collect()
}

fn card(version: i64, verdict: Verdict, reason: &str) -> ModelCard {
    let gains = [
        ("sched_dep_time", 0.312),
        ("dest", 0.184),
        ("carrier", 0.141),
        ("sched_arr_time", 0.117),
        ("day_of_year", 0.098),
        ("weekday", 0.071),
        ("origin", 0.041),
        ("distance", 0.024),
        ("flight", 0.007),
        ("tailnum", 0.005),
    ];
    let check = |name: &str, passed, detail: &str| Check { name: name.into(), passed, detail: detail.into() };
    ModelCard {
        version,
        algorithm: "boosting".into(),
        bundle: format!("models/flights/{version:06}"),
        hash: "7c1e4b0d9f2a6683".repeat(4),
        data: "b90a11c2d4e5f607".repeat(4),
        from: Some(Utc.with_ymd_and_hms(2013, 1, 1, 5, 15, 0).unwrap()),
        to: Some(at(1, 4)),
        rows: 52_410,
        importance: gains.iter().map(|(name, gain)| ((*name).to_owned(), *gain)).collect(),
        decision: Decision {
            verdict,
            reason: reason.into(),
            checks: vec![
                check("better than the baseline", true, "log loss 0.489, baseline 0.537"),
                check(
                    "not worse than the champion",
                    verdict == Verdict::Promoted,
                    "log loss +0.3 % (95 % −0.4 to +1.1), limit +2 %",
                ),
                check("same predictions after reloading", true, "largest difference 0"),
                check("enough rows", true, "6,412 in the holdout, 1,391 late"),
            ],
        },
        seed: 42,
    }
}

fn models() -> Vec<StoryModel> {
    (1..=14)
        .map(|version| {
            let i = version as usize;
            let promoted = [1, 3, 8].contains(&version);
            let champion = (version > 1).then(|| 0.497 - 0.0006 * i as f64 + 0.006 * wave(i));
            StoryModel {
                version,
                made: at(1, 6) + Duration::hours(12 * version),
                algorithm: if version < 3 { "linear" } else { "boosting" }.into(),
                verdict: if promoted { "promoted" } else { "kept" }.into(),
                reason: if promoted {
                    "better than the champion"
                } else {
                    "not better: log loss +0.4 % (95 % −0.6 to +1.4)"
                }
                .into(),
                headline: (Some(0.70 + 0.008 * wave(i + 3)), champion.map(|_| 0.699 + 0.006 * wave(i)), Some(0.5)),
                loss: (
                    Some(0.495 - 0.0006 * i as f64 + 0.009 * wave(i + 7) - if promoted { 0.006 } else { 0.0 }),
                    champion,
                    Some(0.537 + 0.004 * wave(i + 2)),
                ),
            }
        })
        .collect()
}

/// A full story: two months of days, fourteen versions, a bad batch.
pub fn rich() -> Story {
    let file = |key: &str, bytes, rows, rejected, state: &str, reason: &str| StoryFile {
        key: key.into(),
        bytes,
        rows,
        rejected,
        state: state.into(),
        reason: reason.into(),
    };
    let stage = |name: &str, seconds, usual, memory, summary: &str| StoryStage {
        name: name.into(),
        state: "succeeded".into(),
        seconds: Some(seconds),
        usual_seconds: usual,
        peak_memory: Some(memory),
        summary: summary.into(),
    };
    let alert = |day, severity, state, kind: &str, message: &str| StoryAlert {
        raised: at(day, 14),
        severity,
        state,
        kind: kind.into(),
        message: message.into(),
        here: day == 9,
        inhibited: false,
        who: (state != AlertState::Firing).then(|| "op".into()),
        note: (state != AlertState::Firing).then(|| "blizzard, <expected>".into()),
        alarm: (state == AlertState::Resolved).then_some(Alarm::False),
        muted_until: None,
        ended: (state == AlertState::Resolved).then(|| at(day, 15)),
    };
    Story {
        title: "Late arrivals from New York".into(),
        pipeline: "flights".into(),
        run: 128,
        started: at(9, 14),
        trigger: "by schedule: 3 new files".into(),
        config_hash: "5d1f0c6e2b7a9934".into(),
        target: "late".into(),
        task: Task::Binary,
        files: vec![
            file("flights_2013-03-08.csv", 133_812, Some(1_959), Some(0), "committed", ""),
            file("flights_2013-03-09.csv", 1_190_204, Some(7_440), Some(212), "committed", ""),
            file(
                "flights_2013-03-09b.csv.gz",
                4_096,
                None,
                None,
                "quarantined",
                "gzip ends after 4,096 bytes, in the middle of a block",
            ),
        ],
        stages: vec![
            stage("clean", 0.41, Some(0.4), 88_000_000, "9,399 rows, 212 rejected"),
            stage("score", 0.22, Some(0.2), 61_000_000, "765 predicted, 979 judged: AUC 0.648"),
            stage("train", 18.6, Some(8.1), 412_000_000, "version 14 kept: not better than version 8"),
            stage("publish", 0.31, Some(0.3), 47_000_000, "2 days, 4 files"),
            StoryStage {
                state: "running".into(),
                seconds: None,
                usual_seconds: None,
                peak_memory: None,
                ..stage("report", 0.0, None, 0, "")
            },
        ],
        days: days(),
        models: models(),
        champion: Some(card(8, Verdict::Promoted, "better than version 3")),
        challenger: Some(card(14, Verdict::Kept, "not better than the champion (log loss +0.3 %, 95 % −0.4 to +1.1)")),
        diagnosis: Some((8, diagnosis::tests::binary())),
        rejects: vec![
            ("dep_time".into(), "beyond 2400".into(), 160),
            ("carrier".into(), "not one of the allowed values: ZZ".into(), 41),
            (String::new(), "11 fields, 12 expected".into(), 11),
        ],
        alerts: vec![
            alert(
                9,
                Severity::Critical,
                AlertState::Firing,
                "file size",
                "flights_2013-03-09.csv is 10.2x its usual 117 kB (1.2 MB now, usual 70 kB to 199 kB)",
            ),
            alert(
                9,
                Severity::Warning,
                AlertState::Firing,
                "quarantine",
                "flights_2013-03-09b.csv.gz could not be used and lies in quarantine: gzip ends after 4,096 bytes",
            ),
            alert(
                8,
                Severity::Warning,
                AlertState::Acknowledged,
                "results drift",
                "the mean outcome of 2013-03-08 is 79.2 %, far from the usual 19.8 % (usual 1.1 % to 52.5 %)",
            ),
            alert(9, Severity::Warning, AlertState::Resolved, "null rate", "dep_time is empty in 41.0 % of the rows"),
        ],
        alerts_left: 0,
        precision: vec![
            StoryPrecision { kind: "file size".into(), fired: 11, right: 8, wrong: 1 },
            StoryPrecision { kind: "staleness".into(), fired: 2, right: 0, wrong: 0 },
        ],
        predicted: days().last().and_then(|d| Some((d.rows, d.predicted?))),
    }
}

/// The very first run: files, and nothing else yet.
pub fn first_run() -> Story {
    Story {
        title: "Late arrivals from New York".into(),
        pipeline: "flights".into(),
        run: 1,
        started: at(1, 6),
        trigger: "asked for by an operator".into(),
        config_hash: "5d1f0c6e2b7a9934".into(),
        target: "late".into(),
        task: Task::Binary,
        files: Vec::new(),
        stages: Vec::new(),
        days: Vec::new(),
        models: Vec::new(),
        champion: None,
        challenger: None,
        diagnosis: None,
        rejects: Vec::new(),
        alerts: Vec::new(),
        alerts_left: 0,
        precision: Vec::new(),
        predicted: None,
    }
}

/// Writes the pages where `LANDFALL_REPORT_PREVIEW` says, to be looked at.
#[test]
fn pages_can_be_written_to_be_looked_at() {
    let pages = [("rich", rich()), ("first", first_run()), ("regression", regression()), ("year", year())];
    for (name, story) in pages {
        let page = render(&story).unwrap();
        assert!(page.starts_with("<!doctype html>"), "{name}");
        assert!(page.ends_with("</html>"), "{name}");
        if let Ok(folder) = std::env::var("LANDFALL_REPORT_PREVIEW") {
            std::fs::write(format!("{folder}/{name}.html"), page).unwrap();
        }
    }
}

/// Rentals of bicycles, a number a day.
fn regression() -> Story {
    let mut story = rich();
    story.task = Task::Regression;
    story.target = "rentals".into();
    story.title = "Bicycle rentals".into();
    story.diagnosis = Some((8, diagnosis::tests::regression()));
    story.predicted = Some((24, 4_120.5));
    for (i, day) in story.days.iter_mut().enumerate() {
        day.predicted = day.predicted.map(|p| 15_000.0 * p + 400.0 * wave(i + 5));
        day.actual = day.actual.map(|a| 3_600.0 + 2_000.0 * a);
        day.headline = day.headline.map(|h| 400.0 * h + 100.0 * wave(i));
        day.loss = day.headline;
    }
    story
}

/// The longest story there is: 400 days, 100 versions, 400 files.
fn year() -> Story {
    let mut story = rich();
    let start = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
    let template = story.days[30].clone();
    story.days = start
        .iter_days()
        .take(400)
        .enumerate()
        .map(|(i, day)| StoryDay {
            day: day.to_string(),
            predicted: Some(0.22 + 0.08 * (i as f64 / 58.0).sin() + 0.03 * wave(i)),
            actual: (i < 399).then_some(0.22 + 0.10 * (i as f64 / 58.0).sin() + 0.08 * wave(i * 3)),
            ..template.clone()
        })
        .collect();
    let model = story.models[5].clone();
    story.models = (1..=100).map(|version| StoryModel { version, ..model.clone() }).collect();
    let file = story.files[0].clone();
    story.files = (0..400).map(|i| StoryFile { key: format!("flights_{i}.csv"), ..file.clone() }).collect();
    story
}

#[test]
fn the_longest_story_stays_well_under_a_megabyte() {
    let page = render(&year()).unwrap();
    assert!(page.len() < 700_000, "{} bytes", page.len());
}

#[test]
fn the_same_story_gives_the_same_bytes() {
    assert_eq!(render(&rich()).unwrap(), render(&rich()).unwrap());
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = render(&rich()).unwrap();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    assert!(page.contains(policy));
    for forbidden in ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", " onload", "javascript:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http:") && !outside.contains("https:"));
}

#[test]
fn the_questions_are_answered_in_order() {
    let page = render(&rich()).unwrap();
    let order = [
        "765 rows predicted, with an average probability of 15.1 % for “late”, below the usual 16.8 % to 25.0 %.",
        "What did it predict?",
        "What has it been predicting every day?",
        "How have the metrics moved?",
        "How does the model do it?",
        "What to enhance?",
        "What needs an answer?",
        "Files of the batch",
        "Stages",
        "Where these figures come from",
    ];
    let places: Vec<usize> = order.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("{text}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_diagnosis_is_told_drawn_and_in_tables() {
    let page = render(&rich()).unwrap();
    for text in [
        "version 8 on its holdout: 8,743 rows, 2013-02-18 to 2013-03-03",
        "It is over-confident: predictions lie too far from the mean.",
        "It is worst at carrier = EV, sched_dep_hour ≥ 17: 8.0 % of the rows (703) carry 15.2 % of the log loss",
        "id=\"roc-t\">ROC curve, AUC 0.702",
        "id=\"dependence-3-t\">Mean prediction as distance varies",
        "<td class=\"n\">+12.4 %</td>",
        "on a sample of 5,000 rows",
        "Version 8 is over-confident",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let numbers = render(&regression()).unwrap();
    assert!(numbers.contains("id=\"residuals-t\"") && !numbers.contains("id=\"roc-t\""));
    assert!(numbers.contains("Half of the outcomes lie between -38.2 and 41.0 from the prediction"));
    assert!(!render(&first_run()).unwrap().contains("How does the model do it?"));
}

#[test]
fn a_first_run_says_what_is_to_come() {
    let page = render(&first_run()).unwrap();
    for text in [
        "The first run: 0 files read, no model to predict with yet.",
        "Nothing yet. The first predictions follow the first model.",
        "There is no model to predict with yet",
        "No alert needs an answer.",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("NaN") && !page.contains("None<"));
}

/// Every chart has its table: an accessible page shows no figure in a picture alone.
#[test]
fn every_day_and_version_is_in_a_table_too() {
    let page = render(&rich()).unwrap();
    for day in rich().days {
        assert!(page.contains(&format!("<th scope=\"row\">{}", super::numbers::dated(&day.day))), "{}", day.day);
    }
    for model in rich().models {
        assert!(page.contains(&format!("<th scope=\"row\" class=\"n\">{}</th>", model.version)));
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|p| p.split('"').next()).collect();
    let unique: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "ids are unique: {ids:?}");
    for reference in page.split("aria-labelledby=\"").skip(1).filter_map(|p| p.split('"').next()) {
        assert!(reference.split(' ').all(|id| ids.contains(&id)), "{reference}");
    }
}

#[test]
fn numbers_that_are_none_are_survived() {
    let mut story = rich();
    for (i, day) in story.days.iter_mut().enumerate() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX][i % 4];
        (day.predicted, day.actual, day.labelled) = (Some(odd), Some(odd), Some(odd));
        (day.headline, day.loss) = (Some(odd), Some(odd));
    }
    story.days[3].day = "not a day".into();
    story.predicted = Some((5, f64::NAN));
    story.stages[0].seconds = Some(f64::NAN);
    story.models[0].loss = (Some(f64::NAN), None, Some(f64::INFINITY));
    let mut odd = diagnosis::tests::regression();
    let residuals = odd.residuals.as_mut().unwrap();
    residuals.histogram[3] = (f64::NAN, f64::INFINITY, u64::MAX);
    residuals.by_prediction[2].actual = f64::NAN;
    odd.dependence[0].points[1].2 = f64::INFINITY;
    odd.segments[0].overall = 0.0;
    story.diagnosis = Some((8, odd));
    let page = render(&story).unwrap();
    for svg in super::svg::tests::pictures(&page) {
        assert!(!svg.contains("NaN\"") && !svg.contains("inf\""), "{svg}");
    }
}

/// What the page says, without its pictures and its style: one line an element that holds text.
fn text_of(page: &str) -> String {
    let body = page.split("</style>").nth(1).unwrap();
    let mut text = String::new();
    let mut rest = body;
    while let Some(start) = rest.find("<svg ") {
        text.push_str(&rest[..start]);
        rest = rest[start..].split_once("</svg>").unwrap().1;
    }
    text.push_str(rest);
    let mut out = String::new();
    for piece in text.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
        let opens_line = ["p", "li", "h1", "h2", "h3", "tr", "dt", "details", "figcaption", "section", "nav"];
        let inside = ["th", "td", "dd", "div", "a", "/summary"];
        let name = tag.split(' ').next().unwrap_or("");
        let gap = if opens_line.contains(&name) {
            "\n"
        } else if inside.contains(&name) {
            " | "
        } else {
            ""
        };
        out.push_str(gap);
        out.push_str(words.trim_matches('\n'));
    }
    out.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_story_reads_as_it_was_written() {
    insta::assert_snapshot!("rich_story", text_of(&render(&rich()).unwrap()));
    insta::assert_snapshot!("first_run", text_of(&render(&first_run()).unwrap()));
}

const ATTACKS: [&str; 10] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</svg><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "]]><script>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; &amp; &#60;",
    "\u{1b}]52;c;cm0=\u{7}\u{202e}txt.exe",
    "javascript:alert(1)\r\nSet-Cookie: a=b\u{0}",
];

/// Every text of a story, one after the other: enumerations and instants refuse a text that is none of theirs.
fn replace_every_text(story: &Story, attack: &str) -> (Story, usize) {
    fn walk(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(_) => found.push(path.to_owned()),
            serde_json::Value::Array(items) => {
                items.iter().enumerate().take(3).for_each(|(i, v)| walk(v, &format!("{path}/{i}"), found));
            }
            serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| walk(v, &format!("{path}/{k}"), found)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(story).unwrap();
    let mut found = Vec::new();
    walk(&value, "", &mut found);
    let mut replaced = 0;
    for path in found {
        let before = value.pointer(&path).unwrap().clone();
        *value.pointer_mut(&path).unwrap() = attack.into();
        if serde_json::from_value::<Story>(value.clone()).is_ok() {
            replaced += 1;
        } else {
            *value.pointer_mut(&path).unwrap() = before;
        }
    }
    (serde_json::from_value(value).unwrap(), replaced)
}

#[test]
fn nothing_others_wrote_becomes_more_than_text() {
    let mut story = rich();
    story.days.truncate(30);
    story.stages[0].state = "failed".into();
    let harmless = super::svg::tests::elements(&render(&story).unwrap());
    for attack in ATTACKS {
        let (attacked, replaced) = replace_every_text(&story, attack);
        assert!(replaced >= 60, "{replaced} texts");
        let page = render(&attacked).unwrap();
        let elements = super::svg::tests::elements(&page);
        let new: Vec<_> =
            elements.difference(&harmless).filter(|e| !e.starts_with("path") && !e.starts_with("text")).collect();
        assert!(new.is_empty(), "{attack}: {new:?}");
        assert!(
            !page.contains("<script") && !page.contains('\u{1b}') && !page.contains('\u{202e}') && !page.contains('\0')
        );
    }
}

/// Relative luminance and contrast as WCAG 2.1 defines them.
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |hex: &str| {
        let channel = |i: usize| {
            let c = f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

#[test]
fn every_text_colour_can_be_read_on_every_ground_in_every_theme() {
    let page = render(&first_run()).unwrap();
    let themes: Vec<&str> = page.split(":root {").skip(1).filter_map(|t| t.split('}').next()).collect();
    assert_eq!(themes.len(), 3, "light, dark and print");
    for theme in themes {
        let colour = |name: &str| {
            let rest = theme.split(&format!("--{name}: ")).nth(1).unwrap().split(';').next().unwrap();
            if rest.len() == 4 {
                rest.chars().skip(1).fold("#".to_owned(), |s, c| format!("{s}{c}{c}"))
            } else {
                rest.to_owned()
            }
        };
        for ink in ["ink", "soft", "predicted", "actual", "good", "warning", "critical"] {
            for ground in ["ground", "sheet", "cell"] {
                let ratio = contrast(&colour(ink), &colour(ground));
                assert!(ratio >= 4.5, "{ink} on {ground}: {ratio:.2}");
            }
        }
    }
}

#[test]
fn the_alerts_section_says_what_stands_what_this_run_raised_who_answered_and_how_right_the_rules_were() {
    let page = render(&rich()).unwrap();
    let from = page.find("<section id=\"alerts\">").unwrap();
    let section = &page[from..from + page[from..].find("</section>").unwrap()];
    let order = [
        "3 alerts stand, 2 of them raised in this run; 1 answered, silenced or explained by another.",
        "What stands",
        "10.2x its usual 117 kB",
        "op: blizzard, &#60;expected&#62;",
        "Raised in this run and over",
        "resolved 2013-03-09 15:02",
        "false alarm",
        "How right the rules were",
        "<td class=\"n\">89 %</td>",
    ];
    let mut at = 0;
    for text in order {
        at += section[at..].find(text).unwrap_or_else(|| panic!("{text} is missing or out of order in {section}"));
    }
    let mut quiet = rich();
    quiet.alerts.retain(|alert| alert.state == AlertState::Resolved);
    assert!(render(&quiet).unwrap().contains("No alert stands; 1 alert of this run is over."));
    let mut storm = rich();
    storm.alerts_left = 9_800;
    assert!(render(&storm).unwrap().contains("9,803 alerts stand"));
    let explained = |inhibited| {
        let mut story = rich();
        story.alerts.iter_mut().for_each(|alert| alert.inhibited = inhibited);
        render(&story).unwrap().contains("need an answer.")
    };
    assert!(explained(false) && !explained(true), "what another alert explains needs no answer");
}
