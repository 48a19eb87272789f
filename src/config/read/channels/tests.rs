use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::channels::{ChannelKind, Email, Ntfy, Tls, Webhook};
use crate::config::secret::{Secret, SecretOrText};
use crate::config::{Problems, Workspace, load, load_with_warnings};
use crate::domain::alert::{AlertKind, Occasion, Severity};

const REFERENCE: &str = include_str!("../../../../config/examples/reference/landfall.toml");
const PIPELINE: &str = include_str!("../../../../config/examples/ten-lines/pipelines/rentals.toml");

/// What a workspace with this `landfall.toml` is, or what is wrong with it, and its folder.
fn loaded(landfall: &str) -> (Result<Workspace, Problems>, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pipelines")).unwrap();
    fs::write(folder.path().join("pipelines/rentals.toml"), PIPELINE).unwrap();
    fs::write(folder.path().join("landfall.toml"), landfall).unwrap();
    (load(folder.path()), folder.path().to_owned())
}

fn email(more: &str) -> Email {
    let text = format!("[channels.mail]\nkind = \"email\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n{more}");
    let workspace = loaded(&text).0.unwrap_or_else(|problems| panic!("{problems}"));
    let ChannelKind::Email(email) = workspace.channels[0].kind.clone() else { panic!("no email") };
    email
}

#[test]
fn every_channel_of_the_reference_is_taken_over() {
    let (workspace, root) = loaded(REFERENCE);
    let workspace = workspace.unwrap_or_else(|problems| panic!("{problems}"));
    let kinds: Vec<&str> = workspace.channels.iter().map(|channel| channel.kind.name()).collect();
    assert_eq!(kinds, ChannelKind::NAMES, "one of each");
    let oncall = workspace.channel("oncall").unwrap();
    assert_eq!((oncall.timeout.as_secs(), oncall.per_minute, oncall.occasions.len()), (20, 10, 6));
    assert_eq!(oncall.wait, Some(Duration::from_secs(60)));
    let ChannelKind::Email(mail) = &oncall.kind else { panic!("no email") };
    assert_eq!((mail.port, mail.tls, mail.user.as_deref()), (587, Tls::Starttls, Some("landfall")));
    assert_eq!(
        (&mail.password, &mail.ca),
        (&Some(Secret::Env("SMTP_PASSWORD".into())), &Some(root.join("secrets/ca.pem")))
    );
    let hook = Webhook {
        url: SecretOrText::Text("https://example.com/landfall".into()),
        secret: Some(Secret::File(root.join("secrets/hook"))),
        headers: vec![
            ("X-Team".into(), SecretOrText::Text("turbines".into())),
            ("Authorization".into(), SecretOrText::Secret(Secret::Env("HOOK_TOKEN".into()))),
        ],
        ca: None,
    };
    assert_eq!(workspace.channel("hook").unwrap().kind, ChannelKind::Webhook(hook));
    let ChannelKind::Ntfy(Ntfy { priorities, .. }) = &workspace.channel("phone").unwrap().kind else {
        panic!("no ntfy")
    };
    assert_eq!(priorities, &[2, 3, 5]);
    let (first, second) = (&workspace.routes[0], &workspace.routes[1]);
    assert_eq!(
        (first.kinds.as_slice(), first.severity),
        (&[AlertKind::Staleness, AlertKind::RunFailed][..], Severity::Critical)
    );
    assert_eq!(first.hours.as_ref().unwrap().to_string(), "Mon,Tue,Wed,Thu,Fri 08:00-18:00 Europe/Berlin");
    assert!(first.and_on && first.channels == ["oncall", "boards"] && first.escalate_to == ["pager"]);
    assert!(!second.and_on && second.pipelines.is_empty() && second.severity == Severity::Warning);
    assert!(workspace.message.subject.is_some() && workspace.message.text.is_some());
    assert_eq!(workspace.link.as_deref(), Some("https://ops.example.com/turbines"));
}

/// The readers themselves know which keys there are: they name them when they meet one they do not know.
#[test]
fn the_reference_leaves_no_key_out() {
    let mut text = "qqqqqqqqqqqq = 1\n".to_owned();
    for line in REFERENCE.lines() {
        text.push_str(&format!("{line}\n"));
        if line.starts_with('[') {
            text.push_str("qqqqqqqqqqqq = 1\n");
        }
    }
    let problems = loaded(&text).0.unwrap_err();
    assert_eq!(problems.errors.len(), text.matches("qqqqqqqqqqqq = 1").count(), "{problems}");
    for help in problems.errors.iter().filter_map(|problem| problem.help.as_deref()) {
        let keys = help.strip_prefix("known keys are ").unwrap().split(", ").map(|key| key.trim_matches('`'));
        for key in keys {
            let table = REFERENCE.contains(&format!("[{key}]"))
                || REFERENCE.contains(&format!("[{key}."))
                || REFERENCE.contains(&format!(".{key}]"));
            assert!(table || REFERENCE.contains(&format!("{key} =")), "{key}");
        }
    }
}

#[test]
fn encryption_is_the_default_everywhere_but_on_this_machine() {
    let far = email("host = \"smtp.example.com\"");
    assert_eq!((far.tls, far.port), (Tls::Starttls, 587));
    let implicit = email("host = \"smtp.example.com\"\nport = 465");
    assert_eq!((implicit.tls, implicit.port), (Tls::Implicit, 465));
    let here = email("host = \"localhost\"");
    assert_eq!((here.tls, here.port), (Tls::None, 25));
    let open = email("host = \"relay.example.com\"\ntls = \"none\"");
    assert_eq!((open.tls, open.port), (Tls::None, 25));
}

#[test]
fn without_a_word_on_it_nobody_is_told_and_everything_has_a_default() {
    let nobody = loaded("").0.unwrap();
    assert!(nobody.channels.is_empty() && nobody.routes.is_empty() && nobody.link.is_none());
    let bell = loaded("[channels.bell]\nkind = \"bell\"\n").0.unwrap().channels.remove(0);
    assert_eq!((bell.timeout.as_secs(), bell.per_minute, bell.wait), (10, 20, None));
    assert!(bell.occasions.contains(&Occasion::Fired) && bell.occasions.contains(&Occasion::Resolved));
}

#[test]
fn a_password_that_goes_unencrypted_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[channels.mail]\nkind = \"email\"\nhost = \"smtp.example.com\"\ntls = \"none\"\nuser = \"a\"\n\
                password = { env = \"A\" }\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n";
    fs::create_dir(folder.path().join("pipelines")).unwrap();
    fs::write(folder.path().join("pipelines/rentals.toml"), PIPELINE).unwrap();
    fs::write(folder.path().join("landfall.toml"), text).unwrap();
    let warnings = load_with_warnings(folder.path()).unwrap().warnings.warnings;
    assert_eq!(warnings[0].message, "[channels.mail] sends its password unencrypted");
}
