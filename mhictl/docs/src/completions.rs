// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Completions of each shell, at the place where it looks for them.

use clap::Command;
use clap_complete::{generate, Shell};

/// Where each shell's file goes below /usr/share.
const PLACES: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/mhictl"),
    (Shell::Zsh, "zsh/site-functions/_mhictl"),
    (Shell::Fish, "fish/vendor_completions.d/mhictl.fish"),
];

/// All files: name and content.
pub fn all(declaration: &Command) -> Vec<(String, Vec<u8>)> {
    let each = PLACES.iter().map(|(shell, place)| {
        let mut content = Vec::new();
        generate(*shell, &mut declaration.clone(), "mhictl", &mut content);
        ((*place).to_owned(), content)
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration;

    /// Each shell's file has each command and each option.
    #[test]
    fn every_command_and_option_is_completed() {
        for (place, content) in all(&declaration()) {
            let text = String::from_utf8(content).unwrap();
            for command in declaration().get_subcommands() {
                assert!(
                    text.contains(command.get_name()),
                    "{place}: {}",
                    command.get_name()
                );
                for argument in command
                    .get_arguments()
                    .filter(|argument| !argument.is_hide_set())
                {
                    let long = argument.get_long().map(|long| format!("--{long}"));
                    let short = argument.get_short().map(|short| format!("-{short}"));
                    // fish writes `-l apn -s v`.
                    let fish = argument.get_long().map(|long| format!("-l {long}"));
                    let fish_short = argument.get_short().map(|short| format!("-s {short}"));
                    let forms = if place.ends_with(".fish") {
                        [fish, fish_short]
                    } else {
                        [long, short]
                    };
                    for form in forms.iter().flatten() {
                        assert!(text.contains(form.as_str()), "{place}: {form}");
                    }
                }
            }
            assert!(
                !text.contains("proxy)") && !text.contains("mhictl__proxy"),
                "{place}"
            );
        }
    }
}
