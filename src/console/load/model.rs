//! One model version, seen from many sides.

use super::drift::{self, DriftPage};
use super::models::{self, ModelsPage};
use super::tidy::{Tidy, line};
use crate::domain::diagnosis::{Diagnosis, Permutation};
use crate::domain::location::Location;
use crate::domain::model::ModelCard;
use crate::lake::{self, Lake};
use crate::store::{self, Connection};

/// A version.
#[derive(Debug, Clone)]
pub struct ModelDetail {
    /// The list of versions with this one in it alone.
    pub page: ModelsPage,
    /// What it does well and badly, or why that is not known.
    pub diagnosis: Result<Diagnosis, String>,
    /// How the rows it scored differ from those it was trained on, or why that is not known.
    pub drift: Result<DriftPage, String>,
    /// What it goes by: what costs most when shuffled first, then by gain.
    pub features: Vec<Feature>,
}

/// A feature's importance.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Share of gain, 0 to 1.
    pub gain: Option<f64>,
    /// What shuffling it costs: mean and standard deviation.
    pub permutation: Option<(f64, f64)>,
}

impl ModelDetail {
    /// Puts one together. Its texts must be safe to show.
    pub fn new(page: ModelsPage, diagnosis: Result<Diagnosis, String>, drift: Result<DriftPage, String>) -> Self {
        let gains = page.models.first().map(|model| model.card.importance.as_slice()).unwrap_or_default();
        let shuffled = diagnosis.as_ref().map(|of| of.permutation.as_slice()).unwrap_or_default();
        let gain = |name: &str| gains.iter().find(|(other, _)| other == name).map(|(_, gain)| *gain);
        let known = |one: &Permutation| Feature {
            name: one.feature.clone(),
            gain: gain(&one.feature),
            permutation: Some((one.mean, one.deviation)),
        };
        let mut features: Vec<Feature> = shuffled.iter().map(known).collect();
        for (name, gain) in gains {
            if !features.iter().any(|feature| feature.name == *name) {
                features.push(Feature { name: name.clone(), gain: Some(*gain), permutation: None });
            }
        }
        Self { page, diagnosis, drift, features }
    }

    /// Whether it tells several classes apart.
    pub fn is_of_several(&self) -> bool {
        self.diagnosis.as_ref().is_ok_and(|of| of.several.is_some())
    }

    /// Whether it is this version.
    pub fn is(&self, pipeline: &str, version: i64) -> bool {
        self.page.pipeline == pipeline && self.version() == version
    }

    /// Its number.
    pub fn version(&self) -> i64 {
        self.page.models.first().map_or(0, |model| model.card.version)
    }
}

/// Reads a version and what was kept beside its bundle; `None` where the store does not know it.
pub fn load(read: &Connection, lake: &Location, pipeline: &str, version: i64) -> store::Result<Option<ModelDetail>> {
    let Some(model) = store::models::get(read, pipeline, version)? else { return Ok(None) };
    let diagnosis = diagnosis(lake, &model.card);
    let page = models::of(read, pipeline, vec![model])?;
    let drift = drift::load(read, lake, pipeline, version, &page.headline)?;
    Ok(Some(ModelDetail::new(page, diagnosis, drift)))
}

fn diagnosis(lake: &Location, card: &ModelCard) -> Result<Diagnosis, String> {
    let found = Lake::open(lake).and_then(|lake| lake::wait(lake.diagnosis(&card.bundle)));
    match found {
        Ok(Some(mut diagnosis)) => {
            diagnosis.tidy();
            Ok(diagnosis)
        }
        Ok(None) => Err(format!("Version {} was trained before diagnoses were kept.", card.version)),
        Err(error) => Err(line(&error.to_string())),
    }
}
