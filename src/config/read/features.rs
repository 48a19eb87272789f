//! `[features]`: what is derived to be learned from, when rows are read. One table a feature: `name = { … }`, with one of
//! `expression`, `part`, `cyclical`, `ratio`, `difference`, `lag`, `rolling` and `lookup`.

mod origin;

use std::ops::Range;

use super::column::Draft;
use super::prepare::{self, Fill, Prepare};
use crate::config::field::Field;
use crate::config::nearest::nearest;
use crate::config::section::listed;
use crate::config::source::Source;
use crate::domain::feature::{Derivation, FeaturePlan, Step};
use crate::domain::plan::{ColumnType, Impute, Role, system};
use origin::{Made, Origin};

/// Reads the features: those that are columns, then the derived ones in the order of the file. `zone` is the time zone of
/// date parts that name none.
pub(super) fn read(source: &Source, field: Option<&Field<'_>>, columns: &[Draft], zone: &str) -> Vec<FeaturePlan> {
    let mut shelf = Shelf { source, known: columns.iter().map(Known::column).collect(), zone };
    let mut features: Vec<FeaturePlan> =
        columns.iter().filter(|d| d.plan.role == Role::Feature).map(of_column).collect();
    for draft in columns {
        shelf.check_forward(draft.prepare.forward.as_deref(), &draft.plan.name, draft.ty(), &draft.at);
    }
    let section = field.and_then(|field| field.section("[features]"));
    for field in section.iter().flat_map(|section| section.fields()) {
        features.extend(shelf.read(&field));
    }
    features
}

fn of_column(draft: &Draft) -> FeaturePlan {
    draft.prepare.plan(&draft.plan.name, draft.plan.ty, draft.plan.impute.clone(), Vec::new())
}

/// A name that a feature may be made of.
struct Known {
    name: String,
    /// Its type, if that could be read.
    ty: Option<ColumnType>,
    /// It is read and then dropped.
    dropped: bool,
    /// The column it knows that is known only after the event.
    outcome: Option<String>,
    /// It is the event time.
    time: bool,
    /// How it is derived; absent for a column.
    step: Option<Step>,
    /// It, or something it is made of, takes more than the row itself.
    beyond: bool,
}

impl Known {
    fn column(draft: &Draft) -> Self {
        let role = draft.plan.role;
        let outcome = matches!(role, Role::Target | Role::Never | Role::LabelTime).then(|| draft.plan.name.clone());
        Self {
            name: draft.plan.name.clone(),
            ty: draft.ty(),
            dropped: role == Role::Ignore,
            outcome,
            time: role == Role::Time,
            step: None,
            beyond: false,
        }
    }
}

/// What there is so far.
struct Shelf<'s> {
    source: &'s Source,
    known: Vec<Known>,
    zone: &'s str,
}

