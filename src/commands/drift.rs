//! `landfall drift`: how a run's rows differ from those its model was trained on.

use std::process::ExitCode;

use anyhow::Context;

use super::arguments::Drift;
use super::{Place, Refused, print};
use crate::config;
use crate::domain::dataset::DatasetKind;
use crate::domain::drift::{Account, Estimate, Measured, Moved, kept};
use crate::domain::format::{count, counted, figure, share};
use crate::domain::text::one_line;
use crate::lake::Lake;
use crate::store::parts::PartRow;
use crate::store::{self, Connection, inputs, parts, pipelines, runs};

/// Days over which it is looked at whether what was expected came true.
const DAYS: usize = 400;

/// Prints it.
///
/// # Errors
/// When configuration, state or lake cannot be read; refused when there is no such run, or it predicted nothing.
pub async fn drift(place: &Place, options: &Drift) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let part = find(&connection, options)?;
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let lake = Lake::open(&workspace.lake)?;
    let account = lake.account(&part.part.path).await.context("the account of the run's rows cannot be read")?;
    let Some(mut account) = account else {
        return Err(Refused(format!("what run {} said of its rows is no longer kept", part.run)).into());
    };
    let mut came_true = Vec::new();
    if let Some(run) = runs::get(&connection, part.run)? {
        inputs::judge(&connection, &run.pipeline, run.id, &mut account.estimates)?;
        for one in account.estimates.iter().filter(|one| one.day.is_none()) {
            let days = inputs::expected(&connection, &run.pipeline, &one.metric, DAYS)?;
            came_true.push((one_line(&one.metric), kept(&days)));
        }
    }
    if place.json {
        print::json(&account)?;
        return Ok(ExitCode::SUCCESS);
    }
    account.texts_mut().for_each(|text| *text = one_line(text));
    if options.csv || place.csv {
        csv(&account)?
    } else {
        table(&account)?;
        for (metric, (inside, judged)) in came_true.iter().filter(|(_, (_, judged))| *judged > 0) {
            let days = counted(*judged as u64, "day");
            print::line(&format!("{metric}: of {days} with known outcomes {inside} came out as is usual"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn find(connection: &Connection, options: &Drift) -> anyhow::Result<PartRow> {
    if let Some(run) = options.run {
        runs::get(connection, run)?.ok_or_else(|| Refused(format!("there is no run {run}")))?;
        let mut parts = parts::of_run(connection, run)?;
        parts.retain(|row| row.part.kind == DatasetKind::Drift && row.committed.is_some());
        let none = || Refused(format!("run {run} predicted nothing that was compared with training rows"));
        return Ok(parts.pop().ok_or_else(none)?);
    }
    let mut newest: Option<PartRow> = None;
    for pipeline in pipelines::list(connection)? {
        if options.pipeline.as_ref().is_some_and(|name| *name != pipeline.name) {
            continue;
        }
        let found = parts::live(connection, &pipeline.name, DatasetKind::Drift)?.pop();
        newest = newest.into_iter().chain(found).max_by_key(|row| row.run);
    }
    let none = || Refused("no run predicted anything yet that was compared with training rows".to_owned());
    Ok(newest.ok_or_else(none)?)
}

fn table(of: &Account) -> anyhow::Result<()> {
    let span = of.from.zip(of.to).map(|(from, to)| format!(" of {} to {}", print::stamp(from), print::stamp(to)));
    print::line(&format!(
        "run {}: {}{} against the {} that version {} was trained on",
        of.run,
        counted(of.rows, "row"),
        span.unwrap_or_default(),
        count(of.reference),
        of.version
    ))?;
    if of.sampled < of.rows {
        print::line(&format!("KS and Wasserstein look at {} of them, evenly spaced", count(of.sampled)))?;
    }
    let limit = |one: &Measured| print::or_dash(one.limit.map(figure));
    let row = |one: &Moved| {
        vec![
            if one.drift() > 1.0 { "△" } else { "" }.to_owned(),
            one.name.clone(),
            share(one.importance),
            figure(one.psi.value),
            limit(&one.psi),
            format!("{:.0e}", one.p),
            figure(one.js.value),
            print::or_dash(one.ks.map(|of| figure(of.value))),
            print::or_dash(one.wasserstein.map(|of| figure(of.value))),
            print::or_dash(one.cramer_v.map(figure)),
            share(one.missing.1),
            print::or_dash(one.out_of_range.or(one.new_share).map(share)),
        ]
    };
    let rows: Vec<Vec<String>> = of.features.iter().chain(&of.score).map(row).collect();
    let header = ["", "feature", "gain", "PSI", "usual to", "p", "JS", "KS", "W1/sd", "V", "missing", "unknown"];
    print::line("")?;
    print::table(&header, &rows)?;
    for one in of.features.iter().filter(|one| !one.new_levels.is_empty() || !one.vanished.is_empty()) {
        let named = |levels: &[(String, u64)]| {
            levels.iter().map(|(name, rows)| format!("{name} ({})", count(*rows))).collect::<Vec<_>>().join(", ")
        };
        let new = (!one.new_levels.is_empty()).then(|| format!("new {}", named(&one.new_levels)));
        let gone = (!one.vanished.is_empty()).then(|| format!("gone {} expected", named(&one.vanished)));
        let both: Vec<String> = new.into_iter().chain(gone).collect();
        print::line(&format!("{}: {}", one.name, both.join("; ")))?;
    }
    if let Some(all) = &of.classifier {
        let worst: Vec<String> =
            all.features.iter().take(3).map(|(name, gain)| format!("{name} {}", share(*gain))).collect();
        print::line(&format!(
            "all at once: a model tells the rows from the training rows with AUC {} ({} to {}), by {}",
            figure(all.auc),
            figure(all.low),
            figure(all.high),
            worst.join(", ")
        ))?;
    }
    estimates(&of.estimates)
}

fn estimates(of: &[Estimate]) -> anyhow::Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    print::line("\nexpected before the outcomes are known (if only the mix of rows changed, not how they turn out)")?;
    let row = |one: &Estimate| {
        let band = one.band.map(|(low, high)| format!("{} to {}", figure(low), figure(high)));
        let day = one.day.clone().unwrap_or_else(|| "all".to_owned());
        let actual = print::or_dash(one.actual.map(figure));
        let known = print::or_dash(one.known.map(share));
        vec![day, one.metric.clone(), figure(one.value), print::or_dash(band), actual, known, count(one.rows)]
    };
    let header = ["day", "metric", "expected", "usual", "was", "known", "rows"];
    print::table(&header, &of.iter().map(row).collect::<Vec<_>>())
}

fn csv(of: &Account) -> anyhow::Result<()> {
    print::out(
        "run,version,feature,importance,drift,psi,psi_limit,p,js,js_limit,ks,ks_limit,ks_p,wasserstein,wasserstein_limit,\
         chi2,chi2_degrees,chi2_p,cramer_v,missing_trained,missing,out_of_range,new_levels,vanished_levels,rows",
    )?;
    for one in of.features.iter().chain(&of.score) {
        let said = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let both = |of: Option<Measured>| [said(of.map(|of| of.value)), said(of.and_then(|of| of.limit))];
        let [psi, psi_limit] = both(Some(one.psi));
        let [js, js_limit] = both(Some(one.js));
        let [ks, ks_limit] = both(one.ks);
        let [wasserstein, wasserstein_limit] = both(one.wasserstein);
        let cells = [
            of.run.to_string(),
            of.version.to_string(),
            one.name.clone(),
            one.importance.to_string(),
            one.drift().to_string(),
            psi,
            psi_limit,
            one.p.to_string(),
            js,
            js_limit,
            ks,
            ks_limit,
            said(one.ks_p),
            wasserstein,
            wasserstein_limit,
            said(one.chi2.map(|of| of.0)),
            one.chi2.map(|of| of.1.to_string()).unwrap_or_default(),
            said(one.chi2.map(|of| of.2)),
            said(one.cramer_v),
            one.missing.0.to_string(),
            one.missing.1.to_string(),
            said(one.out_of_range),
            said(one.new_share),
            one.vanished.len().to_string(),
            of.rows.to_string(),
        ];
        print::csv_row(&cells)?;
    }
    Ok(())
}
