//! What publish stages for readers.

use polars::prelude::{DataType, NamedFrom, ParquetReader, SerReader, Series};

use super::*;
use crate::domain::alert::{Alarm, AlertKind, AlertState, FactAlert, Severity};
use crate::domain::job::PublishJob;
use crate::domain::metric::{Metric, Split};
use crate::stages::staged::Table;

fn predictions(place: &mut Place, day: &str, ids: &[&str]) -> Artifact {
    let job = place.job("score", Work::Publish(publish_job(Vec::new())));
    let scores: Vec<f64> = ids.iter().map(|_| 0.25).collect();
    let columns = vec![Series::new("id".into(), ids).into(), Series::new("prediction".into(), scores).into()];
    let mut frame = DataFrame::new(ids.len(), columns).unwrap();
    let table = Table { kind: DatasetKind::Predictions, partition: day, time: None, replaces: true, compact: true };
    table.write(&place.lake(), &job, &mut frame).unwrap()
}

fn publish_job(staged: Vec<Artifact>) -> PublishJob {
    let metric = Metric {
        name: "auc".to_owned(),
        value: 0.7,
        n: 10,
        split: Split::Holdout,
        who: "champion".to_owned(),
        model: Some(3),
        day: None,
        column: None,
        from: Some("2013-01-01T00:00:00Z".parse().unwrap()),
        to: None,
        of_run: None,
    };
    PublishJob {
        staged,
        metrics: vec![metric],
        alerts: facts(),
        champion: Some(3),
        key: vec!["id".to_owned()],
        csv: true,
        schema: None,
    }
}

fn publish(place: &mut Place, staged: Vec<Artifact>) -> Outcome {
    let job = place.job("publish", Work::Publish(publish_job(staged)));
    Outcome::of(&job)
}

fn text(place: &Place, outcome: &Outcome, ending: &str) -> String {
    let artifact = outcome.artifacts().into_iter().find(|artifact| artifact.part.path.ends_with(ending)).unwrap();
    String::from_utf8(wait(place.lake().get(&artifact.staged)).unwrap()).unwrap()
}

#[test]
fn twins_metrics_schema_and_manifest_are_staged_and_agree() {
    let mut place = Place::new();
    let staged = vec![
        predictions(&mut place, "2013-02-08", &["=cmd()", "plain, \"quoted\""]),
        predictions(&mut place, "2013-02-09", &["-1"]),
    ];
    let outcome = publish(&mut place, staged.clone());
    assert_eq!(outcome.result.as_ref().unwrap(), "2 days, 3 predictions");
    assert_eq!(
        text(&place, &outcome, "2013-02-08/run-3.csv"),
        "id,prediction\r\n'=cmd(),0.25\r\n\"plain, \"\"quoted\"\"\",0.25\r\n"
    );
    assert_eq!(
        text(&place, &outcome, "metrics/p/run-3.csv"),
        "run,name,value,n,split,who,model,day,column,from,to\r\n\
         3,auc,0.7,10,holdout,champion,3,,,2013-01-01T00:00:00Z,\r\n"
    );
    let manifest: serde_json::Value =
        serde_json::from_str(&text(&place, &outcome, "predictions/p/manifests/run-3.json")).unwrap();
    assert_eq!((&manifest["run"], &manifest["model_version"]), (&3.into(), &3.into()));
    let objects = manifest["objects"].as_array().unwrap();
    assert_eq!(objects[0]["blake3"], staged[0].part.hash.as_str());
    assert_eq!(objects[0]["rows"], 2);
    let named: Vec<&str> = objects.iter().map(|object| object["path"].as_str().unwrap()).collect();
    let artifacts = outcome.artifacts();
    assert!(
        artifacts.iter().filter(|a| !a.part.path.contains("manifests")).all(|a| named.contains(&a.part.path.as_str()))
    );
    let schema: serde_json::Value = serde_json::from_str(&text(&place, &outcome, "schemas/run-3.json")).unwrap();
    assert_eq!(schema["columns"][0], serde_json::json!({"name": "id", "type": "text", "key": true}));
    // All of it commits, predictions included.
    let all: Vec<Artifact> = staged.into_iter().chain(artifacts).collect();
    wait(commit::publish(&place.lake(), &all)).unwrap();
}

