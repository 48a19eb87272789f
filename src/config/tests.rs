use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::AlertRules;
use super::pipeline::{Archive, Duplicates, Overlap, Overwritten, Pipeline, Schedule, StageSettings, Workspace};
use super::read::{Surroundings, pipeline};
use super::rules::{Direction, HeaderChange, LifeRules, OwnRules, Sensitivity, Together};
use super::secret::{Secret, SecretOrText};
use super::source::Source;
use super::stream::Start;
use super::{load, load_with_warnings};
use crate::domain::alert::AlertKind;
use crate::domain::expr::Literal;
use crate::domain::plan::{
    Algorithm, Budget, Calling, ColumnType, CsvForm, Evolution, FileFormat, Impute, OnInvalid, Partition, Role, Task,
    Window,
};
use crate::domain::run::{StageKind, When};

const TEN_LINES: &str = include_str!("../../config/examples/ten-lines/pipelines/rentals.toml");
const REFERENCE: &str = include_str!("../../config/examples/reference/pipelines/turbines.toml");
const WORKSPACE: &str = include_str!("../../config/examples/reference/landfall.toml");
const DEMO: &str = include_str!("../../config/demo/pipelines/flights.toml");

fn workspace(pipelines: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("landfall.toml"), "").unwrap();
    fs::create_dir(folder.path().join("pipelines")).unwrap();
    for (name, text) in pipelines {
        fs::write(folder.path().join("pipelines").join(name), text).unwrap();
    }
    folder
}

fn loaded(text: &str) -> Pipeline {
    let folder = workspace(&[("p.toml", text)]);
    load(folder.path()).unwrap_or_else(|problems| panic!("{problems}")).pipelines.remove(0)
}

fn errors(text: &str) -> Vec<String> {
    let folder = workspace(&[("p.toml", text)]);
    load(folder.path()).unwrap_err().errors.into_iter().map(|problem| problem.message).collect()
}

#[test]
fn ten_lines_are_a_pipeline() {
    assert!(TEN_LINES.lines().count() <= 10);
    let folder = workspace(&[("rentals.toml", TEN_LINES)]);
    let Workspace { name, lake, max_parallel_runs, time_zone, life, own, heartbeat, pipelines, root, .. } =
        load(folder.path()).unwrap();
    assert_eq!((own, heartbeat), (OwnRules::default(), None));
    assert_eq!(root, folder.path());
    assert_eq!(name, folder.path().file_name().unwrap().to_string_lossy());
    assert_eq!((lake, max_parallel_runs, time_zone.as_str()), (folder.path().join("lake").as_path().into(), 1, "UTC"));
    assert_eq!(life, LifeRules::default());
    let p = &pipelines[0];
    assert_eq!((p.name.as_str(), p.title.as_str(), p.seed, p.overlap), ("rentals", "rentals", 42, Overlap::Queue));
    assert_eq!(p.landing.path, folder.path().join("landing"));
    assert_eq!((p.landing.pattern.as_str(), p.landing.settle), ("*", Duration::from_secs(5)));
    assert!(p.landing.settle_is_default);
    assert_eq!(p.landing.schedule, Schedule::Every { interval: Duration::from_secs(3600) });
    assert_eq!(p.clean.format, FileFormat::Csv(CsvForm::default()));
    assert_eq!((p.clean.time(), p.clean.key().len(), p.clean.partition), (Some("hour"), 0, Partition::Month));
    let kinds: Vec<StageKind> = p.stages.iter().map(|s| s.kind).collect();
    use StageKind::{Clean, Publish, Report, Score, Train};
    assert_eq!(kinds, [Clean, Score, Train, Publish, Report]);
    let needs: Vec<String> = p.stages.iter().map(|s| s.needs.join("+")).collect();
    assert_eq!(needs, ["", "clean", "score", "train", "publish"]);
    let model = p.model.as_ref().unwrap();
    assert_eq!((model.task, model.target.as_str(), model.holdout_days), (Task::Regression, "rentals", 14.0));
    assert_eq!(model.algorithms, [Algorithm::Linear, Algorithm::Boosting]);
    let features: Vec<&str> = model.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(features, ["temperature", "humidity", "weather", "working_day"]);
    assert_eq!(p.alerts, AlertRules::default());
}

