//! Topics of brokers that speak Kafka's protocol, as Azure Event Hubs does.
//!
//! No consumer group: offsets are ours, kept with what was read. The end of a partition is the high watermark of a
//! fetch: not every broker's ListOffsets tells it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::RecordAndOffset;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Mutex;

use super::line::Lines;
use super::{Begin, Limits, Lost, Partition, Piece, Point, Source, words};
use crate::config::stream::Start;
use crate::domain::location::Location;
use crate::domain::secret::{Revealed, SecretOrText};
use crate::domain::stream::Stream;
use crate::lake::tls;
use crate::lake::trouble::{Cause, Trouble};

/// A broker that is away is not tried for longer by one request.
const PATIENCE: Duration = Duration::from_secs(8);
/// No answer takes longer.
const ANSWER: Duration = Duration::from_secs(30);
/// Most bytes asked for at a time.
const PIECE: u64 = 4 << 20;
/// How long a broker may wait for a first record, in ms: there is one, or the end was known.
const WAIT: i32 = 100;

/// A topic, opened.
pub struct Kafka {
    client: Client,
    topic: String,
    brokers: String,
    lines: Lines,
    secrets: Vec<Revealed>,
    partitions: Mutex<HashMap<i32, Arc<PartitionClient>>>,
}

impl Kafka {
    /// Connects to the brokers of the topic at `location`, with secrets looked up anew. Its records become `lines`.
    ///
    /// # Errors
    /// When the URL names no topic, a secret is not there, or no broker answers.
    pub async fn open(location: &Location, lines: Lines) -> Result<Self, Trouble> {
        let Some(Stream::Kafka { brokers, topic }) = Stream::of(location) else {
            return Err(unusable("the URL names no topic".to_owned()));
        };
        let (settings, secrets) = reveal(location)?;
        let mut builder = ClientBuilder::new(brokers.clone()).client_id("landfall").backoff_config(BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
            deadline: Some(PATIENCE),
        });
        let sasl = sasl(&settings)?;
        // A password goes over the network only where nobody can read it, unless somebody wants it so.
        if settings.get("tls").map_or(sasl.is_some(), |value| value == "true") {
            builder = builder.tls_config(Arc::new(encrypted(settings.get("ca").map(String::as_str))?));
        }
        if let Some(sasl) = sasl {
            builder = builder.sasl_config(sasl);
        }
        let brokers = brokers.join(", ");
        let client = match tokio::time::timeout(ANSWER, builder.build()).await {
            Err(_) => return Err(words::late(&brokers)),
            Ok(Err(error)) => return Err(words::trouble(&error, &brokers, &topic, &secrets)),
            Ok(Ok(client)) => client,
        };
        Ok(Self { client, topic, brokers, lines, secrets, partitions: Mutex::default() })
    }

    async fn asked<T>(&self, asking: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        match tokio::time::timeout(ANSWER, asking).await {
            Err(_) => Err(words::late(&self.brokers)),
            Ok(answer) => answer.map_err(|error| words::trouble(&error, &self.brokers, &self.topic, &self.secrets)),
        }
    }

    async fn partition(&self, name: &str) -> Result<Arc<PartitionClient>, Trouble> {
        let number: i32 = name.parse().map_err(|_| unusable(format!("`{name}` is no partition")))?;
        let mut known = self.partitions.lock().await;
        if let Some(client) = known.get(&number) {
            return Ok(Arc::clone(client));
        }
        let opening = self.client.partition_client(self.topic.as_str(), number, UnknownTopicHandling::Error);
        let client = Arc::new(self.asked(opening).await?);
        known.insert(number, Arc::clone(&client));
        Ok(client)
    }

    /// Records from `offset` on, and the end of the partition.
    async fn fetch(&self, client: &PartitionClient, offset: i64, bytes: u64) -> Result<Fetched, Trouble> {
        let most = i32::try_from(bytes.min(PIECE)).unwrap_or(i32::MAX);
        let fetching = async {
            match client.fetch_records(offset, 1..most, WAIT).await {
                Err(error) if words::protocol(&error) == Some(ProtocolError::OffsetOutOfRange) => Ok(None),
                other => other.map(Some),
            }
        };
        let Some((mut records, end)) = self.asked(fetching).await? else { return Ok(Fetched::OutOfRange) };
        records.retain(|record| record.offset >= offset);
        Ok(Fetched::Records(records, end))
    }

    fn another(&self, partition: &str, what: &str) -> Trouble {
        let words = format!(
            "partition {partition} of the topic `{}` is not the one that was read before: {what}; if the topic was made \
             anew, count `landing.stream.generation` up",
            self.topic
        );
        Trouble { cause: Cause::Changed, words }
    }
}

enum Fetched {
    Records(Vec<RecordAndOffset>, i64),
    OutOfRange,
}

impl Source for Kafka {
    async fn partitions(&self) -> Result<Vec<Partition>, Trouble> {
        let topics = self.asked(self.client.list_topics()).await?;
        let Some(topic) = topics.into_iter().find(|topic| topic.name == self.topic) else {
            let words =
                format!("there is no topic `{}` at {}: create it, or correct the URL", self.topic, self.brokers);
            return Err(Trouble { cause: Cause::NoContainer, words });
        };
        Ok(topic.partitions.iter().map(|n| Partition { name: n.to_string(), parents: Vec::new() }).collect())
    }

