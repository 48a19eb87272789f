//! The loop. It is the only writer of the state; it drains what is queued, then draws once, if something changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use chrono::Utc;
use crossterm::event::Event;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::action::{Action, Ask, Effect, ReplayRequest, WindowRequest};
use super::input::Input;
use super::layout::Beside;
use super::memory::{self, Memory};
use super::query::child::{Found, Question};
use super::reader::{self, Request};
use super::signals::{Signal, Signals};
use super::state::State;
use super::terminal::Screen;
use super::theme::Theme;
use super::{Leave, Options, SOCKET, clipboard, keymap, link, open, picture, plain, query, settings, update, view};
use crate::config::console::ConsoleSettings;
use crate::domain::job::Level;
use crate::domain::wire::{Command, Reply};

/// Least time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// Most actions taken between two frames.
const BATCH: usize = 512;

/// The console while it runs.
pub struct Runtime {
    state: State,
    theme: Theme,
    screen: Screen,
    input: Input,
    inbox: mpsc::Receiver<Action>,
    outbox: mpsc::Sender<Action>,
    asks: mpsc::Sender<(Ask, Command)>,
    store: std::sync::mpsc::Sender<Request>,
    rows: std::sync::mpsc::Sender<WindowRequest>,
    replays: std::sync::mpsc::Sender<Option<ReplayRequest>>,
    questions: std::sync::mpsc::Sender<Question>,
    found: Found,
    last_frame: Instant,
    root: PathBuf,
    folder: PathBuf,
    light: Option<bool>,
    ascii: bool,
}

impl Runtime {
    /// Takes the terminal, draws the first frame, and only then starts everything that reads.
    ///
    /// `light`: whether the terminal's background is, by its own word.
    pub fn start(options: Options, light: Option<bool>) -> anyhow::Result<Self> {
        let wish = options.theme.clone().unwrap_or_else(|| options.settings.theme.clone());
        let environment = |name: &str| std::env::var(name).ok();
        let theme = Theme::choose(Some(&wish), light, environment);
        let ascii = options.settings.ascii.unwrap_or_else(|| plain::wanted(environment));
        let (root, folder) = (options.root.clone(), options.state.clone());
        let mut screen = Screen::enter()?;
        screen.mouse(options.settings.mouse)?;
        let mut state = State::new(options.name, options.lake.clone(), Utc::now(), screen.size());
        state.written = options.settings.clone();
        state.settings = ConsoleSettings { theme: wish, ..options.settings };
        state.settings.read_only |= options.read_only;
        state.conflicts = keymap::take(&state.written.keys);
        for conflict in state.conflicts.clone() {
            state.toast(Level::Warn, format!("[console.keys] {conflict}"));
        }
        state.landings = options.landings.into_iter().collect();
        state.root = std::path::absolute(&options.root).unwrap_or_else(|_| options.root.clone());
        if let Some(memory) = memory::read(&options.state) {
            (state.layout, state.asking.selects, state.asking.conditions) =
                (memory.layout, memory.selects, memory.conditions);
            state.beside = super::place::Screen::root(&state.layout.beside).map(Beside::new);
        }
        let found = Found::new(&options.state);
        state.found = found.path().to_owned();
        if let Some(notice) = options.notice {
            state.toast(Level::Info, notice);
        }
        screen.draw(|area, buf| drawn(&state, &theme, ascii, area, buf))?;
        let (outbox, inbox) = mpsc::channel(1_024);
        let (asks, asked) = mpsc::channel(64);
        let store = reader::store(options.state.clone(), options.lake.clone(), outbox.clone());
        let rows = reader::rows(options.lake, outbox.clone());
        let replays = reader::replays(options.root, options.state.clone(), outbox.clone());
        tokio::spawn(link::run(socket(&options.state), options.who, options.patience, asked, outbox.clone()));
        let outbox_too = outbox.clone();
        let runtime = Self {
            state,
            theme,
            screen,
            input: Input::open().context("the terminal cannot be read")?,
            inbox,
            outbox,
            asks,
            store,
            rows,
            replays,
            questions: query::child::questions(outbox_too),
            found,
            last_frame: Instant::now(),
            root,
            folder,
            light,
            ascii,
        };
        runtime.store.send(Request { wish: runtime.state.wish(), soon: false }).ok();
        Ok(runtime)
    }