#[test]
fn every_key_of_the_reference_is_taken_over() {
    let p = loaded(REFERENCE);
    assert_eq!((p.title.as_str(), p.seed, p.overlap), ("Output of the wind turbines", 7, Overlap::Skip));
    let cron = Schedule::Cron { expression: "5 * * * MON-FRI".into(), time_zone: "UTC".into() };
    assert_eq!(p.landing.schedule, cron);
    assert_eq!((p.landing.max_files_per_run, p.landing.max_attempts, p.landing.watch), (500, 5, true));
    let landing = &p.landing;
    assert_eq!((landing.settle.as_secs(), landing.settle_is_default, landing.settle_max.as_secs()), (10, false, 7200));
    let nulls = ["NA", "-", "-999"].map(String::from).to_vec();
    let (quote, encoding) = (Some('\''), Some("windows-1252".to_owned()));
    let form = CsvForm { delimiter: ';', nulls, quote, encoding, decimal: ',', header: true };
    assert_eq!(p.clean.format, FileFormat::Csv(form));
    assert_eq!((p.landing.max_bytes_per_run, p.landing.max_file_bytes), (Some(5_000_000_000), Some(2_000_000_000)));
    assert_eq!((p.landing.overwritten, p.landing.duplicates), (Overwritten::Hold, Duplicates::Run));
    assert_eq!((p.landing.marker.as_deref(), p.landing.temporary.len()), (Some("{name}.done"), 10));
    assert!(matches!(&p.landing.archive, Archive::Folder(path) if path.ends_with("archive/turbines")));
    assert_eq!(p.landing.allowed_lateness.as_secs(), 6 * 3600);
    let rescued = p.clean.columns.last().unwrap();
    assert_eq!((p.clean.evolution, rescued.name.as_str(), rescued.role), (Evolution::Rescue, "_rescued", Role::Never));
    assert_eq!(p.clean.budget, Budget { unpacked: 20 << 30, ratio: 200, record: 1 << 20, columns: 500 });
    assert_eq!(p.clean.key(), ["measured", "turbine", "site"]);
    assert_eq!((p.clean.max_reject_ratio, p.clean.warn_reject_ratio), (0.1, 0.02));
    assert_eq!(p.clean.partition, Partition::Day);
    let column = |name: &str| p.clean.columns.iter().find(|c| c.name == name).unwrap();
    assert_eq!(column("measured").source, "Time stamp");
    assert_eq!(column("measured").format.as_deref(), Some("%d.%m.%Y %H:%M"));
    assert_eq!(column("site").allowed, Some(vec!["north".to_owned(), "south".to_owned()]));
    assert_eq!((column("wind").min, column("wind").max), (Some(0.0), Some(60.0)));
    assert_eq!((column("wind").on_invalid, &column("wind").impute), (OnInvalid::Null, &Impute::Median));
    assert_eq!(column("crew_on_site").impute, Impute::Constant(Literal::Boolean(false)));
    assert!(column("temperature").optional && !column("wind").optional);
    assert_eq!(column("storm").expression.as_ref().unwrap().to_string(), "wind > COALESCE(cut_out, 25)");
    assert_eq!(column("rotor_speed").role, Role::Never);
    let clean = p.stage("clean").unwrap();
    assert_eq!((clean.retries, clean.retry_interval.as_secs(), clean.timeout.as_secs()), (2, 60, 1800));
    assert_eq!((clean.memory, clean.slow_after), (Some(2 << 30), Some(Duration::from_secs(600))));
    assert_eq!(p.stage("publish").unwrap().settings, StageSettings::Publish { csv: false });
    assert_eq!(p.stage("report").unwrap().when, When::Always);
    let StageSettings::Command { program, environment } = &p.stage("notify").unwrap().settings else {
        panic!("not a command")
    };
    assert_eq!(program.join(" "), "python3 notify.py --channel turbines");
    assert_eq!(environment, &[("LANGUAGE".to_owned(), "en".to_owned())]);
    let model = p.model.unwrap();
    assert_eq!((model.holdout_days, model.window, model.refit), (28.0, Window::Days(365.0), true));
    assert_eq!((model.boosting.max_rounds, model.boosting.learning_rate, model.boosting.max_leaves), (600, 0.05, 63));
    assert_eq!((model.boosting.max_depth, model.boosting.early_stop, model.boosting.lambda), (8, 50, 2.0));
    assert_eq!((model.promotion.tolerance, model.promotion.min_rows, model.promotion.min_per_class), (0.01, 1000, 50));
    assert!(model.features.iter().all(|f| f.ty != ColumnType::Datetime && f.name != "rotor_speed"));
    assert_eq!(p.alerts.staleness.after, Some(Duration::from_secs(3 * 3600)));
    let stale = &p.alerts.staleness;
    let cron = Schedule::Cron { expression: "0 6-20 * * MON-FRI".into(), time_zone: "Europe/Berlin".into() };
    assert_eq!((stale.expect.as_ref(), stale.grace), (Some(&cron), Some(Duration::from_secs(1200))));
    assert_eq!((stale.holidays.len(), stale.blackouts.len()), (2, 2));
    let hours = |n: u64| Some(Duration::from_secs(n * 3600));
    assert_eq!((stale.data_after, stale.output_after), (hours(48), hours(6)));
    assert_eq!((p.alerts.queued.after.as_secs(), p.alerts.heartbeat.after.as_secs()), (1200, 900));
    let size = &p.alerts.file_size;
    assert_eq!((size.ratio, size.sigmas, p.alerts.results.sigmas), (4.0, Some(6.0), 4.5));
    assert_eq!((size.sensitivity, size.direction), (Sensitivity::Low, Direction::Both));
    assert_eq!((size.min_bytes, size.max_bytes), (Some(1000), Some(2_000_000_000)));
    assert_eq!((size.min_rows, size.max_rows), (Some(1), Some(1_000_000)));
    let (results, decline, nulls) = (&p.alerts.results, &p.alerts.metric_decline, &p.alerts.null_rate);
    assert_eq!((results.effect_warning, results.effect_critical), (0.15, 0.3));
    assert_eq!((results.min_rows, results.new_levels), (500, 0.02));
    assert_eq!((decline.sigmas, decline.margin, nulls.effect, nulls.sigmas), (6.0, 0.2, 0.1, 6.0));
    let drift = &p.alerts.data_drift;
    assert_eq!((drift.effect, drift.discoveries, drift.important, drift.auc), (0.15, 0.005, 0.2, 0.7));
    assert_eq!((drift.runs, drift.of, drift.min_rows), (3, 4, 200));
    assert_eq!(p.alerts.model_not_refreshed.runs, 20);
    assert_eq!(p.alerts.labels_overdue.after, Some(Duration::from_secs(3 * 86_400)));
    let schema = &p.alerts.schema_change;
    assert_eq!(
        (schema.changes.as_slice(), schema.accept_after),
        ([HeaderChange::Removed, HeaderChange::Type].as_slice(), 3)
    );
    assert_eq!(p.alerts.quarantine.remind_after.as_secs(), 12 * 3600);
    assert_eq!(p.alerts.overwritten.keep.as_secs(), 7 * 86_400);
    assert_eq!(p.alerts.unsettled.after, Some(Duration::from_secs(1200)));
    let set = &p.alerts.incomplete_set;
    assert_eq!((set.expect.join("+"), set.files_per_set), ("north+turbines_south*".to_owned(), Some(2)));
    assert_eq!((set.together, set.grace.as_secs()), (Together::Check, 1800));
}

