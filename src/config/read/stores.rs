//! `[stores.NAME]`: how object stores are reached, and the places that lie in them.

use std::collections::BTreeMap;
use std::path::Path;

use super::channels::secret;
use crate::config::field::Field;
use crate::config::section::Section;
use crate::domain::location::Location;
use crate::domain::secret::SecretOrText;

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
}

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

const A_URL: &str = "a URL such as \"s3://bucket\", \"az://container\", \"abfss://container@account.dfs.core.windows.net\" \
                     or \"gs://bucket\"";

fn keys(url: &str) -> Option<Keys> {
    match url.split_once("://")?.0 {
        "s3" | "s3a" => Some(S3),
        "az" | "azure" | "abfs" | "abfss" => Some(AZURE),
        "gs" => Some(GOOGLE),
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
        });
        settings.extend(value.map(|value| ((*key).to_owned(), value)));
    }
    section.finish();
    Some(Store { url: url.trim_end_matches('/').to_owned(), settings })
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
    let known = keys(text).is_some() && url::Url::parse(text).is_ok_and(|url| url.host_str().is_some());
    if !known {
        let expected = format!("expected a folder, or {A_URL}");
        field.error(format!("`{}` is a URL that cannot be opened: {text:?}", field.key), expected);
        return None;
    }
    if url::Url::parse(text).is_ok_and(|url| url.password().is_some() || url.query().is_some()) {
        let message = format!("`{}` holds a secret, which does not belong into this file", field.key);
        field.source.error_about_secret(field.at.clone(), message, "name it in a [stores] table".to_owned());
        return None;
    }
    let root_url = text.trim_end_matches('/');
    let holds =
        |store: &&Store| root_url.strip_prefix(&store.url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let settings = stores.iter().filter(holds).max_by_key(|store| store.url.len());
    Some(Location {
        root: root_url.to_owned(),
        settings: settings.map(|store| store.settings.clone()).unwrap_or_default(),
        cache: root.join(".landfall/cache"),
    })
}
