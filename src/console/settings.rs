//! What is in effect: the console's own settings, which can be changed while it runs, and the workspace's.

use std::path::Path;

use serde_json::Value;

use super::keymap;
use super::load::tidy::line;
use super::state::State;
use crate::config;
use crate::config::console::{ConsoleSettings, THEMES};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Setting {
    /// What it is of: `console`, `workspace`, a pipeline.
    pub of: String,
    /// Its name.
    pub name: String,
    /// What holds.
    pub value: String,
    /// Where that came from.
    pub from: String,
}

/// Settings of the console that a key changes, by name.
pub const SWITCHED: [&str; 5] = ["theme", "mouse", "bell", "notify", "read_only"];

/// The console's own settings; `written` are those of `landfall.toml`.
pub fn own(state: &State) -> Vec<Setting> {
    let (now, written) = (&state.settings, &state.written);
    let ordinary = ConsoleSettings::default();
    let yes = |on: bool| if on { "on" } else { "off" }.to_owned();
    let from = |now: &str, written: &str, ordinary: &str| {
        let from = match (now == written, written == ordinary) {
            (true, true) => "default",
            (true, false) => "landfall.toml",
            (false, _) => "here, not written",
        };
        from.to_owned()
    };
    let of = |settings: &ConsoleSettings, name: &str| match name {
        "theme" => settings.theme.clone(),
        "mouse" => yes(settings.mouse),
        "bell" => yes(settings.bell),
        "notify" => yes(settings.notify),
        _ => yes(settings.read_only),
    };
    let mut all: Vec<Setting> = SWITCHED
        .iter()
        .map(|name| Setting {
            of: "console".into(),
            name: (*name).to_owned(),
            value: of(now, name),
            from: from(&of(now, name), &of(written, name), &of(&ordinary, name)),
        })
        .collect();
    for binding in keymap::bindings() {
        let own = written.keys.iter().any(|(name, _)| *name == binding.act.name());
        let from = if own { "landfall.toml" } else { "default" };
        all.push(Setting { of: "keys".into(), name: binding.act.name(), value: binding.keys(), from: from.to_owned() });
    }
    all.extend(state.conflicts.iter().map(|problem| Setting {
        of: "keys".into(),
        name: "conflict".into(),
        value: line(problem),
        from: "landfall.toml".into(),
    }));
    all
}

/// Changes a switch by its name: the next theme, on or off. Whether there is such a switch.
pub fn switch(settings: &mut ConsoleSettings, name: &str) -> bool {
    match name {
        "theme" => {
            let at = THEMES.iter().position(|theme| *theme == settings.theme).unwrap_or(0);
            settings.theme = THEMES[(at + 1) % THEMES.len()].to_owned();
        }
        "mouse" => settings.mouse = !settings.mouse,
        "bell" => settings.bell = !settings.bell,
        "notify" => settings.notify = !settings.notify,
        "read_only" => settings.read_only = !settings.read_only,
        _ => return false,
    }
    true
}

/// The settings of the workspace and its pipelines, every default filled in.
///
/// # Errors
/// When the configuration is not valid, in one sentence.
pub fn of_workspace(root: &Path) -> Result<Vec<Setting>, String> {
    let workspace = config::load(root).map_err(|problems| {
        format!("the configuration is not valid ({} errors): `landfall check` shows them", problems.errors.len())
    })?;
    let text = keys_in(&root.join("landfall.toml"));
    let mut all = Vec::new();
    for (name, value) in [
        ("name", workspace.name.clone()),
        ("lake", workspace.lake.to_string()),
        ("max_parallel_runs", workspace.max_parallel_runs.to_string()),
        ("time_zone", workspace.time_zone.clone()),
        ("channels", workspace.channels.iter().map(|channel| channel.name.clone()).collect::<Vec<_>>().join(", ")),
    ] {
        let from = written(&text, name, "landfall.toml");
        all.push(Setting { of: "workspace".into(), name: name.into(), value: line(&value), from });
    }
    for pipeline in &workspace.pipelines {
        let file = format!("pipelines/{}.toml", pipeline.name);
        let text = keys_in(&root.join(&file));
        let document = serde_json::to_value(pipeline).map_err(|error| error.to_string())?;
        let mut values = Vec::new();
        flatten("", &document, &mut values);
        all.extend(values.into_iter().map(|(name, value)| {
            let from = written(&text, &name, &file);
            Setting { of: line(&pipeline.name), name: line(&name), value: line(&value), from: line(&from) }
        }));
    }
    Ok(all)
}

/// Every key that a file sets, as the names that lead to it; those of a list of tables without its numbers.
fn keys_in(file: &Path) -> Vec<Vec<String>> {
    fn within(value: &toml::Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
        match value {
            toml::Value::Table(table) if !table.is_empty() => {
                for (name, value) in table {
                    path.push(name.clone());
                    within(value, path, out);
                    path.pop();
                }
            }
            toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
                list.iter().for_each(|value| within(value, path, out));
            }
            _ => out.push(path.clone()),
        }
    }
    let mut out = Vec::new();
    let text = std::fs::read_to_string(file).unwrap_or_default();
    if let Ok(table) = text.parse::<toml::Table>() {
        within(&toml::Value::Table(table), &mut Vec::new(), &mut out);
    }
    out
}