#[test]
fn a_stream_is_a_landing_of_its_own_kind() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/stream");
    let p = load(&folder).unwrap_or_else(|problems| panic!("{problems}")).pipelines.remove(0);
    let stream = p.landing.stream.as_ref().unwrap();
    assert_eq!((stream.start, stream.max_rows, stream.max_bytes), (Start::Latest, 50_000, 16_000_000));
    assert_eq!((stream.window.as_secs(), stream.generation, stream.location.settings.len()), (3, 1, 2));
    assert_eq!((p.landing.path.clone(), p.landing.settle), (folder.join(".landfall/spool/rides"), Duration::ZERO));
    assert_eq!((p.landing.watch, p.landing.duplicates, p.landing.remote), (false, Duplicates::Run, None));
    assert_eq!((p.clean.format, p.landing.archive), (FileFormat::Json, Archive::Delete));
    let with =
        |landing: &str| format!("[landing]\n{landing}\n[columns]\nt = \"date\"\nx = \"float\"\n[stages.clean]\n");
    let p = loaded(&with("path = \"kafka://b/t\"\nformat = \"csv\""));
    assert!(matches!(p.clean.format, FileFormat::Csv(CsvForm { header: false, .. })), "{:?}", p.clean.format);
    let wrong = [
        ("path = \"kafka://me:hunter2@b/t\"", "`path` holds a secret, which does not belong into this file"),
        ("path = \"kafka://b\"", "`path` names no stream: \"kafka://b\""),
        ("path = \"kafka://b/t\"\nsettle = \"1s\"", "`settle` has no meaning for a stream"),
        ("path = \"kafka://b/t\"\nformat = \"parquet\"", "a stream's records cannot be of this form"),
        ("path = \"kafka://b/t\"\nformat = \"csv\"\nheader = true", "no header comes with a stream"),
        ("path = \"in\"\n[landing.stream]\nmax_rows = 1", "`path` is no stream"),
    ];
    for (landing, message) in wrong {
        assert_eq!(errors(&with(landing)), [message], "{landing}");
    }
    let folder = workspace(&[("p.toml", TEN_LINES)]);
    fs::write(folder.path().join("landfall.toml"), "lake = \"kafka://b/t\"\n").unwrap();
    assert!(load(folder.path()).unwrap_err().to_string().contains("`lake` cannot be a stream"));
}

