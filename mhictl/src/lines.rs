// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! All that mhictl says while it works: step lines on stdout (`WORD: TEXT`, or JSON), warnings and errors on stderr. Where the
//! journal reads a stream, it gets entries with fields instead, and a service manager hears of each step.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{json, Value};

use crate::exit::Error;
use crate::journal::{Journal, Priority};
use crate::modem::addressing::Addressing;
use crate::notify::Manager;
use crate::show;
use crate::status::report;

/// What the lines are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// WWAN device.
    pub device: Option<String>,
    /// PCI function.
    pub pci: Option<String>,
    /// Mux link.
    pub link: Option<String>,
    /// Mux id.
    pub mux: Option<u8>,
    /// MTU of the link.
    pub mtu: Option<u32>,
    /// Addresses that the network granted.
    pub granted: Vec<Addressing>,
}

#[derive(Debug)]
struct Speaker {
    json: bool,
    journal: Option<Journal>,
    manager: Option<Manager>,
    subject: Option<Subject>,
}

/// A process has one stdout, and one service manager.
static SPEAKER: Mutex<Speaker> = Mutex::new(Speaker {
    json: false,
    journal: None,
    manager: None,
    subject: None,
});

fn speaker() -> MutexGuard<'static, Speaker> {
    SPEAKER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds out who listens.
pub fn start() {
    let mut speaker = speaker();
    speaker.journal = Journal::from_environment();
    speaker.manager = Manager::from_environment();
}

/// Step lines are JSON from here on.
pub fn use_json() {
    speaker().json = true;
}

/// What the lines that follow are about.
pub fn about(subject: Subject) {
    speaker().subject = Some(subject);
}

/// Says a step at once, also into a pipe; a reader that has gone away does not end the session.
pub fn say(word: &str, text: &str) {
    let speaker = speaker();
    if let Some(manager) = &speaker.manager {
        // Addresses and DNS come just before `connected`, or when it is that already.
        if !matches!(word, "address" | "dns") {
            let _ = manager.tell("STATUS", &format!("{word}: {text}"));
        }
        if word == "connected" {
            let _ = manager.tell("READY", "1");
        }
    }
    let mut out = std::io::stdout().lock();
    if speaker.json {
        let _ = writeln!(out, "{}", speaker.object(word, text)).and_then(|()| out.flush());
        return;
    }
    let message = format!("{word}: {text}");
    let fields = speaker.fields(word);
    if !speaker.journal_takes(&out, priority(word, text), &message, &fields) {
        let _ = writeln!(out, "{message}").and_then(|()| out.flush());
    }
}

/// A warning.
pub fn warn(text: String) {
    complain(Priority::Warning, "warning", &text, || {
        format!("mhictl: warning: {text}")
    });
}

/// What only those want to know who have asked for it.
pub fn explain(text: &str) {
    complain(Priority::Debug, "trace", text, || format!("mhictl: {text}"));
}

/// The error that ends mhictl.
pub fn error(error: &Error) {
    let speaker = speaker();
    if speaker.json {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", show::failure(error));
    }
    let mut fields = speaker.fields("error");
    fields.push(("MHICTL_EXIT", error.exit.code().to_string()));
    fields.push(("MHICTL_ERROR", error.exit.word().to_owned()));
    let mut message = error.what.clone();
    if !error.next.is_empty() {
        message = format!("{message}; {}", error.next);
    }
    if let Some(manager) = &speaker.manager {
        let _ = manager.tell("STATUS", &format!("error: {message}"));
    }
    let stderr = std::io::stderr();
    if !speaker.journal_takes(&stderr, Priority::Error, &message, &fields) {
        // One that is gone is no reason to end otherwise.
        let _ = writeln!(&stderr, "{error}");
    }
}

/// Tells the service manager something beside the steps, if there is one.
pub fn tell_manager(name: &str, value: &str) {
    if let Some(manager) = &speaker().manager {
        let _ = manager.tell(name, value);
    }
}

fn complain(priority: Priority, event: &str, text: &str, plain: impl Fn() -> String) {
    let speaker = speaker();
    let fields = speaker.fields(event);
    let stderr = std::io::stderr();
    if !speaker.journal_takes(&stderr, priority, text, &fields) {
        let _ = writeln!(&stderr, "{}", plain());
    }
}

