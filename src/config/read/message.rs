//! `[message]`: the words of messages.

use crate::config::field::Field;
use crate::config::message::{MessageTemplates, PLACEHOLDERS, Template};
use crate::config::nearest::nearest;
use crate::config::section::Section;

pub(super) fn read(section: Section<'_>) -> MessageTemplates {
    let templates =
        MessageTemplates { subject: section.maybe("subject", template), text: section.maybe("text", template) };
    section.finish();
    templates
}

fn template(field: &Field<'_>) -> Option<Template> {
    match Template::parse(field.text()?) {
        Ok(template) => return Some(template),
        Err((why, unknown)) => match unknown.and_then(|name| nearest(&name, PLACEHOLDERS)) {
            Some(near) => field.error_with_help(why, format!("did you mean {{{near}}}?")),
            None => field.error_with_help(why, format!("placeholders are {}", PLACEHOLDERS.join(", "))),
        },
    }
    None
}
