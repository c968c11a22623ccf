// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The hook: a program of the user's that is told what becomes of the session, one event at a time and in order.
//! `connect` feeds it and goes on meanwhile; whatever the program does, the session does not wait for it but at the end.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::exit::Exit;
use crate::lines::warn;
use crate::modem::addressing::Addressing;
use crate::program::Program;

/// Events that may wait; beyond that the oldest are dropped, since the newest say how things are.
const QUEUE_MAX: usize = 16;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session is configured.
    Up,
    /// Its addresses, DNS servers or MTU are others now.
    Change,
    /// It is lost, or ends.
    Down,
    /// An attempt failed, or mhictl gives up.
    Failed,
}

impl Event {
    /// Its name, the program's argument.
    pub fn name(self) -> &'static str {
        match self {
            Event::Up => "up",
            Event::Change => "change",
            Event::Down => "down",
            Event::Failed => "failed",
        }
    }
}

/// What the program is told beside the event; what is none is not in its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// WWAN device.
    pub device: Option<String>,
    /// PCI function.
    pub pci: Option<String>,
    /// Base interface.
    pub base: Option<String>,
    /// Mux link.
    pub link: Option<String>,
    /// Mux id.
    pub mux: u8,
    /// MTU of the link.
    pub mtu: Option<u32>,
    /// Addresses that the network granted.
    pub granted: Vec<Addressing>,
    /// Exit code that the reason belongs to.
    pub exit: Option<Exit>,
    /// Why, in words.
    pub reason: Option<String>,
}

impl Facts {
    /// The variables of the environment.
    pub fn variables(&self, event: Event) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("MHICTL_EVENT", event.name().to_owned()),
            ("MHICTL_MUX", self.mux.to_string()),
        ];
        let mut add = |name, value: Option<String>| {
            // A value from modem or network may hold anything but a NUL, which no environment can.
            variables.extend(value.map(|value| (name, value.replace('\0', ""))));
        };
        add("MHICTL_DEVICE", self.device.clone());
        add("MHICTL_PCI", self.pci.clone());
        add("MHICTL_BASE", self.base.clone());
        add("MHICTL_LINK", self.link.clone());
        add("MHICTL_MTU", self.mtu.map(|mtu| mtu.to_string()));
        for addressing in &self.granted {
            let names = match addressing.address {
                IpAddr::V4(_) => [
                    "MHICTL_IP4_ADDRESS",
                    "MHICTL_IP4_PREFIX",
                    "MHICTL_IP4_GATEWAY",
                    "MHICTL_IP4_DNS",
                ],
                IpAddr::V6(_) => [
                    "MHICTL_IP6_ADDRESS",
                    "MHICTL_IP6_PREFIX",
                    "MHICTL_IP6_GATEWAY",
                    "MHICTL_IP6_DNS",
                ],
            };
            let [address, prefix, gateway, dns] = names;
            add(address, Some(addressing.address.to_string()));
            add(prefix, Some(addressing.prefix.to_string()));
            add(gateway, addressing.gateway.map(|to| to.to_string()));
            if addressing.address.is_ipv6() {
                add("MHICTL_IP6_NETWORK", Some(addressing.network()));
            }
            let servers: Vec<String> = addressing.dns.iter().map(IpAddr::to_string).collect();
            add(dns, (!servers.is_empty()).then(|| servers.join(" ")));
        }
        add("MHICTL_EXIT", self.exit.map(|exit| exit.code().to_string()));
        let error = self.exit.filter(|&exit| exit != Exit::Success);
        add("MHICTL_ERROR", error.map(|exit| exit.word().to_owned()));
        add("MHICTL_REASON", self.reason.clone());
        variables
    }
}

/// All names of [`Facts::variables`]: what an outer program left there is taken away.
const NAMES: [&str; 19] = [
    "MHICTL_EVENT",
    "MHICTL_DEVICE",
    "MHICTL_PCI",
    "MHICTL_BASE",
    "MHICTL_LINK",
    "MHICTL_MUX",
    "MHICTL_MTU",
    "MHICTL_IP4_ADDRESS",
    "MHICTL_IP4_PREFIX",
    "MHICTL_IP4_GATEWAY",
    "MHICTL_IP4_DNS",
    "MHICTL_IP6_ADDRESS",
    "MHICTL_IP6_PREFIX",
    "MHICTL_IP6_GATEWAY",
    "MHICTL_IP6_DNS",
    "MHICTL_IP6_NETWORK",
    "MHICTL_EXIT",
    "MHICTL_ERROR",
    "MHICTL_REASON",
];

#[derive(Debug)]
struct Told {
    event: Event,
    facts: Facts,
}

