use polars::prelude::{DataFrame, DataType, NamedFrom, Series, TimeUnit};
use proptest::prelude::*;

use super::*;
use crate::domain::expr::{BinaryOp, Literal};
use crate::domain::feature::{Aggregate, AsOf, Lookback, Lookup, Window};
use crate::domain::plan::ColumnType;
use crate::learn::frame::{Column as Values, Wanted, from_table};

const TIME: &str = "at";
const MINUTE: i64 = 60_000_000;

/// A row: minute, key, number, outcome.
type Row = (i64, Option<&'static str>, Option<f64>, Option<bool>);

fn table(rows: &[Row]) -> DataFrame {
    let minutes: Vec<i64> = rows.iter().map(|row| row.0 * MINUTE).collect();
    let at = Series::new(TIME.into(), minutes).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let (files, lines) = (vec![1_i64; rows.len()], (1..=rows.len() as i64).collect::<Vec<_>>());
    let columns = vec![
        at.into(),
        Series::new("key".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()).into(),
        Series::new("x".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into(),
        Series::new("late".into(), rows.iter().map(|row| row.3).collect::<Vec<_>>()).into(),
        Series::new("_file".into(), files).into(),
        Series::new("_line".into(), lines).into(),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

fn derived(name: &str, steps: Vec<Step>) -> FeaturePlan {
    FeaturePlan { steps, ..FeaturePlan::column(name, ColumnType::Float) }
}

fn look(of: &str, delay: i64, what: Aggregate, window: Window) -> Step {
    let by = vec!["key".to_owned()];
    let how = Derivation::Lookback(Lookback { of: of.to_owned(), by, delay: delay * MINUTE, what, window });
    Step { name: "f".to_owned(), how }
}

fn column(name: &str) -> Expr {
    Expr::Column(name.to_owned())
}

/// The values of `feature` for the rows of `table`, with `past` as the history.
fn values(feature: &FeaturePlan, past: &DataFrame, table: &DataFrame, root: &Path) -> Vec<f32> {
    let mut beyond = Beyond::default();
    for (at, step) in feature.steps.iter().enumerate() {
        beyond.require(&feature.steps[..at], &step.how, root).unwrap();
    }
    beyond.append(past, TIME).unwrap();
    beyond.finish();
    let features = [feature.clone()];
    let frame = from_table(table, Wanted { beyond: &beyond, ..Wanted::unlabelled(&features, TIME) }).unwrap();
    match &frame.columns[0] {
        Values::Number(values) => values.clone(),
        Values::Category { .. } => panic!("a number"),
    }
}

fn known(values: &[f32]) -> Vec<Option<f32>> {
    values.iter().map(|v| Some(*v).filter(|v| !v.is_nan())).collect()
}

#[test]
fn a_lag_is_the_last_known_value_of_the_key_strictly_before() {
    let rows = table(&[
        (0, Some("a"), Some(1.0), None),
        (1, Some("b"), Some(9.0), None),
        (2, Some("a"), None, None),
        (3, Some("a"), Some(3.0), None),
        (3, Some("a"), Some(2.0), None),
        (4, Some("a"), None, None),
        (5, None, Some(5.0), None),
    ]);
    let lag = |rows| derived("f", vec![look("x", 0, Aggregate::Lag, Window::Rows(rows))]);
    let root = Path::new("");
    let one = [None, None, Some(1.0), Some(1.0), Some(1.0), Some(3.0), None];
    assert_eq!(known(&values(&lag(1), &rows, &rows, root)), one);
    assert_eq!(known(&values(&lag(2), &rows, &rows, root))[5], Some(2.0));
}

#[test]
fn an_outcome_counts_only_once_it_is_known() {
    let rows = table(&[
        (0, Some("a"), None, Some(true)),
        (10, Some("a"), None, Some(false)),
        (29, Some("a"), None, Some(true)),
        (30, Some("a"), None, None),
        (31, Some("a"), None, None),
        (41, Some("a"), None, None),
    ]);
    let share = derived("f", vec![look("late", 30, Aggregate::Mean, Window::Time(100 * MINUTE))]);
    let told = known(&values(&share, &rows, &rows, Path::new("")));
    assert_eq!(told, [None, None, None, None, Some(1.0), Some(0.5)]);
    let narrow = derived("f", vec![look("late", 30, Aggregate::Count, Window::Time(5 * MINUTE))]);
    assert_eq!(values(&narrow, &rows, &rows, Path::new("")), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn gaps_are_filled_from_the_past_of_the_key_and_expressions_may_follow() {
    let rows = table(&[
        (0, Some("a"), Some(1.0), None),
        (1, Some("a"), None, None),
        (2, Some("b"), None, None),
        (3, Some("a"), Some(7.0), None),
    ]);
    let before = Step { name: "x before".to_owned(), ..look("x", 0, Aggregate::Lag, Window::Rows(1)) };
    let call = Expr::Call {
        function: crate::domain::expr::Function::Coalesce,
        arguments: vec![column("x"), column("x before")],
    };
    let filled = Step { name: "x".to_owned(), how: Derivation::Expression(call) };
    let forward = derived("x", vec![before.clone(), filled]);
    assert_eq!(forward.inputs(), ["key", "x"]);
    assert_eq!(known(&values(&forward, &rows, &rows, Path::new(""))), [Some(1.0), Some(1.0), None, Some(7.0)]);
    let growth =
        Expr::Binary { op: BinaryOp::Subtract, left: Box::new(column("x")), right: Box::new(column("x before")) };
    let growth = Step { name: "f".to_owned(), how: Derivation::Expression(growth) };
    let told = values(&derived("f", vec![before, growth]), &rows, &rows, Path::new(""));
    assert_eq!(known(&told), [None, None, None, Some(6.0)]);
}

#[test]
fn what_is_looked_back_on_may_be_made_of_the_row() {
    let rows = table(&[(0, Some("a"), Some(2.0), None), (1, Some("a"), Some(3.0), None), (2, Some("a"), None, None)]);
    let square = Expr::Binary { op: BinaryOp::Multiply, left: Box::new(column("x")), right: Box::new(column("x")) };
    let square = Step { name: "square".to_owned(), how: Derivation::Expression(square) };
    let sum = look("square", 0, Aggregate::Sum, Window::Rows(10));
    let feature = derived("f", vec![square, sum]);
    assert_eq!(feature.inputs(), ["x", "key"]);
    assert_eq!(known(&values(&feature, &rows, &rows, Path::new(""))), [None, Some(4.0), Some(13.0)]);
    let of_the_past = look("f", 0, Aggregate::Lag, Window::Rows(1));
    let twice = derived("g", vec![feature.steps[1].clone(), Step { name: "g".to_owned(), ..of_the_past }]);
    let mut beyond = Beyond::default();
    let refused = beyond.require(&twice.steps[..1], &twice.steps[1].how, Path::new("")).unwrap_err();
    assert!(refused.to_string().contains("`f` cannot be looked back on"), "{refused}");
}

#[test]
fn local_parts_of_a_date_follow_the_clock_of_the_zone() {
    let rows = table(&[(0, None, None, None), (60 * 24 * 180, None, None, None)]);
    let local = Expr::InZone { operand: Box::new(column(TIME)), zone: "America/New_York".to_owned() };
    let part = |function| {
        let call = Expr::Call { function, arguments: vec![local.clone()] };
        let step = Step { name: "f".to_owned(), how: Derivation::Expression(call) };
        values(&derived("f", vec![step]), &rows, &rows, Path::new(""))
    };
    use crate::domain::expr::Function::{Hour, Week, Weekday};
    // The first instant of 1970 in UTC is Wednesday evening there, in winter; 180 days later it is summer.
    assert_eq!(part(Hour), [19.0, 20.0]);
    assert_eq!(part(Weekday), [3.0, 1.0]);
    assert_eq!(part(Week), [1.0, 27.0]);
}

fn lookup(as_of: Option<AsOf>, value: &str) -> FeaturePlan {
    let key = vec![("key".to_owned(), "name".to_owned())];
    let lookup = Lookup { file: "t.csv".to_owned(), key, value: value.to_owned(), ty: ColumnType::Float, as_of };
    derived("f", vec![Step { name: "f".to_owned(), how: Derivation::Lookup(lookup) }])
}

#[test]
fn a_table_is_joined_by_key_and_as_of_the_past() {
    let folder = tempfile::tempdir().unwrap();
    let text = "name,when,wind\na,1970-01-01T00:10:00Z,1.5\na,1970-01-01 00:20,2.5\nb,1970-01-01,NA\n";
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let rows = table(&[
        (9, Some("a"), None, None),
        (10, Some("a"), None, None),
        (25, Some("a"), None, None),
        (31, Some("a"), None, None),
        (31, Some("b"), None, None),
        (31, Some("c"), None, None),
    ]);
    let as_of = |delay: i64, tolerance: Option<i64>| AsOf {
        time: "when".to_owned(),
        delay: delay * MINUTE,
        tolerance: tolerance.map(|most| most * MINUTE),
    };
    let told = |as_of| known(&values(&lookup(Some(as_of), "wind"), &rows, &rows, folder.path()));
    assert_eq!(told(as_of(0, None)), [None, Some(1.5), Some(2.5), Some(2.5), None, None]);
    assert_eq!(told(as_of(0, Some(10)))[3], None, "too old");
    assert_eq!(told(as_of(6, None))[1..3], [None, Some(1.5)], "not known yet");
    let refused = |feature: &FeaturePlan| {
        Beyond::default().require(&[], &feature.steps[0].how, folder.path()).unwrap_err().to_string()
    };
    assert!(refused(&lookup(None, "wind")).contains("t.csv: rows 1 and 2 have the same key (name)"));
    assert!(refused(&lookup(None, "gust")).contains("column \"gust\" is missing (there are name, when, wind)"));
    std::fs::write(folder.path().join("t.csv"), "name,wind\na,3\nb,4\n").unwrap();
    let told = values(&lookup(None, "wind"), &rows, &rows, folder.path());
    assert_eq!(known(&told), [Some(3.0), Some(3.0), Some(3.0), Some(3.0), Some(4.0), None]);
    std::fs::remove_file(folder.path().join("t.csv")).unwrap();
    assert!(refused(&lookup(None, "wind")).contains("t.csv: it cannot be read"));
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let key = prop::sample::select(vec![Some("a"), Some("b"), None]);
    let row = (0_i64..40, key, prop::option::of((-9_i8..9).prop_map(f64::from)), prop::option::of(any::<bool>()));
    prop::collection::vec(row, 1..40)
}

fn any_feature() -> impl Strategy<Value = FeaturePlan> {
    use Aggregate::{Count, Lag, Max, Mean, Min, Std, Sum};
    let window = prop_oneof![(1_u32..6).prop_map(Window::Rows), (1_i64..30).prop_map(|n| Window::Time(n * MINUTE))];
    let what = prop::sample::select(vec![Lag, Mean, Sum, Min, Max, Count, Std]);
    (prop::sample::select(vec!["x", "late"]), 0_i64..15, what, window)
        .prop_map(|(of, delay, what, window)| derived("f", vec![look(of, delay, what, window)]))
}

/// The delay of the feature in minutes.
fn delay(feature: &FeaturePlan) -> i64 {
    match &feature.steps[0].how {
        Derivation::Lookback(look) => look.delay / MINUTE,
        _ => 0,
    }
}

proptest! {
    /// Whatever happens at or after an instant (less the delay), no row up to it is told anything else.
    #[test]
    fn no_future_reaches_the_past(rows in any_rows(), other in any_rows(), feature in any_feature(), now in 0_i64..40) {
        let seen = now - delay(&feature);
        let mut changed: Vec<Row> = rows.iter().copied().filter(|row| row.0 < seen).collect();
        changed.extend(other.into_iter().filter(|row| row.0 >= seen));
        let past: Vec<Row> = rows.iter().copied().filter(|row| row.0 <= now).collect();
        let bits = |history: &[Row]| -> Vec<u32> {
            let told = values(&feature, &table(history), &table(&past), Path::new(""));
            told.into_iter().map(f32::to_bits).collect()
        };
        prop_assert_eq!(bits(&rows), bits(&changed));
    }

    /// The order in which rows lie in the history (late rows, reruns, other parts) changes nothing.
    #[test]
    fn the_order_of_arrival_changes_nothing(rows in any_rows(), feature in any_feature(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let mut random = crate::learn::random::Random::seeded(seed);
        for last in (1..shuffled.len()).rev() {
            shuffled.swap(last, random.below(last + 1));
        }
        let bits = |history: &[Row]| -> Vec<u32> {
            let told = values(&feature, &table(history), &table(&rows), Path::new(""));
            told.into_iter().map(f32::to_bits).collect()
        };
        prop_assert_eq!(bits(&rows), bits(&shuffled));
    }
}

#[test]
fn a_constant_is_the_same_for_every_row() {
    let rows = table(&[(0, None, None, None), (1, None, None, None)]);
    let step = Step { name: "f".to_owned(), how: Derivation::Expression(Expr::Literal(Literal::Integer(3))) };
    assert_eq!(values(&derived("f", vec![step]), &rows, &rows, Path::new("")), [3.0, 3.0]);
}

/// The features of a configuration with these lines below `[features]`.
fn configured(lines: &str) -> Vec<FeaturePlan> {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "[landing]\npath = \"landing\"\n[columns]\nat = \"datetime\"\nx = \"float\"\nz = \"float\"\n\
         late = {{ type = \"boolean\", role = \"target\" }}\n[features]\n{lines}"
    );
    std::fs::write(folder.path().join("landfall.toml"), "").unwrap();
    std::fs::create_dir(folder.path().join("pipelines")).unwrap();
    std::fs::write(folder.path().join("pipelines/p.toml"), text).unwrap();
    let workspace = crate::config::load(folder.path()).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    workspace.pipelines[0].model.clone().unwrap().features
}

#[test]
fn ratios_differences_and_circles_have_their_values_and_nothing_is_divided_by_zero() {
    let features = configured(
        "share = { ratio = [\"x\", \"z\"] }\nmore = { difference = [\"x\", \"z\"] }\n\
         bearing = { cyclical = \"x\", period = 8 }\nhour = { part = \"hour\", role = \"ignore\" }\n\
         round = { cyclical = \"hour\" }\n",
    );
    let (x, z) = (
        [Some(6.0), Some(1.0), Some(0.0), None, Some(2.0), Some(-2.0)],
        [Some(4.0), Some(0.0), Some(0.0), Some(1.0), None, Some(8.0)],
    );
    let hours = [0, 6, 12, 18, 24, 30];
    let at: Vec<Row> = x.iter().zip(hours).map(|(x, hour)| (hour * 60, None, *x, None)).collect();
    let mut rows = table(&at);
    rows.with_column(Series::new("z".into(), z).into()).unwrap();
    let of = |name: &str| {
        let feature = features.iter().find(|feature| feature.name == name).unwrap_or_else(|| panic!("{name}"));
        known(&values(feature, &rows, &rows, Path::new("")))
    };
    assert_eq!(of("share"), [Some(1.5), None, None, None, None, Some(-0.25)]);
    assert_eq!(of("more"), [Some(2.0), Some(1.0), Some(0.0), None, None, Some(-10.0)]);
    let near = |name: &str, wanted: [Option<f32>; 6]| {
        let pairs = of(name).into_iter().zip(wanted);
        let gap = |(ours, wanted): (Option<f32>, Option<f32>)| {
            ours.zip(wanted).map_or(ours == wanted, |(a, b)| (a - b).abs() < 1e-6)
        };
        assert!(pairs.clone().all(gap), "{name}: {pairs:?}");
    };
    // Sixths and quarters of a round: 6 of 8 is three quarters, -2 is the same.
    near("bearing_sin", [Some(-1.0), Some(0.5_f32.sqrt()), Some(0.0), None, Some(1.0), Some(-1.0)]);
    near("bearing_cos", [Some(0.0), Some(0.5_f32.sqrt()), Some(1.0), None, Some(0.0), Some(0.0)]);
    // An hour has a round of its own: midnight lies next to 23 o'clock.
    near("round_sin", [Some(0.0), Some(1.0), Some(0.0), Some(-1.0), Some(0.0), Some(1.0)]);
    near("round_cos", [Some(1.0), Some(0.0), Some(-1.0), Some(0.0), Some(1.0), Some(0.0)]);
}
