//! What to do next about an alert, in plain words.

use crate::domain::alert::{AlertKind, AlertState};
use crate::store::alerts::AlertRow;

/// What to look at first, and what ends it.
pub fn advice(alert: &AlertRow) -> Vec<&'static str> {
    if !alert.state.is_open() {
        return match alert.alarm {
            None if alert.fired.is_some() => vec!["It is over. Say whether it was right to raise it: t or f."],
            _ => Vec::new(),
        };
    }
    let mut advice = vec![first(alert.finding.kind)];
    advice.push(match alert.state {
        AlertState::Pending => "It fires when it stays; nobody was told yet.",
        AlertState::Muted => "M ends the mute.",
        AlertState::Acknowledged => "It ends by itself when it looks fine again; R resolves it now, A takes it back.",
        AlertState::Recovering => "It is over when it stays fine.",
        _ if alert.inhibited_by.is_some() => "Another alert explains it: answer that one.",
        _ => "a acknowledges it, m silences it for a while, n calls what was seen normal.",
    });
    advice
}

fn first(kind: AlertKind) -> &'static str {
    use AlertKind::{
        ClockJump, Contract, Credentials, DataDrift, Delivery, DiskLow, FileSize, Heartbeat, IncompleteSet,
        LabelsOverdue, Landfall, LongRun, MetricDecline, ModelNotRefreshed, NullRate, Overwritten, PublishFailed,
        Quarantine, Queued, RejectRatio, ResultsDrift, RunFailed, SchemaChange, Silence, Staleness, Unsettled,
    };
    match kind {
        Staleness => "Ask upstream whether it delivered; then whether its files reach the landing.",
        RunFailed => "Read the log of the failed stage (o opens the run); r runs it again from there.",
        LongRun => "Look at what the stage is doing (o opens the run); x cancels it.",
        Queued => "See what holds the runs before it; a run that hangs can be cancelled.",
        Heartbeat => "Open the run (o): a stage that says nothing may hang; x cancels it, r runs it again.",
        ResultsDrift => "Compare the batch with the past: did the data change, or the world? Then look at the model.",
        DataDrift => "Look at what moved (5, then drift); retrain on newer data if it is here to stay.",
        MetricDecline => "Look at the metrics (6) and the newest versions (5); retrain on newer data if it lasts.",
        ModelNotRefreshed => "Look at why the challengers were not promoted (5).",
        LabelsOverdue => "Ask upstream for the outcomes; until they come nothing can be judged.",
        FileSize => "Look at the file (F) and ask upstream what changed before its rows are trusted.",
        SchemaChange => "Compare the header with the pipeline's columns; change the configuration or refuse the file.",
        NullRate => "Ask upstream why the column is empty; its values are imputed meanwhile.",
        RejectRatio => "Look at the rejects (4) for the column and the reason.",
        Quarantine => "Look at the file (F): its bytes and the reason are kept; a corrected one may land again.",
        Overwritten => "Its rows of before are in the lake: run the new version, or ask upstream to leave files alone.",
        Unsettled => "Ask upstream whether it still writes; a whole file stands still.",
        IncompleteSet => "Ask upstream for the missing files.",
        PublishFailed => "Look at the log (o); readers still have the output of before.",
        Contract => "Compare the output with its contract before its readers notice.",
        DiskLow => "Make room: old runs' staging, old reports, or a larger disk.",
        ClockJump => "Check the machine's time service; instants around the jump are not to be trusted.",
        Credentials => "Renew the credential before it ends.",
        Delivery => "Look at the delivery log (0); t there tests the channel, r tries again.",
        Silence => "No engine ran for a while: what happened meanwhile was not watched.",
        Landfall => "Mend what Landfall needs itself; it goes on as soon as that works.",
    }
}
