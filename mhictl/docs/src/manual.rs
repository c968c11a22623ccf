// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Manual pages: one for mhictl, one for each command. Names, options and texts are the declaration's; exit codes are `exit`'s.

use std::io;

use clap::Command;
use clap_mangen::Man;

use crate::cli::LINES;
use crate::exit::Exit;

/// All pages: name below /usr/share and content.
pub fn pages(declaration: &Command, date: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let names: Vec<String> = declaration
        .get_subcommands()
        .map(|command| format!("mhictl-{}", command.get_name()))
        .collect();
    let mut main = page(declaration, "mhictl", date)?;
    let commands = declaration.get_subcommands().zip(&names);
    let commands: Vec<(&str, String)> = commands
        .map(|(command, name)| (name.as_str(), about(command)))
        .collect();
    section(&mut main, "COMMANDS", &borrowed(&commands));
    section(&mut main, "ENVIRONMENT", ENVIRONMENT);
    section(&mut main, "FILES", FILES);
    close(&mut main, &names);
    let mut all = vec![file("mhictl", main)];
    for (command, name) in declaration.get_subcommands().zip(&names) {
        let mut content = page(command, name, date)?;
        nested(&mut content, command);
        if command.get_name() == "connect" {
            section(&mut content, "OUTPUT", &lines());
        }
        close(&mut content, &["mhictl".to_owned()]);
        all.push(file(name, content));
    }
    Ok(all)
}

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "MHICTL_PASSWORD",
        "The password for the access point, which ps(1) does not show as it does --password.",
    ),
    ("MHICTL_PIN", "The PIN of the SIM, likewise."),
];

const FILES: &[(&str, &str)] = &[
    (
        "/etc/mhictl/config.toml",
        "Options of connect, for all sessions and for each by name.",
    ),
    (
        "/etc/mhictl/NAME.conf",
        "Options and secrets of the service mhictl@NAME.",
    ),
    (
        "/etc/mhictl/fcc-unlock.d, /usr/share/mhictl/fcc-unlock.d",
        "Programs that unlock the radio of a modem for laptops, by PCI ids.",
    ),
    (
        "/run/mhictl",
        "Locks and control sockets of running sessions, and what they have changed in DNS and on a LAN.",
    ),
    ("/dev/wwan0qmi0, /dev/wwan0at0", "A modem's ports."),
];

fn file(name: &str, content: String) -> (String, Vec<u8>) {
    (format!("man/man1/{name}.1"), content.into_bytes())
}

/// The part of a page that the declaration says.
fn page(command: &Command, name: &str, date: &str) -> io::Result<String> {
    // The page's name has a hyphen, the command line a blank.
    let words = name.replacen('-', " ", 1);
    let named = command.clone().display_name(name.to_owned());
    let named = named.bin_name(words).disable_version_flag(true);
    let usage = named.clone().render_usage().to_string();
    let page = Man::new(named)
        .title(name.to_uppercase())
        .date(date)
        .source(format!("mhictl {}", env!("CARGO_PKG_VERSION")))
        .manual("mhictl");
    let mut roff = Vec::new();
    page.render_title(&mut roff)?;
    page.render_name_section(&mut roff)?;
    let usage = plain(usage.trim_start_matches("Usage: "));
    roff.extend(format!(".SH SYNOPSIS\n{usage}\n").bytes());
    page.render_options_section(&mut roff)?;
    let roff = String::from_utf8(roff).map_err(io::Error::other)?;
    // A blank line is a break already.
    Ok(roff.replace(".br\n\n.br\n", ".br\n"))
}

/// The commands of a command, with their arguments.
fn nested(roff: &mut String, command: &Command) {
    let rows: Vec<(String, String)> = command
        .get_subcommands()
        .map(|nested| {
            let mut term = nested.get_name().to_owned();
            let mut text = about(nested);
            for argument in nested.get_positionals() {
                let name = argument.get_id().as_str();
                term.push_str(&format!(" {}", name.to_uppercase()));
                if let Some(help) = argument.get_help() {
                    text.push_str(&format!("; {}: {help}", name.to_uppercase()));
                }
            }
            (term, text)
        })
        .collect();
    if !rows.is_empty() {
        let rows: Vec<(&str, String)> = rows
            .iter()
            .map(|(term, text)| (term.as_str(), text.clone()))
            .collect();
        section(roff, "COMMANDS", &borrowed(&rows));
    }
}