    /// Runs until the operator leaves, or the terminal does.
    pub async fn run(mut self) -> anyhow::Result<Leave> {
        let mut signals = Signals::listen()?;
        let mut clock = interval(Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let next_frame = self.last_frame + FRAME;
            let mut at_once = false;
            let left = tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    Signal::Leave => Some(Leave::Detach),
                    Signal::Suspend => self.suspend()?,
                    Signal::Continued => { self.screen.reenter()?; self.state.dirty = true; None }
                },
                event = self.input.next() => {
                    at_once = true;
                    match event {
                        Some(event) => self.input(event)?,
                        // The terminal is gone; the engine goes on.
                        None => Some(Leave::Detach),
                    }
                }
                Some(action) = self.inbox.recv() => self.drain(action)?,
                _ = clock.tick() => self.take(Action::Tick(Utc::now()))?,
                () = sleep_until(next_frame), if self.state.dirty => None,
            };
            if let Some(leave) = left {
                return Ok(leave);
            }
            if self.state.dirty && (at_once || Instant::now() >= next_frame) {
                self.draw()?;
            }
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let (state, theme, ascii) = (&self.state, &self.theme, self.ascii);
        self.screen.draw(|area, buf| drawn(state, theme, ascii, area, buf))?;
        self.state.dirty = false;
        self.last_frame = Instant::now();
        Ok(())
    }

    /// Takes an event of the terminal and every further one that is there already: a key held down is one frame.
    fn input(&mut self, first: Event) -> anyhow::Result<Option<Leave>> {
        let mut next = Some(first);
        let mut count = 0;
        while let Some(event) = next.take() {
            let left = match event {
                Event::Key(key) => self.take(Action::Key(key))?,
                Event::Paste(text) => self.take(Action::Paste(text))?,
                Event::Mouse(event) if update::matters(&event) => self.take(Action::Mouse(event))?,
                Event::Resize(columns, rows) => self.take(Action::Resize(columns, rows))?,
                _ => None,
            };
            count += 1;
            if left.is_some() || count >= BATCH {
                return Ok(left);
            }
            next = self.input.waiting();
        }
        Ok(None)
    }

    fn drain(&mut self, first: Action) -> anyhow::Result<Option<Leave>> {
        let mut next = Some(first);
        for _ in 0..BATCH {
            let Some(action) = next.take() else { break };
            if let Some(leave) = self.take(action)? {
                return Ok(Some(leave));
            }
            next = self.inbox.try_recv().ok();
        }
        // One more than the batch may have been taken out already.
        next.map_or(Ok(None), |action| self.take(action))
    }

    fn take(&mut self, action: Action) -> anyhow::Result<Option<Leave>> {
        for effect in update::update(&mut self.state, action) {
            if let Some(leave) = self.effect(effect)? {
                return Ok(Some(leave));
            }
        }
        Ok(None)
    }

    fn effect(&mut self, effect: Effect) -> anyhow::Result<Option<Leave>> {
        match effect {
            Effect::Load { wish, soon } => {
                self.store.send(Request { wish, soon }).ok();
            }
            Effect::Window(request) => {
                self.rows.send(request).ok();
            }
            Effect::Cells(request) => reader::cells(self.state.lake.clone(), request, self.outbox.clone()),
            Effect::Query(number, job) => {
                if let Err(problem) = self.found.made() {
                    return self.take(Action::Queried(number, Err(problem)));
                }
                self.questions.send((number, job.map(|job| *job))).ok();
            }
            Effect::Forget(path) => {
                // It goes with the console otherwise.
                let _ = std::fs::remove_file(path);
            }
            Effect::Copy(what, text) => {
                self.screen.copy(&text)?;
                clipboard::copy(what, text, self.outbox.clone());
            }
            Effect::Replay(request) => {
                self.replays.send(request).ok();
            }
            Effect::Step { from, back } => reader::step(self.folder.clone(), from, back, self.outbox.clone()),
            Effect::Remember => {
                let (layout, asking) = (self.state.layout.clone(), &self.state.asking);
                let (selects, conditions) = (asking.selects.clone(), asking.conditions.clone());
                if let Err(error) = memory::write(&self.folder, &Memory { layout, selects, conditions }) {
                    tracing::debug!("the layout is not remembered: {error}");
                }
            }
            Effect::Send(ask, command) => {
                if let Err(unsent) = self.asks.try_send((ask, command)) {
                    let message = "the engine has too many questions to answer: ask again".to_owned();
                    let (ask, _) = unsent.into_inner();
                    return self.take(Action::Reply(ask, Reply::Refused { message }));
                }
            }
            Effect::Open(path) => open::page(self.state.lake.clone(), path, self.outbox.clone()),
            Effect::Ring(text) => self.call(&text)?,
            Effect::Apply => {
                self.theme = self.chosen();
                self.ascii = self.state.settings.ascii.unwrap_or(self.ascii);
                self.screen.mouse(self.state.settings.mouse)?;
                self.state.dirty = true;
            }
            Effect::Settings => reader::settings(self.root.clone(), self.outbox.clone()),
            Effect::WriteSettings(settings) => {
                return self.take(Action::Written(settings::write(&self.root, &settings)));
            }
            Effect::Picture => {
                let saved = self.picture();
                return self.take(Action::Opened(saved));
            }
            Effect::Save(path, text) => {
                let saved = picture::save(&path, &text);
                return self.take(Action::Opened(saved));
            }
            Effect::Leave(leave) => return Ok(Some(leave)),
            Effect::Suspend => return self.suspend(),
            Effect::Redraw => {
                self.screen.forget();
                self.state.dirty = true;
            }
        }
        Ok(None)
    }

    /// Calls the operator in the ways that are switched on.
    fn call(&mut self, text: &str) -> anyhow::Result<()> {
        if self.state.settings.bell {
            self.screen.ring()?;
        }
        if self.state.settings.notify {
            self.screen.notify(text)?;
        }
        Ok(())
    }

    /// The theme of the settings; what it leaves to the terminal was asked at the start.
    fn chosen(&self) -> Theme {
        Theme::choose(Some(&self.state.settings.theme), self.light, |name| std::env::var(name).ok())
    }

    /// Draws the screen once more, into two files beside each other.
    fn picture(&self) -> Result<String, String> {
        let (columns, rows) = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        drawn(&self.state, &self.theme, self.ascii, buffer.area, &mut buffer);
        let folder = self.folder.join("pictures");
        let failed = |error: std::io::Error| format!("no picture: {error}");
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let stamp = Utc::now().format("%Y%m%d-%H%M%S%3f");
        let file = |ending: &str| {
            folder.join(format!("{}-{stamp}.{ending}", self.state.place.screen().name().replace(' ', "-")))
        };
        picture::save(&file("txt"), &picture::text(&buffer))?;
        picture::save(&file("svg"), &picture::svg(&buffer, self.theme.is_light()))
    }

    /// Gives the terminal back, stops, and takes it again when continued.
    fn suspend(&mut self) -> anyhow::Result<Option<Leave>> {
        if !super::signals::has_shell() {
            self.state.toast(Level::Warn, "no shell started this console, so nothing could bring it back");
            return Ok(None);
        }
        self.screen.leave();
        super::signals::stop_group();
        self.screen.reenter()?;
        self.input.forget();
        self.state.dirty = true;
        Ok(None)
    }
}

/// Draws the state; in ASCII where nothing else can be shown.
fn drawn(state: &State, theme: &Theme, ascii: bool, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let cursor = view::draw(state, theme, area, buf);
    if ascii {
        plain::draw(buf);
    }
    cursor
}

fn socket(state: &Path) -> std::path::PathBuf {
    state.join(SOCKET)
}
