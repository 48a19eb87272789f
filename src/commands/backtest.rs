//! `landfall backtest`: what would have been learned at several instants of the past, and how good it was.

use std::process::ExitCode;

use super::arguments::Backtest;
use super::models::decide::named;
use super::{Place, Refused, print};
use crate::config;
use crate::domain::backtest::{Backtest as Told, Standing, Trial};
use crate::domain::format::{count, figure, share};
use crate::domain::job::WorkerEvent;
use crate::domain::plan::Window;
use crate::domain::text::one_line;
use crate::engine::{alone, backtest};
use crate::store;

/// Shares of the history a learning curve is read at.
const CURVE: [f64; 4] = [0.4, 0.2, 0.1, 0.05];

/// Prints a table, CSV of every trial, or JSON.
///
/// # Errors
/// When the pipeline trains nothing, has no history yet, or the worker fails.
pub async fn backtest(place: &Place, options: Backtest) -> anyhow::Result<ExitCode> {
    let name = named(place, options.pipeline)?;
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))?;
    let Some(pipeline) = workspace.pipeline(&name) else {
        return Err(Refused(format!("there is no pipeline `{}` in this workspace", one_line(&name))).into());
    };
    let connection = store::open_reader(&place.state())?;
    let mut windows = vec![pipeline.model.as_ref().map_or(Window::All, |plan| plan.window)];
    for window in
        options.windows.iter().copied().chain(std::iter::once(Window::All).filter(|_| !options.windows.is_empty()))
    {
        if !windows.contains(&window) {
            windows.push(window);
        }
    }
    let mut asked = backtest::Asked { folds: options.folds, gap_days: options.gap, windows };
    if options.curve {
        let rows = backtest::rows(&connection, &name)?;
        asked.windows.extend(CURVE.iter().map(|share| Window::Rows((rows as f64 * share) as u64)));
    }
    let job = backtest::job(&connection, &workspace, pipeline, asked, chrono::Utc::now())?;
    let quiet = place.json || place.csv || options.csv;
    let mut told = None;
    alone::work(pipeline, &job, |event| match event {
        WorkerEvent::Backtest(found) => told = Some(found),
        WorkerEvent::Progress { note, .. } if !quiet => eprintln!("{}", one_line(&note)),
        _ => {}
    })
    .await?;
    let Some(told) = told else { anyhow::bail!("the worker said nothing of what came out") };
    match (place.json, options.csv || place.csv) {
        (true, _) => print::json(&told)?,
        (false, true) => csv(&told)?,
        (false, false) => table(&told)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(told: &Told) -> anyhow::Result<()> {
    if told.trials.is_empty() {
        return print::line("no fold has a past to train on yet: the labelled history is too short for it");
    }
    let folds = told.trials.iter().map(|trial| trial.fold).max().unwrap_or(0);
    let row = |standing: &Standing| {
        let against = standing
            .against_first
            .map(|[mean, low, high]| format!("{:+.1} % ({:+.1} to {:+.1})", 100.0 * mean, 100.0 * low, 100.0 * high));
        vec![
            standing.window.words(),
            standing.algorithm.clone(),
            figure(standing.loss),
            print::or_dash(standing.skill.map(share)),
            print::or_dash(against),
            count(standing.rows),
        ]
    };
    let rows: Vec<Vec<String>> = told.standings.iter().map(row).collect();
    let head = ["trained on", "by", told.loss.as_str(), "skill", "against the first window (95 %)", "rows"];
    print::table(&head, &rows)?;
    let gap = if told.gap_days > 0.0 { format!(", {} days after training", told.gap_days) } else { String::new() };
    print::line(&format!("{folds} folds, each judged on rows it was not trained on{gap}"))?;
    told.absent.iter().try_for_each(|reason| print::line(&one_line(reason)))
}

fn csv(told: &Told) -> anyhow::Result<()> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in told.trials.iter().flat_map(|trial| &trial.figures) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    print::out(&format!("fold,from,to,trained_on,algorithm,trained,rows,loss,{}", names.join(",")))?;
    let line = |trial: &Trial| {
        let figure = |name: &&str| trial.figures.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
        let figures: Vec<String> =
            names.iter().map(|name| figure(name).map(|value| value.to_string()).unwrap_or_default()).collect();
        let (from, to) = &trial.days;
        let Trial { fold, algorithm, trained, rows, loss, window, .. } = trial;
        format!("{fold},{from},{to},{},{algorithm},{trained},{rows},{loss},{}", window.words(), figures.join(","))
    };
    told.trials.iter().try_for_each(|trial| print::out(&line(trial)))
}
