//! Containers of Azure Cosmos DB, read by queries ordered by `_ts`, the second in which a document was last written.
//!
//! A position is a second: all documents written up to it were taken. A second is only read when it is over, so that no
//! document can still come into it; a micro-batch ends where a second ends. A document that is overwritten comes again
//! with its new second, as a new version of its row; one that is deleted is not seen.
//!
//! A gateway orders within one physical partition only, so each is read by itself, and one that was split is read on
//! from where it stood.

use std::time::{Duration, Instant as Monotonic};

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::gateway::{Gateway, Page, unusable};
use super::line::Lines;
use super::{Begin, Limits, Partition, Piece, Point, Source};
use crate::config::stream::Start;
use crate::domain::location::Location;
use crate::domain::stream::Stream;
use crate::lake::trouble::{Cause, Trouble};

const NEW: &str = "SELECT * FROM c WHERE c._ts > @after AND c._ts <= @until ORDER BY c._ts";
const COUNT: &str = "SELECT VALUE COUNT(1) FROM c WHERE c._ts > @after AND c._ts <= @until";

/// What the server adds to a document for its own use.
const OF_THE_SERVER: [&str; 4] = ["_rid", "_self", "_etag", "_attachments"];

/// A container, opened.
pub struct Cosmos {
    gateway: Gateway,
    lines: Lines,
    settle: Duration,
}

/// A physical partition, as the server lists it.
#[derive(Deserialize)]
struct KeyRange {
    /// A text; some servers that stand in for the service give a number.
    id: Value,
    #[serde(default)]
    parents: Option<Vec<String>>,
}

impl From<KeyRange> for Partition {
    fn from(range: KeyRange) -> Self {
        let name = range.id.as_str().map_or_else(|| range.id.to_string(), str::to_owned);
        Self { name, parents: range.parents.unwrap_or_default() }
    }
}

impl Cosmos {
    /// The container at `location`, with its key looked up anew. Its documents become `lines`; a second counts as over
    /// `settle` after its end. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// When the URL names no container, or its key is not there.
    pub fn open(location: &Location, lines: Lines, settle: Duration) -> Result<Self, Trouble> {
        let Some(Stream::Cosmos { host, database, container }) = Stream::of(location) else {
            return Err(unusable("the URL names no container".to_owned()));
        };
        Ok(Self { gateway: Gateway::open(location, &host, database, container)?, lines, settle })
    }

    /// The newest second that is over, by the clock of the server.
    fn until(&self, page: &Page) -> Result<i64, Trouble> {
        let date = page.date.as_deref().and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let date = date.ok_or_else(|| unusable("the answer of the server has no date".to_owned()))?;
        Ok(date.timestamp() - 1 - i64::try_from(self.settle.as_secs()).unwrap_or(i64::MAX / 2))
    }

    /// How many documents of a partition were written after the second `after`, up to `until`.
    async fn count(&self, partition: &str, after: i64, until: i64) -> Result<u64, Trouble> {
        let page = self.gateway.query(partition, &query(COUNT, after, until), 1, None).await?;
        Ok(page.documents().first().and_then(Value::as_u64).unwrap_or_default())
    }
}

fn query(text: &str, after: i64, until: i64) -> Value {
    json!({ "query": text, "parameters": [
        { "name": "@after", "value": after },
        { "name": "@until", "value": until },
    ]})
}

impl Source for Cosmos {
    async fn partitions(&self) -> Result<Vec<Partition>, Trouble> {
        let page = self.gateway.key_ranges().await?;
        let ranges: Vec<KeyRange> = serde_json::from_value(page.body["PartitionKeyRanges"].clone())
            .map_err(|error| unusable(format!("the list of partitions cannot be understood: {error}")))?;
        Ok(ranges.into_iter().map(Partition::from).collect())
    }

    async fn read(&self, partition: &str, from: Begin<'_>, limits: Limits) -> Result<Piece, Trouble> {
        let ranges = self.gateway.key_ranges().await?;
        let until = self.until(&ranges)?;
        let container = ranges.body["_rid"].as_str().map(str::to_owned);
        let after = match from {
            Begin::New(Start::Latest) => until,
            Begin::New(Start::Earliest) => 0,
            Begin::On(point) => {
                if point.mark.is_some() && container.is_some() && point.mark != container {
                    return Err(self.gateway.another());
                }
                point.position.parse().map_err(|_| unusable(format!("`{}` is no second", point.position)))?
            }
        };
        let mut reading = Reading::new(after, container);
        if until <= after {
            return Ok(reading.piece(after, 0));
        }
        let (began, mut continuation) = (Monotonic::now(), None);
        let most = limits.rows.saturating_add(1).min(1_000);
        loop {
            let page = self.gateway.query(partition, &query(NEW, after, until), most, continuation.as_deref()).await?;
            for document in page.documents() {
                let Value::Object(document) = document else { continue };
                if !reading.take(document.clone(), &self.lines, limits)? {
                    return self.cut(partition, reading, until).await;
                }
            }
            continuation = page.continuation;
            if continuation.is_none() {
                return Ok(reading.piece(until, 0));
            }
            if began.elapsed() >= limits.time && reading.whole.is_some() {
                return self.cut(partition, reading, until).await;
            }
        }
    }
}