/// The program with what it is still to be told.
#[derive(Debug)]
pub struct Hook {
    program: PathBuf,
    queue: VecDeque<Told>,
    running: Option<(Event, Program)>,
    /// What it was told last of a session that is up.
    last: Option<Facts>,
}

impl Hook {
    /// A program that runs at the first event.
    pub fn new(program: &Path) -> Self {
        Hook {
            program: program.to_owned(),
            queue: VecDeque::new(),
            running: None,
            last: None,
        }
    }

    /// Tells an event, now or when its turn comes. A change that changes nothing is not told.
    pub fn tell(&mut self, event: Event, facts: Facts, now: Instant) {
        if event == Event::Change && self.last.as_ref() == Some(&facts) {
            return;
        }
        self.last = matches!(event, Event::Up | Event::Change).then(|| facts.clone());
        if self.queue.len() >= QUEUE_MAX {
            if let Some(told) = self.queue.pop_front() {
                warn(format!(
                    "hook {}: too slow, event {} dropped",
                    self.program.display(),
                    told.event.name()
                ));
            }
        }
        self.queue.push_back(Told { event, facts });
        self.work(now);
    }

    /// Reaps the program, kills it when it takes too long, runs it for the next event.
    pub fn work(&mut self, now: Instant) {
        loop {
            if let Some((event, program)) = &mut self.running {
                let Some(end) = program.ended(now) else {
                    return;
                };
                if let Err(why) = end {
                    let event = event.name();
                    warn(format!("hook {} {event}: {why}", self.program.display()));
                }
                self.running = None;
            }
            let Some(Told { event, facts }) = self.queue.pop_front() else {
                return;
            };
            match Program::start(&mut command(&self.program, event, &facts), now) {
                Ok(program) => self.running = Some((event, program)),
                Err(error) => warn(format!("hook {}: {error}", self.program.display())),
            }
        }
    }

    /// Whether nothing runs and nothing waits.
    pub fn idle(&self) -> bool {
        self.running.is_none() && self.queue.is_empty()
    }

    /// When [`Hook::work`] has something to do; the program's end is a signal and needs no time.
    pub fn wakeup(&self) -> Option<Instant> {
        self.running
            .as_ref()
            .and_then(|(_, program)| program.wakeup())
    }

    /// The end is near: of what still waits only the newest event counts.
    pub fn hurry(&mut self) {
        let newest = self.queue.pop_back();
        self.queue.clear();
        self.queue.extend(newest);
    }
}

