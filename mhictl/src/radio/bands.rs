// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl bands`: which technologies and bands the modem may use, shown and set by `AT+QNWPREFCFG`. What is set is read back:
//! only what the modem then says counts as changed. If a part is refused, the parts before it are set back.

use std::time::Duration;

use serde_json::{json, Value};

use crate::cli::BandsArgs;
use crate::exit::{Error, Exit};
use crate::modem::at::At;
use crate::modem::device::{self, Roots};
use crate::show::{self, Lines, Show};

/// One setting: a list, in the modem's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Mode,
    Lte,
    Sa,
    Nsa,
}

impl Key {
    const ALL: [Key; 4] = [Key::Mode, Key::Lte, Key::Sa, Key::Nsa];

    /// As Quectel has it.
    fn at(self) -> &'static str {
        match self {
            Key::Mode => "mode_pref",
            Key::Lte => "lte_band",
            Key::Sa => "nr5g_band",
            Key::Nsa => "nsa_nr5g_band",
        }
    }

    /// As JSON has it.
    fn json(self) -> &'static str {
        match self {
            Key::Mode => "mode",
            Key::Lte => "lte",
            Key::Sa => "nr5g_sa",
            Key::Nsa => "nr5g_nsa",
        }
    }

    /// As people read it.
    fn word(self) -> &'static str {
        match self {
            Key::Mode => "mode",
            Key::Lte => "LTE",
            Key::Sa => "5G-SA",
            Key::Nsa => "5G-NSA",
        }
    }

    /// The option that sets it.
    fn option(self) -> &'static str {
        match self {
            Key::Mode => "--mode",
            Key::Lte => "--lte",
            Key::Sa => "--sa",
            Key::Nsa => "--nsa",
        }
    }
}

/// A list of modes or bands; none if the modem does not say it.
type List = Option<Vec<String>>;

/// What the modem may use, and what the operator's policy lets it use.
#[derive(Clone, Debug, Default, PartialEq)]
struct Bands {
    device: String,
    allowed: [List; 4],
    supported: [List; 4],
    /// What was allowed before; only of what has changed.
    before: [List; 4],
}

/// Shows the bands, or sets them and shows what has come of it.
pub fn run(args: &BandsArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.common.json, work(args, roots))
}

fn work(args: &BandsArgs, roots: &Roots) -> Result<Bands, Error> {
    let wanted = wanted(args)?;
    let modem = device::find(roots, args.common.device.as_deref())?;
    let mut port = At::open(roots, &modem, None)?;
    let mut bands = converse(&mut port, &wanted, args.common.patience())?;
    bands.device = modem.wwan;
    Ok(bands)
}

/// The lists of the command line, checked for their form.
fn wanted(args: &BandsArgs) -> Result<[List; 4], Error> {
    let bands = |key: Key, text: &Option<String>| {
        text.as_deref().map(|text| band_list(key, text)).transpose()
    };
    Ok([
        args.mode.as_deref().map(mode_list).transpose()?,
        bands(Key::Lte, &args.lte)?,
        bands(Key::Sa, &args.sa)?,
        bands(Key::Nsa, &args.nsa)?,
    ])
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ':']).map(str::trim)
}

fn mode_list(text: &str) -> Result<Vec<String>, Error> {
    let modes: Vec<String> = parts(text).map(str::to_ascii_uppercase).collect();
    let known = |mode: &String| ["WCDMA", "LTE", "NR5G"].contains(&mode.as_str());
    if modes == ["AUTO"] || (modes.iter().all(known) && distinct(&modes)) {
        return Ok(modes);
    }
    Err(Error::new(
        Exit::Usage,
        format!("--mode {text:?} is neither AUTO nor some of WCDMA, LTE and NR5G"),
        "for example --mode NR5G:LTE",
    ))
}

/// Band numbers, also written B3 or n78; `all` stays what it is.
fn band_list(key: Key, text: &str) -> Result<Vec<String>, Error> {
    let bands = parts(text).map(|part| {
        let number = part.trim_start_matches(['b', 'B', 'n', 'N']);
        number
            .parse()
            .ok()
            .filter(|band: &u16| (1..=1024).contains(band))
    });
    let bands: Option<Vec<u16>> = bands.collect();
    let bands: Option<Vec<String>> = bands.map(|bands| bands.iter().map(u16::to_string).collect());
    match bands {
        Some(bands) if distinct(&bands) => Ok(bands),
        _ if text.eq_ignore_ascii_case("all") => Ok(vec!["all".to_owned()]),
        _ => Err(Error::new(
            Exit::Usage,
            format!("{} {text:?} is no list of bands", key.option()),
            format!(
                "for example {} 1,3,28, or {} all",
                key.option(),
                key.option()
            ),
        )),
    }
}

