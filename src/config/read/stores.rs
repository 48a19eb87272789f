//! `[stores.NAME]`: how object stores are reached, and the places that lie in them.

use std::collections::BTreeMap;
use std::path::Path;

use super::channels::secret;
use crate::config::field::Field;
use crate::config::section::Section;
use crate::domain::location::Location;
use crate::domain::secret::SecretOrText;
use crate::domain::stream::Stream;

/// Settings for every place at or below a URL.
#[derive(Debug, Clone)]
pub(in crate::config) struct Store {
    url: String,
    settings: BTreeMap<String, SecretOrText>,
}

/// How a setting is written.
#[derive(Clone, Copy)]
enum Form {
    Text,
    /// Text or the name of a secret.
    Either,
    /// Only the name of a secret.
    Secret,
    Boolean,
    /// A file, absolute or relative to the workspace.
    Path,
    /// How a broker is told who asks.
    Mechanism,
}

const MECHANISMS: [&str; 3] = ["plain", "scram-sha-256", "scram-sha-512"];

/// The keys of a kind of store: as they are written, as `object_store` calls them, in which form.
type Keys = &'static [(&'static str, &'static str, Form)];

const S3: Keys = &[
    ("endpoint", "aws_endpoint", Form::Text),
    ("allow_http", "allow_http", Form::Boolean),
    ("anonymous", "aws_skip_signature", Form::Boolean),
    ("region", "aws_region", Form::Text),
    ("virtual_hosted", "aws_virtual_hosted_style_request", Form::Boolean),
    ("access_key_id", "aws_access_key_id", Form::Either),
    ("secret_access_key", "aws_secret_access_key", Form::Secret),
    ("session_token", "aws_session_token", Form::Secret),
];

const AZURE: Keys = &[
    ("endpoint", "azure_storage_endpoint", Form::Text),
    ("allow_http", "allow_http", Form::Boolean),
    ("anonymous", "azure_skip_signature", Form::Boolean),
    ("account", "azure_storage_account_name", Form::Text),
    ("access_key", "azure_storage_account_key", Form::Secret),
    ("sas_token", "azure_storage_sas_key", Form::Secret),
    ("tenant_id", "azure_storage_tenant_id", Form::Either),
    ("client_id", "azure_storage_client_id", Form::Either),
    ("client_secret", "azure_storage_client_secret", Form::Secret),
];

const GOOGLE: Keys = &[
    ("endpoint", "google_base_url", Form::Text),
    ("allow_http", "allow_http", Form::Boolean),
    ("anonymous", "google_skip_signature", Form::Boolean),
    ("service_account", "google_service_account_key", Form::Secret),
];

const KAFKA: Keys = &[
    ("tls", "tls", Form::Boolean),
    ("ca", "ca", Form::Path),
    ("mechanism", "mechanism", Form::Mechanism),
    ("username", "username", Form::Either),
    ("password", "password", Form::Secret),
];

const COSMOS: Keys =
    &[("endpoint", "endpoint", Form::Text), ("allow_http", "allow_http", Form::Boolean), ("key", "key", Form::Secret)];

const A_STREAM: &str =
    "a URL such as \"kafka://broker:9092/topic\" or \"cosmos://account.documents.azure.com/db/container\"";

const A_URL: &str = "a URL such as \"s3://bucket\", \"az://container\", \"abfss://container@account.dfs.core.windows.net\" \
                     or \"gs://bucket\"";

fn keys(url: &str) -> Option<Keys> {
    match url.split_once("://")?.0 {
        "s3" | "s3a" => Some(S3),
        "az" | "azure" | "abfs" | "abfss" => Some(AZURE),
        "gs" => Some(GOOGLE),
        "kafka" => Some(KAFKA),
        "cosmos" => Some(COSMOS),
        _ => None,
    }
}

/// Reads `[stores]`; `root` is the workspace's folder.
pub(in crate::config) fn read(section: &Section<'_>, root: &Path) -> Vec<Store> {
    section.fields().iter().filter_map(|field| store(field, root)).collect()
}

fn store(field: &Field<'_>, root: &Path) -> Option<Store> {
    let section = field.section(format!("[stores.{}]", field.key))?;
    let expected = format!("the place that this is about, {A_URL}");
    let at = section.require("url", &expected)?;
    let url = at.text()?;
    let Some(keys) = keys(url) else {
        at.error(format!("`url` is of no object store: {url:?}"), format!("expected {A_URL}"));
        return None;
    };
    let mut settings = BTreeMap::new();
    for (name, key, form) in keys {
        let value = section.maybe(name, |f| match form {
            Form::Text => f.text().map(|text| SecretOrText::Text(text.to_owned())),
            Form::Either => secret::or_text(f, root),
            Form::Secret => secret::read(f, root).map(SecretOrText::Secret),
            Form::Boolean => f.boolean().map(|is| SecretOrText::Text(is.to_string())),
            Form::Path => f.text().map(|text| SecretOrText::Text(root.join(text).display().to_string())),
            Form::Mechanism => f.choice(&MECHANISMS.map(|name| (name, SecretOrText::Text(name.to_owned())))),
        });
        settings.extend(value.map(|value| ((*key).to_owned(), value)));
    }
    section.finish();
    Some(Store { url: url.trim_end_matches('/').to_owned(), settings })
}

