//! Which names of a landing are files to take, which are still being written, and which only mark others.

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
        self.pattern.matches(name)
            && !self.temporary.iter().any(|pattern| pattern.matches(name))
            && !self.is_marker(name)
    }

    /// Whether any file is one to take.
    pub fn take_all(&self) -> bool {
        self.pattern.as_str() == "*"
    }

    fn is_marker(&self, name: &str) -> bool {
        let Some(template) = &self.marker else { return false };
        match template.split_once("{name}") {
            Some((before, after)) => {
                name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
            }
            None => name == template,
        }
    }
}

/// Name of the marker of the file called `name`, by a template such as `{name}.done` or `_SUCCESS`.
pub fn marker_of(template: &str, name: &str) -> String {
    template.replace("{name}", name)
}

#[cfg(test)]
mod tests {
    use super::{Names, marker_of};
    use crate::config::pipeline::TEMPORARY;

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
