//! `landfall predict`: score a file, or standard input, with a version of a model.

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use polars::prelude::{CsvWriter, DataFrame, ParquetWriter, SerWriter};

use super::arguments::Predict;
use super::{Place, Refused, print};
use crate::config;
use crate::domain::dataset::DatasetKind;
use crate::domain::format;
use crate::domain::plan::CleanPlan;
use crate::domain::text::{many_lines, one_line};
use crate::learn::bundle::{self, Bundle};
use crate::learn::derive::Beyond;
use crate::learn::place::Place as Lake;
use crate::stages::StageError;
use crate::stages::predict::{Predicted, columns, predict};
use crate::store::{self, Connection, aliases, models, parts};

/// Columns that nothing reads are named up to this many.
const NAMED: usize = 8;

/// Who predicts, and how files are read for it.
struct Model {
    bundle: Bundle,
    plan: CleanPlan,
    beyond: Beyond,
    /// Whose columns these are: ``the pipeline `flights` ``.
    whose: String,
}

/// Writes one line a row: its key, its time, what is predicted.
///
/// # Errors
/// When there is no such model, or the file cannot be read by its columns.
pub fn run(place: &Place, options: &Predict) -> anyhow::Result<ExitCode> {
    let Model { bundle, plan, beyond, whose } = match (&options.bundle, &options.model) {
        (Some(folder), _) => of_folder(folder)?,
        (None, model) => of_workspace(place, model.as_deref().unwrap_or_default())?,
    };
    let (bytes, from) = input(&options.file)?;
    let Predicted { mut table, rejected, nulled, unread, reasons, corrected, .. } =
        predict(&bundle, &plan, bytes, &from, options.why, &beyond).map_err(said)?;
    match &options.output {
        Some(path) => save(&mut table, path)?,
        None => show(&mut table)?,
    }
    if rejected > 0 {
        let told = reasons.join("; ");
        eprintln!("landfall: {} could not be used: {}", format::counted(rejected, "row"), one_line(&told));
    }
    if let Some(how) = corrected {
        eprintln!("landfall: the probabilities are corrected ({how}) after this: reasons are of the uncorrected ones");
    }
    if nulled > 0 {
        let values = format::counted(nulled, "value");
        eprintln!(
            "landfall: {values} could not be read as the type of the column, or lie outside it, and count as missing"
        );
    }
    if !unread.is_empty() {
        let named: Vec<String> = unread.iter().take(NAMED).map(|name| format!("`{}`", one_line(name))).collect();
        let more = if unread.len() > NAMED { format!(" and {} more", unread.len() - NAMED) } else { String::new() };
        let named = named.join(", ");
        eprintln!("landfall: columns of {from} that {whose} does not have are not read: {named}{more}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A version of the workspace, with its pipeline's columns and all that its features look at.
fn of_workspace(place: &Place, model: &str) -> anyhow::Result<Model> {
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))?;
    let connection = store::open_reader(&place.state())?;
    let (name, version) = version(&connection, model)?;
    let Some(pipeline) = workspace.pipeline(&name) else {
        return Err(Refused(format!("there is no pipeline `{}` in this workspace", one_line(&name))).into());
    };
    let Some(model) = models::get(&connection, &name, version)? else {
        return Err(
            Refused(format!("{} has no version {version}: `landfall models` lists them", one_line(&name))).into()
        );
    };
    let lake = Lake::open(&workspace.lake)?;
    let bundle = bundle::load(&lake, &model.card.bundle)?;
    let history: Vec<_> =
        parts::live(&connection, &name, DatasetKind::Clean)?.into_iter().map(|row| row.part).collect();
    let features = bundle.serving.preprocess.plan();
    let beyond = Beyond::read(&lake, &history, &workspace.root, &features, &bundle.manifest.content.time)?;
    Ok(Model { bundle, beyond, plan: pipeline.clean.clone(), whose: format!("the pipeline `{}`", one_line(&name)) })
}

/// The bundle in a folder, wherever that is, with the columns that it tells itself.
fn of_folder(folder: &Path) -> anyhow::Result<Model> {
    let name = one_line(&folder.display().to_string());
    let unread = || format!("{name} cannot be read");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(unread)? {
        let path = entry.with_context(unread)?.path();
        if let Some(file) = path.file_name().and_then(|file| file.to_str()).filter(|_| path.is_file()) {
            files.push((file.to_owned(), std::fs::read(&path).with_context(unread)?));
        }
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter_mut().map(|(n, bytes)| (n.as_str(), std::mem::take(bytes))).collect();
    let bundle = bundle::unpack(&files).with_context(|| name.clone())?;
    let plan = columns(&bundle).map_err(said)?;
    Ok(Model { bundle, plan, beyond: Beyond::default(), whose: "the bundle".to_owned() })
}

fn said(error: StageError) -> anyhow::Error {
    match error {
        StageError::Input(reason) => anyhow::anyhow!("{}", one_line(&reason)),
        other => anyhow::anyhow!("{other}"),
    }
}

/// `flights`, `flights@champion`, `flights@prod`, `flights@12` or `flights/12` as pipeline and version.
fn version(connection: &Connection, model: &str) -> anyhow::Result<(String, i64)> {
    let (name, which) = model.rsplit_once(['@', '/']).unwrap_or((model, aliases::CHAMPION));
    if let Ok(version) = which.strip_prefix('v').unwrap_or(which).parse() {
        return Ok((name.to_owned(), version));
    }
    let Some(version) = aliases::version(connection, name, which)? else {
        let (name, which) = (one_line(name), one_line(which));
        let said = format!("no version of `{name}` is called `{which}`: `landfall models` lists what there is");
        return Err(Refused(said).into());
    };
    Ok((name.to_owned(), version))
}

fn input(file: &Path) -> anyhow::Result<(Vec<u8>, String)> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
        return Ok((bytes, "standard input".to_owned()));
    }
    let name = one_line(&file.display().to_string());
    Ok((std::fs::read(file).with_context(|| format!("{name} cannot be read"))?, name))
}

fn save(table: &mut DataFrame, path: &Path) -> anyhow::Result<()> {
    let name = one_line(&path.display().to_string());
    let mut bytes = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => CsvWriter::new(&mut bytes).finish(table)?,
        Some("parquet") => {
            ParquetWriter::new(&mut bytes).finish(table)?;
        }
        _ => bail!("{name} is neither .csv nor .parquet"),
    }
    std::fs::write(path, bytes).with_context(|| format!("{name} cannot be written"))
}

fn show(table: &mut DataFrame) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes).finish(table)?;
    let text = String::from_utf8(bytes).context("the predictions are not text")?;
    // A program gets the values as they are; a terminal must not be steered by them.
    let text = if std::io::stdout().is_terminal() { many_lines(&text) } else { text };
    print::line(text.trim_end_matches('\n'))
}
