//! Markers: files by which upstream says that another is complete, and what it promises of it.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Deserialize;

use super::open::open;
use super::token;

/// A manifest is small; of a larger marker only the presence counts.
pub const MOST: u64 = 1 << 20;

/// What a marker says of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Promise {
    /// SHA-256 of the content, hex.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Size in bytes.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Rows in it.
    #[serde(default)]
    pub rows: Option<u64>,
}

impl Promise {
    /// Reads what a marker says of the file called `name`: a JSON object, lines `key: value` or `key=value`, or what
    /// `sha256sum` writes, also of several files. A text that is none of these promises nothing: that it is there says
    /// enough.
    ///
    /// # Errors
    /// Why it cannot be believed, as a clause about the marker: it is damaged, or about other files only.
    pub fn parse(text: &str, name: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            return of_json(text).map_err(|error| format!("is no manifest that can be read: {error}"));
        }
        let (mut promise, mut of_others) = (Self::default(), false);
        for line in text.lines() {
            if let Some((hash, file)) = sum(line) {
                if file.is_empty() || file == name {
                    promise.sha256 = Some(hash);
                } else {
                    of_others = true;
                }
            } else if let Some((key, value)) = line.split_once([':', '=']) {
                let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
                let number =
                    || value.parse().map(Some).map_err(|_| format!("says `{}`, which is no number", line.trim()));
                match key.as_str() {
                    "sha256" => promise.sha256 = Some(value.to_ascii_lowercase()),
                    "bytes" | "size" => promise.bytes = number()?,
                    "rows" => promise.rows = number()?,
                    _ => {}
                }
            }
        }
        if of_others && promise.sha256.is_none() {
            return Err("names other files and not this one".to_owned());
        }
        Ok(promise)
    }
}

/// A JSON object; the size has two names.
fn of_json(text: &str) -> serde_json::Result<Promise> {
    #[derive(Deserialize)]
    struct Sized {
        #[serde(default)]
        size: Option<u64>,
    }
    let mut promise: Promise = serde_json::from_str(text)?;
    promise.bytes = promise.bytes.or(serde_json::from_str::<Sized>(text)?.size);
    promise.sha256 = promise.sha256.map(|hash| hash.to_ascii_lowercase());
    Ok(promise)
}

/// A line of `sha256sum`: the hash in lower case and the file's name without its folder; empty where there is none.
fn sum(line: &str) -> Option<(String, &str)> {
    let (hash, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Two characters part them: a blank, and one that says how the file was opened.
    let file = rest.trim_start().trim_start_matches('*');
    is_hash.then(|| (hash.to_ascii_lowercase(), file.rsplit('/').next().unwrap_or(file)))
}

/// What the marker at `path` says of a file last changed at `changed` (nanoseconds, change time); `None` while
/// there is none, or only one from before that change, which was about an earlier version.
///
/// # Errors
/// When a marker is there and cannot be read.
pub fn read(path: &Path, changed: i128) -> io::Result<Option<String>> {
    let version = match token::of(path) {
        Ok(version) => version,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Another one since is looked at next time.
    let Some(file) = open(path, &version.0)? else { return Ok(None) };
    let metadata = file.metadata()?;
    if !metadata.is_file() || change_time(&metadata) < changed {
        return Ok(None);
    }
    let mut text = Vec::new();
    if metadata.len() <= MOST {
        file.take(MOST).read_to_end(&mut text)?;
    }
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

/// When a file was last changed in any way, also its name: nanoseconds since the Unix epoch.
pub fn change_time(metadata: &std::fs::Metadata) -> i128 {
    i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use super::Promise;

    #[test]
    fn manifests_are_read_in_the_ways_they_are_written() {
        let hash = "0".repeat(63) + "A";
        let promise = |bytes, rows| Ok(Promise { sha256: Some(hash.to_ascii_lowercase()), bytes, rows });
        let parse = |text: &str| Promise::parse(text, "a.csv");
        assert_eq!(parse(&format!("{hash}  a.csv\n")), promise(None, None));
        assert_eq!(parse(&hash), promise(None, None));
        assert_eq!(parse(&format!("rows: 12\nsize=7\nsha256 = {hash}\n")), promise(Some(7), Some(12)));
        let json = format!(r#"{{"sha256": "{hash}", "size": 7, "by": "upstream"}}"#);
        assert_eq!(parse(&json), promise(Some(7), None));
        assert_eq!(parse(""), Ok(Promise::default()));
        assert_eq!(parse("done at 12:00\n"), Ok(Promise::default()));
    }

    #[test]
    fn of_several_files_each_has_its_own_line() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let text = format!("{one}  ./out/a b.csv\n{two} *b.csv\n");
        let hash = |name: &str| Promise::parse(&text, name).map(|promise| promise.sha256);
        assert_eq!((hash("a b.csv"), hash("b.csv")), (Ok(Some(one)), Ok(Some(two))));
        assert_eq!(hash("c.csv").unwrap_err(), "names other files and not this one");
    }

    #[test]
    fn a_damaged_manifest_is_not_taken_for_an_empty_one() {
        let error = |text: &str| Promise::parse(text, "a.csv").unwrap_err();
        assert!(error("{\"bytes\": \"seven\"}").starts_with("is no manifest that can be read: "));
        assert!(error("{\"bytes\": 7").starts_with("is no manifest that can be read: "));
        assert_eq!(error("bytes: seven\n"), "says `bytes: seven`, which is no number");
    }
}
