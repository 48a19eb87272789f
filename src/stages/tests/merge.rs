//! A later row of a key wins, whatever the order of runs; only partitions that change are written.

use super::*;

fn row(day: &str, id: &str, x: i64) -> String {
    format!("{day},{id},{x}\n")
}

fn csv(rows: &[String]) -> String {
    format!("at,id,x\n{}", rows.concat())
}

fn partitions(outcome: &Outcome) -> Vec<String> {
    let clean = outcome.artifacts().into_iter().filter(|artifact| artifact.part.kind == DatasetKind::Clean);
    clean.map(|artifact| artifact.part.partition).collect()
}

/// `plan` whose key holds the event time.
fn plan_with_time_in_key() -> CleanPlan {
    let mut plan = plan();
    plan.columns[0].in_key = true;
    plan
}

#[test]
fn a_batch_touches_only_its_partitions_and_is_told_apart_from_the_history() {
    let mut place = Place::new();
    let first = place.land(1, "1.csv", csv(&[row("2013-01-05", "a", 1), row("2013-02-05", "b", 2)]));
    let outcome = place.take(&plan(), &[first]);
    assert_eq!(partitions(&outcome), ["2013-01", "2013-02"]);
    let january = place.live["2013-01"].clone();
    assert_eq!(january.path, "clean/p/2013-01/run-1.parquet");
    assert_eq!(january.from, Some("2013-01-05T00:00:00Z".parse().unwrap()));
    let second = place.land(2, "2.csv", csv(&[row("2013-02-07", "c", 3), row("2013-02-06", "d", 4)]));
    let outcome = place.take(&plan(), &[second]);
    assert_eq!(partitions(&outcome), ["2013-02"]);
    assert_eq!(place.live["2013-01"], january);
    assert_eq!(
        place.committed(&outcome, DatasetKind::Batch),
        ["2013-02-06 00:00:00|d|4|2|2", "2013-02-07 00:00:00|c|3|2|1"]
    );
    assert_eq!(place.live["2013-02"].rows, 3);
    let parts = outcome.artifacts();
    assert!(parts.iter().all(|artifact| artifact.replaces == (artifact.part.kind == DatasetKind::Clean)));
}

