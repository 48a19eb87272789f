//! Landings that are streams: what is new is read into files, and the ledger hears of each in the transaction that moves
//! the position behind it.
//!
//! A file is whole on disk before that transaction. What a crash left there without one is dropped, and read again from
//! where the position still stands: so nothing is taken twice, and nothing is lost.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Instant as Monotonic;

use crate::config::Pipeline;
use crate::config::stream::{Start, Stream};
use crate::domain::file::{FileState, Listed, VersionToken};
use crate::domain::form::FileFormat;
use crate::domain::job::Level;
use crate::domain::stream::Stream as Place;
use crate::domain::{Instant, format, text};
use crate::lake::crash;
use crate::landing::stream::cosmos::Cosmos;
use crate::landing::stream::kafka::Kafka;
use crate::landing::stream::line::Lines;
use crate::landing::stream::{Begin, Limits, Partition, Piece, Point, Source, spool};
use crate::store::streams::{self, Advance, StreamRow};
use crate::store::{Connection, Result, Transaction, events, files, ledger};

use super::context::Context;
use super::settle::whole;

/// Reads what is new in the pipeline's stream, for as long as one look may. Answers why some of it could not be read.
///
/// # Errors
/// The store's. A stream that cannot be read is an answer.
pub async fn take(context: &Context, pipeline: &Pipeline, stream: &Stream) -> Result<Option<String>> {
    if let Err(error) = sweep(context, pipeline).await? {
        return Ok(Some(format!("{} cannot be used: {error}", pipeline.landing.path.display())));
    }
    let lines = Lines::of(&pipeline.clean.format, pipeline.clean.budget);
    let failed = match Place::of(&stream.location) {
        Some(Place::Cosmos { .. }) => match Cosmos::open(&stream.location, lines, stream.settle) {
            Ok(source) => drain(context, pipeline, stream, &source).await?,
            Err(trouble) => Some(trouble.words),
        },
        _ => match Kafka::open(&stream.location, lines).await {
            Ok(source) => drain(context, pipeline, stream, &source).await?,
            Err(trouble) => Some(trouble.words),
        },
    };
    Ok(failed.map(|words| format!("the stream {} cannot be read: {words}", stream.location)))
}

/// Whether the last look left something that a run may take: a backlog is worked off at once, what trickles in meanwhile
/// waits for the schedule.
///
/// # Errors
/// The store's.
pub async fn left_something(context: &Context, pipeline: &Pipeline) -> Result<bool> {
    let name = pipeline.name.clone();
    let left = move |c: &Connection| {
        let behind = streams::list(c, Some(&name))?.iter().any(|row| row.behind > 0);
        Ok(behind || !files::oldest_in_state(c, &name, FileState::Ready, 1)?.is_empty())
    };
    context.store.read(left).await
}

/// Drops what a crash left in the folder before the ledger heard of it.
async fn sweep(context: &Context, pipeline: &Pipeline) -> Result<std::io::Result<()>> {
    let folder = &pipeline.landing.path;
    let names = match spool::names(folder) {
        Ok(names) if names.is_empty() => return Ok(Ok(())),
        Ok(names) => names,
        Err(error) => return Ok(Err(error)),
    };
    let name = pipeline.name.clone();
    let unknown = move |c: &Connection| {
        let is_unknown = |key: &String| ledger::newest(c, &name, key).map(|known| known.is_none());
        let unknown = names.into_iter().map(|key| is_unknown(&key).map(|unknown| unknown.then_some(key)));
        unknown.filter_map(Result::transpose).collect::<Result<Vec<_>>>()
    };
    let left = context.store.read(unknown).await?;
    Ok(left.iter().try_for_each(|name| std::fs::remove_file(folder.join(name))))
}

