//! Reading a workspace: `landfall.toml` and `pipelines/*.toml`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::pipeline::{Archive, Pipeline, Workspace};
use super::problem::Problems;
use super::read::workspace::Settings;
use super::read::{self, Surroundings};
use super::source::Source;
use crate::domain::alert::WORKSPACE;

/// The workspace's own file.
const WORKSPACE_FILE: &str = "landfall.toml";
/// The folder of its pipelines.
const PIPELINES: &str = "pipelines";

/// A workspace, and what is probably not meant in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The workspace.
    pub workspace: Workspace,
    /// Warnings only.
    pub warnings: Problems,
}

/// Reads the workspace in the folder `root`. Touches nothing but its configuration files, so it is cheap enough to be
/// repeated whenever one of them changes.
///
/// # Errors
/// Everything that is wrong in all files, and the warnings.
pub fn load(root: &Path) -> Result<Workspace, Problems> {
    load_with_warnings(root).map(|loaded| loaded.workspace)
}

/// As [`load`], with the warnings of a workspace that can be used.
///
/// # Errors
/// See [`load`].
pub fn load_with_warnings(root: &Path) -> Result<Loaded, Problems> {
    let (workspace, problems) = load_sound(root)?;
    if !problems.errors.is_empty() {
        return Err(problems);
    }
    Ok(Loaded { workspace, warnings: problems })
}

/// A workspace with those of its pipelines that are sound, and all that is wrong: for who only looks at what an engine
/// does that began with other files.
///
/// # Errors
/// When `landfall.toml` cannot be used.
pub fn load_sound(root: &Path) -> Result<(Workspace, Problems), Problems> {
    let (root, settings, mut problems) = load_settings(root)?;
    let usable = problems.errors.is_empty();
    let surroundings = Surroundings { root: &root, time_zone: &settings.time_zone, stores: &settings.stores };
    let pipelines = load_pipelines(&surroundings, &mut problems);
    let in_lake = |p: &Pipeline| match &p.landing.remote {
        Some(place) => place.root == settings.lake.root,
        None => settings.lake.folder().as_ref() == Some(&p.landing.path),
    };
    let (in_lake, pipelines): (Vec<Pipeline>, Vec<Pipeline>) = pipelines.into_iter().partition(in_lake);
    for pipeline in &in_lake {
        let message = "its landing is the lake: what lands would lie among what is published";
        problems.push_whole(file_of(&pipeline.name), message, Some("give [landing] another `path`".to_owned()));
    }
    for (taker, other) in takers(&pipelines) {
        let message = format!("its `archive` takes files away that pipeline {} reads too", other.name);
        let help = "remove `archive`, or give one of them a landing of its own";
        problems.push_whole(file_of(&taker.name), message, Some(help.to_owned()));
    }
    if !usable {
        return Err(problems);
    }
    let workspace = Workspace {
        name: settings.name,
        lake: settings.lake,
        output: settings.output,
        max_parallel_runs: settings.max_parallel_runs,
        time_zone: settings.time_zone,
        life: settings.life,
        channels: settings.channels,
        routes: settings.routes,
        message: settings.message,
        console: settings.console,
        link: settings.link,
        own: settings.own,
        heartbeat: settings.heartbeat,
        pipelines,
        root,
    };
    Ok((workspace, problems))
}

/// Pipelines that take files out of a landing, each with another one that reads it.
fn takers(pipelines: &[Pipeline]) -> Vec<(&Pipeline, &Pipeline)> {
    let takes = |pipeline: &&Pipeline| pipeline.landing.archive != Archive::Keep;
    let reads_too = |taker: &Pipeline, other: &&Pipeline| {
        other.name != taker.name && !other.landing.is_remote() && other.landing.path == taker.landing.path
    };
    let pair = |taker| Some((taker, pipelines.iter().find(|other| reads_too(taker, other))?));
    pipelines.iter().filter(takes).filter_map(pair).collect()
}

