//! The stage graph: one node a stage, in order, joined by arrows; below each what it took and what it said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint;
use crate::console::marks::Mark;
use crate::console::theme::{Role, Theme};

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Symbol and meaning of its state.
    pub mark: Mark,
    /// What it took, or usually takes.
    pub time: String,
    /// What it did, or is doing.
    pub note: String,
    /// Whether the node before it is one it waits for: an arrow leads here.
    pub joined: bool,
    /// Whether an attempt is under way: drawn in full strength.
    pub live: bool,
}

/// Least columns of a node when they stand side by side.
const LEAST: u16 = 13;

/// Rows that the graph takes at this width; where there is room, notes have three lines instead of two.
pub fn height(nodes: usize, width: u16, roomy: bool) -> u16 {
    if side_by_side(nodes, width) { 4 + u16::from(roomy) } else { nodes as u16 }
}

/// Whether the nodes stand beside each other at this width.
pub fn side_by_side(nodes: usize, width: u16) -> bool {
    nodes > 0 && usize::from(width) / nodes >= usize::from(LEAST)
}

/// Draws the graph: side by side where there is room, below each other otherwise.
pub fn draw(buf: &mut Buffer, area: Rect, theme: &Theme, nodes: &[Node]) {
    if side_by_side(nodes.len(), area.width) {
        let share = area.width / nodes.len() as u16;
        for (n, node) in nodes.iter().enumerate() {
            let next = nodes.get(n + 1);
            let place = Rect { width: share, ..paint::indent(area, share * n as u16) };
            beside(buf, place, theme, node, next.is_some_and(|next| next.joined));
        }
    } else {
        let width = nodes.iter().map(|node| paint::width(&node.name)).max().unwrap_or(0).min(16);
        for (n, node) in nodes.iter().enumerate() {
            under(buf, paint::row(area, n as u16), theme, node, width);
        }
    }
}

fn name(node: &Node, theme: &Theme) -> [Span<'static>; 3] {
    let role = if node.live {
        Role::Strong
    } else if node.mark.1 == Role::Faint {
        Role::Muted
    } else {
        Role::Text
    };
    [
        Span::styled(node.mark.0, theme.style(node.mark.1)),
        Span::raw(" "),
        Span::styled(node.name.clone(), theme.style(role)),
    ]
}

fn beside(buf: &mut Buffer, area: Rect, theme: &Theme, node: &Node, arrow: bool) {
    let mut spans = name(node, theme).to_vec();
    let used: usize = spans.iter().map(Span::width).sum();
    let room = usize::from(area.width).saturating_sub(used + 2);
    if arrow && room >= 3 {
        let shaft = "─".repeat(room.saturating_sub(1));
        spans.push(Span::styled(format!(" {shaft}▸ "), theme.style(Role::Faint)));
    }
    paint::line(buf, area, &Line::from(spans));
    let text = paint::indent(Rect { width: area.width.saturating_sub(2), ..area }, 2);
    paint::line(buf, paint::row(text, 1), &Line::styled(node.time.clone(), theme.style(Role::Muted)));
    let role = if node.live { Role::Text } else { Role::Muted };
    for (n, part) in
        few_lines(&node.note, usize::from(text.width), usize::from(area.height.clamp(3, 5) - 2)).into_iter().enumerate()
    {
        paint::line(buf, paint::row(text, n as u16 + 2), &Line::styled(part, theme.style(role)));
    }
}

/// The note in at most `most` lines.
fn few_lines(note: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines = paint::wrap(note, width);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(paint::fit(&rest, width));
    }
    lines
}

fn under(buf: &mut Buffer, area: Rect, theme: &Theme, node: &Node, width: usize) {
    let mut spans = name(node, theme).to_vec();
    let pad = (width + 2).saturating_sub(paint::width(&node.name));
    spans.push(Span::raw(" ".repeat(pad)));
    spans.push(Span::styled(format!("{:<14} ", node.time), theme.style(Role::Muted)));
    let used: usize = spans.iter().map(Span::width).sum();
    let note = paint::fit(&node.note, usize::from(area.width).saturating_sub(used));
    spans.push(Span::styled(note, theme.style(if node.live { Role::Text } else { Role::Muted })));
    paint::line(buf, area, &Line::from(spans));
}
