//! The stage graph of a run as a pure state machine: which stage is next, and how the run ended.

use crate::domain::run::{RunState, StageState, When};

/// A stage as the graph sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Names of the stages it waits for.
    pub needs: Vec<String>,
    /// After which outcome of them it runs.
    pub when: When,
    /// Where it is.
    pub state: StageState,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Work on this stage. Stages of one run are worked on one at a time: a commit must see whole stages only.
    Start(String),
    /// This stage's condition cannot come true any more.
    Skip(String),
    /// Every stage has ended.
    Over,
}

/// The next step of a run whose stages stand like this. A graph without cycles (configuration is checked) always
/// comes to `Over`.
pub fn next(nodes: &[Node]) -> Next {
    for node in nodes.iter().filter(|node| node.state == StageState::Waiting) {
        let needs: Vec<StageState> =
            nodes.iter().filter(|other| node.needs.contains(&other.name)).map(|other| other.state).collect();
        if !needs.iter().all(|state| state.is_final()) {
            continue;
        }
        let goes = match node.when {
            When::Success => needs.iter().all(|state| state.is_success()),
            When::Failure => needs.contains(&StageState::Failed),
            When::Always => true,
        };
        return if goes { Next::Start(node.name.clone()) } else { Next::Skip(node.name.clone()) };
    }
    Next::Over
}

/// How a run ended whose stages ended like this.
pub fn outcome(nodes: &[Node], committed: bool) -> RunState {
    let any = |state| nodes.iter().any(|node| node.state == state);
    let failed = any(StageState::Failed);
    let cancelled = any(StageState::Cancelled);
    match (failed || cancelled, committed) {
        (false, _) => RunState::Succeeded,
        (true, true) => RunState::Partial,
        (true, false) if cancelled => RunState::Cancelled,
        (true, false) => RunState::Failed,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Next, Node, next, outcome};
    use crate::domain::run::{RunState, StageState, When};

    fn node(name: &str, needs: &[&str], when: When) -> Node {
        Node { name: name.into(), needs: needs.iter().map(|&n| n.into()).collect(), when, state: StageState::Waiting }
    }

    fn walk(nodes: &mut [Node], failing: &[&str]) -> Vec<String> {
        let mut started = Vec::new();
        loop {
            match next(nodes) {
                Next::Over => return started,
                Next::Skip(name) => set(nodes, &name, StageState::Skipped),
                Next::Start(name) => {
                    let failed = failing.contains(&name.as_str());
                    set(nodes, &name, if failed { StageState::Failed } else { StageState::Succeeded });
                    started.push(name);
                }
            }
        }
    }

    fn set(nodes: &mut [Node], name: &str, state: StageState) {
        for node in nodes.iter_mut().filter(|node| node.name == name) {
            node.state = state;
        }
    }

    #[test]
    fn a_chain_runs_in_order_and_stops_at_a_failure() {
        let chain = || {
            vec![
                node("clean", &[], When::Success),
                node("train", &["clean"], When::Success),
                node("publish", &["train"], When::Success),
                node("mourn", &["train"], When::Failure),
                node("tidy", &["publish"], When::Always),
            ]
        };
        let mut good = chain();
        assert_eq!(walk(&mut good, &[]), ["clean", "train", "publish", "tidy"]);
        assert_eq!(outcome(&good, true), RunState::Succeeded);
        let mut bad = chain();
        assert_eq!(walk(&mut bad, &["train"]), ["clean", "train", "mourn", "tidy"]);
        assert_eq!(outcome(&bad, false), RunState::Failed);
        assert_eq!(outcome(&bad, true), RunState::Partial);
    }

    proptest! {
        /// Any graph whose needs point backwards ends, every stage once, whatever fails.
        #[test]
        fn every_graph_comes_to_an_end(
            edges in prop::collection::vec((any::<u16>(), 0..3_u8), 1..9),
            failing in prop::collection::vec(0..9_usize, 0..4),
        ) {
            let mut nodes: Vec<Node> = edges.iter().enumerate().map(|(index, (mask, when))| {
                let needs: Vec<String> = (0..index).filter(|i| mask >> i & 1 == 1).map(|i| i.to_string()).collect();
                let when = [When::Success, When::Failure, When::Always][usize::from(*when)];
                Node { name: index.to_string(), needs, when, state: StageState::Waiting }
            }).collect();
            let failing: Vec<String> = failing.iter().map(ToString::to_string).collect();
            let failing: Vec<&str> = failing.iter().map(String::as_str).collect();
            let started = walk(&mut nodes, &failing);
            let mut unique = started.clone();
            unique.sort();
            unique.dedup();
            prop_assert_eq!(unique.len(), started.len());
            prop_assert!(nodes.iter().all(|node| node.state.is_final()));
        }
    }
}