impl Cosmos {
    /// What was read up to the last second that is whole.
    async fn cut(&self, partition: &str, mut reading: Reading, until: i64) -> Result<Piece, Trouble> {
        let last = reading.back_to_whole();
        let behind = self.count(partition, last, until).await?;
        Ok(reading.piece(last, behind))
    }
}

/// A micro-batch in the making.
struct Reading {
    after: i64,
    container: Option<String>,
    lines: Vec<u8>,
    rows: u64,
    /// The second of the newest document.
    second: i64,
    /// The last second that was left behind: (it, bytes and rows up to its end).
    whole: Option<(i64, usize, u64)>,
}

impl Reading {
    fn new(after: i64, container: Option<String>) -> Self {
        Self { after, container, lines: Vec::new(), rows: 0, second: after, whole: None }
    }

    /// Takes a document, unless it belongs to a second for which there is no room.
    fn take(&mut self, mut document: Map<String, Value>, form: &Lines, limits: Limits) -> Result<bool, Trouble> {
        let second = document.get("_ts").and_then(Value::as_i64).filter(|second| *second >= self.second);
        let Some(second) = second else {
            let words = "the server gave documents without `_ts`, or in another order than was asked for".to_owned();
            return Err(Trouble { cause: Cause::Other, words });
        };
        if second > self.second {
            if self.rows > 0 {
                self.whole = Some((self.second, self.lines.len(), self.rows));
            }
            if self.rows >= limits.rows || self.lines.len() as u64 >= limits.bytes {
                return Ok(false);
            }
            self.second = second;
        }
        document.retain(|name, _| !OF_THE_SERVER.contains(&name.as_str()));
        let text = serde_json::to_vec(&document).unwrap_or_default();
        self.rows += u64::from(form.push(&text, &mut self.lines));
        Ok(true)
    }

    /// Gives up what was read of a second that is not whole; answers the last one that is.
    fn back_to_whole(&mut self) -> i64 {
        let (second, bytes, rows) = self.whole.unwrap_or((self.after, 0, 0));
        self.lines.truncate(bytes);
        self.rows = rows;
        self.second = second;
        second
    }

    fn piece(self, position: i64, behind: u64) -> Piece {
        Piece {
            lines: self.lines,
            rows: self.rows,
            empty: 0,
            range: format!("{}-{position}", self.after + 1),
            newest: DateTime::from_timestamp(self.second, 0),
            next: Point { position: position.to_string(), mark: self.container },
            behind,
            lost: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::Reading;
    use crate::domain::form::{Budget, FileFormat};
    use crate::landing::stream::Limits;
    use crate::landing::stream::line::Lines;

    #[test]
    fn a_batch_ends_where_a_second_ends() {
        let lines = Lines::of(&FileFormat::Json, Budget::default());
        let limits = Limits { rows: 3, bytes: 1_000, time: Duration::ZERO };
        let mut reading = Reading::new(9, Some("rid".to_owned()));
        let take = |reading: &mut Reading, ts: i64| {
            let document = json!({ "id": ts.to_string(), "_ts": ts, "_etag": "x", "_rid": "y" });
            reading.take(document.as_object().unwrap().clone(), &lines, limits)
        };
        for second in [10, 10, 11, 11, 11] {
            assert_eq!(take(&mut reading, second), Ok(true), "a second is taken whole, however many it has");
        }
        assert_eq!(take(&mut reading, 12), Ok(false));
        assert!(take(&mut reading, 8).is_err());
        assert_eq!(reading.back_to_whole(), 11);
        let piece = reading.piece(11, 4);
        assert_eq!((piece.rows, piece.range.as_str(), piece.next.position.as_str()), (5, "10-11", "11"));
        let first = piece.lines.split(|byte| *byte == b'\n').next().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(first).unwrap(), json!({ "id": "10", "_ts": 10 }));
        // A second that is not over within the time is given up.
        let mut reading = Reading::new(9, None);
        [10, 11, 11].into_iter().for_each(|second| assert_eq!(take(&mut reading, second), Ok(true)));
        assert_eq!(reading.back_to_whole(), 10);
        assert_eq!(reading.piece(10, 0).rows, 1);
    }
}
