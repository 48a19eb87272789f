//! The upstream: drops one day after another into the landing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::data::{DayFile, Flights, HISTORY_DAYS};
use super::mishap::{Mishap, on};

/// Upstream, at some day.
pub struct Player {
    flights: Flights,
    landing: PathBuf,
    next: u32,
    last: u32,
}

/// Pieces in which a day lands: what to do, and whether upstream waits before it.
pub enum Piece {
    /// A whole file, put in place by renaming.
    Whole(DayFile),
    /// Bytes written straight under the final name: (name, text).
    Raw(String, String),
    /// Upstream waits until the landing has been found stale, or its file has gone to quarantine.
    Silence(Mishap),
    /// A pause in the middle of writing.
    Pause,
}

impl Player {
    /// Upstream of a demo workspace, going on after the last day that has landed, for `days` days of March.
    ///
    /// # Errors
    /// When the data in this build is damaged.
    pub fn new(root: &Path, days: u32) -> anyhow::Result<Self> {
        let flights = Flights::unpack()?;
        let landing = root.join("landing");
        let last = HISTORY_DAYS + days;
        let mut next = 1;
        while let Some(file) = flights.file(next)? {
            if !landing.join(&file.name).exists() {
                break;
            }
            next += 1;
        }
        Ok(Self { flights, landing, next, last })
    }

    /// Drops the history: everything before March that has not landed yet. Answers how many files.
    ///
    /// # Errors
    /// When the landing cannot be written.
    pub fn history(&mut self) -> anyhow::Result<u32> {
        let mut written = Vec::new();
        while self.next <= HISTORY_DAYS {
            let Some(file) = self.flights.file(self.next)? else { break };
            self.write_aside(&file.name, &file.text)?;
            written.push(file.name);
            self.next += 1;
        }
        // All at once, so that one run takes them.
        written.iter().try_for_each(|name| self.rename(name))?;
        Ok(u32::try_from(written.len()).unwrap_or(u32::MAX))
    }

    /// The next day of March as the pieces in which it lands, with what goes wrong on it; `None` at the end.
    ///
    /// # Errors
    /// When the data in this build is damaged.
    pub fn day(&mut self) -> anyhow::Result<Option<(Option<Mishap>, Vec<Piece>)>> {
        if self.next > self.last {
            return Ok(None);
        }
        let Some(file) = self.flights.file(self.next)? else { return Ok(None) };
        let mishap = on(self.next - HISTORY_DAYS);
        self.next += 1;
        let pieces = match mishap {
            None => vec![Piece::Whole(file)],
            Some(Mishap::HalfWritten) => {
                let half = file.text.len() / 2;
                let (first, _) = file.text.split_at(half);
                vec![Piece::Raw(file.name.clone(), first.to_owned()), Piece::Pause, Piece::Raw(file.name, file.text)]
            }
            Some(Mishap::Twice) => {
                let name = file.name.replace(".csv", "_again.csv");
                let again = DayFile { name, text: file.text.clone() };
                vec![Piece::Whole(file), Piece::Pause, Piece::Whole(again)]
            }
            Some(Mishap::Truncated) => {
                let cut = file.text.len() * 2 / 3;
                let cut = file.text[..cut].rfind(',').unwrap_or(cut);
                let half = file.text[..cut].to_owned();
                vec![Piece::Raw(file.name.clone(), half), Piece::Silence(Mishap::Truncated), Piece::Whole(file)]
            }
            Some(Mishap::Tenfold) => vec![Piece::Whole(DayFile { text: tenfold(&file.text), name: file.name })],
            Some(Mishap::Gap) => vec![Piece::Silence(Mishap::Gap), Piece::Whole(file)],
        };
        Ok(Some((mishap, pieces)))
    }

    /// Does one piece; silence and pause are the caller's.
    ///
    /// # Errors
    /// When the landing cannot be written.
    pub fn put(&self, piece: &Piece) -> anyhow::Result<()> {
        match piece {
            Piece::Whole(file) => self.rename_into_place(&file.name, &file.text),
            Piece::Raw(name, text) => {
                let path = self.landing.join(name);
                std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
            }
            Piece::Silence(_) | Piece::Pause => Ok(()),
        }
    }

    /// Plays to the end of the data beside a console, one day every so often.
    pub async fn play(mut self, every: Duration) {
        let outcome = async {
            self.history()?;
            tokio::time::sleep(every.max(Duration::from_secs(6))).await;
            while let Some((_, pieces)) = self.day()? {
                for piece in pieces {
                    match piece {
                        // Longer than the declared staleness, and than an unfinished file is waited for.
                        Piece::Silence(Mishap::Gap) => {
                            tokio::time::sleep((every * 8).max(Duration::from_secs(16))).await
                        }
                        Piece::Silence(_) => tokio::time::sleep((every * 4).max(Duration::from_secs(9))).await,
                        Piece::Pause => tokio::time::sleep(every).await,
                        piece => self.put(&piece)?,
                    }
                }
                tokio::time::sleep(every).await;
            }
            anyhow::Ok(())
        };
        // The console has the screen; staleness will show that upstream is gone.
        if let Err(error) = outcome.await {
            tracing::error!("the demo's upstream ended: {error:#}");
        }
    }

    fn rename_into_place(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.write_aside(name, text)?;
        self.rename(name)
    }

    fn write_aside(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let part = self.aside(name);
        std::fs::write(&part, text).with_context(|| format!("{} cannot be written", part.display()))
    }

    fn rename(&self, name: &str) -> anyhow::Result<()> {
        let path = self.landing.join(name);
        std::fs::rename(self.aside(name), &path).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn aside(&self, name: &str) -> PathBuf {
        self.landing.join(format!(".{name}.part"))
    }
}

/// The header once, every row ten times.
fn tenfold(text: &str) -> String {
    let (header, rows) = text.split_once('\n').unwrap_or((text, ""));
    format!("{header}\n{}", rows.repeat(10))
}
