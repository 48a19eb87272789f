//! Drawing: the state in, cells out. Nothing here changes anything but the remembered scroll positions.

mod alert;
mod alerts;
mod chrome;
mod compare;
mod data;
mod deliveries;
mod events;
mod file;
mod files;
mod layers;
mod log;
mod metrics;
mod model;
mod models;
mod mute;
mod overview;
mod replay;
mod reports;
mod rows;
mod rules;
mod run;
mod runs;
mod scroll;
mod settings;
mod streams;
mod table;
mod why;

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::action::Link;
use super::layout::Divider;
use super::marks;
use super::place::{Place, Screen};
use super::state::{Hit, Scroll, State};
use super::theme::{Role, Theme};
use super::widgets::paint;
use crate::domain::run::RunState;

/// What every view needs.
#[derive(Clone, Copy)]
pub struct Ui<'a> {
    /// The state.
    pub state: &'a State,
    /// The colours.
    pub theme: &'a Theme,
    /// Whether what is drawn is in the pane with the keys.
    pub keys: bool,
}

/// Smallest terminal on which the console is drawn.
const LEAST: (u16, u16) = (30, 8);

/// Draws the whole console. Answers where the text cursor is, when text is being typed.
pub fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let ui = Ui { state, theme, keys: true };
    state.hits.borrow_mut().clear();
    state.other.set(Rect::default());
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(ui, area, buf);
        return None;
    }
    let header = paint::row(area, 0);
    let footer = paint::row(area, area.height - 1);
    let mut body = Rect { height: area.height - 2, ..paint::below(area, 1) };
    chrome::header(ui, header, buf);
    let mut cursor = None;
    if chrome::has_filter(ui) {
        body.height -= 1;
        cursor = chrome::filter(ui, paint::row(area, area.height - 2), buf);
    }
    if chrome::past(ui, paint::row(body, 0), buf) {
        body = paint::below(body, 1);
    }
    panes(ui, Rect { x: body.x + 1, width: body.width - 2, ..body }, buf);
    chrome::footer(ui, footer, buf);
    chrome::toasts(ui, body, buf);
    layers::draw(ui, body, buf).or(cursor)
}

/// The place with the keys, and the other one beside or below it where there are two.
fn panes(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let state = ui.state;
    let beside = state.beside.as_ref().filter(|_| !state.whole);
    let Some((beside, [first, line, second])) = beside.zip(state.layout.panes(area)) else {
        return screen(ui, &state.place, area, buf);
    };
    let (own, other) = if state.swapped { (second, first) } else { (first, second) };
    screen(Ui { keys: false, ..ui }, &beside.place, other, buf);
    state.other.set(other);
    let style = ui.theme.style(Role::Faint);
    for position in line.positions() {
        buf[position].set_symbol(if state.layout.stacked { "─" } else { "│" }).set_style(style);
    }
    if state.layout.stacked {
        let names = [&beside.place, &state.place].map(|place| place.crumbs().join(" ▸ "));
        let [lower, role] = if state.swapped { [&names[1], "keys here"] } else { [&names[0], "ctrl-w goes there"] };
        paint::line(buf, paint::indent(line, 2), &ui.line(Role::Muted, format!(" {lower} · {role} ")));
    }
    // Where both want a click, a row of the pane is meant.
    state.hits.borrow_mut().push((line, Hit::Divider(Divider::Panes(area))));
    screen(ui, &state.place, own, buf);
}

fn screen(ui: Ui<'_>, place: &Place, area: Rect, buf: &mut Buffer) {
    let state = ui.state;
    if let Some(trouble) = state.trouble.as_ref().filter(|_| state.overview.is_none()) {
        // A workspace that is new has nothing to read before its engine has begun.
        if state.link == Link::Connecting {
            return message(ui, area, buf, Role::Muted, &["the engine is starting …"]);
        }
        return message(ui, area, buf, Role::Warn, &[trouble, "It is read again every second."]);
    }
    if state.overview.is_none() {
        return message(ui, area, buf, Role::Muted, &["reading the state …"]);
    }
    if state.pages.gone.as_ref() == Some(place) {
        return message(ui, area, buf, Role::Muted, &["This is not there (any more).", "esc leads back."]);
    }
    match place {
        Place::Overview => overview::draw(ui, area, buf),
        Place::Runs => runs::draw(ui, area, buf),
        Place::Run { run } => run::draw(ui, area, buf, *run),
        Place::Files => files::draw(ui, area, buf),
        Place::File { file } => file::draw(ui, area, buf, *file),
        Place::Data => data::draw(ui, area, buf),
        Place::Table(_) => table::draw(ui, area, buf),
        Place::Models => models::draw(ui, area, buf),
        Place::Model { pipeline, version } => model::draw(ui, area, buf, pipeline, *version),
        Place::Metrics => metrics::draw(ui, area, buf),
        Place::Alerts => alerts::draw(ui, area, buf),
        Place::Alert { alert } => alert::draw(ui, area, buf, *alert),
        Place::Reports => reports::draw(ui, area, buf),
        Place::Rules => rules::draw(ui, area, buf),
        Place::Replay => replay::draw(ui, area, buf),
        Place::Replayed { pipeline, kind } => replay::one(ui, area, buf, pipeline, *kind),
        Place::Deliveries => deliveries::draw(ui, area, buf),
        Place::Events => events::draw(ui, area, buf),
        Place::Settings => settings::draw(ui, area, buf),
        Place::Compare { left, right } => compare::draw(ui, area, buf, *left, *right),
    }
}

