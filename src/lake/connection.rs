//! Connections to object stores that wait when they are told to, and whose listings can be read.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, SpawnedReqwestConnector,
};
use tokio::runtime::Handle;

use super::listing;

/// Longer than this nobody waits on a server's word; the next attempt may ask again.
const LONGEST: Duration = Duration::from_secs(30);

/// Makes HTTP clients that can read every listing, and obey `Retry-After` of the answers 429 and 503 (RFC 9110, section
/// 10.2.3, in seconds) before they hand them on: `object_store` itself retries by its own clock only.
#[derive(Debug)]
pub(super) struct Connector(SpawnedReqwestConnector);

impl Connector {
    /// Connections live on `io`.
    pub(super) fn new(io: Handle) -> Self {
        Self(SpawnedReqwestConnector::new(io))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Answers(self.0.connect(options)?)))
    }
}

#[derive(Debug)]
struct Answers(HttpClient);

impl HttpService for Answers {
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let lists = request
            .uri()
            .query()
            .is_some_and(|asked| asked.split('&').any(|part| matches!(part, "list-type=2" | "comp=list")));
        Box::pin(async move {
            let response = self.0.execute(request).await?;
            if matches!(response.status().as_u16(), 429 | 503) {
                let told = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
                if let Some(seconds) = told {
                    tokio::time::sleep(Duration::from_secs(seconds).min(LONGEST)).await;
                }
            }
            if !lists || !response.status().is_success() {
                return Ok(response);
            }
            let (head, body) = response.into_parts();
            let body = body.bytes().await?;
            let body = listing::pictured(&body).map_or(body, Into::into);
            Ok(HttpResponse::from_parts(head, body.into()))
        })
    }
}
