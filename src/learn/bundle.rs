//! A model version as files: everything that is needed to score with it and to contest it, and nothing that changes.
//!
//! | file | what |
//! | --- | --- |
//! | `manifest.json` | format, recipe, data, training spans, seed; who made it and when; the hash |
//! | `preprocess.json`, `model.bin` | the serving model: fitted on all labelled rows |
//! | `judged-preprocess.json`, `judged.bin` | the judged twin: fitted only on rows before the holdout |
//! | `metrics.json` | the judged twin and the baseline on the holdout |
//! | `signature.json`, `model_card.md` | what it takes and gives with MLflow's types; what to know before using it; absent from bundles made before there were any |
//! | `reference.json` | what later rows are compared with: features and predictions in bins with what is usual of them, some rows; absent from bundles made before there was one |
//! | `calibrator.json` | how the probabilities of both are corrected; absent where that does not help |
//! | `interval.json`, `lower.bin`, `upper.bin`, `judged-lower.bin`, `judged-upper.bin` | the bounds of both, if any are given |
//!
//! The hash covers every file and the manifest's content, but not its stamp (version, run, instant): the same data,
//! configuration and seed give the same hash.

mod twin;

pub use twin::Twin;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::LearnError;
use super::drift::Reference;
use super::frame::Frame;
use super::interval::{Interval, Margin};
use super::learner;
use super::place::Place;
use super::preprocess::Preprocess;
use super::signature::{card, signature};
use crate::domain::Instant;
use crate::domain::model::Continued;
use crate::domain::plan::{Algorithm, LearningPlan, ModelPlan, Task, Window};

/// Version of the bundle's layout.
pub const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const PREPROCESS: &str = "preprocess.json";
const MODEL: &str = "model.bin";
const JUDGED_PREPROCESS: &str = "judged-preprocess.json";
const JUDGED_MODEL: &str = "judged.bin";
const METRICS: &str = "metrics.json";
const REFERENCE: &str = "reference.json";
const CALIBRATOR: &str = "calibrator.json";
const SIGNATURE: &str = "signature.json";
const CARD: &str = "model_card.md";
const INTERVAL: &str = "interval.json";
const BOUNDS: [&str; 2] = ["lower.bin", "upper.bin"];
const JUDGED_BOUNDS: [&str; 2] = ["judged-lower.bin", "judged-upper.bin"];

/// Files that a bundle may lack, in the order of the hash.
const OPTIONAL: [&str; 9] =
    [REFERENCE, SIGNATURE, CARD, CALIBRATOR, INTERVAL, BOUNDS[0], BOUNDS[1], JUDGED_BOUNDS[0], JUDGED_BOUNDS[1]];

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// What it is; hashed.
    pub content: Content,
    /// Who made it and when; not hashed.
    pub stamp: Stamp,
}

/// What a bundle is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What is predicted.
    pub task: Task,
    /// Of several classes: their names, in the order of the probabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Name of the target column.
    pub target: String,
    /// Name of the event time column.
    pub time: String,
    /// The features, in order.
    pub features: Vec<String>,
    /// Who learned it.
    pub algorithm: Algorithm,
    /// Hash of everything that makes it this recipe; see [`recipe`].
    pub recipe: String,
    /// Fingerprint of the training data.
    pub data: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Probability at and above which a row is called positive (binary).
    pub threshold: f64,
    /// What the judged twin was fitted on.
    pub judged: Span,
    /// What the serving model was fitted on.
    pub serving: Span,
    /// What the baseline, fitted on the serving model's rows, answers for every row; 0 with several classes.
    pub baseline: f64,
    /// Of several classes: the probability it gives to each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baselines: Vec<f64>,
    /// Rounds of boosting in the serving model.
    pub rounds: Option<u32>,
    /// How it came from the version before, if it was not fitted anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued: Option<Continued>,
}

/// Rows a model was fitted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Number of rows.
    pub rows: u64,
    /// First event time, microseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Last event time.
    pub to: Option<i64>,
}

impl Span {
    /// That of these rows of `frame`.
    pub fn of(frame: &Frame, rows: Range<usize>) -> Self {
        let time = &frame.time[rows];
        // Where somebody says when outcomes became known, rows are not all in order of time.
        Self { rows: time.len() as u64, from: time.iter().min().copied(), to: time.iter().max().copied() }
    }
}

/// Who made a bundle and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Version of the model.
    pub version: i64,
    /// The run that made it.
    pub run: i64,
    /// When.
    pub created_at: Instant,
    /// Version of Landfall.
    pub landfall: String,
    /// BLAKE3 over the content and the other files, lower-case hex.
    pub hash: String,
}

/// A bundle in memory.
pub struct Bundle {
    /// What and whence.
    pub manifest: Manifest,
    /// Fitted before the holdout only.
    pub judged: Twin,
    /// Fitted on all labelled rows.
    pub serving: Twin,
    /// What later rows are compared with, as far as it was kept.
    pub reference: Reference,
}

