//! What a store lists is XML, which has no control characters, and object names may have them: one such name would make a
//! whole page unreadable. They are shown as the pictures that Unicode has of them (`␁`), by which such a name is known.

/// The picture of a control character.
fn picture(code: u32) -> Option<char> {
    match code {
        0..0x20 => char::from_u32(0x2400 + code),
        0x7f => Some('\u{2421}'),
        _ => None,
    }
}

/// Whether a listed name has pictures of control characters. Of a name that really has such pictures that is believed,
/// too: nobody could tell it from the other.
pub fn has_control(name: &str) -> bool {
    name.contains(|c| matches!(c, '\u{2400}'..='\u{241f}' | '\u{2421}'))
}

/// The body of a listing with pictures in place of control characters; `None` when it has none. Blanks between elements
/// stay.
pub(super) fn pictured(body: &[u8]) -> Option<Vec<u8>> {
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
        assert!(has_control("a␁b.csv") && !has_control("ä b.csv"));
    }
}