fn command(program: &Path, event: Event, facts: &Facts) -> Command {
    let mut command = Command::new(program);
    command.arg(event.name());
    for name in NAMES {
        command.env_remove(name);
    }
    command.envs(facts.variables(event));
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use crate::program::PATIENCE;
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    fn facts() -> Facts {
        Facts {
            device: Some("wwan0".into()),
            pci: Some("0000:01:00.0".into()),
            base: Some("rmnet_mhi0".into()),
            link: Some("rmnet_mhi0.1".into()),
            mux: 129,
            mtu: Some(1430),
            granted: vec![
                Addressing {
                    address: "10.64.129.2".parse().unwrap(),
                    prefix: 28,
                    gateway: Some("10.64.129.3".parse().unwrap()),
                    dns: vec!["1.1.1.1".parse().unwrap(), "8.8.8.8".parse().unwrap()],
                    mtu: Some(1430),
                },
                Addressing {
                    address: "2001:db8:81::2".parse().unwrap(),
                    prefix: 64,
                    gateway: None,
                    dns: Vec::new(),
                    mtu: None,
                },
            ],
            exit: None,
            reason: None,
        }
    }

    #[test]
    fn variables_are_the_documented_ones_and_unknown_ones_are_unset() {
        let up: BTreeMap<_, _> = facts().variables(Event::Up).into_iter().collect();
        let expected = [
            ("MHICTL_BASE", "rmnet_mhi0"),
            ("MHICTL_DEVICE", "wwan0"),
            ("MHICTL_EVENT", "up"),
            ("MHICTL_IP4_ADDRESS", "10.64.129.2"),
            ("MHICTL_IP4_DNS", "1.1.1.1 8.8.8.8"),
            ("MHICTL_IP4_GATEWAY", "10.64.129.3"),
            ("MHICTL_IP4_PREFIX", "28"),
            ("MHICTL_IP6_ADDRESS", "2001:db8:81::2"),
            ("MHICTL_IP6_NETWORK", "2001:db8:81::/64"),
            ("MHICTL_IP6_PREFIX", "64"),
            ("MHICTL_LINK", "rmnet_mhi0.1"),
            ("MHICTL_MTU", "1430"),
            ("MHICTL_MUX", "129"),
            ("MHICTL_PCI", "0000:01:00.0"),
        ];
        let expected: BTreeMap<_, _> = expected
            .iter()
            .map(|&(name, value)| (name, value.to_owned()))
            .collect();
        assert_eq!(up, expected);
        assert!(up.keys().all(|name| NAMES.contains(name)));
        let failed = Facts {
            mux: 130,
            exit: Some(Exit::Refused),
            reason: Some("APN x refused\0".into()),
            ..Facts::default()
        };
        let failed: BTreeMap<_, _> = failed.variables(Event::Failed).into_iter().collect();
        assert_eq!(failed["MHICTL_EXIT"], "8");
        assert_eq!(failed["MHICTL_ERROR"], "session-refused");
        assert_eq!(failed["MHICTL_REASON"], "APN x refused");
        assert_eq!(failed.len(), 5);
        let quit = Facts {
            exit: Some(Exit::Success),
            ..Facts::default()
        };
        let quit: BTreeMap<_, _> = quit.variables(Event::Down).into_iter().collect();
        assert_eq!(quit["MHICTL_EXIT"], "0");
        assert!(!quit.contains_key("MHICTL_ERROR"));
    }

    /// A hook that is this shell script.
    fn script(tree: &Tree, text: &str) -> Hook {
        let path = tree.path.join("hook");
        fs::write(
            &path,
            format!("#!/bin/sh\ncd {}\n{text}", tree.path.display()),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Hook::new(&path)
    }

    fn run_out(hook: &mut Hook) {
        let start = Instant::now();
        while !hook.idle() {
            assert!(start.elapsed() < Duration::from_secs(20));
            hook.work(Instant::now());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn events_are_told_one_at_a_time_and_in_order() {
        let tree = Tree::new();
        let mut hook = script(
            &tree,
            "mkdir busy || exit 1\nsleep 0.05\necho \"$1 $MHICTL_EVENT $MHICTL_LINK\" >>log\nrmdir busy\n",
        );
        for event in [Event::Up, Event::Down, Event::Failed, Event::Up] {
            hook.tell(event, facts(), Instant::now());
        }
        run_out(&mut hook);
        let log = fs::read_to_string(tree.path.join("log")).unwrap();
        let events: Vec<&str> = log.lines().collect();
        assert_eq!(
            events,
            [
                "up up rmnet_mhi0.1",
                "down down rmnet_mhi0.1",
                "failed failed rmnet_mhi0.1",
                "up up rmnet_mhi0.1"
            ]
        );
    }

    #[test]
    fn a_change_of_nothing_is_not_told() {
        let tree = Tree::new();
        let mut hook = script(&tree, "echo \"$1 $MHICTL_MTU\" >>log\n");
        let mut other = facts();
        other.mtu = Some(1400);
        for (event, facts) in [
            (Event::Up, facts()),
            (Event::Change, facts()),
            (Event::Change, other.clone()),
            (Event::Change, other),
        ] {
            hook.tell(event, facts, Instant::now());
        }
        run_out(&mut hook);
        let log = fs::read_to_string(tree.path.join("log")).unwrap();
        assert_eq!(log, "up 1430\nchange 1400\n");
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_what_it_started() {
        let tree = Tree::new();
        let mut hook = script(&tree, "echo $$ >pid\nsleep 1000 & wait\n");
        let now = Instant::now();
        hook.tell(Event::Up, facts(), now);
        assert_eq!(hook.wakeup(), Some(now + PATIENCE));
        let pid = tree.path.join("pid");
        let started = Instant::now();
        while fs::read_to_string(&pid).map_or(true, |text| text.is_empty()) {
            assert!(started.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
        hook.work(now + PATIENCE);
        assert_eq!(hook.wakeup(), None);
        run_out(&mut hook);
    }

    #[test]
    fn a_missing_or_failing_program_hinders_nothing() {
        let mut missing = Hook::new(Path::new("/nonexistent/hook"));
        missing.tell(Event::Up, facts(), Instant::now());
        assert!(missing.idle());
        let tree = Tree::new();
        let mut failing = script(&tree, "exit 7\n");
        failing.tell(Event::Up, facts(), Instant::now());
        failing.tell(Event::Down, facts(), Instant::now());
        run_out(&mut failing);
    }

    #[test]
    fn the_queue_is_bounded_and_at_the_end_only_the_newest_counts() {
        let tree = Tree::new();
        let mut hook = script(&tree, "sleep 0.1\necho \"$1\" >>log\n");
        for _ in 0..40 {
            hook.tell(Event::Up, facts(), Instant::now());
        }
        assert!(hook.queue.len() <= QUEUE_MAX);
        hook.tell(Event::Down, facts(), Instant::now());
        hook.hurry();
        run_out(&mut hook);
        let log = fs::read_to_string(tree.path.join("log")).unwrap();
        assert!(log.ends_with("down\n") && log.lines().count() <= 3, "{log}");
    }
}