#[test]
fn without_predictions_it_says_so_and_publishes_the_rest() {
    let mut place = Place::new();
    let outcome = publish(&mut place, Vec::new());
    assert_eq!(outcome.result.as_ref().unwrap(), "no predictions to publish");
    assert_eq!(outcome.artifacts().len(), 5, "metrics, manifest, and the alerts with schema and twin");
}

#[test]
fn a_part_that_is_not_what_was_announced_is_not_published() {
    let mut place = Place::new();
    let good = predictions(&mut place, "2013-02-08", &["a", "b"]);
    let mut miscounted = good.clone();
    miscounted.part.rows = 3;
    assert!(publish(&mut place, vec![miscounted]).error().contains("3 rows were announced, 2 are there"));
    wait(place.lake().put(&good.staged, vec![b'x'; good.part.bytes as usize])).unwrap();
    assert!(publish(&mut place, vec![good.clone()]).error().contains("is not what was written"));
    wait(place.lake().delete(&good.staged)).unwrap();
    assert!(publish(&mut place, vec![good]).error().contains("is not in the lake"));
}

#[test]
fn the_contract_with_readers_is_checked_against_the_schema_they_were_given_last() {
    let mut place = Place::new();
    let staged = vec![predictions(&mut place, "2013-02-08", &["a", "b", "a"])];
    let first = publish(&mut place, staged.clone());
    assert_eq!((first.metric("contract_duplicates"), first.metric("contract_invalid")), (1.0, 0.0));
    let named = |outcome: &Outcome| -> Vec<(f64, String, String)> {
        let metrics = outcome.events.iter().filter_map(|e| if let WorkerEvent::Metric(m) = e { Some(m) } else { None });
        metrics
            .filter(|m| m.name == "contract_schema")
            .map(|m| (m.value, m.column.clone().unwrap_or_default(), m.who.clone()))
            .collect()
    };
    assert_eq!(named(&first), [], "there was no schema before");
    let before = first.artifacts().into_iter().find(|a| a.part.partition == "predictions/schema").unwrap().part;
    let text = text(&place, &first, &before.path);
    let with = |place: &mut Place, text: String| {
        wait(place.lake().put(&before.path, text.into_bytes())).unwrap();
        let work = PublishJob { schema: Some(before.clone()), ..publish_job(staged.clone()) };
        let job = place.job("publish", Work::Publish(work));
        named(&Outcome::of(&job))
    };
    assert_eq!(with(&mut place, text.clone()), [(0.0, String::new(), String::new())]);
    let another = text.replace("\"float\"", "\"integer\"").replace("\"id\"", "\"ident\"");
    let of = |column: &str, what: &str| (1.0, column.to_owned(), what.to_owned());
    assert_eq!(
        with(&mut place, another),
        [
            (3.0, String::new(), String::new()),
            of("ident", "is missing"),
            of("prediction", "was integer and is float"),
            of("id", "is new (text)")
        ]
    );
    assert_eq!(with(&mut place, "nonsense".to_owned()), [], "a schema that cannot be read says nothing");
}

#[test]
fn a_prediction_that_is_no_number_is_counted() {
    let mut place = Place::new();
    let job = place.job("score", Work::Publish(publish_job(Vec::new())));
    let scores = vec![0.5, f64::NAN, 1.5];
    let columns: Vec<polars::prelude::Column> = vec![
        Series::new("id".into(), ["a", "b", "c"]).into(),
        Series::new("prediction".into(), scores).into(),
        Series::new("predicted_class".into(), [true, false, true]).into(),
    ];
    let mut frame = DataFrame::new(3, columns).unwrap();
    let table =
        Table { kind: DatasetKind::Predictions, partition: "2013-02-08", time: None, replaces: true, compact: true };
    let part = table.write(&place.lake(), &job, &mut frame).unwrap();
    assert_eq!(publish(&mut place, vec![part]).metric("contract_invalid"), 2.0);
}

