//! What goes wrong upstream in life, at fixed days of March.

/// A mishap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The file is written in two halves with a pause between them.
    HalfWritten,
    /// The same file comes again under another name.
    Twice,
    /// The file ends in the middle of a line; the whole one is sent again later.
    Truncated,
    /// Every row ten times.
    Tenfold,
    /// Upstream is silent for longer than it should.
    Gap,
}

/// What goes wrong on the `n`-th of March.
pub fn on(n: u32) -> Option<Mishap> {
    match n {
        4 => Some(Mishap::HalfWritten),
        7 => Some(Mishap::Twice),
        11 => Some(Mishap::Truncated),
        15 => Some(Mishap::Tenfold),
        19 => Some(Mishap::Gap),
        _ => None,
    }
}

impl Mishap {
    /// In plain words.
    pub fn told(self) -> &'static str {
        match self {
            Self::HalfWritten => "upstream writes the file in two halves",
            Self::Twice => "upstream sends the same file twice",
            Self::Truncated => "upstream sends a truncated file, and the whole one later",
            Self::Tenfold => "upstream sends every row ten times",
            Self::Gap => "upstream is silent",
        }
    }
}