fn distinct(list: &[String]) -> bool {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() == list.len()
}

/// The order of bands means nothing.
fn same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|item| other.contains(item))
}

fn converse(port: &mut At, wanted: &[List; 4], patience: Duration) -> Result<Bands, Error> {
    let supported = policy(port, patience)?;
    let before = read(port, patience)?;
    let mut todo = Vec::new();
    let mut expected = before.clone();
    for (at, key) in Key::ALL.into_iter().enumerate() {
        let (Some(Some(list)), Some(now)) = (wanted.get(at), before.get(at)) else {
            continue;
        };
        let list = allowed_by(key, list, supported.get(at).and_then(Option::as_deref))?;
        let now = now.as_deref().unwrap_or_default();
        if same(list, now) {
            continue;
        }
        todo.push((key, list, now));
        if let Some(expected) = expected.get_mut(at) {
            *expected = Some(list.to_vec());
        }
    }
    let mut done: Vec<(Key, &[String])> = Vec::new();
    for (key, list, now) in todo {
        if let Err(error) = port.ask(&set(key, list), patience) {
            for (key, old) in done.into_iter().filter(|(_, old)| !old.is_empty()) {
                let _ = port.run(&set(key, old), patience);
            }
            return Err(error);
        }
        done.push((key, now));
    }
    let allowed = if done.is_empty() {
        before.clone()
    } else {
        read(port, patience)?
    };
    confirm(&expected, &allowed)?;
    let changed = |at: usize| {
        let list: &List = before.get(at)?;
        let key = Key::ALL.get(at)?;
        let done = done.iter().any(|(done, _)| done == key);
        list.clone().filter(|_| done)
    };
    Ok(Bands {
        device: String::new(),
        allowed,
        supported,
        before: [changed(0), changed(1), changed(2), changed(3)],
    })
}

/// What to set: the list, or all that the policy has.
fn allowed_by<'a>(
    key: Key,
    list: &'a [String],
    supported: Option<&'a [String]>,
) -> Result<&'a [String], Error> {
    let usage = |what: String, next: String| Err(Error::new(Exit::Usage, what, next));
    match (list, supported) {
        ([all], Some(supported)) if all == "all" => Ok(supported),
        ([all], None) if all == "all" => usage(
            format!("the modem does not say which {} bands it has", key.word()),
            format!("name them, for example {} 1,3,28", key.option()),
        ),
        (_, Some(supported)) if key != Key::Mode => {
            match list.iter().find(|band| !supported.contains(band)) {
                None => Ok(list),
                Some(band) => usage(
                    format!("the modem has no {} band {band}", key.word()),
                    format!("it has {}", supported.join(" ")),
                ),
            }
        }
        _ => Ok(list),
    }
}

fn set(key: Key, list: &[String]) -> String {
    format!("AT+QNWPREFCFG=\"{}\",{}", key.at(), list.join(":"))
}

/// Whether the modem took what it said OK to.
fn confirm(expected: &[List; 4], allowed: &[List; 4]) -> Result<(), Error> {
    for (key, (expected, allowed)) in Key::ALL.into_iter().zip(expected.iter().zip(allowed)) {
        let (expected, allowed) = (
            expected.as_deref().unwrap_or_default(),
            allowed.as_deref().unwrap_or_default(),
        );
        if !same(expected, allowed) {
            return Err(Error::new(
                Exit::Modem,
                format!(
                    "{}: the modem said OK to {} but has {}",
                    key.word(),
                    expected.join(" "),
                    allowed.join(" ")
                ),
                "mhictl bands shows what it has now",
            ));
        }
    }
    Ok(())
}

fn read(port: &mut At, patience: Duration) -> Result<[List; 4], Error> {
    let mut lists: [List; 4] = Default::default();
    for (list, key) in lists.iter_mut().zip(Key::ALL) {
        let answer = port.ask(&format!("AT+QNWPREFCFG=\"{}\"", key.at()), patience)?;
        *list = answer
            .values("+QNWPREFCFG")
            .find_map(|line| value(line, key));
    }
    Ok(lists)
}