fn facts() -> Vec<FactAlert> {
    let at = |text: &str| Some(text.parse().unwrap());
    let fact = FactAlert {
        alert: 31,
        fingerprint: "p/file size/=a.csv".into(),
        pipeline: "p".into(),
        kind: AlertKind::FileSize,
        object: "=a.csv".into(),
        severity: Severity::Critical,
        state: AlertState::Resolved,
        message: "=a.csv is 949 kB, \"10x\" its usual size".into(),
        observed: Some(949_000.0),
        low: Some(61_000.0),
        high: None,
        unit: "bytes".into(),
        run: Some(3),
        raised: "2013-03-09T14:00:00.5Z".parse().unwrap(),
        fired: at("2013-03-09T14:01:00Z"),
        ended: at("2013-03-09T15:00:00Z"),
        who: Some("op".into()),
        note: Some("+1".into()),
        alarm: Some(Alarm::True),
        muted_until: None,
    };
    let open = FactAlert {
        alert: 30,
        state: AlertState::Firing,
        ended: None,
        who: None,
        note: None,
        alarm: None,
        ..fact.clone()
    };
    vec![fact, open]
}

#[test]
fn the_alerts_are_published_as_a_table_with_its_schema_and_its_twin() {
    let mut place = Place::new();
    let outcome = publish(&mut place, Vec::new());
    let of = |ending: &str| {
        let ending = format!("output/p/fact_alert/run-1.{ending}");
        outcome.artifacts().into_iter().find(|artifact| artifact.part.path == ending).unwrap()
    };
    let parquet = of("parquet");
    assert_eq!((parquet.part.rows, parquet.part.partition.as_str(), parquet.replaces), (2, "fact_alert", true));
    let file = std::fs::File::open(place.lake().local_path(&parquet.staged).unwrap()).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    let column = |name: &str| frame.column(name).unwrap();
    let whole = |name: &str| column(name).i64().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(whole("alert"), [Some(31), Some(30)]);
    assert_eq!(column("kind").str().unwrap().get(0), Some("file_size"));
    assert_eq!((column("low").f64().unwrap().get(0), column("high").null_count()), (Some(61_000.0), 2));
    let raised = column("raised").cast(&DataType::Int64).unwrap();
    assert_eq!(raised.i64().unwrap().get(0), Some(1_362_837_600_500_000));
    assert_eq!((column("ended").null_count(), column("muted_until").null_count()), (1, 2));
    let twin = text(&place, &outcome, "fact_alert/run-1.csv");
    let lines: Vec<&str> = twin.lines().collect();
    assert_eq!(
        lines[0],
        "alert,fingerprint,pipeline,kind,object,severity,state,message,observed,low,high,unit,run,raised,fired,ended,\
         who,note,alarm,muted_until"
    );
    assert_eq!(
        lines[1],
        "31,p/file size/=a.csv,p,file_size,'=a.csv,critical,resolved,\"'=a.csv is 949 kB, \"\"10x\"\" its usual size\",\
         949000.0,61000.0,,bytes,3,2013-03-09T14:00:00.500Z,2013-03-09T14:01:00Z,\
         2013-03-09T15:00:00Z,op,'+1,true,"
    );
    let schema: serde_json::Value = serde_json::from_str(&text(&place, &outcome, "fact_alert/run-1.json")).unwrap();
    assert_eq!(schema["columns"][0], serde_json::json!({"name": "alert", "type": "integer", "key": true}));
    assert_eq!(schema["columns"][13]["type"], "datetime (UTC)");
    let manifest: serde_json::Value =
        serde_json::from_str(&text(&place, &outcome, "predictions/p/manifests/run-1.json")).unwrap();
    let listed = manifest["objects"].as_array().unwrap().iter();
    let listed: Vec<_> = listed.filter(|o| o["path"].as_str().unwrap().contains("fact_alert")).collect();
    assert_eq!(listed.len(), 3);
    assert_eq!((&listed[0]["format"], &listed[0]["blake3"]), (&"parquet".into(), &parquet.part.hash.as_str().into()));
}
