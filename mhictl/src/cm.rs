// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl cm`: quectel-CM's habits. Its options become a line of `connect`; what has no counterpart is refused or said. Like
//! quectel-CM it goes on trying when the network or the modem says no.

use clap::Parser;

use crate::cli::{Cli, CmArgs, Command, DisconnectArgs};
use crate::exit::{Error, Exit};
use crate::logfile::Logfile;
use crate::modem::device::Roots;
use crate::session::backoff::{self, Backoff};
use crate::signals::Signals;
use crate::{connect, disconnect, lines};

/// Proxies that share a QMI port.
const QMI_PROXIES: [&str; 2] = ["qmi-proxy", "quectel-qmi-proxy"];
/// Proxies of other protocols.
const OTHER_PROXIES: [&str; 3] = ["mbim-proxy", "quectel-mbim-proxy", "quectel-atc-proxy"];

/// Connects, or ends the session that `-k` names.
pub fn run(args: &CmArgs, roots: &Roots) -> Result<(), Error> {
    if let Some(pdn) = &args.kill {
        return disconnect::run(&kill(pdn, args)?, roots);
    }
    let Line { words, notes } = translate(args)?;
    let log = args.log.as_deref().map(Logfile::start).transpose()?;
    for note in notes {
        lines::warn(note);
    }
    let result = persist(&words, roots);
    if let Some(log) = log {
        log.end(result.as_ref().err());
    }
    result
}

/// Attempts until one ends as it was told to, or with what time does not mend.
fn persist(words: &[String], roots: &Roots) -> Result<(), Error> {
    let mut backoff = Backoff::new(backoff::seed());
    let signals = Signals::end(roots)?;
    let Command::Connect(mut args) = Cli::parse_from(words).command else {
        return Ok(());
    };
    // The first attempt takes them out of the environment.
    args.complete(|name| std::env::var_os(name))?;
    loop {
        let error = match connect::run(args.clone(), &signals, roots) {
            Err(error) if may_pass(error.exit) => error,
            ended => return ended.map_err(in_their_words),
        };
        let wait = backoff.next();
        lines::error(&error);
        lines::say("retry", &format!("in {:.0} s", wait.as_secs_f64()));
        if signals.within(wait) {
            return Ok(());
        }
    }
}

/// Names the options as the user wrote them.
fn in_their_words(mut error: Error) -> Error {
    if error.exit == Exit::Usage {
        for (ours, theirs) in [
            ("--apn", "-s"),
            ("--user", "-s"),
            ("--password", "-s"),
            ("--profile", "-n"),
            ("--device", "-i"),
        ] {
            error.what = error.what.replace(ours, theirs);
            error.next = error.next.replace(ours, theirs);
        }
    }
    error
}

/// Whether the next attempt may end otherwise. A PIN is not tried again, nor is what the user has to put right.
fn may_pass(exit: Exit) -> bool {
    matches!(
        exit,
        Exit::SimAbsent | Exit::NotRegistered | Exit::Refused | Exit::NoAnswer | Exit::Modem
    )
}

/// A command line of `connect`, and what has to be said of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Line {
    words: Vec<String>,
    notes: Vec<String>,
}

