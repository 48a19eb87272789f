//! The keys of `[stages.train]` that say how learning is helped along.

use std::time::Duration;

use crate::config::field::Field;
use crate::config::section::Section;
use crate::domain::plan::{Algorithm, BoostingPlan, Calling, LearningPlan, Loss, SearchPlan};

const SECONDS_A_DAY: f64 = 86_400.0;

/// Trials of a search when nobody says how many.
const TRIALS: u32 = 12;

/// Versions from one full fit to the next with continued training, when nobody says how many.
const REFIT_EVERY: u32 = 7;

const LOSSES: [(&str, Loss); 6] = [
    ("squared", Loss::Squared),
    ("absolute", Loss::Absolute),
    ("huber", Loss::Huber),
    ("quantile", Loss::Quantile),
    ("poisson", Loss::Poisson),
    ("tweedie", Loss::Tweedie),
];

/// Reads them.
pub(super) fn read(section: &Section<'_>) -> LearningPlan {
    let usual = LearningPlan::default();
    let days = |duration: Duration| duration.as_secs_f64() / SECONDS_A_DAY;
    let an_hour = Duration::from_secs(3600);
    let trials = section.or("trials", TRIALS, |f| f.integer(2, 10_000));
    let between = |f: &Field<'_>| f.number_where("a number above 1 and below 2", |x| x > 1.0 && x < 2.0);
    LearningPlan {
        auto: false,
        search: section
            .maybe("tune", |f| f.choice(&[("random", false), ("halving", true)]))
            .map(|halving| SearchPlan { halving, trials }),
        budget_seconds: section
            .or("budget", Duration::from_secs_f64(usual.budget_seconds), |f| f.duration(Duration::from_secs(1)))
            .as_secs_f64(),
        calibrate: section.or("calibrate", usual.calibrate, Field::boolean),
        weight: section.maybe("weight", Field::text).map(str::to_owned),
        season_days: section.maybe("season", |f| f.duration(an_hour)).map_or(usual.season_days, days),
        power: section.or("power", usual.power, between),
        interval: section
            .maybe("interval", |f| f.number_where("a share from 0.5 to 0.99", |x| (0.5..=0.99).contains(&x))),
        refit_every: refit_every(section),
        label_time: None,
        calling: Calling::Given,
    }
}

/// Versions from one full fit of boosting to the next.
fn refit_every(section: &Section<'_>) -> u32 {
    let continued = section.or("refresh", false, |f| f.choice(&[("refit", false), ("continue", true)]));
    let field = section.get("refit_every");
    let every = section.or("refit_every", REFIT_EVERY, |f| f.integer(2, 1000));
    if let (Some(field), false) = (field, continued) {
        field.error("`refit_every` is of continued training", "expected `refresh = \"continue\"` beside it");
    }
    if continued { every } else { 1 }
}

/// `threshold`: a probability, `"f1"`, or what the two kinds of wrong calls cost.
pub(super) fn threshold(field: &Field<'_>) -> Option<(f64, Calling)> {
    if field.is_table() {
        let section = field.section("`threshold`")?;
        let [miss, false_alarm] = ["miss", "false_alarm"].map(|key| section.maybe(key, Field::positive));
        if miss.is_none() || false_alarm.is_none() {
            field.error(
                "`threshold` does not say what both kinds of wrong calls cost",
                "expected `miss` and `false_alarm`",
            );
        }
        section.finish();
        return Some((0.5, Calling::Cost { miss: miss?, false_alarm: false_alarm? }));
    }
    if field.is_text() {
        return field.choice(&[("f1", (0.5, Calling::F1))]);
    }
    field.share().map(|share| (share, Calling::Given))
}

/// `algorithm`: one learner, or none named when a leaderboard decides (`"auto"`).
pub(super) fn algorithm(section: &Section<'_>) -> Option<Option<Algorithm>> {
    let named = Algorithm::NAMES.iter().map(|(name, algorithm)| (*name, Some(*algorithm)));
    let words: Vec<(&'static str, Option<Algorithm>)> = [("auto", None)].into_iter().chain(named).collect();
    section.maybe("algorithm", |f| f.choice(&words))
}

/// What boosting of numbers makes small, and which way features may work; the rest is as in `plan`.
pub(super) fn read_loss(section: &Section<'_>, plan: BoostingPlan) -> BoostingPlan {
    let loss = section.or("loss", Loss::default(), |f| f.choice(&LOSSES));
    let within = |f: &Field<'_>| f.number_where("a number above 0 and below 1", |x| x > 0.0 && x < 1.0);
    let quantile = section.or("quantile", 0.5, within);
    BoostingPlan {
        loss,
        quantile: if loss == Loss::Quantile { quantile } else { 0.0 },
        monotone: section.maybe("monotone", monotone).unwrap_or_default(),
        ..plan
    }
}

fn monotone(field: &Field<'_>) -> Option<Vec<(String, bool)>> {
    if !field.is_table() {
        field.error("`monotone` names no features", "expected a table such as { distance = \"up\" }");
        return None;
    }
    let section = field.section("monotone")?;
    let one = |f: &Field<'_>| Some((f.key.to_string(), f.choice(&[("up", true), ("down", false)])?));
    Some(section.fields().iter().filter_map(one).collect())
}
