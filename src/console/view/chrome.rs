//! What frames every screen: header, footer, filter line, messages.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::Ui;
use crate::console::action::Link;
use crate::console::format;
use crate::console::keymap::{self, Act, Binding, On};
use crate::console::marks;
use crate::console::state::Hit;
use crate::console::theme::Role;
use crate::console::update::refusal;
use crate::console::widgets::paint;
use crate::domain::alert::{AlertState, Severity};
use crate::store::triage::Tally;

/// ` landfall  nyc ▸ overview                ● engine 2d 4h   ▲ 1 critical  △ 2 warnings   14:02 UTC`
pub fn header(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let (long, short) = (trail(ui, true), trail(ui, false));
    let right = [status(ui, true), status(ui, false)];
    let fits = |left: &Line<'_>, right: &Line<'_>| left.width() + right.width() + 4 <= usize::from(area.width);
    let (left, right) = match &right {
        [full, _] if fits(&long, full) => (&long, full),
        [full, _] if fits(&short, full) => (&short, full),
        [_, brief] if fits(&long, brief) => (&long, brief),
        [_, brief] => (&short, brief),
    };
    paint::line(buf, paint::indent(area, 1), left);
    let room = paint::indent(area, left.width() as u16 + 2);
    paint::right(buf, Rect { width: room.width.saturating_sub(1), ..room }, right);
}

