//! Outcomes that come late, seen from the runs that predicted.

use super::samples::*;
use crate::domain::job::WorkerEvent;
use crate::domain::metric::Metric;

/// What was said of the predictions of a run.
fn of_run<'a>(events: &'a [WorkerEvent], run: i64, name: &str) -> Option<&'a Metric> {
    metrics(events).into_iter().find(|m| m.of_run == Some(run) && m.name == name && m.who == "champion")
}

#[test]
fn outcomes_that_come_late_reopen_the_figures_of_the_run_that_predicted_and_not_of_this_one() {
    let lake = Lake::new();
    let champion = lake.champion();
    let rows = |day: i64, from: i64, known: i64| -> Vec<Row> {
        let outcome = |i: i64| (i < known).then_some(i % 2 == 0);
        (from..from + 6).map(|i| row(day, &format!("{day}-{i}"), 0.1 * i as f64, outcome(i))).collect()
    };
    // Run 2 predicts twelve rows of two days, run 3 six rows of the second day; run 3 also brings five outcomes of run 2.
    let both: Vec<Row> = rows(40, 0, 0).into_iter().chain(rows(41, 0, 0)).collect();
    let (_, events) = lake.score(2, Some(champion.clone()), vec![lake.rows("batch/2.parquet", &both)], vec![]);
    assert_eq!(of_run(&events, 2, "labelled").map(|m| (m.value, m.n)), Some((0.0, 12)));
    assert_eq!(of_run(&events, 2, "rows").unwrap().value, 12.0);
    assert!(of_run(&events, 2, "log_loss").is_none());
    let live = lake.commit(&events);

    let second: Vec<Row> = rows(40, 0, 5).into_iter().chain(rows(41, 10, 0)).collect();
    let (_, events) = lake.score(3, Some(champion.clone()), vec![lake.rows("batch/3.parquet", &second)], live);
    assert_eq!(of_run(&events, 2, "labelled").unwrap().value, 5.0 / 12.0, "judged on 41 %");
    let early = of_run(&events, 2, "log_loss").unwrap();
    assert_eq!(early.n, 5);
    assert_eq!(of_run(&events, 3, "labelled").map(|m| (m.value, m.n)), Some((0.0, 6)));
    assert!(of_run(&events, 3, "log_loss").is_none(), "nothing that run 3 predicted is judged");
    let live = lake.commit(&events);

    // The rest of run 2 comes with one outcome of run 3.
    let third: Vec<Row> = rows(40, 0, 6).into_iter().chain(rows(41, 0, 6)).chain(rows(41, 10, 11)).collect();
    let (_, events) = lake.score(4, Some(champion), vec![lake.rows("batch/4.parquet", &third)], live);
    assert_eq!(of_run(&events, 2, "labelled").unwrap().value, 1.0);
    let whole = of_run(&events, 2, "log_loss").unwrap();
    assert_eq!((whole.n, of_run(&events, 3, "log_loss").unwrap().n), (12, 1));
    assert!((whole.value - early.value).abs() > 1e-9, "{} has been judged anew", whole.value);
    assert!(metrics(&events).iter().all(|m| m.of_run != Some(4)), "run 4 predicted nothing");
}
