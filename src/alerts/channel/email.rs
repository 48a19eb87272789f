//! Mail by SMTP: plain text and HTML, threaded by trouble.

use std::path::Path;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Message as Mail, Tokio1Executor};

use super::{Channel, Message, Sent};
use crate::alerts::message;
use crate::config::channels::{self, Tls as Encryption};
use crate::config::secret::{Revealed, conceal};
use crate::domain::alert::Notice;
use crate::domain::text::one_line;

/// A mail server, and whom to write to.
pub struct Email {
    settings: channels::Email,
    timeout: Duration,
}

impl Email {
    /// As configured; every step of the conversation with the server is bounded by `timeout`.
    pub fn new(settings: channels::Email, timeout: Duration) -> Self {
        Self { settings, timeout }
    }

    async fn deliver(&self, message: &Message<'_>) -> Sent {
        let refused = |detail: String| Sent::Refused { detail: one_line(&detail) };
        let password = match self.settings.password.as_ref().map(|secret| secret.reveal()).transpose() {
            Ok(password) => password,
            Err(detail) => return refused(detail),
        };
        let mail = match self.mail(message) {
            Ok(mail) => mail,
            Err(detail) => return refused(detail),
        };
        let transport = match self.transport(password.as_ref()) {
            Ok(transport) => transport,
            Err(detail) => return refused(detail),
        };
        match transport.send(mail).await {
            Ok(answer) => {
                let said = answer.message().collect::<Vec<_>>().join(" ");
                Sent::Delivered { detail: one_line(&conceal(&said, &password)), remote: None }
            }
            Err(error) => {
                let detail = one_line(&conceal(&self.explained(&error), &password));
                if error.is_permanent() || error.is_client() {
                    Sent::Refused { detail }
                } else {
                    Sent::Retry { detail, after: None }
                }
            }
        }
    }

    /// The mail itself. Its id follows from what it tells, so that one that is sent again is known to be the same; all
    /// that are about one trouble refer to the same ancestor, by which mail clients put them in one thread.
    fn mail(&self, message: &Message<'_>) -> Result<Mail, String> {
        let mailbox =
            |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text} is not an address: {error}"));
        let from = mailbox(&self.settings.from)?;
        let domain = from.email.domain().to_owned();
        let thread = format!("<landfall.{}@{domain}>", hash(&[&message.notice.workspace, message.key]));
        let own = format!("<landfall.{}@{domain}>", identity(message.notice, message.key));
        let mut mail = Mail::builder()
            .from(from)
            .subject(message.subject)
            .date(message.notice.at.into())
            .message_id(Some(own))
            .in_reply_to(thread.clone())
            .references(thread)
            // Keeps automatic answers (absences, tickets) from coming back.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()));
        for to in &self.settings.to {
            mail = mail.to(mailbox(to)?);
        }
        mail.multipart(MultiPart::alternative_plain_html(message.text.to_owned(), message::html(message.notice)))
            .map_err(|error| format!("the mail cannot be put together: {error}"))
    }

    fn transport(&self, password: Option<&Revealed>) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let settings = &self.settings;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .timeout(Some(self.timeout))
            .tls(match settings.tls {
                Encryption::None => Tls::None,
                Encryption::Starttls => Tls::Required(self.encryption()?),
                Encryption::Implicit => Tls::Wrapper(self.encryption()?),
            });
        if let (Some(user), Some(password)) = (&settings.user, password) {
            transport = transport.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(transport.build())
    }

    fn encryption(&self) -> Result<TlsParameters, String> {
        let mut parameters = TlsParameters::builder(self.settings.host.clone());
        if let Some(path) = &self.settings.ca {
            parameters = parameters.add_root_certificate(authority(path)?);
        }
        parameters.build_rustls().map_err(|error| format!("no encryption is to be had: {}", causes(&error)))
    }

    /// What went wrong, in plain words first where there are some.
    fn explained(&self, error: &Error) -> String {
        let host = &self.settings.host;
        let causes = causes(error);
        if let Some(code) = error.status() {
            let who = if u16::from(code) == 535 { "the mail server does not accept user and password" } else { host };
            return format!("{who}: {causes}");
        }
        let known = [
            ("UnknownIssuer", "its certificate is signed by nobody this machine trusts; name a `ca` if it should be"),
            ("not valid for name", "its certificate is for another name"),
            ("certificate expired", "its certificate has expired"),
            ("not valid yet", "its certificate is not valid yet"),
            ("InvalidContentType", "it does not speak TLS on this port; is `tls` right?"),
            ("STARTTLS is not supported", "it offers no encryption (STARTTLS); is `tls` right?"),
            ("Connection refused", "nobody listens there"),
            ("failed to lookup address", "there is no such host"),
        ];
        let plain = known.iter().find(|(sign, _)| causes.contains(sign)).map(|(_, plain)| *plain);
        let place = format!("{host}:{}", self.settings.port);
        match plain {
            Some(plain) => format!("{place}: {plain} ({causes})"),
            None if error.is_timeout() => format!("{place}: no answer in time ({causes})"),
            None => format!("{place}: {causes}"),
        }
    }
}

impl Channel for Email {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        async move { self.deliver(&message).await }.boxed()
    }
}

fn authority(path: &Path) -> Result<Certificate, String> {
    let pem = std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    Certificate::from_pem(&pem).map_err(|error| format!("{} is not a PEM certificate: {error}", path.display()))
}

/// What tells a mail from every other one: what it is about, why, and when that was decided.
fn identity(notice: &Notice, key: &str) -> String {
    hash(&[&notice.workspace, key, notice.occasion.name(), &notice.at.to_rfc3339()])
}

fn hash(parts: &[&str]) -> String {
    blake3::hash(parts.join("\n").as_bytes()).to_hex().chars().take(24).collect()
}

/// An error with everything that caused it, each said once.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    let mut parts: Vec<&str> = text.split(": ").collect();
    parts.dedup();
    parts.join(": ")
}
