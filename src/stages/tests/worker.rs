//! The worker's protocol.

use super::*;
use crate::stages::worker::serve;

#[test]
fn progress_is_thinned_but_the_first_and_the_last_line_are_said() {
    let sink = Sink::default();
    let events = Events::with_interval(sink.clone(), Duration::from_secs(3600));
    (1..=1000).for_each(|done| events.progress(done, Some(1000), "rows", ""));
    let said: Vec<u64> = sink
        .events()
        .iter()
        .filter_map(|event| if let WorkerEvent::Progress { done, .. } = event { Some(*done) } else { None })
        .collect();
    assert_eq!(said, [1, 1000]);
}

#[test]
fn a_worker_ends_with_done_or_failed_and_says_what_it_took() {
    let mut place = Place::new();
    let files = [place.land(1, "f.csv", "at,id,x\n2013-01-01,a,4\n")];
    let job = serde_json::to_vec(&place.clean_job(&plan(), &files)).unwrap();
    let sink = Sink::default();
    let _ = serve(std::str::from_utf8(&job).unwrap(), sink.clone());
    let events = sink.events();
    assert!(matches!(events.last(), Some(WorkerEvent::Done { .. })));
    let peak = events
        .iter()
        .find_map(|e| if let WorkerEvent::Usage { peak_memory, .. } = e { Some(*peak_memory) } else { None });
    assert!(peak.unwrap() > 1 << 20);

    let sink = Sink::default();
    let _ = serve("{\"not\": \"a job\"}", sink.clone());
    match sink.events().as_slice() {
        [WorkerEvent::Failed { class, message, retry: false }] => {
            assert_eq!(class, "internal");
            assert!(message.starts_with("the job on stdin is not a valid job"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lake_that_cannot_be_reached_is_one_clear_sentence_and_worth_a_retry() {
    let mut place = Place::new();
    std::fs::write(place.path("lake"), "a file where the folder should be").unwrap();
    let files = [place.land(1, "f.csv", "at,id,x\n2013-01-01,a,4\n")];
    let outcome = place.clean(&plan(), &files);
    assert!(outcome.error().contains("cannot be reached"), "{}", outcome.error());
    let error = outcome.result.unwrap_err();
    assert_eq!((error.class(), error.retry()), ("lake", true));
}
