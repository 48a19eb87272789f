//! Writing elements.

use std::fmt::Write;

/// An SVG picture under construction. Coordinates are in user units; y grows downward.
#[derive(Debug, Default)]
pub struct Canvas {
    body: String,
}

/// Where a text is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of SVG")]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    /// An empty picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.element("line", class, &[("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)], None);
    }

    /// A rectangle; `title` is shown when the pointer rests on it.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), title: Option<&str>) {
        let size = [("x", x), ("y", y), ("width", width.max(0.0)), ("height", height.max(0.0))];
        self.element("rect", class, &size, title);
    }

    /// A rectangle with rounded corners.
    pub fn cell(&mut self, class: &str, (x, y): (f64, f64), side: f64, title: Option<&str>) {
        self.element("rect", class, &[("x", x), ("y", y), ("width", side), ("height", side), ("rx", 2.0)], title);
    }

    /// A circle; `title` as for [`Canvas::rect`].
    pub fn circle(&mut self, class: &str, (cx, cy): (f64, f64), r: f64, title: Option<&str>) {
        self.element("circle", class, &[("cx", cx), ("cy", cy), ("r", r)], title);
    }

    /// A polyline through `points`; nothing for fewer than two.
    pub fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() > 1 {
            self.body.push_str("<path class=\"");
            escape(class, &mut self.body);
            self.body.push_str("\" d=\"");
            self.trace(points);
            self.body.push_str("\"/>");
        }
    }

    /// A filled shape around `points`.
    pub fn area(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() > 2 {
            self.body.push_str("<path class=\"");
            escape(class, &mut self.body);
            self.body.push_str("\" d=\"");
            self.trace(points);
            self.body.push_str("Z\"/>");
        }
    }

    /// A text.
    pub fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.body.push_str("<text class=\"");
        escape(class, &mut self.body);
        let _ = write!(self.body, "\" text-anchor=\"{anchor}\" x=\"{}\" y=\"{}\">", number(x), number(y));
        escape(text, &mut self.body);
        self.body.push_str("</text>");
    }

    /// The finished picture: a name and a description for those who cannot see it. `id` must be unique on the page.
    /// A picture is at most as wide as its own units in CSS pixels and shrinks with the page.
    pub fn finish(self, id: &str, (width, height): (f64, f64), title: &str, description: &str) -> String {
        let mut out = String::with_capacity(self.body.len() + 400);
        let (w, h) = (number(width), number(height));
        let _ = write!(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {w} {h}\"");
        let _ = write!(out, " width=\"{w}\" height=\"{h}\" aria-labelledby=\"");
        escape(id, &mut out);
        out.push_str("-t ");
        escape(id, &mut out);
        out.push_str("-d\"><title id=\"");
        escape(id, &mut out);
        out.push_str("-t\">");
        escape(title, &mut out);
        out.push_str("</title><desc id=\"");
        escape(id, &mut out);
        out.push_str("-d\">");
        escape(description, &mut out);
        out.push_str("</desc>");
        out.push_str(&self.body);
        out.push_str("</svg>");
        out
    }

    /// The finished picture as an ornament beside a figure that says the same.
    pub fn ornament(self, class: &str, (width, height): (f64, f64)) -> String {
        let (w, h) = (number(width), number(height));
        let mut out = format!("<svg aria-hidden=\"true\" viewBox=\"0 0 {w} {h}\"");
        let _ = write!(out, " width=\"{w}\" height=\"{h}\" class=\"");
        escape(class, &mut out);
        out.push_str("\">");
        out.push_str(&self.body);
        out.push_str("</svg>");
        out
    }

    fn element(&mut self, name: &str, class: &str, attributes: &[(&str, f64)], title: Option<&str>) {
        if attributes.iter().any(|(_, v)| !v.is_finite()) {
            return;
        }
        let _ = write!(self.body, "<{name} class=\"");
        escape(class, &mut self.body);
        self.body.push('"');
        for (attribute, value) in attributes {
            let _ = write!(self.body, " {attribute}=\"{}\"", number(*value));
        }
        match title {
            Some(title) => {
                self.body.push_str("><title>");
                escape(title, &mut self.body);
                let _ = write!(self.body, "</title></{name}>");
            }
            None => self.body.push_str("/>"),
        }
    }

    fn trace(&mut self, points: &[(f64, f64)]) {
        for (i, (x, y)) in points.iter().enumerate() {
            let _ = write!(self.body, "{}{} {}", if i == 0 { "M" } else { "L" }, number(*x), number(*y));
        }
    }
}

/// A coordinate with at most one decimal: a tenth of a pixel is finer than the eye.
pub fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if !rounded.is_finite() || rounded == 0.0 {
        return "0".to_owned();
    }
    format!("{rounded}")
}

/// Writes `text` so that it is text in an XML element or a quoted attribute, whatever it contains; characters XML
/// cannot hold are left out.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if (c as u32) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
}
