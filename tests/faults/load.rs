//! Training on a machine whose cores have other things to do: it can still be cancelled and timed out in mid-fit, and
//! leaves nothing behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use landfall::domain::wire::{Command, EngineEvent};
use landfall::engine::client::Client;
use landfall::lake::wait;
use landfall::store::champions;

use super::workspace::{FULL, Workspace, days};

/// Fits that last longer than anybody waits: ten thousand, of a hundred thousand rounds each.
const ENDLESS: &str = r#"
[stages.clean]
[stages.score]
[stages.train]
algorithms = ["boosting"]
rounds = 100000
early_stop = 100000
learning_rate = 0.001
tune = "random"
trials = 10000
holdout = "5d"
min_rows = 20
min_per_class = 5
"#;

/// Threads that do nothing, as fast as they can, until this goes.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn every_core_twice() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..2 * std::thread::available_parallelism().unwrap().get() {
            let over = Arc::clone(&over);
            std::thread::spawn(move || while !over.load(Ordering::Relaxed) {});
        }
        Self(over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A workspace with a champion, whose next fit is endless and has three more days to learn from.
fn about_to_train(keys: &str) -> Workspace {
    let workspace = Workspace::full();
    // With fewer rows boosting looks for nothing: it is soon done, however many rounds it is allowed.
    let first = days(1..=28, true);
    let others = first.lines().skip(1).map(|line| line.replace(",r", ",s") + "\n").collect::<String>();
    workspace.land("1.csv", first + &others);
    workspace.run();
    assert_eq!(champions::current(&workspace.store(), "p").unwrap(), Some(1));
    workspace.configure("", &format!("{ENDLESS}{keys}\n[stages.publish]\n[stages.report]\n"));
    workspace.land("2.csv", days(29..=31, true));
    workspace
}

/// Everything is as it was before the run.
fn must_be_untouched(workspace: &Workspace, outcome: &str) {
    let stages = format!("clean succeeded, score succeeded, train {outcome}, publish skipped, report skipped");
    assert_eq!(workspace.stages(2), stages);
    assert_eq!(champions::current(&workspace.store(), "p").unwrap(), Some(1));
    assert_eq!(workspace.file("2.csv").0, "ready");
    // What a killed attempt had staged is garbage that nothing names; a later sweep takes it.
    let models = wait(workspace.lake().list("models")).unwrap();
    assert!(models.iter().all(|object| object.path.starts_with("models/p/1/")), "{models:?}");
    workspace.must_be_whole(28 * 36);
}

#[test]
fn a_fit_is_cancelled_in_the_middle_though_every_core_is_busy() {
    let workspace = about_to_train("");
    let busy = Busy::every_core_twice();
    let engine = workspace.watch();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut client = Client::connect(&workspace.path(".landfall")).await.unwrap();
        client.ask(Command::Subscribe).await.unwrap();
        loop {
            if let EngineEvent::Progress(at) = client.event().await.unwrap()
                && at.stage == "train"
                && at.unit == "rounds"
                && at.done > 0
            {
                assert!(at.done < at.total.unwrap(), "{at:?}");
                break;
            }
        }
    });
    assert_eq!(workspace.call(&["cancel", "2"]).code, Some(0));
    workspace.until(2, "cancelled");
    drop((busy, engine));
    must_be_untouched(&workspace, "cancelled");
    workspace.configure("", FULL);
    workspace.run();
    workspace.must_be_whole(28 * 36 + 3 * 18);
}

#[test]
fn a_fit_that_takes_too_long_is_stopped_though_every_core_is_busy() {
    let workspace = about_to_train("timeout = \"1s\"");
    let busy = Busy::every_core_twice();
    let said = workspace.call(&["run"]);
    drop(busy);
    assert_eq!(said.code, Some(1), "{said:?}");
    let error = workspace.error(2);
    assert!(error.starts_with("train: stage train was stopped after its timeout of 1 s"), "{error}");
    must_be_untouched(&workspace, "failed");
}