#[test]
fn every_key_of_the_workspace_is_taken_over() {
    let folder = workspace(&[("p.toml", TEN_LINES)]);
    fs::write(folder.path().join("landfall.toml"), WORKSPACE).unwrap();
    let Workspace { own, heartbeat, .. } = load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
    let disk = &own.disk_low;
    assert_eq!((disk.free_share, disk.critical_share, disk.enough, disk.runs), (0.2, 0.05, 20_000_000_000, 5));
    assert_eq!((own.clock_jump.by.as_secs(), own.clock_jump.keep.as_secs()), (10, 86_400));
    assert_eq!(
        (own.credentials.warn_before.as_secs(), own.credentials.critical_before.as_secs()),
        (30 * 86_400, 259_200)
    );
    assert_eq!((own.delivery.attempts, own.delivery.after.as_secs()), (5, 600));
    assert_eq!((own.silence.after.as_secs(), own.silence.calm.as_secs()), (1800, 7200));
    assert_eq!(own.policy(AlertKind::DiskLow).recover, 2);
    let heartbeat = heartbeat.unwrap();
    let named = SecretOrText::Secret(Secret::Env("LANDFALL_HEARTBEAT".to_owned()));
    assert_eq!((heartbeat.url, heartbeat.every.as_secs()), (named, 300));
}

#[test]
fn a_kind_of_alert_stands_where_it_belongs() {
    let wrong = errors(&format!("{TEN_LINES}\n[alerts.disk_low]\nruns = 1\n"));
    assert_eq!(wrong, ["`disk_low` is about the whole workspace"]);
    let folder = workspace(&[("landfall.toml", TEN_LINES)]);
    let toml = "[alerts.staleness]\nafter = \"1h\"\n[heartbeat]\nurl = \"ftp://secret\"\n";
    fs::write(folder.path().join("landfall.toml"), toml).unwrap();
    let problems = load(folder.path()).unwrap_err();
    assert_eq!(problems.errors.len(), 3, "{problems}");
    assert!(!problems.to_string().contains("`url` is no address \"ftp"), "{problems}");
}

/// The reader itself knows which keys there are: it names them when it meets one it does not know.
#[test]
fn the_reference_leaves_no_key_out() {
    let mut text = String::new();
    for line in REFERENCE.lines() {
        let column = line.starts_with("wind = {");
        text.push_str(&if column { line.replacen('{', "{ qqqqqqqqqqqq = 1,", 1) } else { line.to_owned() });
        text.push('\n');
        if line.starts_with('[') && !line.starts_with("[columns]") {
            text.push_str("qqqqqqqqqqqq = 1\n");
        }
    }
    let folder = workspace(&[("p.toml", &text)]);
    let problems = load(folder.path()).unwrap_err();
    assert_eq!(problems.errors.len(), text.matches("qqqqqqqqqqqq = 1").count(), "{problems}");
    for help in problems.errors.iter().filter_map(|p| p.help.as_deref()) {
        let keys = help.strip_prefix("known keys are ").unwrap().split(", ").map(|key| key.trim_matches('`'));
        for key in keys.filter(|key| *key != "kind") {
            assert!(REFERENCE.contains(&format!("{key} =")), "{key}");
        }
    }
}

