//! `kind = "email"`

use std::path::Path;

use lettre::message::Mailbox;

use super::{authority, secret, text};
use crate::config::channels::{Email, Tls};
use crate::config::field::Field;
use crate::config::section::Section;

const TLS: [(&str, Tls); 3] = [("starttls", Tls::Starttls), ("implicit", Tls::Implicit), ("none", Tls::None)];

pub(super) fn read(section: &Section<'_>, root: &Path) -> Option<Email> {
    let host = text(section, "host", "the mail server, as in `host = \"smtp.example.com\"`");
    let local = host.as_deref().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "::1"));
    let port: Option<u16> = section.maybe("port", |f| f.integer(1, 65535));
    let usual = if port == Some(465) {
        Tls::Implicit
    } else if local {
        Tls::None
    } else {
        Tls::Starttls
    };
    let tls = section.or("tls", usual, |f| f.choice(&TLS));
    let user = section.maybe("user", |f| f.text().map(str::to_owned));
    let password = section.maybe("password", |f| secret::read(f, root));
    if user.is_some() != section.get("password").is_some() {
        let message = format!("{} has one of `user` and `password`", section.name);
        section.source.error(section.at.clone(), message, "expected both or none");
    }
    let from = section.require("from", "the sender, as in `from = \"landfall@example.com\"`").and_then(|f| mailbox(&f));
    let to = section.require("to", "addresses of people and groups, as in `to = [\"ops@example.com\"]`");
    let to = to.and_then(|f| {
        let elements = f.elements("a list of addresses")?;
        if elements.is_empty() {
            f.error("`to` is empty", "expected at least one address");
        }
        Some(elements.iter().filter_map(mailbox).collect())
    });
    let ca = authority(section, root);
    if tls == Tls::None && !local && password.is_some() {
        let message = format!("{} sends its password unencrypted", section.name);
        section.source.warning(section.at.clone(), message, "leave `tls` out, or use a server that needs no password");
    }
    let port = port.unwrap_or(match tls {
        Tls::Starttls => 587,
        Tls::Implicit => 465,
        Tls::None => 25,
    });
    Some(Email { host: host?, port, tls, user, password, from: from?, to: to?, ca })
}

fn mailbox(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.parse::<Mailbox>().is_err() {
        let expected = "expected \"ops@example.com\" or \"Operations <ops@example.com>\"";
        field.error(format!("\"{text}\" is not an address"), expected);
        return None;
    }
    Some(text.to_owned())
}