/// Reads partition by partition, a micro-batch of each at a time, until all are at their end or the time is over.
async fn drain<S: Source>(
    context: &Context,
    pipeline: &Pipeline,
    stream: &Stream,
    source: &S,
) -> Result<Option<String>> {
    let Some(place) = Place::of(&stream.location) else { return Ok(Some("its URL names no stream".to_owned())) };
    let identity = place.identity(stream.generation);
    let mut reading = Reading { context, pipeline, stream, identity, name: place.name(), fresh: false };
    let partitions = match source.partitions().await {
        Ok(partitions) => partitions,
        Err(trouble) => return Ok(Some(trouble.words)),
    };
    let known = reading.known().await?;
    reading.fresh = known.is_empty();
    if reading.fresh && stream.start == Start::Latest {
        return reading.begin_at_the_end(source, &partitions).await;
    }
    // Those that were looked at longest ago come first: one look may not reach all.
    let looked = |partition: &Partition| known.iter().find(|row| row.partition == partition.name).map(|row| row.looked);
    let mut open: Vec<Partition> = partitions;
    open.sort_by_key(looked);
    let mut open = VecDeque::from(open);
    let (began, mut failed) = (Monotonic::now(), None);
    let mut room = reading.room().await?;
    while let Some(partition) = open.pop_front().filter(|_| room > 0) {
        let left = stream.window.saturating_sub(began.elapsed());
        if left.is_zero() {
            break;
        }
        let limits = Limits { rows: stream.max_rows, bytes: stream.max_bytes, time: left };
        let (stored, point) = reading.stands(&partition).await?;
        let from = point.as_ref().map_or(Begin::New(Start::Earliest), Begin::On);
        match source.read(&partition.name, from, limits).await {
            Err(trouble) => {
                failed.get_or_insert(trouble.words);
            }
            Ok(piece) => {
                let (took, behind) = (piece.rows > 0, piece.behind > 0);
                if let Err(error) = reading.land(&partition, stored, piece).await? {
                    return Ok(Some(format!("what was read cannot be written: {error}")));
                }
                room -= usize::from(took);
                if took && behind {
                    open.push_back(partition);
                }
            }
        }
    }
    Ok(failed)
}

/// One look at a stream.
struct Reading<'a> {
    context: &'a Context,
    pipeline: &'a Pipeline,
    stream: &'a Stream,
    identity: String,
    name: &'a str,
    /// It was never read before this look.
    fresh: bool,
}

