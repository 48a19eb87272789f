//! Pictures are well-formed, whatever they are given.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Axis, Calendar, Histogram, LineChart, Mark, Plane, Series, Strip, Style, Trace, bar, nice_ticks, spark};
use crate::report::render;
use crate::report::tests::stories;

/// The SVG elements of a page.
pub fn pictures(page: &str) -> Vec<&str> {
    page.match_indices("<svg ")
        .filter_map(|(start, _)| page[start..].find("</svg>").map(|end| &page[start..start + end + 6]))
        .collect()
}

/// Reads `markup` as XML (with the doctype and the void element of HTML) and gives every element as its name and the
/// names of its attributes. Panics where it is not well-formed.
pub fn elements(markup: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = markup.trim_start_matches("<!doctype html>");
    while let Some((text, tail)) = rest.split_once('<') {
        check_text(text);
        if let Some(end) = tail.strip_prefix('/') {
            let (name, tail) = end.split_once('>').expect("an end tag ends");
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
            rest = tail;
            continue;
        }
        let (element, tail) = start_tag(tail);
        let name = element.split(' ').next().unwrap_or("").to_owned();
        rest = tail.1;
        if !tail.0 && name != "meta" {
            open.push(name.clone());
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("style ends")..];
        }
        found.insert(element);
    }
    check_text(rest);
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

/// Name and attribute names of the tag that `text` begins with, whether it closes itself, and what follows.
fn start_tag(text: &str) -> (String, (bool, &str)) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).expect("a tag ends");
    assert!(end > 0, "a tag has a name: <{}", &text[..text.len().min(40)]);
    let mut element = text[..end].to_owned();
    let mut rest = text[end..].trim_start();
    loop {
        if let Some(tail) = rest.strip_prefix("/>") {
            return (element, (true, tail));
        }
        if let Some(tail) = rest.strip_prefix('>') {
            return (element, (false, tail));
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ':')).expect("an attribute ends");
        assert!(end > 0, "an attribute has a name: {}", &rest[..rest.len().min(40)]);
        element.push(' ');
        element.push_str(&rest[..end]);
        rest = &rest[end..];
        // HTML's `open` has no value.
        if let Some(value) = rest.strip_prefix("=\"") {
            let (value, tail) = value.split_once('"').expect("a value ends");
            assert!(!value.contains('<'), "{value}");
            check_text(value);
            rest = tail;
        }
        rest = rest.trim_start();
    }
}

/// Ampersands only begin references.
fn check_text(text: &str) {
    for after in text.split('&').skip(1) {
        let reference = after.split(';').next().unwrap_or("");
        let known = ["amp", "lt", "gt", "quot"].contains(&reference)
            || reference.strip_prefix('#').is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_digit()));
        assert!(known, "&{}", &after[..after.len().min(20)]);
    }
}

fn chart(values: Vec<Option<f64>>, name: &str) -> Option<String> {
    let n = values.len();
    let second: Vec<Option<f64>> = values.iter().map(|v| v.map(|v| v * 0.9 + 0.01)).collect();
    LineChart {
        id: "c",
        title: name,
        description: name,
        axis: Axis { positions: (0..n).map(|i| i as f64).collect(), ticks: vec![(0.0, name.to_owned())], gap: 1.0 },
        series: vec![
            Series { name, class: "actual", style: Style::LineAndDots, values: second },
            Series { name: "predicted", class: "predicted", style: Style::Line, values: values.clone() },
        ],
        band: values.iter().map(|v| v.map(|v| (v - 0.05, v + 0.05))).collect(),
        marks: vec![Mark { index: 0, label: "▲ v1".into() }, Mark { index: n + 7, label: "beyond".into() }],
        hints: vec![name.to_owned(); n],
        percent: true,
        height: 120.0,
    }
    .draw()
}

