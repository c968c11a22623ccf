// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl connect --dry-run`: what would be done, from the options, the configuration file and what sysfs shows of the modem.
//! No port is opened, nothing is set.

use std::fmt::Write;

use crate::cli::ConnectArgs;
use crate::config::file::Named;
use crate::config::{link_name, Config};
use crate::connect;
use crate::exit::Error;
use crate::modem::device::{self, Kind, Roots};
use crate::network::dns;
use crate::supervisor;

/// Prints the plan of each session.
pub fn run(sessions: Vec<Named>, roots: &Roots) -> Result<(), Error> {
    if sessions.len() > 1 {
        supervisor::check(sessions.clone())?;
    }
    for (name, args) in sessions {
        print!("{}", plan(name.as_deref(), args, roots)?);
    }
    Ok(())
}

fn plan(name: Option<&str>, args: ConnectArgs, roots: &Roots) -> Result<String, Error> {
    let hook = args.hook.clone();
    let config = connect::resolve(args)?;
    let modem = device::find(roots, config.device.as_deref())?;
    let port = device::need_port(&modem, Kind::Qmi)?;
    let base = device::need_base(&modem, config.netdev.as_deref())?;
    let link = link_name(&base, config.mux)?;
    let mut lines: Vec<(&str, String)> = Vec::new();
    let mut add = |word, text| lines.push((word, text));
    if let Some(name) = name {
        add("pdn", name.to_owned());
    }
    add(
        "modem",
        format!(
            "{} {} port {} netdev {base}",
            modem.wwan,
            modem.pci,
            port.node.display()
        ),
    );
    add("sim", pin(&config).to_owned());
    add(
        "registration",
        if config.roaming {
            "at home or abroad"
        } else {
            "at home only"
        }
        .to_owned(),
    );
    let versions: Vec<&str> = config.qmap.iter().map(|version| version.name()).collect();
    add(
        "format",
        format!(
            "the first of {} that the modem takes, or that of the sessions that run",
            versions.join(", ")
        ),
    );
    add(
        "mux",
        format!("{link} id {} ({:#04x})", config.mux, config.mux),
    );
    let families: Vec<&str> = config.families.iter().map(|family| family.name()).collect();
    add(
        "session",
        format!(
            "{} to {}{}",
            families.join(" and "),
            target(&config),
            authentication(&config)
        ),
    );
    let mtu = config
        .mtu
        .map_or("the network's, or 1500".to_owned(), |mtu| mtu.to_string());
    add("mtu", mtu);
    add(
        "address",
        if config.addresses {
            "set"
        } else {
            "left to the hook"
        }
        .to_owned(),
    );
    add(
        "route",
        config.metric.map_or("none".to_owned(), |metric| {
            format!("default, metric {metric}")
        }),
    );
    add(
        "dns",
        if config.dns {
            format!("by {}", dns::place(roots))
        } else {
            "left alone".to_owned()
        },
    );
    if let Some(hook) = hook {
        add("hook", hook.display().to_string());
    }
    let mut text = String::new();
    for (word, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "would {word}: {value}");
    }
    Ok(text)
}

fn pin(config: &Config) -> &'static str {
    match config.pin {
        Some(_) => "give its PIN if it asks, unless only one try is left",
        None => "must not want a PIN",
    }
}

fn target(config: &Config) -> String {
    match (&config.apn, config.profile) {
        (Some(apn), _) => format!("APN {apn}"),
        (None, Some(profile)) => format!("the modem's profile {profile}"),
        (None, None) => "the modem's default profile".to_owned(),
    }
}

fn authentication(config: &Config) -> String {
    let ways: Vec<&str> = config.auth.iter().map(|auth| auth.name()).collect();
    match &config.user {
        Some(user) => format!(" as {user}, authentication {}", ways.join(", then ")),
        None => String::new(),
    }
}
