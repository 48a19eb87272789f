//! More than a person can do: floods of the mouse, pastes without end, storms of sizes; and job control of a shell.

use super::open;
use super::terminal::Terminal;
use crate::workspace::Workspace;

/// The next key goes somewhere else, and the one after it comes back.
fn answers(terminal: &mut Terminal) {
    terminal.keys("2").shows(&["▸ runs"]);
    terminal.keys("1").shows(&["▸ overview"]);
}

#[test]
fn after_twenty_thousand_events_of_the_mouse_a_key_answers() {
    let workspace = Workspace::rentals("", "");
    let mut terminal = open(&workspace);
    for kind in [35, 32, 64, 65] {
        terminal.keys(&format!("\x1b[<{kind};50;15M").repeat(20_000));
        answers(&mut terminal);
    }
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    workspace.told(&["stop"]);
}

#[test]
fn a_paste_of_a_megabyte_is_no_command_and_the_next_key_answers() {
    let workspace = Workspace::rentals("", "");
    let mut terminal = open(&workspace);
    terminal.keys(&format!("\x1b[200~{}\x1b[201~", "q x Q 3 ".repeat(1 << 17)));
    answers(&mut terminal);
    terminal.keys("2").shows(&["▸ runs"]);
    terminal.keys("/").keys(&format!("\x1b[200~{}\x1b[201~", "many words ".repeat(1 << 17)));
    terminal.shows(&["many words many", "0 of 0"]);
    terminal.keys("\x1b").hides("many words many");
    answers(&mut terminal);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    workspace.told(&["stop"]);
}

#[test]
fn a_storm_of_sizes_ends_in_a_whole_screen_of_the_last_one() {
    let workspace = Workspace::rentals("", "");
    let mut terminal = open(&workspace);
    for n in 0..300_u16 {
        terminal.resize(1 + n * 7 % 200, 1 + n * 3 % 60);
    }
    terminal.resize(90, 25);
    terminal.shows(&["▸ overview", "? help", "q leave"]);
    answers(&mut terminal);
    let lines = terminal.lines();
    assert!(lines.len() == 25 && lines[0].contains("overview") && lines[24].contains("q leave"), "{lines:#?}");
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    workspace.told(&["stop"]);
}

#[test]
fn a_shell_suspends_the_console_and_brings_it_back() {
    let workspace = Workspace::rentals("", "");
    let mut terminal = Terminal::program("sh", &["-i"], 100, 30);
    terminal.keys("PS1='shell> '\r").shows(&["shell>"]);
    let console = format!("{} -C {}", env!("CARGO_BIN_EXE_landfall"), workspace.root().display());
    for stop in ["\x1a", "outside"] {
        terminal.keys(&format!("{console}\r")).shows(&["▸ overview", "● engine"]);
        if stop == "outside" {
            terminal.keys("2").shows(&["▸ runs"]);
        }
        terminal.keys("\x1a").until("the shell has the terminal", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && screen.contents().contains("Stopped")
        });
        terminal.keys("echo still $((40+2))\r").shows(&["still 42"]);
        terminal.resize(120, 40);
        terminal.keys("fg\r").shows(&["▸ ", "● engine", "q leave"]);
        answers(&mut terminal);
        assert_eq!(terminal.lines().len(), 40);
        // Keys before its next prompt may still be the console's, or nobody's.
        terminal.keys("q").until("the shell asks again", |screen| {
            !screen.alternate_screen() && screen.contents().trim_end().ends_with("shell>")
        });
        terminal.keys("clear\r");
    }
    terminal.keys("exit\r");
    terminal.ended();
    workspace.told(&["stop"]);
}
