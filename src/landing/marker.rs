//! Markers: files by which upstream says that another is complete, and what it promises of it.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Deserialize;

/// A manifest is small; of a larger marker only the presence counts.
const MOST: u64 = 1 << 20;

/// What a marker says of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Promise {
    /// SHA-256 of the content, hex.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Size in bytes.
    #[serde(default, alias = "size")]
    pub bytes: Option<u64>,
    /// Rows in it.
    #[serde(default)]
    pub rows: Option<u64>,
}

impl Promise {
    /// Reads a manifest: a JSON object, lines `key: value` or `key=value`, or what `sha256sum` writes. What is none of
    /// these promises nothing.
    pub fn parse(text: &str) -> Self {
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).unwrap_or_default();
        }
        let mut promise = Self::default();
        for line in text.lines() {
            let first = line.split_whitespace().next().unwrap_or_default();
            if first.len() == 64 && first.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                promise.sha256 = Some(first.to_ascii_lowercase());
            } else if let Some((key, value)) = line.split_once([':', '=']) {
                let value = value.trim();
                match key.trim().to_ascii_lowercase().as_str() {
                    "sha256" => promise.sha256 = Some(value.to_ascii_lowercase()),
                    "bytes" | "size" => promise.bytes = value.parse().ok(),
                    "rows" => promise.rows = value.parse().ok(),
                    _ => {}
                }
            }
        }
        promise
    }
}

/// What the marker at `path` promises of a file last changed at `changed` (nanoseconds, change time); `None` while
/// there is none, or only one from before that change, which was about an earlier version.
///
/// # Errors
/// When a marker is there and cannot be read.
pub fn read(path: &Path, changed: i128) -> io::Result<Option<Promise>> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if change_time(&metadata) < changed {
        return Ok(None);
    }
    let mut text = Vec::new();
    if metadata.len() <= MOST {
        std::fs::File::open(path)?.take(MOST).read_to_end(&mut text)?;
    }
    Ok(Some(Promise::parse(&String::from_utf8_lossy(&text))))
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
        let promise = |bytes, rows| Promise { sha256: Some(hash.to_ascii_lowercase()), bytes, rows };
        assert_eq!(Promise::parse(&format!("{hash}  a.csv\n")), promise(None, None));
        assert_eq!(Promise::parse(&format!("rows: 12\nsize=7\nsha256 = {hash}\n")), promise(Some(7), Some(12)));
        let json = format!(r#"{{"sha256": "{}", "size": 7, "by": "upstream"}}"#, hash.to_ascii_lowercase());
        assert_eq!(Promise::parse(&json), promise(Some(7), None));
        assert_eq!(Promise::parse(""), Promise::default());
        assert_eq!(Promise::parse("done at 12:00\n"), Promise::default());
    }
}