/// The absolute folder, what `landfall.toml` in it says, and what is wrong with that; only a file that cannot be read is
/// an error here.
fn load_settings(root: &Path) -> Result<(PathBuf, Settings, Problems), Problems> {
    let mut problems = Problems::default();
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let Some(text) = read_workspace_file(&root, &mut problems) else { return Err(problems) };
    let source = Source::new(WORKSPACE_FILE, text);
    let settings = read::workspace::read(&source, &root);
    source.into_problems().for_each(|problem| problems.push(problem));
    Ok((root, settings, problems))
}

fn read_workspace_file(root: &Path, problems: &mut Problems) -> Option<String> {
    let path = root.join(WORKSPACE_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => return Some(text),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let message = format!("{} is not a workspace: it has no {WORKSPACE_FILE}", root.display());
            let help = "`landfall init` makes a workspace here, `landfall demo` shows one at work";
            problems.push_whole("", message, Some(help.to_owned()));
        }
        Err(e) => problems.push_whole(WORKSPACE_FILE, unreadable(&e), None),
    }
    None
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::InvalidData => "this file is not UTF-8 text".to_owned(),
        _ => format!("this file cannot be read: {error}"),
    }
}

fn file_of(pipeline: &str) -> String {
    format!("{PIPELINES}/{pipeline}.toml")
}

/// All pipelines that are sound, by name.
fn load_pipelines(surroundings: &Surroundings<'_>, problems: &mut Problems) -> Vec<Pipeline> {
    let paths = match pipeline_files(&surroundings.root.join(PIPELINES)) {
        Ok(paths) => paths,
        Err(e) => {
            problems.push_whole(PIPELINES, format!("this folder cannot be read: {e}"), None);
            return Vec::new();
        }
    };
    if paths.is_empty() {
        let message = "the workspace has no pipeline";
        let help = format!("write one as {PIPELINES}/NAME.toml; `landfall init` makes one to begin with");
        problems.push_whole(PIPELINES, message, Some(help));
    }
    paths.iter().filter_map(|path| load_pipeline(path, surroundings, problems)).collect()
}

/// The `*.toml` files of the folder, by name; none when there is no folder. Hidden files are editors' own.
fn pipeline_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn load_pipeline(path: &Path, surroundings: &Surroundings<'_>, problems: &mut Problems) -> Option<Pipeline> {
    let name = path.file_stem()?.to_string_lossy().into_owned();
    let file = file_of(&name);
    // The name is part of folder names in the lake.
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        let message = format!("a pipeline cannot be called `{name}`");
        problems.push_whole(file, message, Some("use letters, digits, `_` and `-` in the file's name".to_owned()));
        return None;
    }
    if name == WORKSPACE {
        let message = format!("a pipeline cannot be called `{name}`: alerts about the whole workspace go by it");
        problems.push_whole(file, message, Some("give the file another name".to_owned()));
        return None;
    }
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => {
            problems.push_whole(file, unreadable(&e), None);
            return None;
        }
    };
    read_pipeline(Source::new(file, text), &name, surroundings, problems)
}

fn read_pipeline(
    source: Source,
    name: &str,
    surroundings: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Pipeline> {
    let pipeline = read::pipeline(&source, name, surroundings);
    source.into_problems().for_each(|problem| problems.push(problem));
    pipeline
}

/// Reads one pipeline's file that need not be part of the workspace in `root`, as if it were the file of the pipeline
/// `name`.
///
/// # Errors
/// Everything that is wrong in it and in `landfall.toml`.
pub fn load_pipeline_file(root: &Path, path: &Path, name: &str) -> Result<Pipeline, Problems> {
    let (root, settings, mut problems) = load_settings(root)?;
    let surroundings = Surroundings { root: &root, time_zone: &settings.time_zone, stores: &settings.stores };
    let file = path.display().to_string();
    let pipeline = match fs::read_to_string(path) {
        Ok(text) => read_pipeline(Source::new(file, text), name, &surroundings, &mut problems),
        Err(e) => {
            problems.push_whole(file, unreadable(&e), None);
            None
        }
    };
    pipeline.filter(|_| problems.errors.is_empty()).ok_or(problems)
}