impl Line {
    fn option(&mut self, name: &str, value: &str) {
        self.words.push(format!("--{name}={value}"));
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

fn translate(args: &CmArgs) -> Result<Line, Error> {
    let mut line = Line::default();
    line.words.extend(["mhictl".into(), "connect".into()]);
    refuse(args)?;
    let pdn = args.pdn.as_deref().map(|n| number("-n", n)).transpose()?;
    session(args, pdn, &mut line)?;
    for word in &args.pin_or_proxy {
        pin_or_proxy(word, &mut line)?;
    }
    let mux = match (&args.mux, pdn) {
        (Some(text), _) => Some(mux(text)?),
        (None, Some(pdn)) => Some(0x80 + pdn),
        (None, None) => None,
    };
    if let Some(mux) = mux {
        line.option("mux", &mux.to_string());
    }
    match (args.ipv4, args.ipv6) {
        (true, true) => line.option("ip", "4+6"),
        (false, true) => line.option("ip", "6"),
        (_, false) => line.option("ip", "4"),
    }
    if let Some(interface) = &args.interface {
        line.option("device", base(interface));
    }
    if args.verbose {
        line.words.push("--verbose".into());
    }
    if args.usb_log.is_some() {
        line.note("-u: there is no USB to log; -v shows each QMI message");
    }
    if args.reattach {
        line.note("-r: there is no USB driver to detach");
    }
    Ok(line)
}

fn refuse(args: &CmArgs) -> Result<(), Error> {
    if args.bridge {
        return Err(usage(
            "-b: a bridge needs Ethernet, and the modem's packets are bare IP",
            "leave it out, and route or translate (nftables) between the networks",
        ));
    }
    if args.loopback.is_some() {
        return Err(usage(
            "-l: the modem's loopback test is not supported",
            "leave it out",
        ));
    }
    Ok(())
}

/// `-s`, and `-n` as far as it is a profile.
fn session(args: &CmArgs, pdn: Option<u8>, line: &mut Line) -> Result<(), Error> {
    let mut words = args.session.iter().flatten().map(String::as_str);
    let mut word = || words.next().filter(|word| !word.is_empty());
    let (apn, user, password, auth) = (word(), word(), word(), word());
    match (apn, pdn) {
        (Some(apn), pdn) => {
            line.option("apn", apn);
            if let Some(pdn) = pdn {
                line.note(format!(
                    "-n {pdn} with -s: the session has its APN from -s; profile {pdn} of the modem stays as it is"
                ));
            }
        }
        (None, Some(pdn)) => line.option("profile", &pdn.to_string()),
        (None, None) => {}
    }
    if let Some(user) = user {
        line.option("user", user);
    }
    if let Some(password) = password {
        line.option("password", password);
    }
    let auth = match auth.map(str::to_ascii_lowercase).as_deref() {
        None => return Ok(()),
        Some("1" | "pap") => "pap",
        Some("2" | "chap") => "chap",
        Some("0" | "none") if user.is_none() => "none",
        Some("0" | "none") => {
            line.note("-s ... 0 with a user: PAP or CHAP, as the network likes");
            "both"
        }
        Some("3" | "mschapv2") => {
            line.note("-s ... 3: QMI knows no MsChapV2; PAP or CHAP, as the network likes");
            "both"
        }
        Some(_) => {
            return Err(usage(
                "-s: the fourth word is none of 0 (none), 1 (PAP), 2 (CHAP)",
                "for example -s internet user password 2",
            ))
        }
    };
    if user.is_some() || auth == "none" {
        line.option("auth", auth);
    }
    Ok(())
}

fn pin_or_proxy(word: &str, line: &mut Line) -> Result<(), Error> {
    if QMI_PROXIES.contains(&word) {
        line.note(format!(
            "-p {word}: not needed; mhictl shares the port by a proxy of its own, or goes through the one that runs"
        ));
    } else if OTHER_PROXIES.contains(&word) {
        return Err(usage(
            format!("-p {word}: mhictl speaks QMI"),
            "leave it out, and switch a modem that is in MBIM mode by AT+QCFG=\"pcie_mbim\",0",
        ));
    } else if (4..=8).contains(&word.len()) && word.bytes().all(|octet| octet.is_ascii_digit()) {
        line.option("pin", word);
    } else {
        return Err(usage(
            "-p: neither a PIN of 4 to 8 digits nor qmi-proxy",
            "nothing was sent to the SIM",
        ));
    }
    Ok(())
}

/// A profile, or a link's number: what makes a mux id from 0x81 to 0xfe.
fn number(option: &str, text: &str) -> Result<u8, Error> {
    match text.parse() {
        Ok(number @ 1..=126) => Ok(number),
        _ => Err(usage(
            format!("{option} {text:?}: must be 1 to 126"),
            format!("{option} 1 is mux id 129 (0x81) and the link rmnet_mhi0.1"),
        )),
    }
}

/// `-m`: the number of the link, or a mux id.
fn mux(text: &str) -> Result<u8, Error> {
    let id = match text.strip_prefix("0x") {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    match id {
        Some(id @ 0x81..=0xfe) => Ok(id),
        _ => number("-m", text).map(|number| 0x80 + number),
    }
}

/// What `-i` means: a mux link names its base.
fn base(interface: &str) -> &str {
    interface.split('.').next().unwrap_or_default()
}

fn kill(pdn: &str, args: &CmArgs) -> Result<DisconnectArgs, Error> {
    Ok(DisconnectArgs {
        mux: Some((0x80 + number("-k", pdn)?).to_string()),
        device: args.interface.as_deref().map(|name| base(name).to_owned()),
        timeout: 30,
        json: false,
    })
}

fn usage(what: impl Into<String>, next: impl Into<String>) -> Error {
    Error::new(Exit::Usage, what, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn args(line: &[&str]) -> CmArgs {
        let words = ["mhictl", "cm"].iter().chain(line);
        match Cli::try_parse_from(words).unwrap().command {
            Command::Cm(args) => args,
            other => panic!("{other:?}"),
        }
    }

    /// What becomes of a line of quectel-CM, without the first two words; `connect` accepts it.
    fn line(words: &[&str]) -> (String, String) {
        let Line { words, notes } = translate(&args(words)).unwrap();
        match Cli::try_parse_from(&words).unwrap().command {
            Command::Connect(args) => assert!(Config::try_from(args).is_ok(), "{words:?}"),
            other => panic!("{other:?}"),
        }
        (words[2..].join(" "), notes.join("\n"))
    }

    #[test]
    fn lines_of_quectel_cm_become_lines_of_connect() {
        for (theirs, ours) in [
            (&[][..], "--ip=4"),
            (&["-s", "internet"], "--apn=internet --ip=4"),
            (
                &["-s", "internet", "carl", "1234", "1", "-p", "0123"],
                "--apn=internet --user=carl --password=1234 --auth=pap --pin=0123 --ip=4",
            ),
            (
                &["-s", "internet", "carl", "1234", "chap", "-4", "-6"],
                "--apn=internet --user=carl --password=1234 --auth=chap --ip=4+6",
            ),
            // Without the fourth word quectel-CM begins with CHAP and takes PAP when it is refused.
            (
                &["-s", "internet", "carl", "1234"],
                "--apn=internet --user=carl --password=1234 --ip=4",
            ),
            (&["-s", "", "-6"], "--ip=6"),
            (&["-n", "2"], "--profile=2 --mux=130 --ip=4"),
            (&["-n", "7", "-m", "1"], "--profile=7 --mux=129 --ip=4"),
            (&["-m", "0x82", "-s", "ims"], "--apn=ims --mux=130 --ip=4"),
            (&["-m", "254"], "--mux=254 --ip=4"),
            (&["-i", "rmnet_mhi1.2", "-d"], "--ip=4 --device=rmnet_mhi1"),
            (&["-v", "-f", "/tmp/log"], "--ip=4 --verbose"),
        ] {
            assert_eq!(line(theirs), (ours.to_owned(), String::new()), "{theirs:?}");
        }
    }

    #[test]
    fn what_is_not_the_same_is_said() {
        for (theirs, ours, said) in [
            (
                &["-s", "3gnet", "carl", "1234", "0"][..],
                "--apn=3gnet --user=carl --password=1234 --auth=both --ip=4",
                "PAP or CHAP",
            ),
            (
                &["-s", "3gnet", "carl", "1234", "3"],
                "--apn=3gnet --user=carl --password=1234 --auth=both --ip=4",
                "MsChapV2",
            ),
            (&["-p", "quectel-qmi-proxy"], "--ip=4", "not needed"),
            (&["-u", "usb.log"], "--ip=4", "no USB"),
            (&["-r"], "--ip=4", "no USB"),
            (
                &["-s", "ims", "-n", "2"],
                "--apn=ims --mux=130 --ip=4",
                "profile 2 of the modem stays",
            ),
        ] {
            let (words, notes) = line(theirs);
            assert_eq!(words, ours);
            assert!(
                notes.contains(said) && notes.lines().count() == 1,
                "{notes}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (theirs, said) in [
            (&["-b"][..], "-b"),
            (&["-l", "3"], "-l"),
            (&["-n", "0"], "-n"),
            (&["-n", "x"], "-n"),
            (&["-m", "127"], "-m"),
            (&["-m", "0x80"], "-m"),
            (&["-p", "12a4"], "-p"),
            (&["-p", "mbim-proxy"], "-p mbim-proxy"),
            (&["-s", "a", "b", "c", "9"], "-s"),
        ] {
            let error = translate(&args(theirs)).unwrap_err();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.what.starts_with(said) && !error.next.is_empty());
            assert!(!error.to_string().contains("12a4"), "a PIN is not repeated");
        }
    }

    #[test]
    fn a_session_is_ended_by_its_number_on_the_modem_of_its_interface() {
        for interface in ["rmnet_mhi1", "rmnet_mhi1.2"] {
            let args = args(&["-k", "2", "-i", interface]);
            let wanted = kill("2", &args).unwrap();
            assert_eq!(
                (wanted.mux.as_deref(), wanted.device.as_deref()),
                (Some("130"), Some("rmnet_mhi1"))
            );
            assert!(kill("0", &args).is_err());
        }
    }
}
