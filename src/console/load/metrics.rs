//! Figures over days and runs.

use super::tidy::line;
use crate::domain::metric::Split;
use crate::store::metrics::Point;
use crate::store::{self, Connection};

/// A figure that has a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// How its rows were chosen.
    pub split: Split,
    /// Whether its history goes by event day, or by run.
    pub daily: bool,
}

impl Figure {
    /// Its identity in a list.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.name, self.split.name(), if self.daily { "day" } else { "run" })
    }
}

/// The history of one figure.
#[derive(Debug, Clone)]
pub struct MetricsPage {
    /// Figures to choose from.
    pub figures: Vec<Figure>,
    /// The one chosen.
    pub chosen: Option<Figure>,
    /// Who (champion, challenger, baseline, or empty), and the history, oldest first.
    pub series: Vec<(String, Vec<Point>)>,
}

/// Days or runs shown.
const LIMIT: usize = 400;

/// Reads the history of `wish`, or of the first figure.
pub fn load(read: &Connection, pipeline: &str, wish: Option<&Figure>) -> store::Result<MetricsPage> {
    let names = store::metrics::names(read, pipeline)?;
    let mut figures: Vec<Figure> = Vec::new();
    for (name, split, _, daily) in &names {
        let figure = Figure { name: name.clone(), split: *split, daily: *daily };
        if !figures.contains(&figure) {
            figures.push(figure);
        }
    }
    let headline = store::pipelines::get(read, pipeline)?.map(|row| row.headline).unwrap_or_default();
    figures.sort_by_key(|figure| (rank(figure, &headline), figure.name.clone()));
    let chosen = wish.filter(|wish| figures.contains(wish)).or(figures.first()).cloned();
    let mut series = Vec::new();
    if let Some(figure) = &chosen {
        for (name, split, who, daily) in &names {
            if *name != figure.name || *split != figure.split || *daily != figure.daily {
                continue;
            }
            let points = match figure.daily {
                true => store::metrics::by_day(read, pipeline, name, who, LIMIT)?,
                false => store::metrics::by_run(read, pipeline, name, *split, who, LIMIT)?,
            };
            series.push((line(who), points));
        }
        series.sort_by_key(|(who, _)| ["champion", "challenger", "baseline"].iter().position(|w| w == who));
    }
    for figure in &mut figures {
        figure.name = line(&figure.name);
    }
    Ok(MetricsPage { figures, chosen, series })
}

/// The headline first, then what is honest, then the rest.
fn rank(figure: &Figure, headline: &str) -> u8 {
    let split = match figure.split {
        Split::Prequential => 0,
        Split::Holdout => 1,
        Split::Batch => 2,
    };
    split * 2 + u8::from(figure.name != headline)
}
