//! Secrets: `{ env = "NAME" }` or `{ file = "path" }`, never the secret itself.

use std::path::Path;

use crate::config::field::Field;
use crate::config::secret::{Secret, SecretOrText};

/// Reads where a secret is.
pub(in crate::config::read) fn read(field: &Field<'_>, root: &Path) -> Option<Secret> {
    let help = format!("write `{0} = {{ env = \"NAME\" }}` or `{0} = {{ file = \"path\" }}`", field.key);
    if !field.is_table() {
        let message = format!("`{}` is a secret and does not belong into this file", field.key);
        field.source.error_about_secret(field.at.clone(), message, help);
        return None;
    }
    let section = field.section(format!("`{}`", field.key))?;
    let env = section.maybe("env", |f| f.text().map(str::to_owned));
    let file = section.maybe("file", |f| Some(root.join(f.text()?)));
    section.finish();
    match (env, file) {
        (Some(name), None) => Some(Secret::Env(name)),
        (None, Some(path)) => Some(Secret::File(path)),
        _ => {
            field.error_with_help(format!("`{}` does not say where the secret is", field.key), help);
            None
        }
    }
}

/// Reads what may be a secret.
pub(in crate::config::read) fn or_text(field: &Field<'_>, root: &Path) -> Option<SecretOrText> {
    if field.is_table() {
        read(field, root).map(SecretOrText::Secret)
    } else {
        field.text().map(|text| SecretOrText::Text(text.to_owned()))
    }
}

/// Reads an address that may be a secret.
pub(in crate::config::read) fn or_address(field: &Field<'_>, root: &Path) -> Option<SecretOrText> {
    if field.is_table() {
        read(field, root).map(SecretOrText::Secret)
    } else {
        super::address(field).and(field.text()).map(|text| SecretOrText::Text(text.to_owned()))
    }
}
