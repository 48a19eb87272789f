//! The page, from stories made of real days.

pub mod stories;

use std::collections::BTreeSet;

use super::render;
use crate::domain::alert::AlertState;
use crate::domain::diagnosis;
use crate::domain::story::Story;
use stories::{first_run, regression, rich, year};

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
        "Where was it most wrong, and why?",
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
fn calls_are_counted_and_every_class_is_drawn_against_the_rest() {
    let two = render(&rich()).unwrap();
    for text in
        ["What it calls them", "<td class=\"n\">6,512 (97.0 %)</td>", "id=\"precision-t\"", "average precision 0.412"]
    {
        assert!(two.contains(text), "{text}");
    }
    let several = Story { diagnosis: Some((8, diagnosis::tests::several())), ..rich() };
    let page = render(&several).unwrap();
    for text in [
        "<th scope=\"row\">on time</th>",
        "<td class=\"n\">1,473 (51.0 %)</td>",
        "“early” against the rest. Line: the share found",
        "id=\"class-2-t\"",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("“cancelled” against the rest"), "of a class without curves none is drawn");
    assert!(!page.contains("id=\"precision-t\""));
}

#[test]
fn the_worst_predictions_are_told_with_what_made_them() {
    let page = render(&rich()).unwrap();
    for text in [
        "the surest of the wrong calls",
        "<h3>flight 4412, time_hour 2013-03-08 19:00:00</h3>",
        "Version 41 predicted 0.636; late was 0. Base -1.14, a probability of 0.242; with all features 0.560, a probability of 0.636.",
        "Adds (log-odds)",
        "<td class=\"long\">wind_speed</td><td class=\"long\">missing</td><td class=\"n\">+0.120</td>",
        "−0.080",
        "The probability was corrected (isotonic) after what the parts come to",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!render(&first_run()).unwrap().contains("id=\"worst\""));
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
fn what_moved_and_what_is_expected_is_told_drawn_and_in_tables() {
    let page = render(&rich()).unwrap();
    for text in [
        "979 rows of this run against the 48,211 that version 41 was trained on.",
        "Farther from them than parts of the training rows are: temp (3.00x of the usual, 14.0 % of the gain).",
        "A small model tells them apart with AUC 0.810 (0.790 to 0.830), 61.0 % of it by temp.",
        "id=\"drift-quadrants-t\">Importance over drift",
        "id=\"drift-bins-0-t\">temp: shares of rows, trained on and now",
        "id=\"drift-expected-t\">auc of each day",
        "not known yet",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!render(&first_run()).unwrap().contains("id=\"drift\""));
    let mut calm = rich();
    let account = calm.drift.as_mut().unwrap();
    account.features.iter_mut().for_each(|one| one.psi.value = 0.01);
    account.classifier = None;
    assert!(render(&calm).unwrap().contains("No feature lies farther from them than parts of the training rows do."));
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
