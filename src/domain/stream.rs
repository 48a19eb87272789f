//! Streams: places from which records are read one after another, and where reading stands.

use super::location::Location;

/// A stream, as its URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stream {
    /// `kafka://HOST:PORT[,HOST:PORT…]/TOPIC`: a topic of brokers that speak Kafka's protocol.
    Kafka {
        /// `host:port` of the brokers that are asked first.
        brokers: Vec<String>,
        /// The topic.
        topic: String,
    },
    /// `cosmos://HOST[:PORT]/DATABASE/CONTAINER`: a container of Azure Cosmos DB.
    Cosmos {
        /// Host, and port where it is not that of HTTPS.
        host: String,
        /// The database.
        database: String,
        /// The container.
        container: String,
    },
}

/// The port of a broker whose URL names none.
const KAFKA_PORT: u16 = 9092;

impl Stream {
    /// Whether a URL is of a stream at all.
    pub fn is_meant(url: &str) -> bool {
        matches!(url.split_once("://"), Some(("kafka" | "cosmos", _)))
    }

    /// The stream that a location is; `None` when it is no stream, or its URL is not whole.
    pub fn of(location: &Location) -> Option<Self> {
        Self::parse(&location.root)
    }

    /// Reads a URL.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let mut parts = rest.split('/');
        let hosts = parts.next().filter(|hosts| !hosts.is_empty() && !hosts.contains(['@', '?', '#', ' ']))?;
        let names: Vec<&str> = parts.collect();
        let plain =
            |name: &&str| !name.is_empty() && !name.contains(['?', '#', '\\']) && !name.contains(char::is_control);
        match (scheme, names.as_slice()) {
            ("kafka", [topic]) if plain(topic) => {
                let brokers: Option<Vec<String>> = hosts.split(',').map(broker).collect();
                Some(Self::Kafka { brokers: brokers?, topic: (*topic).to_owned() })
            }
            ("cosmos", [database, container]) if plain(database) && plain(container) => Some(Self::Cosmos {
                host: hosts.to_owned(),
                database: (*database).to_owned(),
                container: (*container).to_owned(),
            }),
            _ => None,
        }
    }

    /// What it is called where its place is known: the topic or the container.
    pub fn name(&self) -> &str {
        match self {
            Self::Kafka { topic, .. } => topic,
            Self::Cosmos { container, .. } => container,
        }
    }

    /// What the ledger calls it, so that other brokers of the same topic are the same stream. `generation` is counted up
    /// by an operator when there is another stream under the same name.
    pub fn identity(&self, generation: u32) -> String {
        match self {
            Self::Kafka { topic, .. } => format!("kafka {topic} {generation}"),
            Self::Cosmos { database, container, .. } => format!("cosmos {database}/{container} {generation}"),
        }
    }
}

fn broker(text: &str) -> Option<String> {
    match text.rsplit_once(':') {
        _ if text.is_empty() => None,
        None => Some(format!("{text}:{KAFKA_PORT}")),
        Some((host, port)) => (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn a_url_names_brokers_and_a_topic_or_a_container() {
        let kafka = Stream::parse("kafka://one:9093,two/rides.v1").unwrap();
        let brokers = vec!["one:9093".to_owned(), "two:9092".to_owned()];
        assert_eq!(kafka, Stream::Kafka { brokers, topic: "rides.v1".to_owned() });
        assert_eq!((kafka.name(), kafka.identity(2).as_str()), ("rides.v1", "kafka rides.v1 2"));
        let cosmos = Stream::parse("cosmos://a.documents.azure.com/db/rides").unwrap();
        assert_eq!((cosmos.name(), cosmos.identity(1).as_str()), ("rides", "cosmos db/rides 1"));
        let wrong = [
            "kafka://host",
            "kafka://host/",
            "kafka:///t",
            "kafka://host:x/t",
            "kafka://host:1/t/u",
            "kafka://me:secret@host:1/t",
            "kafka://a,,b/t",
            "cosmos://host/db",
            "s3://bucket/x",
            "kafka",
        ];
        for url in wrong {
            assert_eq!(Stream::parse(url), None, "{url}");
        }
        assert!(Stream::is_meant("kafka://host") && !Stream::is_meant("s3://x"));
    }
}