impl Shelf<'_> {
    fn find(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.name == name)
    }

    /// What `name`, mentioned at `at`, is; what it cannot be is recorded.
    fn named(&self, name: &str, at: &Range<usize>) -> Option<&Known> {
        let Some(known) = self.find(name) else {
            let names = || self.known.iter().filter(|known| !known.dropped).map(|known| known.name.as_str());
            let help = match nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}, and the features above", listed(names())),
            };
            self.source.error_with_help(at.clone(), format!("unknown column `{name}`"), "", Some(help));
            return None;
        };
        if known.dropped {
            let help = "derive what you need of it in [columns]: features are made of the history, where it is not";
            let message = format!("`{name}` has the role `ignore`: it is dropped before features are made");
            self.source.error_with_help(at.clone(), message, "", Some(help.to_owned()));
            return None;
        }
        Some(known)
    }

    /// The event time column.
    fn time(&self) -> Option<&Known> {
        self.known.iter().find(|known| known.time)
    }

    fn read(&mut self, field: &Field<'_>) -> Vec<FeaturePlan> {
        let name = format!("feature `{}`", field.key);
        let Some(section) = field.section(name) else { return Vec::new() };
        let Some(made) = self.origin(&section) else { return Vec::new() };
        let learned = section.or("role", true, |f| f.choice(&[("feature", true), ("ignore", false)]));
        let ty = made.first().and_then(|made| made.ty);
        let mut prepare = prepare::read(&section, ty);
        let impute = match section.get("impute").and_then(|f| Some((f.at.clone(), prepare::read_fill(&f, ty)?))) {
            Some((_, Fill::Rule(Impute::Reject))) | None => Impute::Leave,
            Some((_, Fill::Rule(impute))) => impute,
            Some((at, Fill::Forward(by))) => {
                self.forward(field.key, by, &at, &made, &mut prepare);
                Impute::Leave
            }
        };
        section.finish();
        let mut plans = Vec::new();
        for Made { suffix, ty, how, outcome } in made {
            let name = format!("{}{suffix}", field.key);
            let taken = self.find(&name).is_some() || name == system::FILE || name == system::LINE;
            if taken || field.key.is_empty() {
                let message = format!("there is a column or feature `{name}` already");
                self.source.error(field.key_at.clone(), message, "expected another name");
                continue;
            }
            if let (true, Some(leak)) = (learned, &outcome) {
                let message =
                    format!("`{name}` is a leak: it is made of `{leak}`, which is known only after the event");
                let help = "look back on it (`lag`, `rolling`) with the `delay` after which it is known";
                self.source.error_with_help(field.key_at.clone(), message, "", Some(help.to_owned()));
            }
            let step = Step { name: name.clone(), how };
            if learned && let Some(ty) = ty {
                plans.push(prepare.plan(&name, ty, impute.clone(), self.steps(&step)));
            }
            let made_of_beyond = |name: &String| self.find(name).is_some_and(|known| known.beyond);
            let beyond = !matches!(step.how, Derivation::Expression(_)) || wanted(&step).iter().any(made_of_beyond);
            self.known.push(Known { name, ty, dropped: false, outcome, time: false, step: Some(step), beyond });
        }
        plans
    }

    /// Forward filling of a derived feature.
    fn forward(&self, name: &str, by: Vec<String>, at: &Range<usize>, made: &[Made], prepare: &mut Prepare) {
        let of_beyond = |made: &Made| match &made.how {
            Derivation::Expression(expr) => {
                expr.columns().iter().any(|n| self.find(n).is_some_and(|known| known.beyond))
            }
            _ => true,
        };
        if made.iter().any(of_beyond) {
            let message = "only what is made of the row itself can be filled from earlier rows";
            self.source.error(at.clone(), message, "expected another `impute`");
            return;
        }
        self.check_forward(Some(&by), name, made.first().and_then(|made| made.ty), at);
        prepare.forward = Some(by);
    }

    /// Whether a column can be filled from earlier rows with equal values in `by`.
    fn check_forward(&self, by: Option<&[String]>, name: &str, ty: Option<ColumnType>, at: &Range<usize>) {
        let Some(by) = by else { return };
        if matches!(ty, Some(ColumnType::Date | ColumnType::Datetime)) {
            self.source.error(at.clone(), format!("`{name}` is a date or time and is not filled forward"), "");
        }
        for column in by {
            let known = self.named(column, at);
            if known.is_some_and(|known| known.outcome.is_some()) {
                self.source.error(at.clone(), format!("`{column}` is known only after the event"), "expected a key");
            }
        }
    }

    /// `last` after all steps that it needs.
    fn steps(&self, last: &Step) -> Vec<Step> {
        let mut needed: Vec<String> = wanted(last);
        let mut steps = vec![last.clone()];
        for step in self.known.iter().rev().filter_map(|known| known.step.as_ref()) {
            if needed.contains(&step.name) {
                needed.extend(wanted(step));
                steps.insert(0, step.clone());
            }
        }
        steps
    }
}

/// All names that a step goes by, of its own row and of earlier ones.
fn wanted(step: &Step) -> Vec<String> {
    let past = match &step.how {
        Derivation::Lookback(look) => Some(look.of.clone()),
        _ => None,
    };
    step.how.own().into_iter().map(str::to_owned).chain(past).collect()
}
