//! Secrets: named in a configuration, never written there.
//!
//! The one place on this floor that looks outside: whoever holds a name can look up what it stands for, and nothing
//! between the two ever carries the secret itself.

use std::fmt::{Debug, Formatter};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a secret is to be found. It is looked up anew whenever it is needed, so that a changed one is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// `{ env = "NAME" }`: in an environment variable of the engine.
    Env(String),
    /// `{ file = "path" }`: the file's content, without line ends behind it.
    File(PathBuf),
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// In one sentence: there is none, or it cannot be read.
    pub fn reveal(&self) -> Result<Revealed, String> {
        let (found, place) = match self {
            Self::Env(name) => (std::env::var(name).ok(), format!("the environment variable {name}")),
            Self::File(path) => {
                let place = format!("the file {}", path.display());
                let text = std::fs::read_to_string(path).map_err(|error| format!("{place} cannot be read: {error}"))?;
                (Some(text), place)
            }
        };
        match found.as_deref().map(|text| text.trim_end_matches(['\r', '\n'])) {
            None => Err(format!("{place}, which should hold a secret, is not set where the engine runs")),
            Some("") => Err(format!("{place}, which should hold a secret, is empty")),
            Some(text) => Ok(Revealed(text.to_owned())),
        }
    }
}

/// A setting that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SecretOrText {
    /// Written as it is.
    Text(String),
    /// Only named.
    Secret(Secret),
}

impl SecretOrText {
    /// What stands there, or what it names. A text is treated as a secret from here on, which does no harm.
    ///
    /// # Errors
    /// See [`Secret::reveal`].
    pub fn reveal(&self) -> Result<Revealed, String> {
        match self {
            Self::Text(text) => Ok(Revealed(text.clone())),
            Self::Secret(secret) => secret.reveal(),
        }
    }
}

/// A secret that is being used. It shows itself nowhere by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl Revealed {
    /// The secret, for the request that needs it and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for Revealed {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revealed(…)")
    }
}

/// `text` with every one of these secrets replaced by `***`, also where it is written as part of a URL.
pub fn conceal<'s>(text: &str, secrets: impl IntoIterator<Item = &'s Revealed>) -> String {
    let mut safe = text.to_owned();
    for Revealed(secret) in secrets {
        let escaped: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for form in [secret.as_str(), &escaped, &escaped.replace('+', "%20")] {
            safe = safe.replace(form, "***");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{Revealed, Secret, SecretOrText, conceal};

    #[test]
    fn a_secret_is_found_and_shows_itself_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "a b&c\r\n").unwrap();
        let found = Secret::File(path.clone()).reveal().unwrap();
        assert_eq!(found.expose(), "a b&c");
        assert!(!format!("{found:?}").contains('b'));
        assert_eq!(
            conceal("login a b&c at https://host/?key=a+b%26c or a%20b%26c failed", [&found]),
            "login *** at https://host/?key=*** or *** failed"
        );
        std::fs::write(&path, "\n").unwrap();
        assert!(Secret::File(path.clone()).reveal().unwrap_err().ends_with("is empty"));
        std::fs::remove_file(&path).unwrap();
        assert!(Secret::File(path).reveal().unwrap_err().contains("cannot be read"));
        let unset = Secret::Env("LANDFALL_NO_SUCH_SECRET".into()).reveal().unwrap_err();
        assert_eq!(
            unset,
            "the environment variable LANDFALL_NO_SUCH_SECRET, which should hold a secret, is not set where the \
             engine runs"
        );
        assert_eq!(SecretOrText::Text("plain".into()).reveal(), Ok(Revealed("plain".into())));
    }
}
