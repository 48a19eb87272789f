//! The words of messages: `[message]` of landfall.toml.

use serde::Serialize;

/// Templates that stand in for Landfall's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MessageTemplates {
    /// Of the subject, one line.
    pub subject: Option<Template>,
    /// Of the plain text.
    pub text: Option<Template>,
}

/// Text with placeholders: `{severity} in {pipeline}`. `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Text(String),
    Placeholder(&'static str),
}

/// What a placeholder may be called. Each stands for text about the gravest alert of a message, except for those about
/// the message as a whole: `occasion`, `workspace`, `group`, `total`, `link`.
pub const PLACEHOLDERS: [&str; 21] = [
    "severity",
    "pipeline",
    "kind",
    "object",
    "message",
    "observed",
    "expected",
    "rule",
    "since",
    "state",
    "alert",
    "run",
    "answer",
    "ended",
    "evidence",
    "actions",
    "occasion",
    "workspace",
    "group",
    "total",
    "link",
];

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong, and the name that was not known, if that is what it is.
    pub fn parse(text: &str) -> Result<Self, (String, Option<String>)> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let Some((name, after)) = rest.split_once('}').filter(|_| brace == "{") else {
                return Err((format!("a `{brace}` stands alone: write it twice"), None));
            };
            let Some(known) = PLACEHOLDERS.iter().find(|known| **known == name) else {
                return Err((format!("there is no placeholder {{{name}}}"), Some(name.to_owned())));
            };
            parts.extend([Part::Text(std::mem::take(&mut plain)), Part::Placeholder(known)]);
            rest = after;
        }
        parts.push(Part::Text(plain + rest));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }

    /// The text, with what `value` says of each placeholder.
    pub fn fill(&self, value: impl Fn(&'static str) -> String) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Placeholder(name) => value(name),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Template;

    #[test]
    fn placeholders_are_filled_and_doubled_braces_are_braces() {
        let template = Template::parse("{{{severity}}} in {pipeline}: {message}").unwrap();
        assert_eq!(template.fill(|name| name.to_uppercase()), "{SEVERITY} in PIPELINE: MESSAGE");
        let (why, name) = Template::parse("{sevrity}").unwrap_err();
        assert_eq!((why.as_str(), name.as_deref()), ("there is no placeholder {sevrity}", Some("sevrity")));
        assert_eq!(Template::parse("a } b").unwrap_err().0, "a `}` stands alone: write it twice");
        assert_eq!(Template::parse("a { b").unwrap_err().0, "a `{` stands alone: write it twice");
    }

    proptest! {
        #[test]
        fn any_text_can_be_told_by_doubling_its_braces(text in "[a-z{} ]{0,30}") {
            let template = Template::parse(&text.replace('{', "{{").replace('}', "}}")).unwrap();
            prop_assert_eq!(template.fill(|_| String::new()), text);
        }

        #[test]
        fn any_template_is_answered(text in ".{0,30}") {
            let _ = Template::parse(&text);
        }
    }
}
