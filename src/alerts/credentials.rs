//! Secrets whose end is known expire soon, or have expired.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::config::rules::CredentialsRule;
use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::text::one_line;
use crate::domain::{Instant, format};

/// Judges secrets, each with the name it is known by. Of one whose end is not written in it nothing is said; of none
/// more than its name and its end.
pub fn judge(secrets: &[(String, String)], now: Instant, rule: &CredentialsRule) -> Vec<Verdict> {
    secrets.iter().filter_map(|(name, secret)| Some(one(&one_line(name), expiry_of(secret)?, now, rule))).collect()
}

fn one(name: &str, end: Instant, now: Instant, rule: &CredentialsRule) -> Verdict {
    let stamp = end.format("%Y-%m-%d %H:%M UTC");
    let within = |limit: std::time::Duration| (end - now).to_std().map_or(true, |left| left < limit);
    let (severity, message) = if end <= now {
        (Severity::Critical, format!("the credential {name} expired on {stamp}: renew it"))
    } else if within(rule.warn_before) {
        let severity = if within(rule.critical_before) { Severity::Critical } else { Severity::Warning };
        (severity, format!("the credential {name} expires on {stamp}: renew it before"))
    } else {
        let reason = format!("it expires on {stamp}");
        return Verdict::Fine { kind: AlertKind::Credentials, object: name.to_owned(), reason };
    };
    let days = |limit: std::time::Duration| format::duration(limit.as_secs_f64());
    let limits =
        format!("told {} before it expires, critical {} before", days(rule.warn_before), days(rule.critical_before));
    Verdict::Bad(Finding {
        observed: Some((end - now).num_seconds() as f64),
        expected: Some((rule.warn_before.as_secs_f64(), f64::MAX)),
        unit: "s".to_owned(),
        ..Finding::new(AlertKind::Credentials, name, severity, message, &limits)
    })
}

/// When a secret expires, if that is written in it: `se=` of a shared access signature (in a URL or a connection
/// string), or `exp` of a JSON web token (RFC 7519, with or without `Bearer `).
pub fn expiry_of(secret: &str) -> Option<Instant> {
    of_signature(secret).or_else(|| of_token(secret))
}

fn of_signature(secret: &str) -> Option<Instant> {
    let query =
        secret.split(['?', '&', ';', '#']).map(|part| part.strip_prefix("SharedAccessSignature=").unwrap_or(part));
    let pairs = query.filter_map(|part| part.split_once('='));
    let (mut end, mut signed) = (None, false);
    for (key, value) in pairs {
        match key {
            "se" => end = end.or_else(|| instant(&decoded(value))),
            "sig" => signed = true,
            _ => {}
        }
    }
    end.filter(|_| signed)
}

/// A query value without its percent signs.
fn decoded(value: &str) -> String {
    url::form_urlencoded::parse(format!("v={value}").as_bytes())
        .map(|(_, text)| text.into_owned())
        .next()
        .unwrap_or_default()
}

/// ISO 8601 in the forms a signature may have (seconds and time may be left out), or seconds since the epoch.
fn instant(text: &str) -> Option<Instant> {
    let zoneless = text.strip_suffix('Z').unwrap_or(text);
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .ok()
        .or_else(|| {
            forms.iter().find_map(|form| NaiveDateTime::parse_from_str(zoneless, form).ok()).map(|at| at.and_utc())
        })
        .or_else(|| NaiveDate::parse_from_str(zoneless, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|at| at.and_utc()))
        .or_else(|| text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
}

fn of_token(secret: &str) -> Option<Instant> {
    let token = secret.trim().strip_prefix("Bearer ").unwrap_or(secret.trim());
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let json = |part: &str| -> Option<serde_json::Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok()
    };
    json(header)?.get("alg")?;
    let end = json(claims)?.get("exp")?.as_f64().filter(|seconds| seconds.is_finite())?;
    DateTime::from_timestamp(end as i64, 0)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::{Duration, TimeZone, Utc};
    use proptest::prelude::*;

    use super::{expiry_of, judge};
    use crate::config::rules::CredentialsRule;
    use crate::domain::Instant;
    use crate::domain::alert::{Severity, Verdict};

    fn end() -> Instant {
        Utc.with_ymd_and_hms(2024, 6, 1, 12, 30, 0).unwrap()
    }

    fn token(claims: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJl", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(claims))
    }

    #[test]
    fn the_end_of_signatures_and_tokens_is_found() {
        let midnight = Utc.with_ymd_and_hms(2024, 6, 1, 0, 0, 0).unwrap();
        for (secret, expected) in [
            ("https://a.example/c?sv=2022&se=2024-06-01T12%3A30%3A00Z&sig=x%3D".to_owned(), Some(end())),
            ("https://a.example/c?se=2024-06-01T12:30Z&sig=x".to_owned(), Some(end())),
            ("?sv=2022&sig=x&se=2024-06-01".to_owned(), Some(midnight)),
            (
                "Endpoint=https://a.example/;SharedAccessSignature=se=2024-06-01T12%3A30%3A00Z&sig=x".to_owned(),
                Some(end()),
            ),
            (format!("SharedAccessSignature sr=h&sig=x&se={}", end().timestamp()), Some(end())),
            (token(&format!(r#"{{"exp":{}}}"#, end().timestamp())), Some(end())),
            (format!("Bearer {}", token(&format!(r#"{{"exp":{}.7}}"#, end().timestamp()))), Some(end())),
            (token(r#"{"sub":"me"}"#), None),
            ("https://a.example/search?se=2024-06-01".to_owned(), None),
            ("hunter2".to_owned(), None),
            ("a.b.c".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(expiry_of(&secret), expected, "{secret}");
        }
    }

    #[test]
    fn it_is_told_two_weeks_before_and_grave_two_days_before() {
        let secret = format!("https://a.example/?se={}&sig=SECRET", end().format("%Y-%m-%dT%H:%M:%SZ"));
        let secrets = [("tea\u{1b}ms".to_owned(), secret), ("smtp".to_owned(), "hunter2".to_owned())];
        let look = |left: Duration| match judge(&secrets, end() - left, &CredentialsRule::default()).as_slice() {
            [Verdict::Fine { .. }] => None,
            [Verdict::Bad(finding)] => {
                assert!(!format!("{finding:?}").contains("SECRET"), "{finding:?}");
                assert_eq!(finding.object, "tea\\x1bms");
                Some((finding.severity, finding.message.clone()))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(look(Duration::days(15)), None);
        let (severity, said) = look(Duration::days(13)).unwrap();
        let sentence = "the credential tea\\x1bms expires on 2024-06-01 12:30 UTC: renew it before";
        assert_eq!((severity, said.as_str()), (Severity::Warning, sentence));
        assert_eq!(look(Duration::days(1)).unwrap().0, Severity::Critical);
        let (severity, said) = look(Duration::days(-1)).unwrap();
        assert_eq!((severity, said.contains("expired on")), (Severity::Critical, true));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".*", exp in any::<f64>()) {
            let _ = expiry_of(&text);
            let _ = expiry_of(&format!("?sig=1&se={text}"));
            let _ = expiry_of(&token(&format!(r#"{{"exp":{exp:e}}}"#)));
        }
    }
}
