//! The command line as types.

mod alerts;
mod backtest;
mod files;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use backtest::Backtest;

pub use alerts::{Alerts, AlertsVerb, Answer, Judge, Mute, Numbers, Replay, Rightly, Which};
pub use files::{Backfill, FileWhat, Named, Schema};

/// A terminal operations console for machine-learning pipelines.
#[derive(Debug, Parser)]
#[command(
    name = "landfall",
    version,
    about,
    after_help = "Without a command: the console of the workspace in this folder. Start with `landfall demo`."
)]
pub struct Arguments {
    /// Folder of the workspace.
    #[arg(short = 'C', long, global = true, env = "LANDFALL_WORKSPACE")]
    pub workspace: Option<PathBuf>,
    /// Answer as JSON, one document.
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// How tables are printed; with csv, what is no table goes to standard error.
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub format: Option<Form>,
    /// The console only looks: nothing is asked of the engine, and none is started.
    #[arg(long)]
    pub read_only: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Table,
    /// For spreadsheets.
    Csv,
    /// One document.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Lay out a workspace with real flight data and play its upstream: see everything happen.
    Demo(Demo),
    /// Write a new workspace to begin with.
    Init(Init),
    /// Is the configuration valid? Exit code 0 or 1.
    Check,
    /// Ask for new data and run it, once, without a screen.
    Run(Run),
    /// Be the engine in the foreground, for a service manager.
    Watch,
    /// How the workspace stands.
    Status(Status),
    /// The newest runs, or one of them with its stages.
    Runs(Runs),
    /// The ledger: file versions, or the whole story of one name.
    Files(Files),
    /// One landed file: its story, or release, retry, drop, hold it.
    #[command(subcommand)]
    File(FileWhat),
    /// Run the files whose data is of a span of days again.
    Backfill(Backfill),
    /// The columns a pipeline is pinned to and how its files changed, or a proposal from a sample.
    Schema(Schema),
    /// Rows of a dataset: predictions, rejects, clean, metrics, output; as a table, CSV or JSON, or into a file.
    Data(Data),
    /// Model versions and how they were decided on.
    Models(Models),
    /// How a run's rows differ from those its model was trained on, and what is expected of the predictions.
    Drift(Drift),
    /// The history of a figure, or all figures that were measured.
    Metrics(Metrics),
    /// Reports that were published, newest first.
    Reports(Listing),
    /// What happened, and what operators did, newest first.
    Events(Listing),
    /// Every value in effect, and where it came from.
    Settings,
    /// Score a file with a version of a model: key, time and prediction of each row as CSV.
    Predict(Predict),
    /// Alerts that stand, or all about one of them.
    Alerts(Alerts),
    /// What would have been learned at several instants of the past, and how good it was.
    Backtest(Backtest),
    /// Train once more from what a run trained from, and prove that the same model comes out. Exit code 0 or 1.
    Replay(ReplayRun),
    /// Run again, whole or in part.
    Rerun(Rerun),
    /// Stop a run now.
    Cancel(Cancel),
    /// Acknowledge alerts: you have seen them.
    Ack(Answer),
    /// Take an acknowledgement back.
    Unack(Numbers),
    /// Silence alerts, and later ones of the same trouble, until a time and for a reason.
    Mute(Mute),
    /// End a mute.
    Unmute(Numbers),
    /// What alerts saw is normal: it ends them, and shapes what is usual from now on.
    Normal(Answer),
    /// Was it right to raise an alert? Counted in its rule's precision.
    Judge(Judge),
    /// Resolve alerts: they are over.
    Resolve(Answer),
    /// No scheduled or event checks of a pipeline until it is resumed.
    Pause {
        /// Name of the pipeline.
        pipeline: String,
    },
    /// End a pause.
    Resume {
        /// Name of the pipeline.
        pipeline: String,
    },
    /// Channels that tell of alerts: list them, try one, see what was told.
    #[command(subcommand)]
    Notify(Notify),
    /// Stop the engine.
    Stop(Stop),
    /// Work on one job from standard input. For the engine, not for people.
    #[command(hide = true)]
    Worker,
    /// Answer one question about rows: JSON on standard input and output. The console starts it.
    #[command(hide = true)]
    Query,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where; made when it is not there.
    #[arg(default_value = "demo")]
    pub directory: PathBuf,
    /// Seconds between one day's file and the next.
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    pub every: f64,
    /// No screen, whatever the terminal: play to the end of the data and print an account.
    #[arg(long)]
    pub headless: bool,
    /// Stop after this many days of March (1 to 31).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=31))]
    pub days: Option<u32>,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where; made when it is not there.
    #[arg(default_value = ".")]
    pub directory: PathBuf,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Only this pipeline.
    pub pipeline: Option<String>,
}