    async fn read(&self, partition: &str, from: Begin<'_>, limits: Limits) -> Result<Piece, Trouble> {
        let client = self.partition(partition).await?;
        let first = self.asked(client.get_offset(OffsetAt::Earliest)).await?;
        let (mut start, mark) = match from {
            Begin::New(_) => (first, None),
            Begin::On(point) => (offset(&point.position)?, point.mark.as_deref()),
        };
        let lost = (start < first).then(|| Lost {
            range: format!("{start}-{}", first - 1),
            records: u64::try_from(first - start).unwrap_or(0),
        });
        start = start.max(first);
        let mark = mark.filter(|_| lost.is_none() && start > first);
        // The last record that was read is read once more, to see that the topic is still the same.
        let mut fetched = self.fetch(&client, start - i64::from(mark.is_some()), limits.bytes).await?;
        let mut piece = Reading::new(start, mark.map(str::to_owned));
        let began = Monotonic::now();
        loop {
            let Fetched::Records(records, end) = fetched else {
                return Err(self.another(partition, &format!("it does not reach to offset {}", piece.next)));
            };
            if end < piece.next {
                return Err(self.another(partition, &format!("it ends at offset {end}, before {}", piece.next)));
            }
            if from == Begin::New(Start::Latest) {
                return Ok(Reading::new(end, None).piece(end, None));
            }
            let got = records.len();
            for record in records {
                if record.offset < start {
                    if mark.is_some_and(|mark| mark != mark_of(&record)) {
                        let what = format!("the record at offset {} is another one", record.offset);
                        return Err(self.another(partition, &what));
                    }
                } else if !piece.take(&record, &self.lines, limits) {
                    return Ok(piece.piece(end, lost));
                }
            }
            if got == 0 || piece.next >= end || piece.is_full(limits) || began.elapsed() >= limits.time {
                return Ok(piece.piece(end, lost));
            }
            fetched = self.fetch(&client, piece.next, limits.bytes).await?;
        }
    }
}

/// A micro-batch in the making.
struct Reading {
    start: i64,
    next: i64,
    mark: Option<String>,
    lines: Vec<u8>,
    rows: u64,
    empty: u64,
    newest: Option<crate::domain::Instant>,
}

impl Reading {
    fn new(start: i64, mark: Option<String>) -> Self {
        Self { start, next: start, mark, lines: Vec::new(), rows: 0, empty: 0, newest: None }
    }

    fn is_full(&self, limits: Limits) -> bool {
        self.rows >= limits.rows || self.lines.len() as u64 >= limits.bytes
    }

    /// Takes a record, if there is room for it.
    fn take(&mut self, record: &RecordAndOffset, form: &Lines, limits: Limits) -> bool {
        if self.is_full(limits) {
            return false;
        }
        let value = record.record.value.as_deref().unwrap_or_default();
        let written = form.push(value, &mut self.lines);
        self.rows += u64::from(written);
        self.empty += u64::from(!written);
        self.next = record.offset + 1;
        self.mark = Some(mark_of(record));
        self.newest = self.newest.max(Some(record.record.timestamp));
        true
    }

    fn piece(self, end: i64, lost: Option<Lost>) -> Piece {
        Piece {
            lines: self.lines,
            rows: self.rows,
            empty: self.empty,
            range: format!("{}-{}", self.start, self.next - 1),
            newest: self.newest,
            next: Point { position: self.next.to_string(), mark: self.mark },
            behind: u64::try_from(end - self.next).unwrap_or(0),
            lost,
        }
    }
}

/// What tells a record from any other at its place.
fn mark_of(record: &RecordAndOffset) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&record.record.timestamp.timestamp_millis().to_le_bytes());
    for part in [&record.record.key, &record.record.value] {
        let part = part.as_deref().unwrap_or_default();
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn offset(position: &str) -> Result<i64, Trouble> {
    position.parse().map_err(|_| unusable(format!("`{position}` is no offset: the state is damaged")))
}

fn unusable(words: String) -> Trouble {
    Trouble { cause: Cause::Unusable, words }
}

/// The settings of a place, and which of them are secrets.
fn reveal(location: &Location) -> Result<(HashMap<&str, String>, Vec<Revealed>), Trouble> {
    let (mut settings, mut secrets) = (HashMap::new(), Vec::new());
    for (key, setting) in &location.settings {
        let value = setting.reveal().map_err(unusable)?;
        settings.insert(key.as_str(), value.expose().to_owned());
        if matches!(setting, SecretOrText::Secret(_)) {
            secrets.push(value);
        }
    }
    Ok((settings, secrets))
}

fn sasl(settings: &HashMap<&str, String>) -> Result<Option<SaslConfig>, Trouble> {
    let credentials = match (settings.get("username"), settings.get("password")) {
        (Some(username), Some(password)) => Credentials::new(username.clone(), password.clone()),
        (None, None) => return Ok(None),
        _ => return Err(unusable("a `username` needs a `password`, and the other way round: see [stores]".to_owned())),
    };
    Ok(Some(match settings.get("mechanism").map(String::as_str) {
        Some("scram-sha-256") => SaslConfig::ScramSha256(credentials),
        Some("scram-sha-512") => SaslConfig::ScramSha512(credentials),
        _ => SaslConfig::Plain(credentials),
    }))
}

/// TLS that trusts the system's authorities, and those in the PEM file `ca`.
fn encrypted(ca: Option<&str>) -> Result<rustls::ClientConfig, Trouble> {
    tls::use_ring();
    let mut roots = rustls::RootCertStore::empty();
    // Of the system's some may be of a kind that is not understood; a server that needs one of these is refused.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca {
        let wrong =
            |why: String| unusable(format!("the certificates in {path} (`ca` in [stores]) cannot be read: {why}"));
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
    }
    Ok(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