/// What every page ends with.
fn close(roff: &mut String, references: &[String]) {
    let codes: Vec<(String, &str)> = Exit::ALL
        .iter()
        .map(|exit| (exit.code().to_string(), exit.meaning()))
        .collect();
    let codes: Vec<(&str, &str)> = codes
        .iter()
        .map(|(code, meaning)| (code.as_str(), *meaning))
        .collect();
    section(roff, "EXIT STATUS", &codes);
    roff.push_str(".SH \"SEE ALSO\"\n");
    let each: Vec<String> = references
        .iter()
        .map(|name| format!("\\fB{}\\fR(1)", plain(name)))
        .collect();
    roff.push_str(&format!("{}\n", each.join(",\n")));
}

/// A section of terms and what they mean.
fn section(roff: &mut String, title: &str, rows: &[(&str, &str)]) {
    roff.push_str(&format!(".SH \"{title}\"\n"));
    for (term, text) in rows {
        roff.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", plain(term), plain(text)));
    }
}

/// The words that begin a line of `connect`, and what follows them.
fn lines() -> Vec<(&'static str, &'static str)> {
    let rows = LINES.lines().filter_map(|line| line.strip_prefix("  "));
    rows.filter_map(|row| row.split_once(' '))
        .map(|(word, text)| (word, text.trim()))
        .collect()
}

fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn borrowed<'a>(rows: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    rows.iter()
        .map(|(term, text)| (*term, text.as_str()))
        .collect()
}

/// Text in which nothing is a request to the formatter.
fn plain(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) {
        return format!("\\&{text}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration;

    /// A page without what is said to the formatter.
    fn text(name: &str) -> String {
        let pages = pages(&declaration(), "2026-01-02").unwrap();
        let wanted = format!("man/man1/{name}.1");
        let found = pages.into_iter().find(|(file, _)| *file == wanted);
        let page = found.unwrap_or_else(|| panic!("{name}")).1;
        let page = String::from_utf8(page).unwrap();
        page.replace("\\*(Aq", "'").replace("\\-", "-")
    }

    #[test]
    fn every_command_has_a_page_with_every_option() {
        let main = text("mhictl");
        for command in declaration().get_subcommands() {
            let name = format!("mhictl-{}", command.get_name());
            assert!(main.contains(&format!("\\fB{name}\\fR")), "{name}");
            let page = text(&name);
            assert!(page.contains(&about(command)), "{name}");
            for nested in command.get_subcommands() {
                assert!(page.contains(&about(nested)), "{name}");
            }
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                let long = argument.get_long().map(|long| format!("--{long}"));
                let short = argument.get_short().map(|short| format!("-{short}"));
                for form in [long, short].iter().flatten() {
                    assert!(page.contains(&format!("\\fB{form}\\fR")), "{name}: {form}");
                }
            }
        }
    }

    #[test]
    fn every_page_has_the_exit_codes_and_where_to_read_on() {
        for command in declaration().get_subcommands() {
            let name = format!("mhictl-{}", command.get_name());
            let page = text(&name);
            for exit in Exit::ALL {
                assert!(page.contains(exit.meaning()), "{name}");
            }
            assert!(page.contains(".SH \"SEE ALSO\"\n\\fBmhictl"), "{name}");
        }
    }

    #[test]
    fn the_lines_of_connect_are_explained() {
        let page = text("mhictl-connect");
        for word in ["modem", "registration", "connected", "stopped"] {
            assert!(page.contains(&format!(".TP\n\\fB{word}\\fR\n")), "{word}");
        }
    }

    #[test]
    fn what_mhictl_calls_itself_by_is_no_users_command() {
        let pages = pages(&declaration(), "").unwrap();
        assert!(!pages.iter().any(|(name, _)| name.contains("proxy")));
    }
}