/// Files of a bundle: name and bytes.
pub type Files = Vec<(&'static str, Vec<u8>)>;

/// Figures by who (`challenger`, `baseline`) and name.
pub type Figures = BTreeMap<&'static str, BTreeMap<&'static str, f64>>;

/// Hash of everything that makes a model this recipe, whatever the data: task, target, features, algorithm and its
/// settings. 16 hex digits.
pub fn recipe(plan: &ModelPlan, algorithm: Algorithm) -> String {
    let boosting = (algorithm == Algorithm::Boosting).then_some(&plan.boosting);
    let linear = (algorithm == Algorithm::Linear).then_some(&plan.linear);
    let features = (algorithm != Algorithm::Baseline).then_some(&plan.features);
    let mut of =
        vec![json!(plan.task), json!(plan.target), json!(features), json!(algorithm), json!(boosting), json!(linear)];
    // What is not as it was before it could be said otherwise: recipes from before stay the same.
    let (learning, usual) = (&plan.learning, LearningPlan::default());
    if learning.weight.is_some() {
        of.push(json!(learning.weight));
    }
    if plan.window != Window::default() {
        of.push(json!(["window", plan.window]));
    }
    if learning.calibrate != usual.calibrate {
        of.push(json!(["calibrate", learning.calibrate]));
    }
    match algorithm {
        Algorithm::Seasonal => of.push(json!(learning.season_days)),
        Algorithm::Tweedie => of.push(json!([learning.power, plan.linear])),
        Algorithm::Ridge | Algorithm::Lasso | Algorithm::ElasticNet | Algorithm::Poisson => of.push(json!(plan.linear)),
        Algorithm::Boosting if learning.power != usual.power => of.push(json!(learning.power)),
        _ => {}
    }
    let text = serde_json::Value::Array(of).to_string();
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// The files of a bundle with this content. `stamp.hash` is filled in.
pub fn pack(
    content: Content,
    mut stamp: Stamp,
    judged: &Twin,
    serving: &Twin,
    figures: &Figures,
    reference: Option<&Reference>,
) -> Result<(Files, String), LearnError> {
    let mut files: Files = vec![
        (PREPROCESS, to_json(&serving.preprocess)?),
        (MODEL, serving.model.to_bytes()?),
        (JUDGED_PREPROCESS, to_json(&judged.preprocess)?),
        (JUDGED_MODEL, judged.model.to_bytes()?),
        (METRICS, to_json(figures)?),
    ];
    if let Some(reference) = reference {
        let bytes = serde_json::to_vec(reference).map_err(|e| LearnError::internal("cannot write the bundle", e))?;
        files.push((REFERENCE, bytes));
    }
    files.push((SIGNATURE, to_json(&signature(&content, &serving.preprocess, serving.interval.is_some()))?));
    files.push((CARD, card(&content, &serving.preprocess, figures).into_bytes()));
    if let Some(calibrator) = &judged.calibrator {
        files.push((CALIBRATOR, to_json(calibrator)?));
    }
    if let (Some(of_judged), Some(of_serving)) = (&judged.interval, &serving.interval) {
        files.push((INTERVAL, to_json(&of_serving.margin)?));
        files.extend(BOUNDS.into_iter().zip(of_serving.to_bytes()?));
        files.extend(JUDGED_BOUNDS.into_iter().zip(of_judged.to_bytes()?));
    }
    let hash = hash(&content, &files)?;
    stamp.hash.clone_from(&hash);
    files.push((MANIFEST, to_json(&Manifest { format: FORMAT, content, stamp })?));
    Ok((files, hash))
}

/// The bundle in `files`.
///
/// # Errors
/// [`LearnError::Input`] when a file is missing or damaged, or the bundle was written by another format version.
pub fn unpack(files: &[(&str, Vec<u8>)]) -> Result<Bundle, LearnError> {
    let get = |wanted: &str| {
        let found = files.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, bytes)| bytes).ok_or_else(|| LearnError::Input(format!("the bundle has no {wanted}")))
    };
    let manifest = get(MANIFEST)?;
    let format: Format = parse(MANIFEST, manifest)?;
    if format.format != FORMAT {
        return Err(LearnError::Input(format!(
            "the bundle has format {}, this Landfall reads format {FORMAT}: train a new version",
            format.format
        )));
    }
    let manifest: Manifest = parse(MANIFEST, manifest)?;
    let content = &manifest.content;
    let mut rest: Vec<(&'static str, Vec<u8>)> = [PREPROCESS, MODEL, JUDGED_PREPROCESS, JUDGED_MODEL, METRICS]
        .into_iter()
        .map(|name| Ok((name, get(name)?.clone())))
        .collect::<Result<_, LearnError>>()?;
    rest.extend(OPTIONAL.into_iter().filter_map(|name| Some((name, get(name).ok()?.clone()))));
    let calibrator = get(CALIBRATOR).ok().cloned();
    if hash(content, &rest)? != manifest.stamp.hash {
        return Err(LearnError::Input("the bundle is damaged: its bytes do not have the hash it names".to_owned()));
    }
    let margin: Option<Margin> = get(INTERVAL).ok().map(|bytes| parse(INTERVAL, bytes)).transpose()?;
    let bounds = |[lower, upper]: [&str; 2]| -> Result<Option<Interval>, LearnError> {
        margin.map(|margin| Interval::load(margin, get(lower)?, get(upper)?)).transpose()
    };
    let twin = |preprocess: &'static str, model: &str, files: [&str; 2]| -> Result<Twin, LearnError> {
        let preprocess: Preprocess = parse(preprocess, get(preprocess)?)?;
        if preprocess.features.iter().map(|f| &f.plan.name).ne(&content.features) {
            return Err(LearnError::Input("the bundle's preprocessing is not of its features".to_owned()));
        }
        let calibrator = calibrator.as_deref().map(|bytes| parse(CALIBRATOR, bytes)).transpose()?;
        let model = learner::load(content.algorithm, get(model)?)?;
        Ok(Twin { preprocess, model, calibrator, interval: bounds(files)? })
    };
    let (judged, serving) = (twin(JUDGED_PREPROCESS, JUDGED_MODEL, JUDGED_BOUNDS)?, twin(PREPROCESS, MODEL, BOUNDS)?);
    let reference = get(REFERENCE).ok().map(|bytes| parse(REFERENCE, bytes)).transpose()?.unwrap_or_default();
    Ok(Bundle { judged, serving, reference, manifest })
}