#[test]
fn the_later_row_of_a_key_wins_within_a_batch_and_against_the_history() {
    for plan in [plan(), plan_with_time_in_key()] {
        let mut place = Place::new();
        let first = place.land(1, "1.csv", csv(&[row("2013-01-05", "a", 1), row("2013-01-05", "a", 2)]));
        let second = place.land(2, "2.csv", csv(&[row("2013-01-05", "b", 9)]));
        let outcome = place.take(&plan, &[first.clone(), second]);
        assert_eq!(outcome.result.unwrap(), "3 rows, 0 rejected, 1 outdated by later rows, 1 partition written");
        let third = place.land(3, "3.csv", csv(&[row("2013-01-05", "a", 3)]));
        place.take(&plan, &[third]);
        let xs = |place: &Place| {
            place.history().iter().map(|row| row.split('|').nth(2).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(xs(&place), ["3", "9"]);
        // The old file is run again: the later file's row stands, and the batch has none that won.
        let outcome = place.take(&plan, &[first]);
        assert_eq!(xs(&place), ["3", "9"]);
        assert_eq!(place.committed(&outcome, DatasetKind::Batch), [] as [&str; 0]);
    }
}

#[test]
fn a_row_that_moves_in_time_leaves_its_old_partition_even_empty() {
    let mut place = Place::new();
    let first = place.land(1, "1.csv", csv(&[row("2013-01-05", "a", 1), row("2013-03-05", "z", 0)]));
    place.take(&plan(), std::slice::from_ref(&first));
    let second = place.land(2, "2.csv", csv(&[row("2013-02-05", "a", 2)]));
    let outcome = place.take(&plan(), &[second]);
    assert_eq!(partitions(&outcome), ["2013-01", "2013-02"]);
    assert_eq!(place.history(), ["2013-02-05 00:00:00|a|2|2|1", "2013-03-05 00:00:00|z|0|1|2"]);
    assert_eq!((place.live["2013-01"].rows, place.live["2013-01"].from), (0, None));
    // Rerun of the first file: its row of `a` is older than the one in February, which therefore stays.
    place.take(&plan(), &[first]);
    assert_eq!(place.history(), ["2013-02-05 00:00:00|a|2|2|1", "2013-03-05 00:00:00|z|0|1|2"]);
}

#[test]
fn without_a_key_nothing_is_deduplicated_but_a_rerun_replaces_its_own_rows() {
    let mut place = Place::new();
    let mut plan = plan();
    plan.columns[1].role = Role::Feature;
    let first = place.land(1, "1.csv", csv(&[row("2013-01-05", "a", 1), row("2013-01-05", "a", 1)]));
    let second = place.land(2, "2.csv", csv(&[row("2013-01-05", "a", 1)]));
    place.take(&plan, &[first.clone(), second]);
    assert_eq!(place.history().len(), 3);
    place.take(&plan, std::slice::from_ref(&first));
    assert_eq!(place.history().len(), 3);
    // Under a stricter plan the rerun's rows are rejected, so they leave the history.
    let strict = CleanPlan { max_reject_ratio: 1.0, columns: plan.columns.clone(), ..plan };
    let strict = with_max(strict, 0.0);
    place.take(&strict, &[first]);
    assert_eq!(place.history(), ["2013-01-05 00:00:00|a|1|2|1"]);
}

fn with_max(mut plan: CleanPlan, max: f64) -> CleanPlan {
    plan.columns[2].max = Some(max);
    plan
}

#[test]
fn any_order_of_runs_gives_the_same_history() {
    let files = |place: &Place| {
        [1, 2, 3].map(|id| {
            let rows: Vec<String> = (0..20)
                .map(|n| row(&format!("2013-{:02}-05", n % 3 + 1), &format!("k{}", n * id % 7), n + 100 * id))
                .collect();
            place.land(id, &format!("{id}.csv"), csv(&rows))
        })
    };
    let after = |order: &[&[usize]]| {
        let mut place = Place::new();
        let files = files(&place);
        for batch in order {
            place.take(&plan(), &batch.iter().map(|index| files[*index].clone()).collect::<Vec<_>>());
        }
        place.history()
    };
    let expected = after(&[&[0, 1, 2]]);
    assert_eq!(expected.len(), 7);
    for order in [&[&[2][..], &[1], &[0]][..], &[&[1], &[0, 2]], &[&[0], &[1], &[2], &[0], &[1, 0]]] {
        assert_eq!(after(order), expected, "{order:?}");
    }
}

#[test]
fn a_plan_with_another_type_or_a_new_column_reads_the_old_history() {
    let mut place = Place::new();
    let first = place.land(1, "1.csv", csv(&[row("2013-01-05", "a", 1)]));
    place.take(&plan(), &[first]);
    let mut newer = plan();
    newer.columns[2].ty = ColumnType::Float;
    let mut added = column("y", ColumnType::Text, Role::Feature);
    added.optional = true;
    newer.columns.push(added);
    let second = place.land(2, "2.csv", "at,id,x,y\n2013-01-06,b,2.5,new\n");
    place.take(&newer, &[second]);
    assert_eq!(place.history(), ["2013-01-05 00:00:00|a|1.0||1|1", "2013-01-06 00:00:00|b|2.5|new|2|1"]);
    let daily = CleanPlan { partition: Partition::Day, ..newer };
    let third = place.land(3, "3.csv", csv(&[row("2013-01-05", "c", 1)]));
    assert!(place.clean(&daily, &[third]).error().contains("the history is cut differently (2013-01)"));
}
