// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl watch`: what `status` shows, again and again, with the rates since the time before, until Ctrl-C. A modem that is
//! away meanwhile ends nothing. On a terminal each view takes the place of the one before.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::time::{Duration, Instant};

use serde_json::{json, Value};

use crate::cli::WatchArgs;
use crate::exit::Error;
use crate::modem::device::Roots;
use crate::show::{self, Show};
use crate::signals::Signals;
use crate::status;
use crate::status::report::{Link, Report};

/// Octets per second of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rate {
    link: String,
    received: u64,
    sent: u64,
}

/// Shows views until a signal, or until there were as many as wanted.
pub fn run(args: &WatchArgs, roots: &Roots) -> Result<(), Error> {
    let signals = Signals::interrupt()?;
    let screen = std::io::stdout().is_terminal() && !args.common.json;
    let mut before: Option<(Instant, Vec<Link>)> = None;
    let mut shown = 0;
    loop {
        let (now, result) = (Instant::now(), status::report(&args.common, roots));
        let links = result
            .as_ref()
            .map(|report| report.links.clone())
            .unwrap_or_default();
        let rates = before
            .as_ref()
            .map(|(then, old)| rates(old, &links, now.duration_since(*then)))
            .unwrap_or_default();
        let text = if args.common.json {
            format!("{}\n", object(&result, &rates))
        } else {
            view(&result, &rates)
        };
        let mut out = std::io::stdout().lock();
        if out
            .write_all(frame(&text, screen).as_bytes())
            .and_then(|()| out.flush())
            .is_err()
        {
            return Ok(()); // nobody looks any more
        }
        drop(out);
        before = Some((now, links));
        shown += 1;
        if args.count.is_some_and(|count| shown >= count) {
            return result.map(drop);
        }
        let pause = status::patience(args.interval);
        if signals.within(pause.saturating_sub(now.elapsed())) {
            return Ok(());
        }
    }
}

/// Links that are there both times have a rate, unless their counters began anew.
fn rates(old: &[Link], new: &[Link], time: Duration) -> Vec<Rate> {
    let per_second = |old: u64, new: u64| {
        let octets = u128::from(new.checked_sub(old)?).checked_mul(1000)?;
        u64::try_from(octets / time.as_millis().max(1)).ok()
    };
    let rate = |link: &Link| {
        let before = old.iter().find(|old| old.name == link.name)?;
        Some(Rate {
            link: link.name.clone(),
            received: per_second(before.rx_bytes, link.rx_bytes)?,
            sent: per_second(before.tx_bytes, link.tx_bytes)?,
        })
    };
    new.iter().filter_map(rate).collect()
}

/// The object of `status --json`, or of its failure, with the rates.
fn object(result: &Result<Report, Error>, rates: &[Rate]) -> Value {
    let mut value = match result {
        Ok(report) => report.json(),
        Err(error) => show::failure(error),
    };
    if let Value::Object(object) = &mut value {
        let rates = rates.iter().map(|rate| {
            json!({"link": rate.link, "rx_bytes_per_s": rate.received, "tx_bytes_per_s": rate.sent})
        });
        object.insert("rates".into(), rates.collect());
    }
    value
}

fn view(result: &Result<Report, Error>, rates: &[Rate]) -> String {
    let mut text = match result {
        Ok(report) => report.lines(),
        Err(error) => format!("{error}\n"),
    };
    for rate in rates {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{:<14} {} received {}, sent {}",
            "rate",
            rate.link,
            bits(rate.received),
            bits(rate.sent)
        );
    }
    text
}

/// Octets per second as bits per second, with three digits at least.
fn bits(octets: u64) -> String {
    let bits = u128::from(octets) * 8;
    match bits {
        0..=9_999 => format!("{bits} bit/s"),
        10_000..=9_999_999 => format!("{} kbit/s", bits / 1000),
        _ => format!("{}.{} Mbit/s", bits / 1_000_000, bits / 100_000 % 10),
    }
}

/// On a terminal, from its upper left corner, with the rest of each line and of the screen cleared; else with an empty line
/// between text views.
fn frame(text: &str, screen: bool) -> String {
    if screen {
        let cleared = text.replace('\n', "\x1b[K\r\n");
        return format!("\x1b[H{cleared}\x1b[J");
    }
    let between = if text.starts_with('{') { "" } else { "\n" };
    format!("{text}{between}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn link(rx_bytes: u64, tx_bytes: u64) -> Link {
        Link {
            name: "rmnet_mhi0.1".into(),
            rx_bytes,
            tx_bytes,
            ..Link::default()
        }
    }

    #[test]
    fn rates_are_those_of_the_time_between() {
        let expected = Rate {
            link: "rmnet_mhi0.1".into(),
            received: 500,
            sent: 50,
        };
        let two = Duration::from_secs(2);
        assert_eq!(
            rates(&[link(1000, 100)], &[link(2000, 200)], two),
            [expected]
        );
        assert_eq!(rates(&[], &[link(1, 1)], two), []);
        assert_eq!(rates(&[link(5, 5)], &[link(1, 1)], two), []);
        assert_eq!(
            rates(&[link(0, 0)], &[link(1, 1)], Duration::ZERO)[0].received,
            1000
        );
    }

    #[test]
    fn rates_have_units_that_fit() {
        assert_eq!(
            [0, 1249, 1250, 1_250_000].map(bits),
            ["0 bit/s", "9992 bit/s", "10 kbit/s", "10.0 Mbit/s"]
        );
    }

    #[test]
    fn a_view_takes_the_place_of_the_one_before_on_a_terminal_only() {
        assert_eq!(frame("a\nb\n", true), "\x1b[Ha\x1b[K\r\nb\x1b[K\r\n\x1b[J");
        assert_eq!(frame("a\nb\n", false), "a\nb\n\n");
        assert_eq!(frame("{}\n", false), "{}\n");
    }

    #[test]
    fn a_failure_is_a_view_too() {
        let result = Err(Error::new(Exit::NoDevice, "no modem found", ""));
        assert_eq!(view(&result, &[]), "mhictl: error: no modem found\n");
        assert_eq!(object(&result, &[])["error"]["code"], 3);
        assert_eq!(object(&result, &[])["rates"], json!([]));
        let rate = Rate {
            link: "rmnet_mhi0.1".into(),
            received: 500,
            sent: 50,
        };
        let documented = show::tests::documented("watch --device wwan1");
        assert_eq!(
            show::tests::keys(&object(&result, &[rate])),
            show::tests::keys(&documented)
        );
    }
}
