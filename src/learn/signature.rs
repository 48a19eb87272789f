//! What a model takes and gives, for people and for other programs.

use serde_json::{Value, json};

use super::bundle::{Content, Figures};
use super::preprocess::Preprocess;
use crate::domain::format::{count, figure};
use crate::domain::plan::{ColumnType, FeaturePlan, LOWER, Task, UPPER};
use crate::domain::text::one_line;

/// The signature with MLflow's names of types: what must be there to predict, and what comes out. A derived feature says in
/// `derived` how it is made, and in `from` of which columns of the row; it is an input to those who have the model alone.
pub fn signature(content: &Content, preprocess: &Preprocess, bounded: bool) -> Value {
    let column = |feature: &FeaturePlan| {
        let mut column = json!({ "name": feature.name, "type": mlflow(feature.ty), "required": true });
        if !feature.steps.is_empty() {
            column["derived"] = feature.steps.iter().map(ToString::to_string).collect();
            column["from"] = feature.inputs().into_iter().collect();
        }
        column
    };
    let features: Vec<Value> = preprocess.plan().iter().map(column).collect();
    let mut outputs = vec![json!({ "name": "prediction", "type": "double", "required": true })];
    match content.task {
        Task::Binary => outputs.push(json!({ "name": "positive", "type": "boolean", "required": true })),
        Task::Multiclass => outputs.push(json!({ "name": "predicted_class", "type": "string", "required": true })),
        Task::Regression if bounded => {
            outputs.extend([LOWER, UPPER].map(|name| json!({ "name": name, "type": "double", "required": true })));
        }
        Task::Regression => {}
    }
    json!({ "inputs": features, "outputs": outputs })
}

fn mlflow(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text => "string",
        ColumnType::Integer => "long",
        ColumnType::Boolean => "boolean",
        ColumnType::Date | ColumnType::Datetime => "datetime",
        _ => "double",
    }
}

/// What is to be known before the model is used, as Markdown. It holds no instant of its making, so the same training
/// writes the same card.
pub fn card(content: &Content, preprocess: &Preprocess, figures: &Figures) -> String {
    let day = |time: Option<i64>| time.map_or_else(|| "nothing".to_owned(), super::frame::day);
    let span = |of: &super::bundle::Span| format!("{} rows, {} to {}", count(of.rows), day(of.from), day(of.to));
    let mut text = format!(
        "# {} from {}\n\n- Task: {:?}, learned by {}\n- The serving model was fitted on {}\n- Every figure below is of \
         its judged twin, fitted on {}, on the rows after these\n- Seed {}, training data {}, recipe {}\n",
        one_line(&content.target),
        match preprocess.features.len() {
            1 => "one feature".to_owned(),
            n => format!("{n} features"),
        },
        content.task,
        content.algorithm.name(),
        span(&content.serving),
        span(&content.judged),
        content.seed,
        content.data.get(..16).unwrap_or(&content.data),
        content.recipe,
    );
    if let Some(continued) = &content.continued {
        text.push_str(&format!("- Not fitted anew: {}\n", continued.told()));
    }
    text.push_str("\n## Judged on rows it has not seen\n\n| figure | model | baseline |\n| --- | --- | --- |\n");
    let (ours, baseline) = (figures.get("challenger"), figures.get("baseline"));
    for (figure_name, value) in ours.into_iter().flatten() {
        let beside = baseline.and_then(|of| of.get(figure_name)).map(|value| figure(*value)).unwrap_or_default();
        text.push_str(&format!("| {figure_name} | {} | {beside} |\n", figure(*value)));
    }
    text.push_str("\n## Features\n\n| feature | type | training rows without a value |\n| --- | --- | --- |\n");
    let plans = preprocess.plan();
    for (feature, plan) in preprocess.features.iter().zip(&plans) {
        let shown = one_line(&plan.name).replace('|', "\\|");
        text.push_str(&format!("| {shown} | {} | {} |\n", mlflow(plan.ty), count(feature.missing)));
    }
    text.push_str(
        "\n## Limits\n\nIt knows the past it was fitted on, and nothing of causes. Levels of a category that it has not \
         seen count as missing. Its figures hold as long as the rows to come are like those it was judged on.\n",
    );
    text
}