/// A few lines in the middle of an area: what an empty screen says.
fn message(ui: Ui<'_>, area: Rect, buf: &mut Buffer, role: Role, text: &[&str]) {
    let wide = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<(Role, String)> = Vec::new();
    for (n, part) in text.iter().enumerate() {
        let role = if n == 0 { role } else { Role::Muted };
        lines.extend(paint::wrap(part, wide.min(76)).into_iter().map(|line| (role, line)));
    }
    let top = area.height.saturating_sub(lines.len() as u16) / 3;
    for (n, (role, line)) in lines.into_iter().enumerate() {
        let margin = area.width.saturating_sub(paint::width(&line) as u16) / 2;
        let place = paint::indent(paint::row(area, top + n as u16), margin);
        paint::line(buf, place, &Line::from(ui.text(role, line)));
    }
}

fn too_small(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let text = format!("landfall needs {}x{}, this is {}x{}", LEAST.0, LEAST.1, area.width, area.height);
    let lines = paint::wrap(&text, usize::from(area.width));
    let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::from(ui.text(Role::Muted, line))).collect();
    paint::lines(buf, area, &lines);
}

impl<'a> Ui<'a> {
    /// Whether the second part of the screen has the keys.
    pub fn second(&self) -> bool {
        self.keys && self.state.second
    }

    /// Whether the first part of the screen has the keys.
    pub fn first(&self) -> bool {
        self.keys && !self.state.second
    }

    /// Whether the part with the keys has the whole screen.
    pub fn whole(&self) -> bool {
        self.keys && self.state.whole && self.state.beside.is_none()
    }

    /// How far down the page of this pane is.
    pub fn scroll(&self) -> &'a Scroll {
        match &self.state.beside {
            Some(beside) if !self.keys => &beside.scroll,
            _ => &self.state.scroll,
        }
    }

    /// Makes the row a divider that can be dragged: `natural` is where it would be.
    pub fn divider(&self, screen: Screen, row: Rect, natural: u16) {
        if self.keys {
            self.state.hits.borrow_mut().push((row, Hit::Divider(Divider::Inner(screen, natural))));
        }
    }

    /// Text with a meaning.
    pub fn text(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.theme.style(role))
    }

    /// A line of one text.
    pub fn line(&self, role: Role, text: impl Into<String>) -> Line<'static> {
        Line::from(self.text(role, text))
    }

    /// The mark and the word of a run: what is under way and nobody carries on does not run.
    pub fn run(&self, state: RunState) -> (marks::Mark, &'static str) {
        let abandoned = !state.is_final() && self.state.is_abandoned();
        if abandoned { marks::ABANDONED } else { (marks::run(state), state.name()) }
    }

    /// A symbol with its word.
    pub fn marked(&self, mark: marks::Mark, word: &str) -> Line<'static> {
        // The word repeats the symbol; only what needs attention is coloured twice.
        let word_role = match mark.1 {
            Role::Critical | Role::Warn | Role::Accent => mark.1,
            Role::Faint => Role::Muted,
            _ => Role::Text,
        };
        let mut word = self.text(word_role, format!(" {word}"));
        word.style = word.style.remove_modifier(Modifier::UNDERLINED);
        Line::from(vec![self.text(mark.1, mark.0), word])
    }

    /// What is marked in the list that is drawn, if anything is.
    pub fn picked(&self) -> Option<&'a BTreeSet<i64>> {
        Some(&self.state.marked).filter(|marked| self.keys && !marked.is_empty())
    }

    /// The mark of a row in a list of which something is.
    pub fn pick(&self, picked: &BTreeSet<i64>, id: i64) -> Line<'static> {
        if picked.contains(&id) { self.line(Role::Accent, "✓") } else { Line::default() }
    }

    /// A number, or a faint dash.
    pub fn number(&self, value: Option<String>) -> Line<'static> {
        match value {
            Some(value) => self.line(Role::Text, value),
            None => self.line(Role::Faint, "–"),
        }
    }

    /// Texts joined by a faint middle dot.
    pub fn joined(&self, parts: Vec<Span<'static>>) -> Vec<Span<'static>> {
        let mut out = Vec::with_capacity(parts.len() * 2);
        for part in parts.into_iter().filter(|part| !part.content.is_empty()) {
            if !out.is_empty() {
                out.push(self.text(Role::Faint, " · "));
            }
            out.push(part);
        }
        out
    }

    /// A heading over the width of `area`.
    pub fn heading(&self, buf: &mut Buffer, area: Rect, title: &str, note: &str) {
        paint::heading(buf, area, self.theme, self.line(Role::Strong, title), note);
    }
}