/// The bundle in `folder` of the lake.
pub fn load(place: &Place, folder: &str) -> Result<Bundle, LearnError> {
    let mut files = Vec::new();
    for name in [MANIFEST, PREPROCESS, MODEL, JUDGED_PREPROCESS, JUDGED_MODEL, METRICS] {
        files.push((name, place.read(&format!("{folder}/{name}"))?));
    }
    for name in OPTIONAL {
        files.extend(place.read_if_there(&format!("{folder}/{name}"))?.map(|bytes| (name, bytes)));
    }
    unpack(&files).map_err(|error| match error {
        LearnError::Input(text) => LearnError::Input(format!("{folder}: {text}")),
        other => other,
    })
}

/// Whether the bundle, read back from its bytes, scores `rows` of `frame` bit by bit as the models in memory do;
/// otherwise the reason why not.
pub fn self_test(
    files: &[(&str, Vec<u8>)],
    judged: &Twin,
    serving: &Twin,
    frame: &Frame,
    rows: Range<usize>,
) -> Result<(), String> {
    let back = unpack(files).map_err(|e| e.to_string())?;
    for (what, ours, stored) in [("judged twin", judged, &back.judged), ("serving model", serving, &back.serving)] {
        let bits = |twin: &Twin| -> Result<Vec<u64>, String> {
            let mut said = twin.predict_rows(frame, rows.clone()).map_err(|e| e.to_string())?;
            let bounds = twin.bounds(frame, rows.clone(), &said).map_err(|e| e.to_string())?;
            said.extend(bounds.into_iter().flat_map(|(low, high)| [low, high]));
            Ok(said.into_iter().map(f64::to_bits).collect())
        };
        let (ours, stored) = (bits(ours)?, bits(stored)?);
        if let Some(row) = ours.iter().zip(&stored).position(|(a, b)| a != b) {
            return Err(format!(
                "the {what} read back from its bytes predicts {} for row {row}, in memory it was {}",
                f64::from_bits(stored[row]),
                f64::from_bits(ours[row])
            ));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn hash(content: &Content, files: &[(&'static str, Vec<u8>)]) -> Result<String, LearnError> {
    let mut hasher = blake3::Hasher::new();
    let content = to_json(content)?;
    for (name, bytes) in files.iter().map(|(name, bytes)| (*name, bytes)).chain([("content", &content)]) {
        hasher.update(name.as_bytes()).update(&[0]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, LearnError> {
    serde_json::to_vec_pretty(value).map_err(|e| LearnError::internal("cannot write the bundle", e))
}

fn parse<'a, T: Deserialize<'a>>(name: &str, bytes: &'a [u8]) -> Result<T, LearnError> {
    serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("the bundle's {name} cannot be read: {e}")))
}

/// `boosting, 212 rounds`.
pub fn describe(content: &Content) -> String {
    match content.rounds {
        Some(rounds) => format!("{}, {rounds} rounds", content.algorithm.name()),
        None => content.algorithm.name().to_owned(),
    }
}
