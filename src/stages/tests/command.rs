//! Any program as a stage.

use super::*;
use crate::domain::job::{CommandJob, Level};

fn shell(place: &mut Place, script: &str) -> Outcome {
    let part = |path: &str| Part {
        kind: DatasetKind::Clean,
        partition: String::new(),
        path: path.to_owned(),
        rows: 0,
        bytes: 0,
        hash: String::new(),
        from: None,
        to: None,
    };
    let work = CommandJob {
        program: ["sh", "-c", script].map(str::to_owned).to_vec(),
        directory: place.folder.path().to_str().unwrap().to_owned(),
        environment: vec![("GREETING".to_owned(), "hello".to_owned())],
        history: vec![part("clean/p/2013-01/run-1.parquet"), part("clean/p/2013-02/run-1.parquet")],
        batch: vec![part("batch/p/run-1.parquet")],
    };
    let job = place.job("fit", Work::Command(work));
    Outcome::of(&job)
}

fn logged(outcome: &Outcome, wanted: Level) -> Vec<&str> {
    let mut texts = Vec::new();
    for event in &outcome.events {
        if let WorkerEvent::Log { level, text } = event
            && *level == wanted
        {
            texts.push(text.as_str());
        }
    }
    texts
}

#[test]
fn a_program_gets_its_inputs_speaks_and_leaves_outputs() {
    let mut place = Place::new();
    let script = r#"
        echo "$GREETING from run $LANDFALL_RUN of $LANDFALL_PIPELINE/$LANDFALL_STAGE attempt $LANDFALL_ATTEMPT"
        echo '{"progress": 0.5, "note": "half"}'
        echo '{"metric": "auc", "value": 0.71}'
        echo '{"event": "done", "summary": "liar"}'
        echo careful >&2
        echo "$LANDFALL_HISTORY" | wc -l
        mkdir "$LANDFALL_OUTPUT/sub" && printf abc > "$LANDFALL_OUTPUT/sub/model.bin"
    "#;
    let outcome = shell(&mut place, script);
    assert_eq!(outcome.result.as_ref().unwrap(), "succeeded, 1 file: fit/sub/model.bin");
    let info = logged(&outcome, Level::Info);
    assert_eq!(info[0], "hello from run 1 of p/fit attempt 1");
    assert_eq!(info[1], r#"{"event": "done", "summary": "liar"}"#);
    assert_eq!(info[2].trim(), "2");
    assert_eq!(logged(&outcome, Level::Warn), ["careful"]);
    assert_eq!(outcome.metric("auc"), 0.71);
    assert!(outcome.events.iter().any(|event| matches!(event, WorkerEvent::Progress { done: 50, .. })));
    let [artifact] = outcome.artifacts().try_into().unwrap();
    assert_eq!(artifact.part.path, "output/p/fit/run-1-sub/model.bin");
    assert_eq!((artifact.part.bytes, artifact.part.hash.clone()), (3, blake3::hash(b"abc").to_hex().to_string()));
    wait(commit::publish(&place.lake(), &[artifact])).unwrap();
}

#[test]
fn a_program_that_never_stops_talking_is_kept_short() {
    let mut place = Place::new();
    let figure = r#"{"metric":"auc","value":0.5}"#;
    let word = r#"{"event":"log","level":"warn","text":"x"}"#;
    let outcome = shell(&mut place, &format!("yes '{figure}' | head -30000; yes '{word}' | head -30000"));
    let figures = outcome.events.iter().filter(|event| matches!(event, WorkerEvent::Metric(_))).count();
    assert_eq!(figures, 10_000);
    let warned = logged(&outcome, Level::Warn);
    assert_eq!(warned.iter().filter(|text| **text == "x").count(), 10_000);
    for what in ["figures", "lines"] {
        let said = format!("the program has written 10000 {what}; further ones are not kept");
        assert!(warned.contains(&said.as_str()), "{what}");
    }
}

#[test]
fn an_exit_code_is_a_failure_with_the_programs_last_words() {
    let mut place = Place::new();
    let outcome = shell(&mut place, "echo reading; echo 'no such column' >&2; exit 3");
    let error = outcome.error();
    assert!(error.contains("exit status: 3") && error.contains("no such column"), "{error}");
    let error = outcome.result.unwrap_err();
    assert_eq!((error.class(), error.retry()), ("program", true));
}

#[test]
fn a_program_that_is_not_there_and_a_file_name_that_cannot_be_kept() {
    let mut place = Place::new();
    let outcome = shell(&mut place, "touch \"$LANDFALL_OUTPUT/a b\"");
    assert!(outcome.error().contains("use letters, digits"), "{}", outcome.error());
    let mut job = place.job(
        "fit",
        Work::Command(CommandJob {
            program: vec!["landfall-no-such-program".to_owned()],
            directory: "/".to_owned(),
            environment: Vec::new(),
            history: Vec::new(),
            batch: Vec::new(),
        }),
    );
    job.attempt = 2;
    let error = Outcome::of(&job).error();
    assert!(error.contains("`landfall-no-such-program` could not be started in /"), "{error}");
}
