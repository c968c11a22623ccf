// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The configuration file: what wins, what is refused and with which words.

use super::*;
use crate::config::Config;
use crate::exit::Exit;
use crate::modem::device::tests::Tree;
use clap::CommandFactory;
use std::os::unix::fs::PermissionsExt;

const TWO: &str = "\
    device = \"wwan0\"\n\
    metric = 300\n\
    no-dns = true\n\
    [session.internet]\n\
    apn = \"internet\"\n\
    ip = \"4+6\"\n\
    metric = 200\n\
    [session.ims]\n\
    apn = \"ims\"\n\
    mux = 130\n\
    no-route = true\n\
    no-dns = false\n";

fn tree(text: &str, mode: u32) -> Tree {
    let tree = Tree::new();
    let path = tree.roots.etc.join(PLACE);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    tree
}

fn read(tree: &Tree, words: &[&str]) -> Result<Vec<Named>, Error> {
    let words: Vec<OsString> = ["mhictl", "connect"]
        .iter()
        .chain(words)
        .map(OsString::from)
        .collect();
    let matches = Cli::command().try_get_matches_from(&words).unwrap();
    let Command::Connect(args) = Cli::try_parse_from(&words).unwrap().command else {
        panic!("connect")
    };
    let matches = matches.subcommand_matches("connect").unwrap();
    sessions(&words, args, matches, &tree.roots)
}

fn configs(tree: &Tree, words: &[&str]) -> Vec<Config> {
    let sessions = read(tree, words).unwrap().into_iter();
    sessions
        .map(|(_, args)| Config::try_from(args).unwrap())
        .collect()
}

#[test]
fn the_command_line_wins_then_the_session_then_the_top() {
    let tree = tree(TWO, 0o644);
    let [internet, ims] = &configs(&tree, &["--pdn", "internet", "--pdn", "ims"])[..] else {
        panic!("two sessions")
    };
    assert_eq!(
        (internet.apn.as_deref(), internet.mux, internet.metric),
        (Some("internet"), 129, Some(200))
    );
    assert_eq!(internet.device.as_deref(), Some("wwan0"));
    assert_eq!((internet.families.len(), internet.dns), (2, false));
    assert_eq!(
        (ims.apn.as_deref(), ims.mux, ims.metric, ims.dns),
        (Some("ims"), 130, None, true)
    );
    let line = [
        "--pdn=internet",
        "--metric",
        "5",
        "--ip=6",
        "--apn",
        "other",
    ];
    let [line] = &configs(&tree, &line)[..] else {
        panic!("one session")
    };
    assert_eq!(
        (line.apn.as_deref(), line.metric, line.families.len()),
        (Some("other"), Some(5), 1)
    );
    // Without a name, what is at the top.
    let [bare] = &configs(&tree, &[])[..] else {
        panic!("one session")
    };
    assert_eq!((bare.apn.as_deref(), bare.metric), (None, Some(300)));
    assert_eq!(configs(&tree, &["--pdn", "all"]).len(), 2);
    assert_eq!(configs(&tree, &["--pdn=all", "--pdn=ims"]).len(), 2);
}

#[test]
fn an_apn_above_takes_the_place_of_a_profile_below() {
    let tree = tree("profile = 2\n[session.a]\napn = \"a\"\n", 0o644);
    let a = &configs(&tree, &["--pdn=a"])[0];
    assert_eq!((a.apn.as_deref(), a.profile), (Some("a"), None));
    let line = &configs(&tree, &["--pdn=a", "--profile=4"])[0];
    assert_eq!((line.apn.as_deref(), line.profile), (None, Some(4)));
}