fn trail(ui: Ui<'_>, long: bool) -> Line<'static> {
    let mut spans = Vec::new();
    if long {
        spans.push(ui.text(Role::Accent, "landfall"));
        spans.push(Span::raw("  "));
    }
    let mut crumbs = vec![ui.state.name.clone()];
    if ui.state.place.of_one_pipeline() {
        crumbs.extend(ui.state.card().map(|card| card.row.name.clone()));
    }
    crumbs.extend(ui.state.place.crumbs());
    if !long {
        // The last two say where one is.
        crumbs.drain(..crumbs.len().saturating_sub(2));
    }
    let last = crumbs.len() - 1;
    for (n, crumb) in crumbs.into_iter().enumerate() {
        spans.push(ui.text(if n == last { Role::Strong } else { Role::Muted }, crumb));
        if n < last {
            spans.push(ui.text(Role::Faint, " ▸ "));
        }
    }
    Line::from(spans)
}

fn status(ui: Ui<'_>, full: bool) -> Line<'static> {
    let mut spans = Vec::new();
    for (on, long, short) in
        [(ui.state.held, "‖ view held, P goes on   ", "‖ "), (ui.state.settings.read_only, "only looking   ", "")]
    {
        if on {
            spans.push(ui.text(Role::Warn, if full { long } else { short }));
        }
    }
    spans.push(engine(ui, full));
    let gap = if full { "   " } else { " " };
    let tally = ui.state.overview.as_ref().map(|overview| overview.tally.as_slice()).unwrap_or_default();
    let firing = |severity| -> u64 {
        tally.iter().filter(|t| t.needs_answer() && t.severity == severity).map(|t| t.alerts).sum()
    };
    for (severity, word) in [(Severity::Critical, "critical"), (Severity::Warning, "warning")] {
        let n = firing(severity);
        if n > 0 {
            let (symbol, role) = marks::alert(severity, AlertState::Firing);
            let plural = if n > 1 && severity == Severity::Warning { "s" } else { "" };
            let n = format::count(n);
            let text = if full { format!("{symbol} {n} {word}{plural}") } else { format!("{symbol}{n}") };
            spans.extend([Span::raw(gap), ui.text(role, text)]);
        }
    }
    if full && !tally.iter().any(Tally::needs_answer) {
        spans.extend([Span::raw(gap), ui.text(Role::Muted, "no alerts")]);
    }
    let zone = if full { " UTC" } else { "" };
    spans.extend([Span::raw(gap), ui.text(Role::Muted, format!("{}{zone}", format::minute(ui.state.now)))]);
    Line::from(spans)
}

/// Over the width of the screen: from when what is shown is. Whether there was anything to say.
pub fn past(ui: Ui<'_>, area: Rect, buf: &mut Buffer) -> bool {
    let Some(past) = ui.state.past else { return false };
    let style = ui.theme.style(Role::Warn).add_modifier(Modifier::REVERSED);
    buf.set_style(area, style);
    let span = format::span((ui.state.clock - past).num_seconds());
    let said = Line::styled(format!("◀ AS OF {} UTC, {span} ago: only to look at", format::full(past)), style);
    paint::line(buf, paint::indent(area, 1), &said);
    let room = usize::from(area.width).saturating_sub(said.width() + 4);
    let keys = ["< > event  { } hour  @ when  ctrl-n now", "< > { } @  ctrl-n now", "ctrl-n now"];
    if let Some(keys) = keys.into_iter().find(|keys| keys.len() < room) {
        paint::right(buf, Rect { width: area.width - 1, ..area }, &Line::styled(keys, style));
    }
    true
}

fn engine(ui: Ui<'_>, full: bool) -> Span<'static> {
    let (symbol, role, word) = match &ui.state.link {
        Link::Up { started } => {
            let up = started.map(|at| (ui.state.now - at).num_seconds());
            let up = up.filter(|seconds| *seconds >= 60);
            ("●", Role::Ok, up.map_or("engine".into(), |seconds| format!("engine {}", uptime(seconds))))
        }
        Link::Connecting => ("○", Role::Muted, "looking for the engine".into()),
        Link::Down(_) => ("○", Role::Warn, "engine not reachable".into()),
        Link::Foreign(_) => ("!", Role::Warn, "engine of another version".into()),
        Link::Stopping => ("○", Role::Warn, "engine is stopping".into()),
    };
    ui.text(role, if full { format!("{symbol} {word}") } else { symbol.to_owned() })
}

/// To the minute: a running second would redraw the screen for nothing.
fn uptime(seconds: i64) -> String {
    format::duration((seconds / 60 * 60) as f64).trim_end_matches(" 0s").to_owned()
}

/// The keys of this place at the left, those that are always there at the right. The right side is never cut.
pub fn footer(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let screen = ui.state.place.screen();
    let shown = || keymap::here(screen).filter(|binding| !binding.hint.is_empty());
    let always = |binding: &&Binding| matches!(binding.on, On::All);
    let mut right: Vec<Span<'static>> = Vec::new();
    if area.width >= 100 {
        right.extend([ui.text(Role::Key, "0‒9"), ui.text(Role::Muted, " screens  ")]);
    }
    let last: Vec<&Binding> = shown().filter(always).collect();
    for (n, binding) in last.iter().enumerate() {
        if area.width < 60 && binding.act == Act::Palette {
            continue;
        }
        right.extend(hint(ui, binding));
        right.push(Span::raw(if n + 1 < last.len() { "  " } else { " " }));
    }
    let right = Line::from(right);
    // From right to left: where each of them is.
    let mut end = area.right();
    for binding in last.iter().rev().filter(|binding| area.width >= 60 || binding.act != Act::Palette) {
        let width = hint(ui, binding).iter().map(Span::width).sum::<usize>() as u16 + 1;
        end = end.saturating_sub(width);
        ui.state.hits.borrow_mut().push((Rect { x: end, width, ..area }, Hit::Act(binding.act)));
        end = end.saturating_sub(1);
    }
    let room = usize::from(area.width).saturating_sub(right.width() + 3);
    let mut left: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    let mut hits = ui.state.hits.borrow_mut();
    for binding in shown().filter(|binding| !always(binding)) {
        let spans = hint(ui, binding);
        let width: usize = spans.iter().map(Span::width).sum::<usize>() + 2;
        if used + width > room {
            break;
        }
        let place = Rect { width: width as u16, ..paint::indent(area, 1 + used as u16) };
        hits.push((place, Hit::Act(binding.act)));
        used += width;
        left.extend(spans);
        left.push(Span::raw("  "));
    }
    paint::line(buf, paint::indent(area, 1), &Line::from(left));
    paint::right(buf, area, &right);
}

fn hint(ui: Ui<'_>, binding: &Binding) -> [Span<'static>; 3] {
    let possible = refusal(ui.state, binding.act).is_none();
    let (key, word) = if possible { (Role::Key, Role::Muted) } else { (Role::Faint, Role::Faint) };
    let paused = binding.act == Act::Pause && ui.state.card().is_some_and(|card| card.row.paused);
    let label = if paused { "resume" } else { binding.hint };
    let name = binding.chords.first().map(ToString::to_string).unwrap_or_default();
    [ui.text(key, name), Span::raw(" "), ui.text(word, label)]
}

/// Whether a filter is being typed or holds.
pub fn has_filter(ui: Ui<'_>) -> bool {
    let list = ui.state.typing.or_else(|| ui.state.list());
    let holds = list.and_then(|list| ui.state.lists.get(&list)).is_some_and(|view| !view.filter.is_empty());
    ui.state.typing.is_some() || holds
}

/// `/ failed    3 of 128`. Answers where the text cursor is while it is being typed.
pub fn filter(ui: Ui<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let list = ui.state.typing.or_else(|| ui.state.list())?;
    let text = ui.state.lists.get(&list).map(|view| view.filter.clone()).unwrap_or_default();
    let (fit, all) = (ui.state.listing(list).shown.len(), ui.state.listing(list).ids.len());
    let count = format!("{} of {}", format::count(fit as u64), format::count(all as u64));
    let how = if ui.state.typing.is_some() { "⏎ keep  esc clear" } else { "esc clear" };
    let note = ui.line(Role::Muted, format!("{count}   {how} "));
    let room = usize::from(area.width).saturating_sub(note.width() + 6);
    // The end of what is typed stays in view.
    let skip = text.chars().count().saturating_sub(room);
    let seen: String = text.chars().skip(skip).collect();
    let at = Position::new(area.x + 3 + paint::width(&seen) as u16, area.y);
    let spans = vec![ui.text(Role::Key, " / "), ui.text(Role::Text, seen)];
    paint::line(buf, area, &Line::from(spans));
    paint::right(buf, area, &note);
    ui.state.typing.map(|_| at)
}

/// Messages at the lower right, newest at the bottom.
pub fn toasts(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let mut bottom = area.bottom();
    for toast in ui.state.toasts.iter().rev() {
        let (symbol, role) = match marks::level(toast.level) {
            (" ", _) => ("✓", Role::Ok),
            other => other,
        };
        let most = usize::from(area.width.saturating_sub(8)).min(64);
        let lines = paint::wrap(&toast.text, most.max(1));
        let height = (lines.len() as u16).min(4);
        if bottom < area.y + height + 1 {
            break;
        }
        bottom -= height;
        let width = lines.iter().map(|line| paint::width(line)).max().unwrap_or(0) as u16 + 6;
        let x = area.right().saturating_sub(width + 1).max(area.x);
        let place = Rect { x, y: bottom, width: width.min(area.width), height };
        paint::clear(buf, place);
        paint::tint(buf, place, ui.theme.style(Role::Selected));
        for (n, line) in lines.into_iter().take(4).enumerate() {
            let row = paint::row(place, n as u16);
            if n == 0 {
                paint::line(buf, paint::indent(row, 1), &ui.line(role, symbol));
            }
            paint::line(buf, paint::indent(row, 3), &ui.line(Role::Text, line));
        }
    }
}
