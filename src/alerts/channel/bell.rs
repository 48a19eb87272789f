//! The terminals of the consoles that are attached: the engine tells them, and they ring.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::cut::characters;
use super::{Channel, Message, Sent, gravest};
use crate::domain::alert::Severity;
use crate::domain::text::one_line;

/// Most characters of what a console shows beside the bell.
const LONGEST_TEXT: usize = 300;

/// Tells the consoles something of a severity in one sanitised line.
pub type Ring = Arc<dyn Fn(Severity, String) + Send + Sync>;

/// The bell.
pub struct Bell {
    ring: Ring,
}

impl Bell {
    /// A bell that rings through the engine.
    pub fn new(ring: Ring) -> Self {
        Self { ring }
    }
}

impl Channel for Bell {
    /// Delivered also where no console is: a bell is for whoever is there.
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        (self.ring)(gravest(message.notice), characters(&one_line(message.subject), LONGEST_TEXT));
        let detail = "rang at the consoles that are attached".into();
        std::future::ready(Sent::Delivered { detail, remote: None }).boxed()
    }
}