/// What the operator's policy allows; a modem need not say.
fn policy(port: &mut At, patience: Duration) -> Result<[List; 4], Error> {
    let answer = port.run("AT+QNWPREFCFG=\"policy_band\"", patience)?;
    Ok(Key::ALL.map(|key| {
        answer
            .values("+QNWPREFCFG")
            .find_map(|line| value(line, key))
    }))
}

/// The list of a line `"key",1:3:28`.
fn value(line: &str, key: Key) -> List {
    let (name, list) = line.split_once(',')?;
    let list = list.trim().trim_matches('"');
    let items = list
        .split(':')
        .filter(|item| !item.is_empty() && *item != "0");
    (name.trim_matches('"') == key.at()).then(|| items.map(str::to_owned).collect())
}

/// Modes are words in JSON, bands are numbers.
fn items(list: &List) -> Value {
    let item = |text: &String| {
        text.parse::<u16>()
            .map_or_else(|_| json!(text), |band| json!(band))
    };
    list.as_ref()
        .map_or(Value::Null, |list| list.iter().map(item).collect())
}

impl Show for Bands {
    fn json(&self) -> Value {
        let all = |lists: &[List; 4], skip: usize| -> serde_json::Map<String, Value> {
            let rows = Key::ALL.iter().zip(lists).skip(skip);
            rows.map(|(key, list)| (key.json().to_owned(), items(list)))
                .collect()
        };
        let changed: Vec<Value> = Key::ALL
            .iter()
            .zip(self.before.iter().zip(&self.allowed))
            .filter(|(_, (before, _))| before.is_some())
            .map(|(key, (before, after))| {
                json!({"what": key.json(), "before": items(before), "after": items(after)})
            })
            .collect();
        let mut object = all(&self.allowed, 0);
        object.insert("device".into(), json!(self.device));
        object.insert("supported".into(), Value::Object(all(&self.supported, 1)));
        object.insert("changed".into(), Value::Array(changed));
        Value::Object(object)
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        let words = |list: &List, between: &str| list.as_ref().map(|list| list.join(between));
        let rows = self.allowed.iter().zip(&self.before);
        for (key, (allowed, before)) in Key::ALL.into_iter().zip(rows) {
            let between = if key == Key::Mode { ":" } else { " " };
            let was = words(before, between).map_or(String::new(), |was| format!(" (was {was})"));
            let allowed = words(allowed, between).unwrap_or_else(|| "unknown".into());
            text.add(key.word(), format_args!("{allowed}{was}"));
        }
        for (key, supported) in Key::ALL.into_iter().zip(&self.supported) {
            text.maybe(
                &format!("{} has", key.word()),
                words(supported, " ").as_deref(),
            );
        }
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::at::tests::scripted;
    use crate::show::tests::assert_documented;

    const PATIENCE: Duration = Duration::from_millis(500);
    const POLICY: (&str, &str) = (
        "AT+QNWPREFCFG=\"policy_band\"\r",
        "\r\n+QNWPREFCFG: \"gw_band\",1:5\r\n+QNWPREFCFG: \"lte_band\",1:3:7:20\r\n\
         +QNWPREFCFG: \"nsa_nr5g_band\",28:78\r\n+QNWPREFCFG: \"nr5g_band\",28:78\r\n\r\nOK\r\n",
    );
    const MODE: (&str, &str) = (
        "AT+QNWPREFCFG=\"mode_pref\"\r",
        "\r\n+QNWPREFCFG: \"mode_pref\",AUTO\r\n\r\nOK\r\n",
    );
    const LTE: (&str, &str) = (
        "AT+QNWPREFCFG=\"lte_band\"\r",
        "\r\n+QNWPREFCFG: \"lte_band\",1:3:7:20\r\n\r\nOK\r\n",
    );
    const SA: (&str, &str) = (
        "AT+QNWPREFCFG=\"nr5g_band\"\r",
        "\r\n+QNWPREFCFG: \"nr5g_band\",28:78\r\n\r\nOK\r\n",
    );
    const NSA: (&str, &str) = (
        "AT+QNWPREFCFG=\"nsa_nr5g_band\"\r",
        "\r\n+QNWPREFCFG: \"nsa_nr5g_band\",28:78\r\n\r\nOK\r\n",
    );
    const MODE_AFTER: (&str, &str) = (
        "AT+QNWPREFCFG=\"mode_pref\"\r",
        "\r\n+QNWPREFCFG: \"mode_pref\",LTE:NR5G\r\n\r\nOK\r\n",
    );
    const LTE_AFTER: (&str, &str) = (
        "AT+QNWPREFCFG=\"lte_band\"\r",
        "\r\n+QNWPREFCFG: \"lte_band\",3:20\r\n\r\nOK\r\n",
    );
    const READ: [(&str, &str); 5] = [POLICY, MODE, LTE, SA, NSA];
    const OK: &str = "\r\nOK\r\n";

    fn wanted_of(mode: Option<&str>, lte: Option<&str>) -> [List; 4] {
        let args = BandsArgs {
            mode: mode.map(str::to_owned),
            lte: lte.map(str::to_owned),
            ..BandsArgs::default()
        };
        wanted(&args).unwrap()
    }

    /// What follows the reading of everything.
    fn converse_with(
        script: &[(&'static str, &'static str)],
        wanted: &[List; 4],
    ) -> Result<Bands, Error> {
        let (mut port, peer) = scripted([&READ[..], script].concat().leak());
        let bands = converse(&mut port, wanted, PATIENCE);
        drop(port);
        drop(peer.join().unwrap());
        bands.map(|bands| Bands {
            device: "wwan0".into(),
            ..bands
        })
    }

    #[test]
    fn json_is_the_documented_object_and_what_is_set_is_read_back() {
        let bands = converse_with(
            &[
                ("AT+QNWPREFCFG=\"mode_pref\",NR5G:LTE\r", OK),
                ("AT+QNWPREFCFG=\"lte_band\",3:20\r", OK),
                MODE_AFTER,
                LTE_AFTER,
                SA,
                NSA,
            ],
            &wanted_of(Some("nr5g,lte"), Some("B3,20")),
        )
        .unwrap();
        assert_documented("bands --mode NR5G:LTE --lte 3,20", &bands);
        let text = bands.lines();
        assert!(
            text.contains("mode           LTE:NR5G (was AUTO)\n"),
            "{text}"
        );
        assert!(
            text.contains("LTE            3 20 (was 1 3 7 20)\n"),
            "{text}"
        );
        assert!(text.contains("5G-SA          28 78\n"), "{text}");
        assert!(text.contains("LTE has        1 3 7 20\n"), "{text}");
    }

    #[test]
    fn nothing_is_sent_for_what_is_so_already() {
        let bands = converse_with(&[], &wanted_of(None, Some("all")));
        assert_eq!(bands.unwrap().before, [None, None, None, None]);
    }

    #[test]
    fn a_refusal_sets_back_what_was_set_before_it() {
        let error = converse_with(
            &[
                ("AT+QNWPREFCFG=\"mode_pref\",LTE\r", OK),
                ("AT+QNWPREFCFG=\"lte_band\",7\r", "\r\n+CME ERROR: 50\r\n"),
                ("AT+QNWPREFCFG=\"mode_pref\",AUTO\r", OK),
            ],
            &wanted_of(Some("LTE"), Some("7")),
        )
        .unwrap_err();
        assert_eq!(error.exit, Exit::AtError);
        assert!(error.what.contains("+CME ERROR: 50"));
    }

    #[test]
    fn ok_is_not_believed() {
        let error = converse_with(
            &[("AT+QNWPREFCFG=\"lte_band\",7\r", OK), MODE, LTE, SA, NSA],
            &wanted_of(None, Some("7")),
        )
        .unwrap_err();
        assert_eq!(error.exit, Exit::Modem);
        assert_eq!(error.what, "LTE: the modem said OK to 7 but has 1 3 7 20");
    }

    #[test]
    fn a_band_that_the_modem_lacks_is_not_asked_for() {
        // Nor is anything before it set.
        let error = converse_with(&[], &wanted_of(Some("LTE"), Some("3,99")));
        let error = error.unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert_eq!(
            (error.what.as_str(), error.next.as_str()),
            ("the modem has no LTE band 99", "it has 1 3 7 20")
        );
    }

    #[test]
    fn lists_of_the_command_line_are_checked() {
        assert_eq!(mode_list("lte, NR5G").unwrap(), ["LTE", "NR5G"]);
        for bad in ["", "GSM", "AUTO:LTE", "LTE:LTE", "LTE NR5G"] {
            assert_eq!(mode_list(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
        assert_eq!(band_list(Key::Sa, "n78:n28").unwrap(), ["78", "28"]);
        assert_eq!(band_list(Key::Sa, "ALL").unwrap(), ["all"]);
        for bad in ["", "78,", "0", "x", "all,3", "3,3", "-3", "70000"] {
            assert_eq!(
                band_list(Key::Sa, bad).unwrap_err().exit,
                Exit::Usage,
                "{bad}"
            );
        }
    }
}