impl Reading<'_> {
    async fn known(&self) -> Result<Vec<StreamRow>> {
        let (name, identity) = (self.pipeline.name.clone(), self.identity.clone());
        self.context.store.read(move |c| streams::of(c, &name, &identity)).await
    }

    /// How many more files may wait for a run: what is beyond that can wait in the stream as well.
    async fn room(&self) -> Result<usize> {
        let name = self.pipeline.name.clone();
        let ready = self.context.store.read(move |c| files::count(c, &name, FileState::Ready)).await?;
        Ok(self.pipeline.landing.max_files_per_run.saturating_sub(usize::try_from(ready).unwrap_or(usize::MAX)))
    }

    /// Positions at the end of every partition, all or none: of one without a position everything would be read.
    async fn begin_at_the_end<S: Source>(&self, source: &S, partitions: &[Partition]) -> Result<Option<String>> {
        let limits = Limits { rows: 1, bytes: self.stream.max_bytes, time: self.stream.window };
        let mut ends = Vec::new();
        for partition in partitions {
            match source.read(&partition.name, Begin::New(Start::Latest), limits).await {
                Ok(piece) => ends.push((partition.name.clone(), piece.next)),
                Err(trouble) => return Ok(Some(trouble.words)),
            }
        }
        let (pipeline, source) = (self.pipeline.name.clone(), self.identity.clone());
        let begin = move |tx: &Transaction<'_>, now| {
            ends.iter().try_for_each(|(partition, next)| {
                let (to, mark) = (next.position.as_str(), next.mark.as_deref());
                let (pipeline, source) = (pipeline.as_str(), source.as_str());
                let step =
                    Advance { pipeline, source, partition, from: None, to, mark, behind: 0, records: 0, lost: 0 };
                streams::advance(tx, &step, now)
            })
        };
        self.context.write(begin).await?;
        Ok(None)
    }

    /// The position that is stored for a partition, and where to read on; a partition without either is read whole.
    async fn stands(&self, partition: &Partition) -> Result<(Option<String>, Option<Point>)> {
        let known = self.known().await?;
        let point = |row: &StreamRow| Point { position: row.position.clone(), mark: row.mark.clone() };
        if let Some(row) = known.iter().find(|row| row.partition == partition.name) {
            return Ok((Some(row.position.clone()), Some(point(row))));
        }
        let parents = known.iter().filter(|row| partition.parents.contains(&row.partition));
        Ok((None, parents.min_by_key(|row| row.position.parse::<i64>().unwrap_or_default()).map(point)))
    }

    /// Makes a file of what was read, and moves the position behind it.
    async fn land(&self, partition: &Partition, stored: Option<String>, piece: Piece) -> Result<std::io::Result<()>> {
        let landing = &self.pipeline.landing;
        let stream = match self.stream.generation {
            1 => self.name.to_owned(),
            n => format!("{}.g{n}", self.name),
        };
        let end = if self.pipeline.clean.format == FileFormat::Json { "ndjson" } else { "csv" };
        let key = spool::name(&stream, &partition.name, &piece.range, end);
        let newest = piece.newest.unwrap_or_else(|| self.context.now());
        let written = if piece.rows > 0 {
            let (folder, lines, key) = (landing.path.clone(), piece.lines, key);
            let writing = tokio::task::spawn_blocking(move || spool::write(&folder, &key, &lines, newest));
            match writing.await {
                Ok(Ok(written)) => Some(written),
                Ok(Err(error)) => return Ok(Err(error)),
                Err(panic) => return Ok(Err(std::io::Error::other(panic))),
            }
        } else {
            None
        };
        crash::point("stream-written");
        let missing =
            piece.lost.as_ref().map(|lost| (spool::name(&stream, &partition.name, &lost.range, end), lost.clone()));
        let (pipeline, source, partition) = (self.pipeline.clone(), self.identity.clone(), partition.name.clone());
        let (name, rows) = (text::one_line(self.name), piece.rows);
        let (range, empty, next, behind) = (piece.range, piece.empty, piece.next, piece.behind);
        let added = stored.is_none() && !self.fresh;
        self.context
            .write(move |tx, now| {
                let step = Advance {
                    pipeline: &pipeline.name,
                    source: &source,
                    partition: &partition,
                    from: stored.as_deref(),
                    to: &next.position,
                    mark: next.mark.as_deref(),
                    behind,
                    records: rows + empty,
                    lost: missing.as_ref().map_or(0, |(_, lost)| lost.records),
                };
                streams::advance(tx, &step, now)?;
                if added {
                    let said = format!("`{name}` has a partition that is new: {}", text::one_line(&partition));
                    events::add(tx, Level::Info, Some(&pipeline.name), None, "trigger", &said, now)?;
                }
                if let Some((key, lost)) = &missing {
                    enter_lost(tx, &pipeline.name, key, lost.records, now)?;
                }
                if let Some((listed, hash)) = &written {
                    let empty =
                        if empty > 0 { format!(", {} without a value", format::count(empty)) } else { String::new() };
                    let rule = format!("{range} of partition {partition} of `{name}`, read whole{empty}");
                    let id = files::enter(tx, &pipeline.name, listed, now)?;
                    ledger::set_source(tx, id, &pipeline.landing.source)?;
                    files::set_hash(tx, id, hash)?;
                    ledger::set_rule(tx, id, &rule, Some(rows))?;
                    whole(tx, &pipeline, id, hash, &rule, now)?;
                }
                Ok(())
            })
            .await?;
        crash::point("stream-recorded");
        Ok(Ok(()))
    }
}

/// The ledger says also of what was never had that it was not.
fn enter_lost(tx: &Transaction<'_>, pipeline: &str, key: &str, records: u64, now: Instant) -> Result<()> {
    let token = VersionToken("never read".to_owned());
    let listed = Listed { key: key.to_owned(), bytes: 0, modified: now, token };
    let id = files::enter(tx, pipeline, &listed, now)?;
    let gone = format::counted(records, "record");
    let reason = format!("up to {gone} had gone from the stream before they were read: it keeps them too briefly");
    files::set_state(tx, id, FileState::Vanished, &reason, now)?;
    let said = format!("{} was never read: {reason}", text::one_line(key));
    events::add(tx, Level::Error, Some(pipeline), None, "file", &said, now)
}
