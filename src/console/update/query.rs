//! Questions about the rows of the table in view. The newest one wins; none of them keeps a key waiting.

use tui_input::Input;

use crate::console::action::Effect;
use crate::console::format;
use crate::console::layer::{Answer as Button, Choice, Goal, Layer, Outcome, Prompt};
use crate::console::load::tidy::line;
use crate::console::place::Place;
use crate::console::query::{Answer, Job, Table, Want};
use crate::console::rows::{Query, Question};
use crate::console::state::State;
use crate::domain::job::Level;

/// Asks for conditions.
pub fn conditions(state: &mut State) -> Vec<Effect> {
    let text = state.table.as_ref().map(|table| table.query.conditions.clone()).unwrap_or_default();
    prompt(state, Goal::Conditions, text, String::new());
    Vec::new()
}

/// Asks for a SELECT.
pub fn select(state: &mut State) -> Vec<Effect> {
    let held = state.table.as_ref().map(|table| table.query.sql.clone()).unwrap_or_default();
    let text = if held.is_empty() { "SELECT * FROM data LIMIT 100".to_owned() } else { held };
    prompt(state, Goal::Select, text, String::new());
    Vec::new()
}

/// Asks where to write the rows.
pub fn export(state: &mut State) -> Vec<Effect> {
    let Some(table) = &state.table else { return Vec::new() };
    let day = state.now.format("%Y-%m-%d");
    let text = format!("{}-{}-{day}.csv", table.source.pipeline, table.source.kind.name());
    prompt(state, Goal::Export, text, String::new());
    Vec::new()
}

fn prompt(state: &mut State, goal: Goal, text: String, problem: String) {
    let tables = state.table.as_ref().and_then(|table| table.page.as_ref());
    let names = tables.map(|page| page.tables.iter().map(|table| table.0.as_str()).collect::<Vec<_>>().join(", "));
    let (title, said) = match goal {
        Goal::Conditions => {
            ("Only rows where", "delay > 15 and carrier = \"UA\"  ·  dest ~ or  ·  a word alone: any text".to_owned())
        }
        Goal::Select => ("SQL", format!("Tables: data (this one), {}", names.unwrap_or_default())),
        _ => ("Write the rows to", "The ending is the form: .csv, .json, .jsonl or .parquet".to_owned()),
    };
    let prompt = Prompt { title: title.into(), body: vec![said], input: Input::new(text), goal, problem, back: None };
    state.layers.push(Layer::Prompt(prompt));
}

/// What was typed into a prompt about rows is asked.
pub fn typed(state: &mut State, goal: &Goal, text: &str) -> Vec<Effect> {
    let Some(table) = &state.table else { return Vec::new() };
    let query = table.query.clone();
    match goal {
        Goal::Conditions => {
            remember(&mut state.asking.conditions, text);
            remembered(ask(state, Query { conditions: text.to_owned(), ..query }))
        }
        Goal::Select => {
            remember(&mut state.asking.selects, text);
            remembered(ask(state, Query { sql: text.to_owned(), ..Query::default() }))
        }
        _ if text.is_empty() => Vec::new(),
        _ => write(state, text, false),
    }
}

fn remembered(mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.push(Effect::Remember);
    effects
}

/// The last ones that were typed, each once.
fn remember(history: &mut Vec<String>, text: &str) {
    if !text.is_empty() {
        history.retain(|other| other != text);
        history.push(text.to_owned());
        let excess = history.len().saturating_sub(100);
        history.drain(..excess);
    }
}

/// Sorts by the column under the cursor: smallest first, largest first, not at all.
pub fn sort(state: &mut State, also: bool) -> Vec<Effect> {
    let Some(table) = &state.table else { return Vec::new() };
    let Some(name) = table.current().map(|head| head.name.clone()) else { return Vec::new() };
    let mut query = table.query.clone();
    let now = query.sort.iter().find(|(column, _)| *column == name).map(|(_, down)| *down);
    query.sort.retain(|(column, _)| *column != name && also);
    match now {
        None => query.sort.push((name, false)),
        Some(false) => query.sort.push((name, true)),
        Some(true) => {}
    }
    ask(state, query)
}

