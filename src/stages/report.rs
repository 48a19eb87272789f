//! The report stage: tells the story of the run as one HTML page.

use super::{Events, StageError, staged, why};
use crate::domain::dataset::DatasetKind;
use crate::domain::job::{Job, ReportJob};
use crate::domain::story::Story;
use crate::lake::{Lake, layout};

pub(super) fn run(job: &Job, work: &ReportJob, events: &Events) -> Result<String, StageError> {
    let lake = Lake::open(&job.lake)?;
    let story = Story { worst: why::worst(job, work, events), ..work.story.clone() };
    let page = crate::report::render(&story)?;
    let path = layout::part(DatasetKind::Report, &job.pipeline, "", job.run, "", "html");
    let artifact = staged::bytes(&lake, job, DatasetKind::Report, "", path, 0, page.as_bytes())?;
    let summary = format!("{}, {} kB", artifact.part.path, artifact.part.bytes.div_ceil(1000));
    events.artifact(artifact);
    Ok(summary)
}