/// Arguments of listings.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only this pipeline.
    #[arg(short, long)]
    pub pipeline: Option<String>,
    /// How many at most.
    #[arg(short = 'n', long, default_value_t = 20)]
    pub limit: usize,
}

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// One run, with its stages and log.
    pub run: Option<i64>,
    /// Which.
    #[command(flatten)]
    pub listing: Listing,
}

/// Arguments of `drift`.
#[derive(Debug, Args)]
pub struct Drift {
    /// The run; the newest that predicted when absent.
    pub run: Option<i64>,
    /// Only this pipeline.
    #[arg(short, long)]
    pub pipeline: Option<String>,
    /// A line a feature with every figure, as CSV.
    #[arg(long)]
    pub csv: bool,
}

/// Arguments of `metrics`.
#[derive(Debug, Args)]
pub struct Metrics {
    /// Name of the figure, as auc; all of them are listed when absent.
    pub name: Option<String>,
    /// Of which pipeline; the first one when absent.
    #[arg(short, long)]
    pub pipeline: Option<String>,
}

/// Arguments of `files`.
#[derive(Debug, Args)]
pub struct Files {
    /// The whole story of the file of this name.
    pub name: Option<String>,
    /// How far the partitions of streams are read, instead.
    #[arg(long, conflicts_with = "name")]
    pub streams: bool,
    /// Which.
    #[command(flatten)]
    pub listing: Listing,
}

/// Arguments of `predict`.
#[derive(Debug, Args)]
pub struct Predict {
    /// Which model: PIPELINE@champion, PIPELINE@ALIAS, or PIPELINE/12 for a version.
    #[arg(short, long, value_name = "MODEL", required_unless_present = "bundle")]
    pub model: Option<String>,
    /// A folder with the bundle of a version instead, as it lies in the lake below models/: needs no workspace. The file
    /// has the event time and the features under their own names.
    #[arg(short, long, value_name = "DIR", conflicts_with = "model")]
    pub bundle: Option<PathBuf>,
    /// The file, in the form in which files of the pipeline land (outcomes may be missing); `-` is standard input.
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// Write to this .csv or .parquet file instead of standard output.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Say why: the features that count most for each row, so many of them.
    #[arg(long, num_args = 0..=1, default_value_t = 0, default_missing_value = "3", value_name = "N")]
    pub why: usize,
}

/// Arguments of `models`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Models {
    /// What of them; the newest when absent.
    #[command(subcommand)]
    pub what: Option<ModelsVerb>,
    /// Which.
    #[command(flatten)]
    pub listing: Listing,
}

