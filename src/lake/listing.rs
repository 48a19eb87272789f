//! What a store lists is XML, which has no control characters, and object names may have them; and names may be no paths
//! (`a//b`, `../b`), which our client does not read. One such name would make a whole page unreadable. Control characters
//! are shown as the pictures that Unicode has of them (`␁`), and the picture of none (`␀`) stands before a segment that is
//! no part of a path: by these such a name is known.

/// The picture of a control character.
fn picture(code: u32) -> Option<char> {
    match code {
        0..0x20 => char::from_u32(0x2400 + code),
        0x7f => Some('\u{2421}'),
        _ => None,
    }
}

/// Whether a listed name has pictures in it. Of a name that really has such pictures that is believed, too: nobody could
/// tell it from the other.
pub fn is_pictured(name: &str) -> bool {
    name.contains(|c| matches!(c, '\u{2400}'..='\u{241f}' | '\u{2421}'))
}

/// The body of a listing with pictures where they are needed; `None` when they are not. Blanks between elements stay.
pub(super) fn pictured(body: &[u8]) -> Option<Vec<u8>> {
    let shown = without_control(body);
    let paths = only_paths(shown.as_deref().unwrap_or(body));
    paths.or(shown)
}

/// The elements that hold names: of S3 and Google (`Key`), of Azure (`Name`), of all (`Prefix`).
const NAMES: [&[u8]; 3] = [b"<Key>", b"<Name>", b"<Prefix>"];

/// The body with the picture of none before every segment of a name that is no part of a path.
fn only_paths(body: &[u8]) -> Option<Vec<u8>> {
    let is_none = |segment: &[u8]| matches!(segment, b"" | b"." | b"..");
    let (mut seen, mut taken) = (Vec::new(), 0);
    for at in memchr::memchr_iter(b'<', body) {
        let Some(tag) = NAMES.into_iter().find(|tag| body[at..].starts_with(tag)) else { continue };
        let from = at + tag.len();
        let Some(length) = memchr::memchr(b'<', &body[from..]) else { break };
        let name = &body[from..from + length];
        // Every folder ends in a slash.
        let path = name.strip_suffix(b"/").unwrap_or(name);
        if name.is_empty() || !path.split(|byte| *byte == b'/').any(is_none) {
            continue;
        }
        seen.extend_from_slice(&body[taken..from]);
        for (number, segment) in path.split(|byte| *byte == b'/').enumerate() {
            seen.extend_from_slice(if number > 0 { b"/" } else { b"" });
            seen.extend_from_slice(if is_none(segment) { "\u{2400}".as_bytes() } else { b"" });
            seen.extend_from_slice(segment);
        }
        taken = from + path.len();
    }
    (taken > 0).then(|| [&seen, &body[taken..]].concat())
}

/// The body with pictures in place of control characters.
fn without_control(body: &[u8]) -> Option<Vec<u8>> {
    let is_raw = |byte: &u8| matches!(byte, 0..9 | 0xb | 0xc | 0xe..0x20 | 0x7f);
    if !body.iter().any(is_raw) && memchr::memmem::find(body, b"&#").is_none() {
        return None;
    }
    let (mut seen, mut rest) = (Vec::with_capacity(body.len() + 64), body);
    let put = |to: &mut Vec<u8>, picture: char| to.extend(picture.encode_utf8(&mut [0; 4]).as_bytes());
    while let [first, after @ ..] = rest {
        match referred(rest) {
            Some((code, length)) if picture(code).is_some() => {
                picture(code).into_iter().for_each(|picture| put(&mut seen, picture));
                rest = &rest[length..];
                continue;
            }
            _ if is_raw(first) => picture(u32::from(*first)).into_iter().for_each(|picture| put(&mut seen, picture)),
            _ => seen.push(*first),
        }
        rest = after;
    }
    Some(seen)
}

/// The character reference (`&#1;`, `&#x1;`) that `text` begins with: its code and its length.
fn referred(text: &[u8]) -> Option<(u32, usize)> {
    let inner = text.strip_prefix(b"&#")?;
    let end = inner.iter().take(8).position(|byte| *byte == b';')?;
    let digits = std::str::from_utf8(&inner[..end]).ok()?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => digits.parse(),
    };
    Some((code.ok()?, end + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_names_become_pictures_however_they_are_written() {
        let shown = |text: &str| pictured(text.as_bytes()).map(|body| String::from_utf8(body).unwrap());
        assert_eq!(shown("<a>\n <Key>plain.csv</Key>\r\n</a>"), None);
        assert_eq!(shown("<Key>a\u{1}b&#x1f;c&#7;d\u{7f}</Key>").unwrap(), "<Key>a␁b␟c␇d␡</Key>");
        assert_eq!(shown("<Key>&#38;&#xe4;&amp;&#;&#x;&</Key>").unwrap(), "<Key>&#38;&#xe4;&amp;&#;&#x;&</Key>");
        assert!(is_pictured("a␁b.csv") && !is_pictured("ä b.csv"));
    }

    #[test]
    fn a_segment_that_is_no_part_of_a_path_has_a_picture_before_it() {
        let shown = |text: &str| pictured(text.as_bytes()).map(|body| String::from_utf8(body).unwrap());
        for whole in ["<Name>bucket</Name><Prefix>in/</Prefix><Prefix/>", "<Key>in/a..csv</Key>", "<Prefix></Prefix>"] {
            assert_eq!(shown(whole), None);
        }
        let body = "<Key>in//a&#1;</Key><Prefix>in/../</Prefix><Key>./b</Key><Name>/c</Name><Key>d</Key>";
        let seen = "<Key>in/␀/a␁</Key><Prefix>in/␀../</Prefix><Key>␀./b</Key><Name>␀/c</Name><Key>d</Key>";
        assert_eq!(shown(body).unwrap(), seen);
        assert_eq!(shown("<Prefix>in//</Prefix>").unwrap(), "<Prefix>in/␀/</Prefix>");
    }
}
