//! Where objects are: a folder of this machine, or a place in an object store.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::secret::SecretOrText;

/// A place that holds objects, with everything that is needed to open it but the secrets themselves: those are looked
/// up by whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Location {
    /// An absolute folder, or a URL: `file://`, `s3://`, `az://`, `abfss://`, `gs://`.
    pub root: String,
    /// How to reach it, by the keys of `object_store`; what is absent comes from the provider's own chain.
    #[serde(default)]
    pub settings: BTreeMap<String, SecretOrText>,
    /// Folder for copies of what is read from an object store; of no meaning for a folder.
    #[serde(default)]
    pub cache: PathBuf,
}

impl Location {
    /// The folder, when it is one of this machine.
    pub fn folder(&self) -> Option<PathBuf> {
        match self.root.split_once("://") {
            None => Some(PathBuf::from(&self.root)),
            Some(("file", _)) => url::Url::parse(&self.root).ok()?.to_file_path().ok(),
            Some(_) => None,
        }
    }

    /// How an object in it is called in full.
    pub fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.root.trim_end_matches('/'))
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl From<&str> for Location {
    fn from(root: &str) -> Self {
        Self { root: root.to_owned(), ..Self::default() }
    }
}

impl From<&String> for Location {
    fn from(root: &String) -> Self {
        Self::from(root.as_str())
    }
}

impl From<&Path> for Location {
    fn from(folder: &Path) -> Self {
        Self::from(folder.display().to_string().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Location;
    use crate::domain::secret::{Secret, SecretOrText};

    #[test]
    fn a_location_goes_to_a_worker_with_names_of_secrets_only() {
        let mut location = Location::from("s3://bucket/lake/");
        assert_eq!((location.folder(), location.join("a/b")), (None, "s3://bucket/lake/a/b".to_owned()));
        let secret = SecretOrText::Secret(Secret::Env("KEY".into()));
        location.settings.insert("aws_secret_access_key".into(), secret);
        location.settings.insert("aws_region".into(), SecretOrText::Text("eu-west-1".into()));
        let line = serde_json::to_string(&location).unwrap();
        assert!(line.contains(r#""aws_secret_access_key":{"env":"KEY"}"#), "{line}");
        assert_eq!(serde_json::from_str::<Location>(&line).unwrap(), location);
        assert_eq!(Location::from("file:///data/my%20lake").folder(), Some("/data/my lake".into()));
        assert_eq!(Location::from("/data/lake").folder(), Some("/data/lake".into()));
    }
}
