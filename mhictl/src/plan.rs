// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl connect --dry-run`: what would be done, from the options, the configuration file and what sysfs shows of the modem.
//! No port is opened, nothing is set.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::cli::ConnectArgs;
use crate::config::file::Named;
use crate::config::{link_name, Config};
use crate::connect;
use crate::exit::Error;
use crate::lines;
use crate::modem::device::{self, Kind, Roots};
use crate::network::dns;
use crate::show::{self, Show};
use crate::supervisor;

/// What would be done, by the words of the steps; none for what would not.
struct Plan([(&'static str, Option<String>); 13]);

/// Prints the plan of each session.
pub fn run(sessions: Vec<Named>, roots: &Roots) -> Result<(), Error> {
    if sessions.iter().any(|(_, args)| args.json) {
        lines::use_json();
    }
    if sessions.len() > 1 {
        supervisor::check(sessions.clone())?;
    }
    for (name, args) in sessions {
        let json = args.json;
        // Its failure is told by whoever tells all.
        show::print(json, Ok(plan(name.as_deref(), args, roots)?))?;
    }
    Ok(())
}

fn plan(name: Option<&str>, args: ConnectArgs, roots: &Roots) -> Result<Plan, Error> {
    let hook = args.hook.as_ref().map(|hook| hook.display().to_string());
    let config = connect::resolve(args)?;
    let modem = device::find(roots, config.device.as_deref())?;
    let port = device::need_port(&modem, Kind::Qmi)?.node.display();
    let base = device::need_base(&modem, config.netdev.as_deref())?;
    let usual = link_name(&base, config.mux)?;
    let link = config.link.as_ref().unwrap_or(&usual);
    let (wwan, pci, mux) = (&modem.wwan, &modem.pci, config.mux);
    let mtu = config.mtu.map(|mtu| mtu.to_string());
    let route = config
        .metric
        .map(|metric| format!("default, metric {metric}"));
    let dns = config.dns.then(|| format!("by {}", dns::place(roots)));
    Ok(Plan([
        ("pdn", name.map(str::to_owned)),
        (
            "modem",
            Some(format!("{wwan} {pci} port {port} netdev {base}")),
        ),
        ("sim", Some(pin(&config).to_owned())),
        ("registration", Some(registration(&config).to_owned())),
        ("format", Some(format(&config))),
        ("mux", Some(format!("{link} id {mux} ({mux:#04x})"))),
        ("session", Some(session(&config))),
        (
            "mtu",
            Some(mtu.unwrap_or("the network's, or 1500".to_owned())),
        ),
        ("address", Some(addresses(&config).to_owned())),
        (
            "shared",
            config.share.map(|lan| format!("the IPv6 prefix on {lan}")),
        ),
        ("route", Some(route.unwrap_or("none".to_owned()))),
        ("dns", Some(dns.unwrap_or("left alone".to_owned()))),
        ("hook", hook),
    ]))
}

impl Show for Plan {
    fn json(&self) -> Value {
        let keys = self.0.iter().map(|(word, value)| {
            let value = value.as_deref().map_or(Value::Null, Value::from);
            ((*word).to_owned(), value)
        });
        Value::Object(keys.collect::<Map<String, Value>>())
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        for (word, value) in &self.0 {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "would {word}: {value}");
            }
        }
        text
    }
}

fn pin(config: &Config) -> &'static str {
    match config.pin {
        Some(_) => "give its PIN if it asks, unless only one try is left",
        None => "must not want a PIN",
    }
}

fn registration(config: &Config) -> &'static str {
    match config.roaming {
        true => "at home or abroad",
        false => "at home only",
    }
}

fn format(config: &Config) -> String {
    let versions: Vec<&str> = config.qmap.iter().map(|version| version.name()).collect();
    let versions = versions.join(", ");
    format!("the first of {versions} that the modem takes, or that of the sessions that run")
}

fn session(config: &Config) -> String {
    let families: Vec<&str> = config.families.iter().map(|family| family.name()).collect();
    let target = match (&config.apn, config.profile) {
        (Some(apn), _) => format!("APN {apn}"),
        (None, Some(profile)) => format!("the modem's profile {profile}"),
        (None, None) => "the modem's default profile".to_owned(),
    };
    let ways: Vec<&str> = config.auth.iter().map(|auth| auth.name()).collect();
    let user = config.user.as_ref().map(|user| {
        let ways = ways.join(", then ");
        format!(" as {user}, authentication {ways}")
    });
    let user = user.unwrap_or_default();
    format!("{} to {target}{user}", families.join(" and "))
}

fn addresses(config: &Config) -> &'static str {
    match config.addresses {
        true => "set",
        false => "left to the hook",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Families;
    use crate::modem::device::tests::Tree;

    #[test]
    fn the_plan_names_each_thing_and_makes_none() {
        let tree = Tree::new();
        tree.modem();
        let args = ConnectArgs {
            mux: "0x82".into(),
            timeout: 90,
            metric: 700,
            ip: Families::V4V6,
            apn: Some("internet".into()),
            user: Some("me".into()),
            password: Some("secret".into()),
            pin: Some("1234".into()),
            share: Some("br-lan".into()),
            ..Default::default()
        };
        let plan = plan(Some("wan"), args, &tree.roots).unwrap();
        let text = plan.lines();
        for line in [
            "would pdn: wan",
            "netdev rmnet_mhi0",
            "would sim: give its PIN",
            "would registration: at home or abroad",
            "would format: the first of qmapv5, qmapv4, qmapv1",
            "would mux: rmnet_mhi0.2 id 130 (0x82)",
            "would session: ipv4 and ipv6 to APN internet as me, authentication both, then chap, then pap",
            "would shared: the IPv6 prefix on br-lan",
            "would route: default, metric 700",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("secret") && !text.contains("1234"));
        assert!(!tree.roots.run.join("mhictl").exists());
        let object = plan.json();
        assert_eq!(object["route"], "default, metric 700");
        let documented = show::tests::documented("connect --dry-run");
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect();
        let [ours, theirs]: [Vec<String>; 2] = [&object, &documented].map(keys);
        assert_eq!(ours, theirs);
        assert!(object["hook"].is_null());
    }
}