/// Asks the same again: the dataset has changed since.
pub fn again(state: &mut State) -> Vec<Effect> {
    match &state.table {
        Some(table) => {
            let query = table.query.clone();
            ask(state, query)
        }
        None => Vec::new(),
    }
}

/// Asks for the rows that fit `query`; one that asks nothing shows the dataset as it is, at once.
pub fn ask(state: &mut State, query: Query) -> Vec<Effect> {
    let mut effects = cancel(state);
    let landed = state.table.as_ref().and_then(|table| table.page.as_ref()).is_some_and(|page| page.landed.is_some());
    if query.is_empty() && !landed {
        if let Some(table) = state.table.as_mut() {
            effects.extend(super::table::forget(table));
            table.query = query;
            table.schema.clear();
            table.turn();
            effects.extend(super::table::ask(table));
        }
        return effects;
    }
    let what = match (&state.table, query.sort.last()) {
        (Some(table), Some((column, _))) if query.sort != table.query.sort => format!("sorting by {column}"),
        _ => "looking for the rows".to_owned(),
    };
    let to = state.found.join(format!("{}.parquet", state.asking.number + 1));
    effects.extend(question(state, what, Some(query), Want::Rows(to)));
    effects
}

/// Asks what is in the column under the cursor.
pub fn summary(state: &mut State) -> Vec<Effect> {
    let Some(name) = current(state) else { return Vec::new() };
    question(state, format!("looking at {name}"), None, Want::Summary(name))
}

/// Asks for the groups that the values of the column under the cursor make.
pub fn groups(state: &mut State) -> Vec<Effect> {
    let Some(by) = current(state) else { return Vec::new() };
    grouped(state, by, None)
}

/// Asks for the same groups with the mean of another column.
pub fn grouped(state: &mut State, by: String, mean: Option<String>) -> Vec<Effect> {
    question(state, format!("grouping by {by}"), None, Want::Groups { by, mean })
}

fn current(state: &State) -> Option<String> {
    state.table.as_ref()?.current().map(|head| head.name.clone())
}

/// Writes the rows to a file; one that is there is replaced only when that was agreed to.
pub fn write(state: &mut State, path: &str, replace: bool) -> Vec<Effect> {
    let columns = match &state.table {
        Some(table) if !table.hidden.is_empty() => table.shown().iter().map(|head| head.name.clone()).collect(),
        _ => Vec::new(),
    };
    let to = match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    };
    let to = std::path::absolute(&to).unwrap_or(to);
    question(state, "writing the rows".into(), None, Want::Export { to, replace, columns })
}

pub(super) fn question(state: &mut State, what: String, query: Option<Query>, want: Want) -> Vec<Effect> {
    let Some(table) = &state.table else { return Vec::new() };
    let Some(page) = &table.page else { return Vec::new() };
    let paths = |parts: &[(String, u64)]| parts.iter().map(|(path, _)| path.into()).collect();
    let name = if page.landed.is_some() { "file" } else { table.source.kind.name() }.to_owned();
    let asked = query.clone().unwrap_or_default();
    // Rows for a query come from the dataset itself; everything else is about what is in view.
    let own = match &page.landed {
        Some(key) if query.is_some() => {
            let Some(landing) = state.landings.get(&table.source.pipeline) else {
                let why = format!("where {} lies is not known: its pipeline's configuration is broken", line(key));
                return unread(state, why);
            };
            vec![landing.join(key)]
        }
        None if query.is_some() => paths(&page.parts),
        _ => paths(table.parts()),
    };
    let mut tables = vec![Table { name, files: own }];
    let others = page.tables.iter().filter(|(name, _)| *name != tables[0].name);
    let others: Vec<Table> = others
        .map(|(name, parts)| Table { name: name.clone(), files: parts.iter().map(Into::into).collect() })
        .collect();
    tables.extend(others);
    let lake = state.lake.clone();
    let job = Job { lake, tables, sql: asked.sql, conditions: asked.conditions, sort: asked.sort, want };
    let mut effects = cancel(state);
    state.asking.number += 1;
    let number = state.asking.number;
    state.asking.question = Some(Question { number, what, since: state.now, query, job: job.clone() });
    effects.push(Effect::Query(number, Some(Box::new(job))));
    effects
}

