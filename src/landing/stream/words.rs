//! What a broker refused, in words for the person who has to mend it.

use rskafka::client::error::{Error, ProtocolError};

use crate::domain::secret::{Revealed, conceal};
use crate::domain::text::one_line;
use crate::lake::trouble::{Cause, Trouble, whole};

/// Reads an error of the client that reads `topic` through `brokers`.
pub(super) fn trouble(error: &Error, brokers: &str, topic: &str, secrets: &[Revealed]) -> Trouble {
    let said = whole(error);
    let cause = cause(error, &said);
    let words = match cause {
        Cause::Denied if matches!(protocol(error), Some(ProtocolError::TopicAuthorizationFailed)) => {
            format!("the broker does not let us read the topic `{topic}`: give the user the right to read it")
        }
        Cause::Denied => format!(
            "the brokers {brokers} refuse the credentials: check `username`, `password` and `mechanism` in [stores]"
        ),
        Cause::NoContainer => format!("there is no topic `{topic}` at {brokers}: create it, or correct the URL"),
        Cause::Unusable => {
            format!(
                "no encrypted connection to {brokers} comes about: check `tls` and `ca` in [stores] ({})",
                last(&said)
            )
        }
        Cause::Cut => format!(
            "the brokers {brokers} cannot be reached, or the connection broke off: check the network, the address and \
             `tls` ({})",
            last(&said)
        ),
        _ => format!("the broker answers: {}", said.chars().take(300).collect::<String>()),
    };
    Trouble { cause, words: one_line(&conceal(&words, secrets)) }
}

/// An answer that did not come in time.
pub(super) fn late(brokers: &str) -> Trouble {
    let words = format!("the brokers {brokers} do not answer: check the network and the address");
    Trouble { cause: Cause::Cut, words: one_line(&words) }
}

/// What the broker itself said, if it was that.
pub(super) fn protocol(error: &Error) -> Option<ProtocolError> {
    match error {
        Error::ServerError { protocol_error, .. } => Some(*protocol_error),
        _ => None,
    }
}

fn cause(error: &Error, said: &str) -> Cause {
    use ProtocolError::{
        ClusterAuthorizationFailed, SaslAuthenticationFailed, TopicAuthorizationFailed, UnknownTopicOrPartition,
    };
    match protocol(error) {
        Some(UnknownTopicOrPartition) => return Cause::NoContainer,
        Some(TopicAuthorizationFailed | ClusterAuthorizationFailed | SaslAuthenticationFailed) => return Cause::Denied,
        Some(_) => return Cause::Other,
        None => {}
    }
    // The client folds the errors of all brokers it tried into a text.
    let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if any(&["SaslAuthenticationFailed", "Sasl handshake failed", "unsupported sasl mechanism"]) {
        Cause::Denied
    } else if any(&["certificate", "InvalidContentType", "corrupt message", "received fatal alert"]) {
        Cause::Unusable
    } else if any(&["IO", "error connecting", "Retry exceeded", "getting cluster metadata", "imeout"]) {
        Cause::Cut
    } else {
        Cause::Other
    }
}

/// The end of a chain of causes, where what really happened stands.
fn last(said: &str) -> &str {
    let end = said.rsplit(": ").next().unwrap_or(said);
    end.char_indices().nth(200).map_or(end, |(cut, _)| &end[..cut])
}
