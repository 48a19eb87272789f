//! `[columns]`: all of them, and what holds between them.

use super::column::{self, Draft};
use super::{lineage, roles};
use crate::config::field::Field;

/// Reads all columns in the order of the file and checks roles and lineage.
pub(super) fn read(field: &Field<'_>) -> Option<Vec<Draft>> {
    let section = field.section("[columns]")?;
    let mut drafts: Vec<Draft> = section.fields().iter().map(column::read).collect();
    roles::settle(field.source, &field.key_at, &mut drafts);
    lineage::check(field.source, &drafts);
    Some(drafts)
}
