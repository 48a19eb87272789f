//! The link to the engine over a real socket.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use super::fixture;
use crate::console::action::{Action, Ask, Link};
use crate::console::link;
use crate::domain::wire::{Command, EngineEvent, PROTOCOL, Reply, Request};

struct Engine {
    lines: Lines<BufReader<OwnedReadHalf>>,
    out: OwnedWriteHalf,
}

impl Engine {
    async fn accept(listener: &UnixListener) -> Self {
        let (reading, out) = listener.accept().await.unwrap().0.into_split();
        Self { lines: BufReader::new(reading).lines(), out }
    }

    async fn hear(&mut self) -> Command {
        let line = self.lines.next_line().await.unwrap().unwrap();
        serde_json::from_str::<Request>(&line).unwrap().command
    }

    async fn say(&mut self, what: &impl serde::Serialize) {
        let line = serde_json::to_string(what).unwrap() + "\n";
        self.out.write_all(line.as_bytes()).await.unwrap();
    }

    async fn greet(&mut self, protocol: u32) {
        assert_eq!(self.hear().await, Command::Hello);
        assert_eq!(self.hear().await, Command::Subscribe);
        self.say(&Reply::Hello { protocol, pid: 1, started: fixture::now() }).await;
        self.say(&Reply::Done { message: "subscribed".into(), run: None }).await;
    }
}

#[tokio::test]
async fn answers_find_their_questions_and_a_lost_engine_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let (outbox, mut inbox) = mpsc::channel(16);
    let (asks, asked) = mpsc::channel(16);
    let console = tokio::spawn(link::run(socket.clone(), "tester".into(), Duration::ZERO, asked, outbox));
    let Some(Action::Link(Link::Down(reason))) = inbox.recv().await else { panic!("no engine is there yet") };
    assert!(reason.contains("no engine runs"), "{reason}");
    // Asked while nobody listens: refused, not forgotten.
    asks.send((Ask::Plain, Command::Check { pipeline: None })).await.unwrap();
    let refused = loop {
        match inbox.recv().await.unwrap() {
            Action::Reply(Ask::Plain, Reply::Refused { message }) => break message,
            Action::Link(Link::Down(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(refused.contains("not done"), "{refused}");

    let listener = UnixListener::bind(&socket).unwrap();
    let mut engine = Engine::accept(&listener).await;
    engine.greet(PROTOCOL).await;
    until_up(&mut inbox).await;
    asks.send((Ask::Rerun, Command::Stop { drain: true })).await.unwrap();
    asks.send((Ask::Stop, Command::Stop { drain: false })).await.unwrap();
    assert_eq!(engine.hear().await, Command::Stop { drain: true });
    assert_eq!(engine.hear().await, Command::Stop { drain: false });
    engine.say(&Reply::Done { message: "first".into(), run: None }).await;
    engine.say(&EngineEvent::Changed).await;
    engine.say(&Reply::Refused { message: "second".into() }).await;
    let Some(Action::Reply(Ask::Rerun, Reply::Done { .. })) = inbox.recv().await else { panic!("the first answer") };
    let Some(Action::Engine(EngineEvent::Changed)) = inbox.recv().await else { panic!("the event between") };
    let Some(Action::Reply(Ask::Stop, Reply::Refused { .. })) = inbox.recv().await else { panic!("the second answer") };

    drop(engine);
    let Some(Action::Link(Link::Down(reason))) = inbox.recv().await else { panic!("it ended") };
    assert!(reason.contains("ended"), "{reason}");
    Engine::accept(&listener).await.greet(PROTOCOL).await;
    until_up(&mut inbox).await;
    drop(asks);
    console.await.unwrap();
}

async fn until_up(inbox: &mut mpsc::Receiver<Action>) {
    loop {
        match inbox.recv().await.unwrap() {
            Action::Link(Link::Up { .. }) => return,
            Action::Link(Link::Down(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_engine_of_another_protocol_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (outbox, mut inbox) = mpsc::channel(16);
    let (_asks, asked) = mpsc::channel(16);
    tokio::spawn(link::run(socket, "tester".into(), Duration::ZERO, asked, outbox));
    let mut engine = Engine::accept(&listener).await;
    engine.greet(PROTOCOL + 1).await;
    let Some(Action::Link(Link::Foreign(protocol))) = inbox.recv().await else { panic!("told apart") };
    assert_eq!(protocol, PROTOCOL + 1);
}

#[tokio::test]
async fn an_engine_that_was_just_started_is_waited_for_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let (outbox, mut inbox) = mpsc::channel(16);
    let (asks, asked) = mpsc::channel(16);
    tokio::spawn(link::run(socket.clone(), "tester".into(), Duration::from_secs(600), asked, outbox));
    asks.send((Ask::Plain, Command::Check { pipeline: None })).await.unwrap();
    let Some(Action::Reply(Ask::Plain, Reply::Refused { .. })) = inbox.recv().await else {
        panic!("nobody to ask yet")
    };
    let listener = UnixListener::bind(&socket).unwrap();
    let mut engine = Engine::accept(&listener).await;
    engine.greet(PROTOCOL).await;
    let Some(Action::Link(Link::Up { .. })) = inbox.recv().await else { panic!("the first word of the link") };
    // One that answered once and goes is news.
    drop((engine, listener));
    let Some(Action::Link(Link::Down(_))) = inbox.recv().await else { panic!("it ended") };
}
