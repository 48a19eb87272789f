//! Which names of a landing are files to take, which are still being written, and which only mark others.

use std::fmt;

use crate::config::Landing;

/// What the names in one landing mean.
#[derive(Debug, Clone)]
pub struct Names {
    pattern: glob::Pattern,
    temporary: Vec<glob::Pattern>,
    marker: Option<String>,
}

impl Names {
    /// Those of a landing.
    ///
    /// # Errors
    /// When a pattern is no glob (a validated configuration has none of these).
    pub fn of(landing: &Landing) -> Result<Self, glob::PatternError> {
        Self::new(&landing.pattern, &landing.temporary, landing.marker.as_deref())
    }

    /// Names that match `pattern` and none of `temporary`, markers left out.
    ///
    /// # Errors
    /// When a pattern is no glob.
    pub fn new<T: AsRef<str>>(
        pattern: &str,
        temporary: &[T],
        marker: Option<&str>,
    ) -> Result<Self, glob::PatternError> {
        Ok(Self {
            pattern: glob::Pattern::new(pattern)?,
            temporary: temporary.iter().map(|text| glob::Pattern::new(text.as_ref())).collect::<Result<_, _>>()?,
            marker: marker.map(str::to_owned),
        })
    }

    /// Whether a file of this name is one to take.
    pub fn take(&self, name: &str) -> bool {
        self.leave(name).is_none()
    }

    /// Why a file of this name is not taken; none for one that is.
    pub fn leave(&self, name: &str) -> Option<Left<'_>> {
        if !self.pattern.matches(name) {
            return Some(Left::Other(self.pattern.as_str()));
        }
        if let Some(pattern) = self.temporary.iter().find(|pattern| pattern.matches(name)) {
            return Some(Left::Temporary(pattern.as_str()));
        }
        self.marker.as_deref().filter(|_| self.is_marker(name)).map(Left::Marker)
    }

    /// Whether any file is one to take.
    pub fn take_all(&self) -> bool {
        self.pattern.as_str() == "*"
    }

    /// Whether a file of this name marks others.
    pub fn is_marker(&self, name: &str) -> bool {
        let Some(template) = &self.marker else { return false };
        match template.split_once("{name}") {
            Some((before, after)) => {
                name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
            }
            None => name == template,
        }
    }
}

/// The rule by which a name is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left<'a> {
    /// It does not match this pattern.
    Other(&'a str),
    /// It matches this pattern of unfinished files.
    Temporary(&'a str),
    /// It is a marker by this template.
    Marker(&'a str),
}

impl fmt::Display for Left<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(pattern) => write!(f, "its name does not match `pattern = \"{pattern}\"`"),
            Self::Temporary(pattern) => {
                write!(f, "its name is one of an unfinished file (\"{pattern}\" in `temporary`)")
            }
            Self::Marker(template) => write!(f, "it only marks other files (`marker = \"{template}\"`)"),
        }
    }
}

/// Name of the marker of the file called `name`, by a template such as `{name}.done` or `_SUCCESS`.
pub fn marker_of(template: &str, name: &str) -> String {
    template.replace("{name}", name)
}

#[cfg(test)]
mod tests {
    use super::{Left, Names, marker_of};
    use crate::config::pipeline::TEMPORARY;

    #[test]
    fn the_rule_by_which_a_name_is_left_is_known() {
        let names = Names::new("*.csv*", &TEMPORARY, Some("{name}.done")).unwrap();
        assert_eq!(names.leave("a.csv"), None);
        assert_eq!(names.leave("a.txt"), Some(Left::Other("*.csv*")));
        assert_eq!(names.leave("a.csv.part"), Some(Left::Temporary("*.part")));
        assert_eq!(names.leave("a.csv.done"), Some(Left::Marker("{name}.done")));
    }

    #[test]
    fn what_is_unfinished_or_marks_another_is_not_taken() {
        let names = Names::new("*", &TEMPORARY, Some("{name}.done")).unwrap();
        for name in ["a.csv", "done", "b.done.csv"] {
            assert!(names.take(name), "{name}");
        }
        for name in [".a.csv", "_SUCCESS", "a.csv.tmp", "a.csv.part", "a~", "a.csv.done"] {
            assert!(!names.take(name), "{name}");
        }
        assert!(!Names::new("*", &[""; 0], Some("ready")).unwrap().take("ready"));
        assert_eq!(marker_of("{name}.done", "a.csv"), "a.csv.done");
        assert_eq!(marker_of("_SUCCESS", "a.csv"), "_SUCCESS");
    }
}