/// Where a value came from: the file, when it sets this key in this place. A place may have more names in the file than in
/// what was read from it (`stages.train.learner`), or fewer, but none that contradict.
fn written(keys: &[Vec<String>], name: &str, file: &str) -> String {
    let names: Vec<&str> = name.split('.').map(|part| part.split('[').next().unwrap_or_default()).collect();
    let (last, place) = names.split_last().unwrap_or((&"", &[]));
    let says = |key: &Vec<String>| {
        let Some((own, above)) = key.split_last() else { return false };
        let agrees = above.iter().all(|name| place.contains(&name.as_str()))
            || place.iter().all(|name| above.iter().any(|other| other == name));
        (own == last && agrees) || (key.len() > names.len() && names.iter().zip(key).all(|(name, other)| name == other))
    };
    if keys.iter().any(says) { file.to_owned() } else { "default".to_owned() }
}

/// Every leaf of a document with its dotted name.
fn flatten(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    let inside = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| flatten(&inside(key), value, out)),
        Value::Array(list) if list.iter().any(|value| value.is_object() || value.is_array()) => {
            list.iter().enumerate().for_each(|(n, value)| flatten(&format!("{name}[{n}]"), value, out));
        }
        Value::Null => out.push((name.to_owned(), "none".into())),
        Value::String(text) => out.push((name.to_owned(), text.clone())),
        other => out.push((name.to_owned(), other.to_string())),
    }
}

/// Writes the console's switches into `landfall.toml`, and leaves everything else in it as it is.
///
/// # Errors
/// When the file cannot be read as TOML, or not be written: one sentence.
pub fn write(root: &Path, settings: &ConsoleSettings) -> Result<String, String> {
    let file = root.join("landfall.toml");
    let shown = line(&file.display().to_string());
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{shown} cannot be read: {error}")),
    };
    let mut document: toml_edit::DocumentMut =
        text.parse().map_err(|_| format!("{shown} is not valid TOML: nothing was written"))?;
    let table = document.entry("console").or_insert(toml_edit::table());
    let Some(table) = table.as_table_like_mut() else { return Err(format!("console in {shown} is no table")) };
    table.insert("theme", toml_edit::value(settings.theme.as_str()));
    for (name, on) in [
        ("mouse", settings.mouse),
        ("bell", settings.bell),
        ("notify", settings.notify),
        ("read_only", settings.read_only),
    ] {
        table.insert(name, toml_edit::value(on));
    }
    // Whole or not at all: an engine may read it at any moment.
    let part = root.join(format!(".landfall.toml.{}.part", std::process::id()));
    std::fs::write(&part, document.to_string())
        .and_then(|()| std::fs::rename(&part, &file))
        .map_err(|error| format!("{shown} cannot be written: {error}"))?;
    Ok(format!("written to [console] of {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_written_into_the_file_and_everything_else_in_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("landfall.toml");
        std::fs::write(&file, "# mine\nname = \"nyc\"\n\n[console]\nbell = true # loud\n").unwrap();
        let mut settings = ConsoleSettings::default();
        for name in SWITCHED {
            assert!(switch(&mut settings, name));
        }
        assert!(!switch(&mut settings, "nothing"));
        write(folder.path(), &settings).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# mine\nname = \"nyc\"\n") && text.contains("theme = \"dark\""), "{text}");
        std::fs::create_dir(folder.path().join("pipelines")).unwrap();
        let ten = include_str!("../../config/examples/ten-lines/pipelines/rentals.toml");
        std::fs::write(folder.path().join("pipelines/rentals.toml"), ten).unwrap();
        assert_eq!(config::load(folder.path()).unwrap().console, settings);
        let all = of_workspace(folder.path()).unwrap();
        let of = |name: &str| all.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name}: {all:?}"));
        assert_eq!((of("name").value.as_str(), of("name").from.as_str()), ("nyc", "landfall.toml"));
        assert_eq!((of("time_zone").value.as_str(), of("time_zone").from.as_str()), ("UTC", "default"));
        assert_eq!(of("landing.path").from, "pipelines/rentals.toml");
        let own = folder.path().join("pipelines/rentals.toml");
        std::fs::write(&own, format!("{ten}\n[alerts.file_size]\nenabled = false\n")).unwrap();
        let all = of_workspace(folder.path()).unwrap();
        let switched: Vec<&str> = all
            .iter()
            .filter(|one| one.name.ends_with("enabled") && one.from != "default")
            .map(|one| one.name.as_str())
            .collect();
        assert!(switched.len() == 1 && switched[0].contains("file_size"), "of each rule by itself: {switched:?}");
        std::fs::write(&file, "name = \"").unwrap();
        assert!(write(folder.path(), &settings).unwrap_err().contains("nothing was written"));
    }
}