/// What to say of model versions.
#[derive(Debug, Subcommand)]
pub enum ModelsVerb {
    /// One version: how it was judged, what it does well and badly.
    Show {
        /// Its number.
        version: i64,
        /// Its pipeline; needed where more than one has such a version.
        #[arg(short, long)]
        pipeline: Option<String>,
    },
    /// Make a version the one that serves, whatever its verdict was.
    Promote {
        /// Its number.
        version: i64,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        /// Its pipeline; needed where there is more than one.
        #[arg(short, long)]
        pipeline: Option<String>,
    },
    /// Make the version that served before serve again.
    Rollback {
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        /// Of this pipeline; needed where there is more than one.
        #[arg(short, long)]
        pipeline: Option<String>,
    },
    /// Write a version for other programs: XGBoost JSON or coefficients, preprocessing, and Python that reads them.
    Export {
        /// Its number.
        version: i64,
        /// The folder; made when it is not there.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Its pipeline; needed where more than one has such a version.
        #[arg(short, long)]
        pipeline: Option<String>,
    },
    /// Give a version a name to ask for it by, or take the name away.
    Alias {
        /// The name.
        name: String,
        /// The version's number.
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        version: Option<i64>,
        /// Take the name away.
        #[arg(long)]
        remove: bool,
        /// Why, for the record.
        #[arg(long)]
        reason: Option<String>,
        /// Its pipeline; needed where there is more than one.
        #[arg(short, long)]
        pipeline: Option<String>,
    },
}

/// Arguments of `rerun`.
#[derive(Debug, Args)]
pub struct Rerun {
    /// The run to repeat.
    pub run: i64,
    /// From this stage on.
    #[arg(long, conflicts_with = "failed")]
    pub from: Option<String>,
    /// From the first stage that did not succeed.
    #[arg(long)]
    pub failed: bool,
    /// Say what would happen, and do nothing.
    #[arg(long)]
    pub preview: bool,
    /// Why, for the record.
    #[arg(long)]
    pub reason: Option<String>,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayRun {
    /// The run whose model version is made once more.
    pub run: i64,
}

/// Arguments of `cancel`.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The run to stop.
    pub run: i64,
    /// Why, for the record.
    #[arg(long)]
    pub reason: Option<String>,
}

/// What to do with channels.
#[derive(Debug, Subcommand)]
pub enum Notify {
    /// Channels and routes, and what waits or failed.
    List,
    /// Every attempt to tell something, newest first.
    Log {
        /// How many at most.
        #[arg(short = 'n', long, default_value_t = 20)]
        limit: usize,
    },
    /// Try again now what waits or failed.
    Retry {
        /// Only this channel.
        channel: Option<String>,
    },
    /// Send a test message and say what its receiver answers.
    Test {
        /// Name of the channel.
        channel: String,
    },
}

/// Arguments of `stop`.
#[derive(Debug, Args)]
pub struct Stop {
    /// Let what runs end first.
    #[arg(long)]
    pub drain: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.05..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds between 0.05 and 3600 were expected".into()),
    }
}

/// `landfall status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Go on: a line for everything that happens, until interrupted.
    #[arg(long)]
    pub watch: bool,
    /// One fact a line, in words; for screen readers and simple terminals.
    #[arg(long)]
    pub plain: bool,
}

/// `landfall data`.
#[derive(Debug, Args)]
pub struct Data {
    /// Which dataset.
    #[arg(default_value = "predictions")]
    pub dataset: String,
    /// Of which pipeline; the first one when there are several.
    #[arg(short, long)]
    pub pipeline: Option<String>,
    /// Only rows for which this holds, as `delay > 15 and carrier = "UA"`.
    #[arg(long = "where", value_name = "CONDITIONS")]
    pub conditions: Option<String>,
    /// Sort by this column, largest first with a `-` before it; may be given more than once.
    #[arg(long, allow_hyphen_values = true)]
    pub sort: Vec<String>,
    /// A SELECT over `data`, which is this dataset, and the others by their names.
    #[arg(long)]
    pub sql: Option<String>,
    /// Most rows of the table on standard output; CSV, JSON and files have all of them.
    #[arg(short, long, default_value_t = 50)]
    pub limit: u32,
    /// CSV instead of a table.
    #[arg(long)]
    pub csv: bool,
    /// Write all rows to this file; its ending is its form: .csv, .json, .jsonl, .parquet.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Replace the file when it is there.
    #[arg(long)]
    pub replace: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
