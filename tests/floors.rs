//! The house rules that the compiler does not know: who may import whom, how long a file may be, what nothing may be
//! called, and that no path of anybody's machine is in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up. Rooms of one floor do not import each other.
const FLOORS: [&[&str]; 7] = [
    &["domain"],
    &["config", "store", "lake"],
    &["landing", "learn", "report"],
    &["stages", "alerts"],
    &["engine"],
    &["console"],
    &["commands"],
];

/// Imports that the floors would allow and the design does not: (room, what it must not know, why).
const FORBIDDEN: [(&str, &str, &str); 4] = [
    ("console", "stages", "what it shows, it reads from the store and the lake"),
    ("console", "learn", "what it shows, it reads from the store and the lake"),
    ("console", "engine", "it speaks to the engine over the socket, in plain types of the domain"),
    ("engine", "stages", "workers are processes; only commands knows both"),
];

/// Rooms that must work without polars.
const WITHOUT_POLARS: [&str; 2] = ["domain", "config"];
/// Lines of a file that is not a test, above which it has more than one reason to change.
const LONGEST: usize = 450;
/// Names that say nothing.
const NAMELESS: [&str; 4] = ["utils", "helpers", "manager", "common"];

#[test]
fn every_file_imports_from_its_own_room_and_from_floors_below() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(room) = room_of(&path) else { continue };
        let code = code_of(&text);
        wrong.extend(imports(&path, &code).iter().filter_map(|other| {
            let why = objection(&room, other)?;
            Some(format!("{}: {room} must not import {other}: {why}", path.display()))
        }));
        if WITHOUT_POLARS.contains(&room.as_str()) && words(&code).any(|word| word == "polars") {
            wrong.push(format!("{}: {room} must not know polars", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_stands_on_a_floor() {
    let declared: BTreeSet<String> = words(&code_of(&fs::read_to_string(root().join("src/lib.rs")).unwrap()))
        .zip(words(&code_of(&fs::read_to_string(root().join("src/lib.rs")).unwrap())).skip(1))
        .filter(|(word, _)| *word == "mod")
        .map(|(_, name)| name.to_owned())
        .collect();
    let drawn: BTreeSet<String> = FLOORS.iter().flat_map(|floor| floor.iter().map(|room| (*room).to_owned())).collect();
    assert_eq!(declared, drawn, "src/lib.rs and the floors of this test differ");
}

#[test]
fn no_file_is_long_and_none_is_called_something_that_says_nothing() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = logic_lines(&text);
        if !is_test(&path) && lines > LONGEST {
            wrong.push(format!("{} has {lines} lines, {LONGEST} are the most: split it", path.display()));
        }
        let names = path.components().map(|part| part.as_os_str().to_string_lossy().replace(".rs", ""));
        wrong.extend(
            names
                .filter(|name| NAMELESS.contains(&name.as_str()))
                .map(|name| format!("{}: `{name}` says nothing: name it after what it does", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_path_of_a_machine_is_in_the_repository() {
    // Put together here, so that this file does not hold them.
    let roots = ["root", "home", "Users", "work", "mnt"].map(|name| format!("/{name}/"));
    let mut wrong = Vec::new();
    for path in texts() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for (n, line) in text.lines().enumerate() {
            // A path begins where no name, point or slash stands before it; elsewhere it is a part of another one.
            let starts = |at: usize| {
                line[..at]
                    .chars()
                    .next_back()
                    .is_none_or(|before| !(before.is_alphanumeric() || "._-/~".contains(before)))
            };
            if roots.iter().any(|root| line.match_indices(root.as_str()).any(|(at, _)| starts(at))) {
                wrong.push(format!("{}:{}: {}", path.display(), n + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_code_and_nothing_else() {
    let text = r##"
        //! crate::engine in a comment
        use crate::{domain::Instant, store::{self, runs}};
        /* use crate::console::x; */
        const S: &str = "crate::commands::\"main"; const R: &str = r#"crate::alerts"#; const C: char = '"';
        fn f<'a>(x: &'a str) -> super::super::lake::Lake { crate::learn::go(x, '\'', "//") } // crate::report
    "##;
    let found = imports(Path::new("src/stages/score/mod.rs"), &code_of(text));
    let expected = ["domain", "lake", "learn", "store"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(expected));
    assert!(objection("store", "lake").is_some(), "one floor");
    assert!(objection("domain", "store").is_some(), "a floor above");
    assert!(objection("engine", "stages").is_some(), "forbidden by the design");
    assert!(objection("commands", "engine").is_none() && objection("engine", "engine").is_none());
    assert_eq!(logic_lines("a\nb\n\n#[cfg(test)]\nmod tests {\n}\n"), 3);
    assert_eq!(logic_lines("#[cfg(test)]\nmod tests;\na\n"), 3);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the house, relative to the repository.
fn sources() -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        (path, text)
    };
    let mut paths = Vec::new();
    walk(Path::new("src"), &mut paths);
    paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).map(read).collect()
}

/// Every file that people wrote, relative to the repository.
fn texts() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let name = PathBuf::from(entry.unwrap().file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        let full = root().join(&name);
        match full.is_dir() {
            true if (!hidden || name == Path::new(".ci")) && name != Path::new("target") => walk(&name, &mut paths),
            // A worktree's `.git` is a file, and not in the repository.
            false if name != Path::new(".git") => paths.push(name),
            _ => {}
        }
    }
    paths
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if root().join(&path).is_dir() { walk(&path, into) } else { into.push(path) }
    }
}

fn room_of(path: &Path) -> Option<String> {
    let mut parts = path.components().skip(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let room = parts.next()?;
    parts.next().map(|_| room)
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// Why `room` must not import `other`.
fn objection(room: &str, other: &str) -> Option<String> {
    if room == other {
        return None;
    }
    if let Some((_, _, why)) = FORBIDDEN.iter().find(|(of, what, _)| *of == room && *what == other) {
        return Some((*why).to_owned());
    }
    match (floor_of(room)?, floor_of(other)?) {
        (own, theirs) if theirs > own => Some("it is a floor above".into()),
        (own, theirs) if theirs == own => Some("it is on the same floor".into()),
        _ => None,
    }
}

/// Rooms that a piece of code names, as `crate::room`, `crate::{room…, room…}` or `super::…::room`.
fn imports(path: &Path, code: &str) -> BTreeSet<String> {
    let mut tokens = tokens(code).into_iter().peekable();
    // The number of `super` that leads from this file to the crate.
    let depth = path.with_extension("").components().skip(1).filter(|part| part.as_os_str() != "mod").count();
    let mut found = BTreeSet::new();
    let mut ups = 0;
    while let Some(token) = tokens.next() {
        match token.as_str() {
            "super" => ups += 1,
            "::" if ups > 0 => {}
            word if ups >= depth && ups > 0 && floor_of(word).is_some() => {
                found.insert(word.to_owned());
                ups = 0;
            }
            _ => ups = 0,
        }
        if token != "crate" || tokens.next_if(|next| next == "::").is_none() {
            continue;
        }
        if tokens.next_if(|next| next == "{").is_none() {
            found.extend(tokens.next());
            continue;
        }
        let (mut open, mut first) = (1, true);
        while open > 0 {
            let Some(token) = tokens.next() else { break };
            match token.as_str() {
                "{" => open += 1,
                "}" => open -= 1,
                "," if open == 1 => first = true,
                word if open == 1 && first => {
                    found.insert(word.to_owned());
                    first = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Words, `::` and other signs, without blanks.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '_' {
            let mut word = c.to_string();
            while let Some(more) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(more);
            }
            tokens.push(word);
        } else if c == ':' && chars.next_if_eq(&':').is_some() {
            tokens.push("::".into());
        } else if !c.is_whitespace() {
            tokens.push(c.into());
        }
    }
    tokens
}

/// The source without comments and without what is in quotes.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if c == '"' {
            quoted(rest)
        } else if let Some(length) = character(rest) {
            length
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?.chars().take_while(|c| *c == '#').count();
    rest[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let body = 2 + hashes;
    rest[body..].find(&end).map(|at| body + at + end.len())
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.strip_prefix('\'')?.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        let (at, escaped) = chars.next()?;
        return rest[1 + at + escaped.len_utf8()..].find('\'').map(|end| 1 + at + escaped.len_utf8() + end + 1);
    }
    let (at, close) = chars.next()?;
    (close == '\'').then_some(1 + at + 1)
}

/// Lines before the tests that a file may end with.
fn logic_lines(text: &str) -> usize {
    text.find("#[cfg(test)]\nmod tests {").map_or(text, |at| &text[..at]).lines().count()
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.to_string_lossy().ends_with("tests.rs")
}