/// A place to land in: also the URL of a stream.
pub(in crate::config) fn landing(field: &Field<'_>, root: &Path, stores: &[Store]) -> Option<Location> {
    let text = field.text()?;
    if !Stream::is_meant(text) {
        return place(field, root, stores);
    }
    if text.contains(['@', '?']) {
        return holds_a_secret(field);
    }
    if Stream::parse(text).is_none() {
        field.error(format!("`{}` names no stream: {text:?}", field.key), format!("expected {A_STREAM}"));
        return None;
    }
    Some(at(text, root, stores))
}

fn holds_a_secret<T>(field: &Field<'_>) -> Option<T> {
    let message = format!("`{}` holds a secret, which does not belong into this file", field.key);
    field.source.error_about_secret(field.at.clone(), message, "name it in a [stores] table".to_owned());
    None
}

/// A place: a folder, absolute or relative to the workspace, or the URL of an object store with the settings of the
/// `[stores]` table that is nearest to it.
pub(in crate::config) fn place(field: &Field<'_>, root: &Path, stores: &[Store]) -> Option<Location> {
    let text = field.text()?;
    if !text.contains("://") {
        let folder = super::workspace::folder_path(field, root)?;
        return Some(folder.as_path().into());
    }
    if text.starts_with("file://") {
        let location = Location::from(text);
        if location.folder().is_none() {
            field.error(format!("`{}` is no URL of a folder", field.key), "expected a URL such as \"file:///data\"");
        }
        return location.folder().map(|folder| folder.as_path().into());
    }
    if Stream::is_meant(text) {
        field.error(format!("`{}` cannot be a stream", field.key), format!("expected a folder, or {A_URL}"));
        return None;
    }
    let known = keys(text).is_some() && url::Url::parse(text).is_ok_and(|url| url.host_str().is_some());
    if !known {
        let expected = format!("expected a folder, or {A_URL}");
        field.error(format!("`{}` is a URL that cannot be opened: {text:?}", field.key), expected);
        return None;
    }
    if url::Url::parse(text).is_ok_and(|url| url.password().is_some() || url.query().is_some()) {
        return holds_a_secret(field);
    }
    Some(at(text, root, stores))
}

fn at(url: &str, root: &Path, stores: &[Store]) -> Location {
    let root_url = url.trim_end_matches('/');
    let holds =
        |store: &&Store| root_url.strip_prefix(&store.url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let settings = stores.iter().filter(holds).max_by_key(|store| store.url.len());
    Location {
        root: root_url.to_owned(),
        settings: settings.map(|store| store.settings.clone()).unwrap_or_default(),
        cache: root.join(".landfall/cache"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use crate::config::load;
    use crate::domain::location::Location;
    use crate::domain::secret::{Secret, SecretOrText};

    #[test]
    fn a_place_in_a_store_gets_the_settings_of_the_nearest_table_and_never_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let pipeline =
            "[landing]\npath = \"az://in/flights\"\n[columns]\nat = \"datetime\"\nx = \"float\"\n[stages.clean]\n";
        fs::create_dir(folder.path().join("pipelines")).unwrap();
        fs::write(folder.path().join("pipelines/p.toml"), pipeline).unwrap();
        let settings = "lake = \"s3://b/lake\"\noutput = \"s3://b/out\"\n\
            [stores.all]\nurl = \"s3://b\"\nregion = \"eu-west-1\"\nsecret_access_key = { env = \"K\" }\n\
            [stores.out]\nurl = \"s3://b/out/\"\nanonymous = true\n";
        let write = |text: &str| fs::write(folder.path().join("landfall.toml"), text).unwrap();
        write(settings);
        let loaded = load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        let keys = |location: &Location| location.settings.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&loaded.lake), ["aws_region", "aws_secret_access_key"]);
        assert_eq!(loaded.lake.settings["aws_secret_access_key"], SecretOrText::Secret(Secret::Env("K".into())));
        assert_eq!(keys(&loaded.output.unwrap()), ["aws_skip_signature"]);
        let landing = &loaded.pipelines[0].landing;
        assert_eq!(landing.path, folder.path().join(".landfall/spool/p"));
        assert_eq!(landing.remote.as_ref().unwrap().root, "az://in/flights");
        assert_eq!((landing.settle, keys(landing.remote.as_ref().unwrap()).len()), (Duration::ZERO, 0));

        write(&settings.replace("{ env = \"K\" }", "\"hunter2\"").replace("s3://b/lake", "ftp://b/lake"));
        let problems = load(folder.path()).unwrap_err();
        let found: Vec<&str> = problems.errors.iter().map(|problem| problem.message.as_str()).collect();
        let secret = "`secret_access_key` is a secret and does not belong into this file";
        assert_eq!(found, ["`lake` is a URL that cannot be opened: \"ftp://b/lake\"", secret]);
        assert!(!problems.to_string().contains("hunter2"), "{problems}");
        write("lake = \"az://c/x?sig=hunter2\"\n");
        let problems = load(folder.path()).unwrap_err().to_string();
        assert!(problems.contains("`lake` holds a secret") && !problems.contains("hunter2"), "{problems}");
    }
}