#[test]
fn how_alerts_live_is_said_once_for_the_workspace() {
    let folder = workspace(&[("p.toml", TEN_LINES)]);
    fs::write(folder.path().join("landfall.toml"), WORKSPACE).unwrap();
    let life = load(folder.path()).unwrap_or_else(|problems| panic!("{problems}")).life;
    assert_eq!((life.group_wait.as_secs(), life.escalate_after.as_secs(), life.flapping_changes), (60, 900, 6));
    assert_eq!((life.repeat_critical.as_secs(), life.repeat_warning.as_secs()), (2 * 3600, 12 * 3600));
    fs::write(folder.path().join("landfall.toml"), "[alerts]\nrepeat_critical = \"5s\"\nqqqqqqqqqqqq = 1").unwrap();
    let problems = load(folder.path()).unwrap_err();
    assert_eq!(problems.errors.len(), 2, "{problems}");
    let help = problems.errors.iter().find_map(|p| p.help.as_deref()?.strip_prefix("known keys are ")).unwrap();
    for key in help.split(", ").map(|key| key.trim_matches('`')) {
        let named = [format!("{key} ="), format!("[alerts.{key}]")].iter().any(|name| WORKSPACE.contains(name));
        assert!(named, "{key}");
    }
}

#[test]
fn the_demo_knows_its_leaks() {
    let p = loaded(DEMO);
    assert_eq!(p.clean.key(), ["time_hour", "carrier", "flight", "origin"]);
    let never: Vec<&str> = p.clean.columns.iter().filter(|c| c.role == Role::Never).map(|c| c.name.as_str()).collect();
    assert_eq!(never, ["dep_time", "dep_delay", "arr_delay"]);
    let model = p.model.unwrap();
    assert_eq!((model.task, model.target.as_str()), (Task::Binary, "late"));
    let features: Vec<&str> = model.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(features[..4], ["carrier", "origin", "dest", "distance"]);
    assert_eq!(features[4..10], ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]);
    assert_eq!(features[10..], ["departure", "arrival", "planned", "weekday"]);
    let leaky = DEMO.replace(
        "\"arr_delay > 15\"",
        "\"arr_delay > 15\" }\nhopeless = { type = \"boolean\", expression = \"dep_delay > 0\"",
    );
    assert!(errors(&leaky)[0].starts_with("`hopeless` is a leak"), "{:?}", errors(&leaky));
}

#[test]
fn bounds_thresholds_continued_training_and_label_times_are_read_and_told_where_they_make_no_sense() {
    let with = |keys: &str| TEN_LINES.to_owned() + "[stages.clean]\n[stages.score]\n[stages.train]\n" + keys;
    let learning = |text: &str| loaded(text).model.unwrap().learning;
    assert_eq!(learning(&with("interval = 0.8\nrefresh = \"continue\"")).refit_every, 7);
    assert_eq!(learning(&with("interval = 0.8")).interval, Some(0.8));
    assert_eq!((learning(&with("")).refit_every, learning(&with("")).calling), (1, Calling::Given));
    let binary = with("threshold = { miss = 5, false_alarm = 1 }")
        .replace("rentals = { type = \"integer\"", "rentals = { type = \"boolean\"");
    assert_eq!(learning(&binary).calling, Calling::Cost { miss: 5.0, false_alarm: 1.0 });
    let known =
        "rentals = { type = \"integer\", role = \"target\" }\ncounted = { type = \"datetime\", role = \"label_time\" }";
    let known = TEN_LINES.replace("rentals = { type = \"integer\", role = \"target\" }", known);
    assert_eq!(learning(&known).label_time.as_deref(), Some("counted"));
    assert!(loaded(&known).model.unwrap().features.iter().all(|feature| feature.name != "counted"));
    let wrong = |text: &str| errors(text).join("; ");
    assert!(wrong(&with("refit_every = 3")).contains("`refit_every` is of continued training"));
    assert!(wrong(&with("threshold = \"f1\"")).contains("a threshold is searched for binary tasks only"));
    assert!(wrong(&binary.replace("threshold", "interval = 0.9\nthreshold")).contains("`interval` is of regression"));
    assert!(
        wrong(&known.replace("\"datetime\", role = \"label_time\"", "\"float\", role = \"label_time\""))
            .contains("`counted` has the role `label_time`, but is neither a date nor a datetime")
    );
}