/// A landed file that cannot be read says why in its place, and is not read again by itself.
fn unread(state: &mut State, why: String) -> Vec<Effect> {
    if let Some(table) = &mut state.table {
        table.trouble = Some(why);
    }
    state.dirty = true;
    Vec::new()
}

/// Ends the question under way.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    match state.asking.question.take() {
        Some(question) => {
            state.asking.number += 1;
            let mut effects = vec![Effect::Query(state.asking.number, None)];
            if let Want::Rows(half) = question.job.want {
                effects.push(Effect::Forget(half));
            }
            effects
        }
        None => Vec::new(),
    }
}

/// Takes an answer; one to a question that nobody asks any more is dropped.
pub fn answered(state: &mut State, number: u64, result: Result<Answer, String>) -> Vec<Effect> {
    let Some(question) = state.asking.question.take_if(|question| question.number == number) else { return Vec::new() };
    let answer = match result {
        Ok(answer) => answer,
        Err(problem) => {
            let table = state.table.as_ref();
            let landed = table.and_then(|table| table.page.as_ref()).is_some_and(|page| page.landed.is_some());
            if landed && table.is_some_and(|table| table.found.is_none()) {
                return unread(state, problem);
            }
            refused(state, question, problem);
            return Vec::new();
        }
    };
    match answer {
        Answer::Rows(path, rows) => {
            let Some(table) = state.table.as_mut() else { return Vec::new() };
            let mut effects = super::table::forget(table);
            let other = question.query.as_ref().is_some_and(|query| query.sql != table.query.sql);
            table.query = question.query.unwrap_or_default();
            table.found = Some(vec![(path.display().to_string(), rows)]);
            if other {
                table.hidden.clear();
                table.schema.clear();
                (table.column, table.frozen) = (0, 0);
            }
            table.turn();
            effects.extend(super::table::ask(table));
            return effects;
        }
        // The console looks at rows through its table.
        Answer::Page(..) => {}
        Answer::Summary(summary) => state.layers.push(Layer::Summary(summary)),
        Answer::Groups(groups) => {
            state.layers.retain(|layer| !matches!(layer, Layer::Groups(..)));
            state.layers.push(Layer::Groups(groups, 0));
        }
        Answer::Why(why) => state.layers.push(Layer::Why(why, 0)),
        Answer::Exported(path, bytes) => {
            let path = line(&path.display().to_string());
            state.toast(Level::Info, format!("written: {path}, {}", format::bytes(bytes)));
        }
    }
    Vec::new()
}

/// Shows what was typed once more, with what is wrong about it; where something else is in front, only what is wrong.
fn refused(state: &mut State, question: Question, problem: String) {
    if let Want::Export { to, replace: false, .. } = &question.job.want
        && to.exists()
    {
        let path = to.display().to_string();
        let shown = line(&path);
        let answers = vec![
            Button { label: "Leave it", about: "", outcome: Outcome::Close, grave: false },
            Button {
                label: "Replace it",
                about: "what is in it now is lost",
                outcome: Outcome::Write(path),
                grave: true,
            },
        ];
        let title = "Replace the file?".to_owned();
        let choice = Choice { title, body: vec![format!("{shown} is there already.")], answers, selected: 0 };
        state.layers.push(Layer::Choice(choice));
        return;
    }
    let here = state.layers.is_empty() && matches!(state.place, Place::Table(_));
    let table = state.table.as_ref();
    let was = table.map(|table| table.query.clone()).unwrap_or_default();
    match question.query {
        Some(query) if here && query.sql != was.sql => prompt(state, Goal::Select, query.sql, problem),
        Some(query) if here && query.conditions != was.conditions => {
            prompt(state, Goal::Conditions, query.conditions, problem);
        }
        _ => state.toast(Level::Warn, problem),
    }
}
