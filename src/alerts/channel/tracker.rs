//! What the trackers of work have in common: one item a trouble, however often it is told.
//!
//! An item is known by a mark on it, made from the message's key. Before one is created the open ones are searched for
//! the mark, so that an engine that was killed between creating and recording finds what it created. An item that
//! people have closed stays closed: the same trouble is a new episode and a new item.

use std::future::Future;

use super::cut::characters;
use super::{Message, Sent, title};
use crate::domain::alert::Occasion;
use crate::domain::text::{many_lines, one_line};

/// Most characters of a description or a comment. Trackers take more; nobody reads it.
const LONGEST_TEXT: usize = 8_000;
/// Most characters of a title in Azure DevOps (255), Jira (255) and GitHub (256).
const LONGEST_TITLE: usize = 255;

/// A tracker of work items.
pub(super) trait Tracker: Sync {
    /// Whether an item is there and open.
    fn is_open(&self, item: &str) -> impl Future<Output = Result<bool, Sent>> + Send;
    /// The newest open item with this mark.
    fn find(&self, mark: &str) -> impl Future<Output = Result<Option<String>, Sent>> + Send;
    /// Creates an item; answers what it is called, and what its creator should know.
    fn create(
        &self,
        mark: &str,
        title: &str,
        text: &str,
    ) -> impl Future<Output = Result<(String, &'static str), Sent>> + Send;
    /// Comments on an item, and closes it when the trouble is `over` and the channel is set so.
    fn comment(&self, item: &str, text: &str, over: bool) -> impl Future<Output = Result<(), Sent>> + Send;
    /// Finds out whether items could be created, without creating one; answers what was found out.
    fn rehearse(&self, title: &str, text: &str) -> impl Future<Output = Result<String, Sent>> + Send;
}

/// Tells a tracker.
pub(super) async fn tell<T: Tracker>(tracker: &T, message: Message<'_>) -> Result<Sent, Sent> {
    let title = characters(&one_line(title(message)), LONGEST_TITLE);
    let text = characters(&many_lines(message.text), LONGEST_TEXT);
    let occasion = message.notice.occasion;
    if occasion == Occasion::Test {
        let detail = tracker.rehearse(&title, &text).await?;
        return Ok(Sent::Delivered { detail, remote: None });
    }
    let mark = mark(message.key);
    if let Some(item) = open_item(tracker, message.remote, &mark).await? {
        tracker.comment(&item, &format!("{title}\n\n{text}"), occasion == Occasion::Resolved).await?;
        return Ok(Sent::Delivered { detail: format!("commented on {item}"), remote: Some(item) });
    }
    if matches!(occasion, Occasion::Resolved | Occasion::Acknowledged) {
        return Ok(Sent::Delivered { detail: "nothing is open there any more".into(), remote: None });
    }
    let (item, note) = tracker.create(&mark, &title, &text).await?;
    Ok(Sent::Delivered { detail: format!("created {item}{note}"), remote: Some(item) })
}

/// The item it was told as before, if that is still open; searches lag behind what was just created.
async fn open_item<T: Tracker>(tracker: &T, before: Option<&str>, mark: &str) -> Result<Option<String>, Sent> {
    match before {
        Some(item) if tracker.is_open(item).await? => Ok(Some(item.to_owned())),
        _ => tracker.find(mark).await,
    }
}

/// The tag or label by which an item is found again: short, and without any sign of the key itself.
fn mark(key: &str) -> String {
    format!("landfall:{}", &blake3::hash(key.as_bytes()).to_hex()[..16])
}