#[test]
fn the_form_follows_the_pattern_and_what_is_written() {
    let format = |landing: &str| {
        loaded(&TEN_LINES.replace("path = \"landing\"", &format!("path = \"landing\"\n{landing}"))).clean.format
    };
    let tsv = FileFormat::Csv(CsvForm { delimiter: '\t', ..CsvForm::default() });
    assert_eq!(format("pattern = \"*.tsv.zst\""), tsv);
    assert_eq!(format("format = \"tsv\""), tsv);
    assert_eq!(format("pattern = \"a_*.jsonl.gz\""), FileFormat::Json);
    assert_eq!(format("pattern = \"*.feather\""), FileFormat::Arrow);
    assert_eq!(format("format = \"avro\""), FileFormat::Avro);
    let latin = CsvForm { quote: None, encoding: Some("windows-1252".to_owned()), header: false, ..CsvForm::default() };
    let written = "format = \"auto\"\nencoding = \"Latin-1\"\nquote = \"\"\nheader = false";
    assert_eq!(format(written), FileFormat::Auto(latin));
}

#[test]
fn the_fingerprint_follows_the_meaning_and_not_the_place() {
    let text = "[landing]\npath = \"landing\"\n[columns]\nt = \"date\"\nx = \"float\"\ny = { type = \"float\", role = \"target\" }\n";
    let hash = loaded(text).config_hash;
    assert!(hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(loaded(&format!("# a comment\n{text}")).config_hash, hash);
    assert_eq!(loaded(&format!("seed = 42\n{text}")).config_hash, hash);
    assert_ne!(loaded(&format!("seed = 43\n{text}")).config_hash, hash);
    assert_ne!(loaded(&text.replace("x = \"float\"", "x = \"integer\"")).config_hash, hash);
}

#[test]
fn windows_line_ends_and_byte_order_marks_do_no_harm() {
    let text = TEN_LINES.replace('\n', "\r\n");
    assert_eq!(loaded(&text).config_hash, loaded(TEN_LINES).config_hash);
    assert_eq!(loaded(&format!("\u{feff}{TEN_LINES}")).config_hash, loaded(TEN_LINES).config_hash);
}

#[test]
fn a_folder_that_is_no_workspace_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let problems = load(folder.path()).unwrap_err();
    let text = problems.to_string().replace(&folder.path().display().to_string(), "/some/where");
    assert_eq!(
        text,
        "error: /some/where is not a workspace: it has no landfall.toml\n = help: `landfall init` makes a workspace \
         here, `landfall demo` shows one at work\n\n1 error\n"
    );
}

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let folder = workspace(&[("good.toml", TEN_LINES), (".#good.toml", "an editor's own"), ("notes.txt", "")]);
    fs::write(folder.path().join("pipelines/latin1.toml"), b"title = \"caf\xe9\"").unwrap();
    fs::create_dir(folder.path().join("pipelines/folder.toml")).unwrap();
    let problems = load(folder.path()).unwrap_err();
    let found: Vec<(&str, &str)> = problems.errors.iter().map(|p| (p.file.as_str(), p.message.as_str())).collect();
    assert_eq!(found.len(), 2, "{problems}");
    assert_eq!(found[0].0, "pipelines/folder.toml");
    assert_eq!(found[1], ("pipelines/latin1.toml", "this file is not UTF-8 text"));
}

#[test]
fn a_landing_in_the_lake_is_refused() {
    let text = TEN_LINES.replace("\"landing\"", "\"./lake\"");
    assert_eq!(errors(&text), ["its landing is the lake: what lands would lie among what is published"]);
}