impl Speaker {
    /// Whether the journal reads this stream, and has taken the entry by its own protocol.
    fn journal_takes(
        &self,
        stream: impl std::os::fd::AsFd,
        priority: Priority,
        message: &str,
        fields: &[(&str, String)],
    ) -> bool {
        let journal = self
            .journal
            .as_ref()
            .filter(|journal| journal.reads(stream));
        journal.is_some_and(|journal| journal.write(priority, message, fields).is_ok())
    }

    fn fields(&self, event: &str) -> Vec<(&'static str, String)> {
        let mut fields = vec![("MHICTL_EVENT", event.to_owned())];
        if let Some(subject) = &self.subject {
            let mut add = |name, value: Option<String>| {
                fields.extend(value.map(|value| (name, value)));
            };
            add("MHICTL_DEVICE", subject.device.clone());
            add("MHICTL_PCI", subject.pci.clone());
            add("MHICTL_LINK", subject.link.clone());
            add("MHICTL_MUX", subject.mux.map(|mux| mux.to_string()));
        }
        fields
    }

    fn object(&self, event: &str, text: &str) -> Value {
        let subject = self.subject.clone().unwrap_or_default();
        json!({
            "event": event,
            "text": text,
            "device": subject.device,
            "pci": subject.pci,
            "link": subject.link,
            "mux": subject.mux,
            "mtu": subject.mtu,
            "ip4": report::family(&subject.granted, true),
            "ip6": report::family(&subject.granted, false),
        })
    }
}

fn priority(word: &str, text: &str) -> Priority {
    match (word, text) {
        ("connected", _) | ("disconnected", "on request") => Priority::Notice,
        ("disconnected" | "retry", _) => Priority::Warning,
        _ => Priority::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaker(subject: Option<Subject>) -> Speaker {
        Speaker {
            json: true,
            journal: None,
            manager: None,
            subject,
        }
    }

    #[test]
    fn an_object_has_all_its_keys_from_the_first_line_on() {
        let first = speaker(None).object("modem", "wwan0 \"x\"\n");
        let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
        let expected = [
            "device", "event", "ip4", "ip6", "link", "mtu", "mux", "pci", "text",
        ];
        assert_eq!(keys, expected);
        assert!(first["device"].is_null() && first["ip4"].is_null());
        // One line, whatever the text.
        assert!(!first.to_string().contains('\n'));
    }

    #[test]
    fn an_object_says_what_it_is_about() {
        let granted = Addressing {
            address: [10, 0, 0, 2].into(),
            prefix: 28,
            gateway: None,
            dns: vec![[1, 1, 1, 1].into()],
            mtu: None,
        };
        let subject = Subject {
            device: Some("wwan0".to_owned()),
            mux: Some(129),
            granted: vec![granted],
            ..Subject::default()
        };
        let object = speaker(Some(subject)).object("connected", "rmnet_mhi0.1");
        let expected = json!({"address": "10.0.0.2", "prefix": 28, "network": "10.0.0.0/28", "gateway": null, "dns": ["1.1.1.1"]});
        assert_eq!(object["ip4"], expected);
        let documented = show::tests::documented("connect --apn internet");
        assert_eq!(show::tests::keys(&object), show::tests::keys(&documented));
        assert_eq!(
            (&object["mux"], &object["ip6"]),
            (&json!(129), &Value::Null)
        );
    }

    #[test]
    fn an_end_on_request_is_no_warning() {
        assert_eq!(priority("disconnected", "on request"), Priority::Notice);
        assert_eq!(
            priority("disconnected", "the port is gone"),
            Priority::Warning
        );
        assert_eq!(priority("retry", "in 5 s"), Priority::Warning);
        assert_eq!(priority("sim", "ready"), Priority::Info);
    }

    #[test]
    fn fields_are_those_that_are_known() {
        let subject = Subject {
            link: Some("rmnet_mhi0.1".to_owned()),
            mux: Some(129),
            ..Subject::default()
        };
        let expected = [
            ("MHICTL_EVENT", "retry".to_owned()),
            ("MHICTL_LINK", "rmnet_mhi0.1".to_owned()),
            ("MHICTL_MUX", "129".to_owned()),
        ];
        assert_eq!(speaker(Some(subject)).fields("retry"), expected);
        assert_eq!(speaker(None).fields("modem").len(), 1);
    }
}
