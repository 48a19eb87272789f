//! Opening a place in an object store.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3CopyIfNotExists};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::list::PaginatedListStore;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use tokio::runtime::{Builder, Handle, Runtime};

use super::connection::Connector;
use super::tls;
use super::trouble::{Cause, Trouble};
use crate::domain::location::Location;
use crate::domain::secret::Revealed;

/// A place in an object store, opened: the whole container, and what part of it is meant.
#[derive(Clone)]
pub struct Remote {
    /// The container.
    pub store: Arc<dyn ObjectStore>,
    /// The same, listed page by page.
    pub pages: Arc<dyn PaginatedListStore>,
    /// Where in it.
    pub prefix: Path,
    /// The URL.
    root: String,
    secrets: Vec<Revealed>,
}

impl Remote {
    /// Opens the place at `location`, with its secrets looked up anew. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// When the URL is not one, a setting has no meaning for its kind of store, or a secret is not there.
    pub fn open(location: &Location) -> Result<Self, Trouble> {
        tls::use_ring();
        let unusable = |words: String| Trouble { cause: Cause::Unusable, words };
        let url = url::Url::parse(&location.root).map_err(|error| unusable(format!("not a valid URL: {error}")))?;
        let (scheme, prefix) = ObjectStoreScheme::parse(&url).map_err(|error| unusable(error.to_string()))?;
        let mut secrets = Vec::new();
        let mut settings = Vec::new();
        for (key, setting) in &location.settings {
            let value = setting.reveal().map_err(unusable)?;
            settings.push((key.as_str(), value.expose().to_owned()));
            if !matches!(setting, crate::domain::secret::SecretOrText::Text(_)) {
                secrets.push(value);
            }
        }
        let built = match scheme {
            ObjectStoreScheme::AmazonS3 => s3(&location.root, settings),
            ObjectStoreScheme::MicrosoftAzure => azure(&location.root, settings),
            ObjectStoreScheme::GoogleCloudStorage => google(&location.root, settings),
            _ => return Err(unusable(format!("`{}://` is no object store that can be opened", url.scheme()))),
        };
        let root = location.root.clone();
        match built {
            Ok((store, pages)) => Ok(Self { store, pages, prefix, root, secrets }),
            Err(error) => {
                let words = Trouble::of(&root, &error, &secrets).words;
                Err(unusable(words))
            }
        }
    }

    /// What an error of this store means, in plain words without any secret.
    pub fn trouble(&self, error: &object_store::Error) -> Trouble {
        Trouble::of(&self.root, error, &self.secrets)
    }
}

type Built = object_store::Result<(Arc<dyn ObjectStore>, Arc<dyn PaginatedListStore>)>;

fn s3(url: &str, settings: Vec<(&str, String)>) -> Built {
    let mut builder = AmazonS3Builder::from_env()
        .with_url(url)
        // A conditional copy, so that a final name is never taken twice.
        .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
        .with_retry(retry())
        .with_client_options(options())
        .with_http_connector(Connector::new(io()?));
    for (key, value) in settings {
        builder = builder.with_config(AmazonS3ConfigKey::from_str(key)?, value);
    }
    let store = Arc::new(builder.build()?);
    Ok((Arc::clone(&store) as _, store))
}

fn azure(url: &str, settings: Vec<(&str, String)>) -> Built {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_url(url)
        .with_retry(retry())
        .with_client_options(options())
        .with_http_connector(Connector::new(io()?));
    for (key, value) in settings {
        builder = builder.with_config(AzureConfigKey::from_str(key)?, value);
    }
    let store = Arc::new(builder.build()?);
    Ok((Arc::clone(&store) as _, store))
}

fn google(url: &str, settings: Vec<(&str, String)>) -> Built {
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_url(url)
        .with_retry(retry())
        .with_client_options(options())
        .with_http_connector(Connector::new(io()?));
    for (key, value) in settings {
        builder = builder.with_config(GoogleConfigKey::from_str(key)?, value);
    }
    let store = Arc::new(builder.build()?);
    Ok((Arc::clone(&store) as _, store))
}

/// Backoff doubles from 0.1 s with jitter; the sum stays short enough that an engine which looks at a landing does not
/// stand still for long. A server that says when to come again is obeyed besides ([`Connector`]).
fn retry() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(5), base: 2.0 };
    RetryConfig { backoff, max_retries: 6, retry_timeout: Duration::from_secs(90) }
}

fn options() -> ClientOptions {
    ClientOptions::new().with_connect_timeout(Duration::from_secs(5)).with_timeout(Duration::from_secs(120))
}

/// The runtime on which all connections to object stores live: they are used from many threads, also from such that are
/// gone long before the next request.
pub(super) fn io() -> object_store::Result<Handle> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || Builder::new_multi_thread().worker_threads(1).thread_name("stores").enable_all().build().ok();
    let handle = RUNTIME.get_or_init(start).as_ref().map(|runtime| runtime.handle().clone());
    handle.ok_or_else(|| object_store::Error::Generic { store: "HTTP", source: "no thread can be started".into() })
}