#[test]
fn a_small_chart_is_drawn_as_it_was() {
    let values = vec![Some(0.21), Some(0.25), None, Some(0.24), Some(0.19)];
    insta::assert_snapshot!("lines", chart(values, "actual").unwrap().replace("><", ">\n<"));
    let day = |d| NaiveDate::from_ymd_opt(2013, 3, d).unwrap();
    let days: BTreeMap<_, _> = [(1, 0.2), (4, 0.8), (9, 0.5)].map(|(d, v)| (day(d), (v, format!("day {d}")))).into();
    let calendar =
        Calendar { id: "k", title: "Days", description: "", class: "actual", days, range: (0.2, 0.8) }.draw();
    insta::assert_snapshot!("calendar", calendar.unwrap().replace("><", ">\n<"));
}

#[test]
fn every_picture_of_every_story_is_well_formed() {
    for story in [stories::rich(), stories::first_run()] {
        let page = render(&story).unwrap();
        elements(&page);
        for picture in pictures(&page) {
            elements(picture);
        }
    }
    let page = render(&stories::rich()).unwrap();
    assert!(pictures(&page).len() > 20);
    assert_eq!(page.matches("role=\"img\"").count(), page.matches("<desc").count());
}

#[test]
fn nothing_to_draw_gives_no_picture() {
    assert_eq!(chart(vec![], "x"), None);
    assert_eq!(chart(vec![None, Some(f64::NAN)], "x"), None);
    assert_eq!(spark(&[1.0], "x"), "");
    assert!(chart(vec![Some(0.5)], "x").is_some());
}

#[test]
fn names_at_the_end_of_lines_keep_apart() {
    let drawn = chart(vec![Some(0.5), Some(0.5)], "actual").unwrap();
    let places: Vec<f64> = drawn
        .split("<text class=\"name")
        .skip(1)
        .map(|t| t.split("y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(places.len(), 2);
    assert!((places[0] - places[1]).abs() >= 13.0, "{places:?}");
}

proptest::proptest! {
    #[test]
    fn ticks_enclose_what_they_are_for(low in -1e6f64..1e6, extent in 0.0f64..1e6, wanted in 1usize..9) {
        let ticks = nice_ticks(low, low + extent, wanted);
        let step = ticks[1] - ticks[0];
        assert!(ticks.len() >= 2 && ticks.len() <= 3 * wanted + 3, "{ticks:?}");
        assert!(ticks[0] <= low + 1e-3 * step && *ticks.last().unwrap() >= low + extent - 1e-3 * step, "{ticks:?}");
        assert!(ticks.windows(2).all(|w| w[1] > w[0]));
    }

    #[test]
    fn any_values_and_any_names_give_a_well_formed_picture(
        values in proptest::collection::vec(proptest::option::of(proptest::num::f64::ANY), 0..12),
        name in "\\PC{0,12}",
        share in proptest::num::f64::ANY,
    ) {
        if let Some(drawn) = chart(values.clone(), &name) {
            elements(&drawn);
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
        }
        let plain: Vec<f64> = values.iter().flatten().copied().collect();
        if plain.len() > 1 {
            elements(&spark(&plain, &name));
        }
        elements(&bar(share, &name));
        let points: Vec<(f64, f64)> = plain.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let hints = vec![name.clone(); points.len()];
        let ends = (plain.first().map(|end| (*end, share)), None);
        let labels = vec![(share, name.clone())];
        let traces = vec![Trace { class: &name, points, hints, line: true }];
        let size = (300.0, 220.0);
        let plane = Plane { id: "p", title: &name, description: &name, axes: (&name, ""), ends, labels, traces, size };
        let bins = plain.windows(2).map(|pair| (pair[0], pair[1], pair[0] as u64)).collect();
        let histogram = Histogram { id: "h", title: &name, description: &name, class: &name, bins, size };
        for drawn in [plane.draw(), histogram.draw()].into_iter().flatten() {
            elements(&drawn);
            assert!(!drawn.contains("\"NaN") && !drawn.contains("\"inf"));
        }
        let strip = Strip {
            id: "s", title: &name, description: &name,
            others: plain.iter().map(|v| (*v, name.clone())).collect(),
            usual: [0.1, 0.2, 0.3].map(|v| (v, name.clone())),
            this: (share, name.clone()),
        };
        elements(&strip.draw());
    }
}
