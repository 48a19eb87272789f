//! A bundle for other programs: XGBoost's JSON for trees, coefficients for linear models, the fitted preprocessing, and
//! a few lines of Python that put them together.

use super::LearnError;
use super::bundle::Bundle;
use super::signature::signature;

/// Puts the parts together; needs numpy, and xgboost for a boosted model.
const LOADER: &str = include_str!("../../assets/landfall_model.py");

/// The files of an export: name and bytes. The bounds of an interval are not exported.
///
/// # Errors
/// [`LearnError::Internal`] when the model cannot be written in that form.
pub fn export(bundle: &Bundle) -> Result<Vec<(&'static str, Vec<u8>)>, LearnError> {
    let content = &bundle.manifest.content;
    let json = |value: &serde_json::Value| {
        serde_json::to_vec_pretty(value).map_err(|e| LearnError::internal("cannot write the export", e))
    };
    let value = |result: serde_json::Result<serde_json::Value>| {
        result.map_err(|e| LearnError::internal("cannot write the export", e))
    };
    let preprocess = &bundle.serving.preprocess;
    let mut fitted = value(serde_json::to_value(preprocess))?;
    for (at, feature) in preprocess.features.iter().enumerate() {
        let (scales, absent, indicator) = feature.linear_view(preprocess.rows);
        fitted["features"][at]["linear_view"] =
            serde_json::json!({ "scales": scales, "absent": absent, "indicator": indicator });
    }
    let mut files = vec![
        bundle.serving.model.exported()?,
        ("manifest.json", json(&value(serde_json::to_value(&bundle.manifest))?)?),
        ("preprocess.json", json(&fitted)?),
        ("signature.json", json(&signature(content, preprocess, false))?),
        ("landfall_model.py", LOADER.as_bytes().to_vec()),
    ];
    if let Some(calibrator) = &bundle.serving.calibrator {
        files.push(("calibrator.json", json(&value(serde_json::to_value(calibrator))?)?));
    }
    Ok(files)
}