#[test]
fn no_file_is_no_hindrance_unless_it_is_asked_for() {
    let tree = Tree::new();
    assert_eq!(configs(&tree, &["--apn=x"])[0].apn.as_deref(), Some("x"));
    for words in [&["--pdn=x"][..], &["--config=/nonexistent"]] {
        let error = read(&tree, words).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.what.starts_with("there is no /"), "{}", error.what);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_to_do() {
    for (text, what, next) in [
        ("apm = \"x\"\n", "toml: apm: no such key", "apn, profile"),
        (
            "[session.a]\nmux = 130\nip = \"5\"\n",
            "toml: [session.a] ip: not \"5\"",
            "4, 6, 4+6",
        ),
        (
            "metric = \"low\"\n",
            "toml: metric: \"low\": invalid digit",
            "--help",
        ),
        (
            "no-route = \"yes\"\n",
            "toml: no-route: must be true or false",
            "no-route = true",
        ),
        (
            "apn = true\n",
            "toml: apn: must be a text or a number",
            "apn = \"",
        ),
        (
            "session = 1\n",
            "toml: session: must be tables",
            "[session.internet]",
        ),
        (
            "[session]\na = 1\n",
            "toml: session.a: must be a table",
            "[session.a]",
        ),
        ("[session.all]\n", "session \"all\": not a name", "letters"),
        ("mux = 130\napn internet\n", "toml: line 2: ", "apn = "),
        ("config = \"x\"\n", "toml: config: no such key", "apn"),
        ("pdn = \"x\"\n", "toml: pdn: no such key", "apn"),
        ("supervised = true\n", "supervised: no such key", "apn"),
        ("[sesion.a]\n", "toml: sesion: no such key", "apn"),
    ] {
        let error = read(&tree(text, 0o644), &[]).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.what.contains(what), "{text} {}", error.what);
        assert!(error.next.contains(next), "{text} {}", error.next);
        assert!(!error.what.contains('\n') && !error.next.contains('\n'));
    }
    let error = read(&tree(TWO, 0o644), &["--pdn=voice"]).unwrap_err();
    assert!(error.what.contains("no [session.voice]"), "{}", error.what);
    assert_eq!(error.next, "there are: ims, internet");
}

#[test]
fn a_value_that_only_proves_wrong_later_is_named_with_its_place_too() {
    for (text, words, what) in [
        ("mtu = 100\n", &[][..], "toml: mtu 100: must be 576"),
        (
            "[session.a]\nmux = 255\n",
            &["--pdn=a"],
            "toml: [session.a] mux 255: must be",
        ),
        ("mtu = 100\n", &["--mtu=99"], "--mtu 99: must be"),
        ("password = \"x\"\n", &[], "toml: password without --user"),
    ] {
        let (_, args) = read(&tree(text, 0o600), words).unwrap().remove(0);
        let origin = args.origin.clone();
        let error = origin.blame(Config::try_from(args).unwrap_err());
        assert!(error.what.contains(what), "{text} {}", error.what);
        let starts_with_option = error.what.starts_with("--");
        assert_eq!(starts_with_option, what.starts_with("--"), "{}", error.what);
    }
}

#[test]
fn secrets_are_not_for_everybody_and_programs_not_from_everybody() {
    let secret = "user = \"me\"\npassword = \"secret\"\n";
    let error = read(&tree(secret, 0o644), &[]).unwrap_err();
    assert!(
        error.what.contains("everybody may read it"),
        "{}",
        error.what
    );
    assert!(error.next.starts_with("chmod 600 /"));
    assert!(!error.what.contains("secret"));
    assert_eq!(
        configs(&tree(secret, 0o640), &[])[0].user.as_deref(),
        Some("me")
    );
    let in_session = "[session.a]\npin = \"1234\"\n";
    assert!(read(&tree(in_session, 0o604), &[]).is_err());
    for mode in [0o646, 0o664] {
        let error = read(&tree("hook = \"/x\"\n", mode), &[]).unwrap_err();
        assert!(error.what.contains("may write"), "{}", error.what);
    }
}

#[test]
fn a_file_is_bounded() {
    let long = format!("# {}\n", "x".repeat(70_000));
    assert!(read(&tree(&long, 0o644), &[])
        .unwrap_err()
        .what
        .contains("larger"));
}