#[test]
fn stages_run_in_an_order_that_their_needs_allow() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/valid/graph");
    let loaded = load_with_warnings(&folder).unwrap();
    assert!(loaded.warnings.is_empty());
    let flights = loaded.workspace.pipeline("flights").unwrap();
    let order: Vec<&str> = flights.stages.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(order, ["clean", "score", "train", "publish", "rescue"]);
    assert_eq!(flights.stage("rescue").unwrap().when, When::Failure);
    assert_eq!(flights.landing.path, PathBuf::from("/data/landing"));
    let shops = loaded.workspace.pipeline("shops").unwrap();
    assert_eq!((shops.model.as_ref(), &shops.clean.format), (None, &FileFormat::Parquet));
}

#[test]
fn a_schedule_says_which_of_its_fields_is_wrong() {
    let with = |schedule: &str| TEN_LINES.replace("[landing]", &format!("[landing]\nschedule = \"{schedule}\""));
    for good in ["every 90s", "hourly", "daily", "*/15 6-22 * * 1-5", "0 0 1 JAN *"] {
        assert!(!loaded(&with(good)).config_hash.is_empty());
    }
    assert_eq!(errors(&with("0 25 * * *")), ["`schedule` is not a schedule: `25` is no hour"]);
    assert_eq!(errors(&with("0 0 * * MOO")), ["`schedule` is not a schedule: `MOO` is no day of week"]);
    assert_eq!(errors(&with("0 0 * *")), ["`schedule` has 4 cron fields"]);
    assert_eq!(errors(&with("@daily")), ["`schedule` is not a schedule"]);
    assert_eq!(errors(&with("every 10ms")), ["`schedule` is not a schedule: the shortest interval is 1s"]);
}

proptest! {
    /// However a file is damaged: an answer, or problems whose places are in the file.
    #[test]
    fn a_damaged_file_is_answered(text in prop::sample::select(vec![REFERENCE, DEMO, TEN_LINES]),
                                  at in 0.0..1.0_f64, length in 0_usize..40, put in "[ -~\n]{0,3}") {
        let from = text.floor_char_boundary((text.len() as f64 * at) as usize);
        let to = text.ceil_char_boundary((from + length).min(text.len()));
        let damaged = format!("{}{put}{}", &text[..from], &text[to..]);
        let source = Source::new("p.toml", damaged.as_str());
        let surroundings = Surroundings { root: Path::new("/"), time_zone: "UTC", stores: &[] };
        let sound = pipeline(&source, "p", &surroundings).is_some();
        prop_assert_eq!(sound, !source.has_errors());
        for problem in source.into_problems() {
            prop_assert!(problem.line <= damaged.lines().count() + 1);
            prop_assert!(problem.column <= problem.excerpt.chars().count() + 1, "{}", problem);
        }
    }
}

#[test]
fn a_share_of_absolute_values_is_for_regression_only() {
    let lasso = DEMO.replace("learning_rate = 0.2", "l1_ratio = 0.5");
    let folder = workspace(&[("p.toml", &lasso)]);
    let problems = load(folder.path()).unwrap_err();
    assert_eq!(problems.errors[0].message, "`l1_ratio` is of regression, this task is binary");
}

#[test]
fn features_carry_every_step_they_need() {
    let features = loaded(REFERENCE).model.unwrap().features;
    let steps = |name: &str| -> Vec<String> {
        let feature = features.iter().find(|feature| feature.name == name).unwrap();
        feature.steps.iter().map(|step| step.name.clone()).collect()
    };
    assert_eq!(steps("wind"), [""; 0]);
    assert_eq!(steps("local_hour"), ["local_hour"]);
    assert_eq!(steps("day_round_sin"), ["local_hour", "day_round_sin"]);
    assert_eq!(steps("rough_day"), ["gustiness", "rough_day"]);
    assert_eq!(steps("temperature"), ["temperature before", "temperature"]);
    assert!(features.iter().all(|feature| feature.name != "gustiness"), "it is only for others");
    let inputs = |name: &str| features.iter().find(|feature| feature.name == name).unwrap().inputs();
    assert_eq!(inputs("rough_day"), ["wind", "turbine", "site"]);
    assert_eq!(inputs("output_before"), ["turbine"]);
    assert_eq!(inputs("hub_height"), ["turbine"]);
}
