// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The AT port: line discipline, result codes, and the commands of guides and tools.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use super::At;
use crate::port::Port;
use crate::session::{Family, Modem, Registration, SimState, Technology};

struct Host {
    modem: Arc<Mutex<Modem>>,
    port: At,
}

impl Host {
    fn new() -> Self {
        let modem = Arc::new(Mutex::new(Modem::default()));
        Host {
            port: At::new(Arc::clone(&modem)),
            modem,
        }
    }

    fn modem(&self) -> MutexGuard<'_, Modem> {
        self.modem.lock().unwrap()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.port.receive(bytes, Instant::now());
    }

    fn read(&mut self) -> String {
        let mut all = Vec::new();
        while let Some(part) = self.port.poll(Instant::now()) {
            assert!(part.len() <= super::TRANSFER);
            all.extend(part);
        }
        String::from_utf8(all).unwrap()
    }

    /// Sends a line and returns the lines of the answer, without echo and blank lines.
    fn run(&mut self, line: &str) -> Vec<String> {
        self.write(format!("{line}\r").as_bytes());
        let text = self.read();
        let text = text.strip_prefix(&format!("{line}\r")).unwrap_or(&text);
        text.split("\r\n")
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn ok(&mut self, line: &str) -> Vec<String> {
        let mut lines = self.run(line);
        assert_eq!(lines.pop().as_deref(), Some("OK"), "{line}");
        lines
    }
}

#[test]
fn answer_has_echo_and_v250_framing() {
    let mut host = Host::new();
    host.write(b"AT\r");
    assert_eq!(host.read(), "AT\r\r\nOK\r\n");
    host.write(b"ATE0\r");
    assert_eq!(host.read(), "ATE0\r\r\nOK\r\n");
    host.write(b"at+cgmm\r\n");
    assert_eq!(host.read(), "\r\nRM520N-GL\r\n\r\nOK\r\n");
    host.write(b"ATV0\r");
    assert_eq!(host.read(), "0\r");
    host.write(b"AT+CSQ;+NONSENSE\r");
    assert_eq!(host.read(), "+CSQ: 99,99\r\n4\r");
    host.write(b"ATQ1V1\rAT\r");
    assert_eq!(host.read(), "");
    host.write(b"ATZ\r");
    assert_eq!(host.read(), "\r\nOK\r\n");
}

#[test]
fn lines_may_come_in_pieces_and_in_heaps() {
    let mut host = Host::new();
    host.ok("ATE0");
    for byte in b"AT+CGMI\r" {
        host.write(&[*byte]);
    }
    assert_eq!(host.read(), "\r\nQuectel\r\n\r\nOK\r\n");
    host.write(b"AT\rAT+GSN\rAT+NOPE\r");
    assert_eq!(
        host.read(),
        "\r\nOK\r\n\r\n860000000000012\r\n\r\nOK\r\n\r\nERROR\r\n"
    );
    // A row of commands in a line stops at the first that fails.
    assert_eq!(
        host.run("ATE0+CFUN?;+CPIN?;+NOPE;+CGMM"),
        ["+CFUN: 1", "+CPIN: READY", "ERROR"]
    );
    // A backspace takes a letter back.
    assert_eq!(host.run("AT+CGMX\u{8}I"), ["Quectel", "OK"]);
}

#[test]
fn noise_is_ignored_and_lines_are_bounded() {
    let mut host = Host::new();
    host.ok("ATE0");
    host.write(b"\r\n\xff\xfe\0garbage\rT\rA\r");
    assert_eq!(host.read(), "");
    let long = format!("AT+QCFG=\"{}\"", "x".repeat(100_000));
    assert_eq!(host.run(&long), ["ERROR"]);
    assert_eq!(host.run("AT"), ["OK"]);
    assert_eq!(host.run("AT+COPS=\"open"), ["ERROR"]);
    assert_eq!(host.run("AT\u{e9}\u{e9}"), ["ERROR"]);
    let rows = format!("AT{}", ";+CGMM".repeat(300));
    assert_eq!(host.ok(&rows).len(), 300);
}

#[test]
fn answers_to_nobody_are_bounded() {
    let mut host = Host::new();
    for _ in 0..10_000 {
        host.write(b"ATI\r");
    }
    assert!(host.read().len() <= super::OUTBOX);
    assert!(!host.port.command(&["stats"]).unwrap().contains("dropped=0"));
    assert_eq!(host.run("AT"), ["OK"]);
}

#[test]
fn identity() {
    let mut host = Host::new();
    assert_eq!(
        host.ok("ATI"),
        ["Quectel", "RM520N-GL", "Revision: RM520NGLAAR03A03M4G"]
    );
    assert_eq!(host.ok("AT+CGMR"), ["RM520NGLAAR03A03M4G"]);
    for form in ["AT+QGMR", "AT+QGMR?"] {
        assert_eq!(host.ok(form), ["RM520NGLAAR03A03M4G_01.200.01.200"]);
    }
    assert_eq!(host.ok("AT+CGSN"), ["860000000000012"]);
    assert_eq!(host.ok("AT+CIMI"), ["001010123456789"]);
    assert_eq!(host.ok("AT+QCCID"), ["+QCCID: 8900101012345678901"]);
    assert_eq!(host.ok("AT+CGMM=?"), [""; 0]);
    assert_eq!(host.run("AT+CGMM?"), ["+CME ERROR: 50"]);
}

#[test]
fn preference_is_set_kept_and_obeyed() {
    let mut host = Host::new();
    assert_eq!(
        host.ok("AT+QNWPREFCFG=\"mode_pref\""),
        ["+QNWPREFCFG: \"mode_pref\",AUTO"]
    );
    // The guide's line.
    assert_eq!(host.ok("AT+QNWPREFCFG=\"mode_pref\",NR5G:LTE"), [""; 0]);
    assert_eq!(
        host.ok("AT+QNWPREFCFG=\"mode_pref\""),
        ["+QNWPREFCFG: \"mode_pref\",NR5G:LTE"]
    );
    host.ok("AT+QNWPREFCFG=\"nr5g_band\",78:79");
    host.ok("AT+QNWPREFCFG=\"lte_band\",3:7");
    host.modem().reset();
    host.port.reset();
    assert_eq!(
        host.ok("AT+QNWPREFCFG=\"nr5g_band\""),
        ["+QNWPREFCFG: \"nr5g_band\",78:79"]
    );
    assert_eq!(
        host.ok("AT+QNWPREFCFG=\"lte_band\""),
        ["+QNWPREFCFG: \"lte_band\",3:7"]
    );
    assert_eq!(host.ok("AT+QNWPREFCFG=?").len(), 12);
    for wrong in [
        "\"mode_pref\",6G",
        "\"mode_pref\",",
        "\"lte_band\",255",
        "\"nr5g_band\",x",
        "\"nonsense\"",
        "\"nonsense\",1",
    ] {
        assert_eq!(
            host.run(&format!("AT+QNWPREFCFG={wrong}")),
            ["+CME ERROR: 50"],
            "{wrong}"
        );
    }
    let technologies = [
        ("LTE", Some(Technology::Lte)),
        ("NR5G", Some(Technology::Sa)),
        ("WCDMA", None),
        ("AUTO", Some(Technology::Sa)),
    ];
    for (mode, technology) in technologies {
        host.ok(&format!("AT+QNWPREFCFG=\"mode_pref\",{mode}"));
        assert_eq!(host.modem().technology(), technology, "{mode}");
    }
    host.ok("AT+QNWPREFCFG=\"nr5g_disable_mode\",1");
    assert_eq!(host.modem().technology(), Some(Technology::Nsa));
    host.ok("AT+QNWPREFCFG=\"nr5g_disable_mode\",2");
    host.modem().network.technology = Technology::Nsa;
    assert_eq!(host.modem().technology(), Some(Technology::Lte));
}

#[test]
fn preference_without_network_ends_sessions() {
    let mut host = Host::new();
    host.modem().start(129, Family::V4, "internet", 1);
    host.ok("AT+QNWPREFCFG=\"mode_pref\",LTE");
    assert!(host.modem().session(129).is_some());
    host.ok("AT+QNWPREFCFG=\"mode_pref\",WCDMA");
    assert!(host.modem().session(129).is_none());
    assert_eq!(host.modem().take_ended().len(), 1);
}

#[test]
fn mbim_mode_begins_with_the_next_restart() {
    let mut host = Host::new();
    host.ok("AT+QCFG=\"pcie_mbim\",1");
    assert_eq!(host.ok("AT+QCFG=\"pcie_mbim\""), ["+QCFG: \"pcie_mbim\",1"]);
    assert!(!host.modem().mbim);
    host.modem().reset();
    assert!(host.modem().mbim);
}

#[test]
fn configuration_is_set_and_kept() {
    let mut host = Host::new();
    assert_eq!(
        host.ok("AT+QCFG=\"data_interface\""),
        ["+QCFG: \"data_interface\",1,0"]
    );
    assert_eq!(host.ok("AT+QCFG=\"pcie_mbim\""), ["+QCFG: \"pcie_mbim\",0"]);
    host.ok("AT+QCFG=\"usbnet\",1");
    host.port.reset();
    assert_eq!(host.ok("AT+QCFG=\"usbnet\""), ["+QCFG: \"usbnet\",1"]);
    for wrong in [
        "\"usbnet\",x",
        "\"usbnet\",1,2",
        "\"data_interface\",1",
        "\"nonsense\"",
        "\"\"",
    ] {
        assert_eq!(
            host.run(&format!("AT+QCFG={wrong}")),
            ["+CME ERROR: 50"],
            "{wrong}"
        );
    }
}

#[test]
fn sim_pin_and_error_formats() {
    let mut host = Host::new();
    host.modem().sim.state = SimState::Locked;
    host.modem().sim.pin_enabled = true;
    assert_eq!(host.ok("AT+CPIN?"), ["+CPIN: SIM PIN"]);
    assert_eq!(host.ok("AT+CLCK=\"SC\",2"), ["+CLCK: 1"]);
    assert_eq!(host.run("AT+CIMI"), ["+CME ERROR: 11"]);
    assert_eq!(host.run("AT+CPIN=\"9999\""), ["+CME ERROR: 16"]);
    assert_eq!(host.ok("AT+QPINC=\"SC\""), ["+QPINC: \"SC\",2,10"]);
    host.ok("AT+CPIN=\"1234\"");
    assert_eq!(host.ok("AT+CPIN?"), ["+CPIN: READY"]);
    host.modem().sim.state = SimState::Absent;
    assert_eq!(host.run("AT+CPIN?"), ["+CME ERROR: 10"]);
    host.ok("AT+CMEE=2");
    assert_eq!(host.run("AT+CPIN?"), ["+CME ERROR: SIM not inserted"]);
    host.ok("AT+CMEE=0");
    assert_eq!(host.run("AT+CPIN?"), ["ERROR"]);
    assert_eq!(host.ok("AT+QSIMSTAT?"), ["+QSIMSTAT: 0,0"]);
    host.modem().sim.state = SimState::PukRequired;
    assert_eq!(host.ok("AT+CPIN?"), ["+CPIN: SIM PUK"]);
    host.ok("AT+CPIN=\"12345678\",\"4321\"");
    assert_eq!(host.ok("AT+CPIN?"), ["+CPIN: READY"]);
}

#[test]
fn bands_that_are_not_allowed_are_not_used() {
    let mut host = Host::new();
    let policy = host.ok("AT+QNWPREFCFG=\"policy_band\"");
    assert_eq!(policy.len(), 4);
    assert!(policy.contains(&"+QNWPREFCFG: \"gw_band\",1:2:4:5:6:8:19".to_owned()));
    for (setting, technology) in [
        ("\"nr5g_band\",28:79", Some(Technology::Nsa)),
        ("\"nsa_nr5g_band\",1", Some(Technology::Lte)),
        ("\"lte_band\",7", None),
        ("\"nsa_nr5g_band\",78", None),
        ("\"lte_band\",3", Some(Technology::Nsa)),
        ("\"restore_band\"", Some(Technology::Sa)),
    ] {
        host.ok(&format!("AT+QNWPREFCFG={setting}"));
        assert_eq!(host.modem().technology(), technology, "{setting}");
    }
}

#[test]
fn carriers_are_added_while_there_is_a_session() {
    let mut host = Host::new();
    let sa = "+QCAINFO: \"PCC\",636666,12,\"NR5G BAND 78\",701";
    assert_eq!(host.ok("AT+QCAINFO"), [sa]);
    host.modem().start(129, Family::V4, "internet", 1);
    let second = "+QCAINFO: \"SCC\",156510,3,\"NR5G BAND 28\",2,702,0,-,-";
    assert_eq!(host.ok("AT+QCAINFO"), [sa, second]);
    host.ok("AT+QCAINFO=1");
    assert_eq!(host.ok("AT+QCAINFO?"), ["+QCAINFO: 1"]);
    assert_eq!(host.ok("AT+QCAINFO"), [sa, &format!("{second},-101,-12")]);
    host.modem().network.technology = Technology::Nsa;
    assert_eq!(
        host.ok("AT+QCAINFO"),
        [
            "+QCAINFO: \"PCC\",1650,100,\"LTE BAND 3\",1,301,-90,-11,-61,18",
            "+QCAINFO: \"SCC\",6300,50,\"LTE BAND 20\",2,17,-98,-15,-70,2,0,-,-",
            "+QCAINFO: \"SCC\",636666,12,\"NR5G BAND 78\",701",
        ]
    );
    assert_eq!(
        host.ok("AT+QENG=\"neighbourcell\""),
        [
            "+QENG: \"neighbourcell intra\",\"LTE\",1650,301,-11,-90,-61,0,24,7,16,6,44",
            "+QENG: \"neighbourcell intra\",\"LTE\",1650,302,-15,-104,-70,0,24,7,16,6,44",
            "+QENG: \"neighbourcell inter\",\"LTE\",6300,17,-15,-98,-70,0,24,0,30,6",
        ]
    );
    host.modem().network.registration = Registration::Denied;
    assert_eq!(host.run("AT+QCAINFO"), ["ERROR"]);
}

#[test]
fn network_by_technology() {
    let mut host = Host::new();
    assert_eq!(host.ok("AT+COPS?"), ["+COPS: 0,0,\"Test Network\",11"]);
    host.ok("AT+COPS=3,2");
    assert_eq!(host.ok("AT+COPS?"), ["+COPS: 0,2,\"00101\",11"]);
    assert_eq!(
        host.ok("AT+QNWINFO"),
        ["+QNWINFO: \"TDD NR5G\",\"00101\",\"NR5G BAND 78\",636666"]
    );
    assert_eq!(
        host.ok("AT+QENG=\"servingcell\""),
        ["+QENG: \"servingcell\",\"NOCONN\",\"NR5G-SA\",\"TDD\",001,01,12D687,701,B4,636666,78,12,-85,-10,23,1,40"]
    );
    assert_eq!(host.ok("AT+C5GREG?"), ["+C5GREG: 0,1"]);
    assert_eq!(host.ok("AT+CEREG?"), ["+CEREG: 0,0"]);
    host.modem().network.technology = Technology::Nsa;
    assert_eq!(host.ok("AT+CSQ"), ["+CSQ: 26,99"]);
    let cells = host.ok("AT+QENG=\"servingcell\"");
    assert_eq!(cells.len(), 3);
    assert!(
        cells[1].starts_with("+QENG: \"LTE\",\"FDD\",001,01,")
            && cells[2].starts_with("+QENG: \"NR5G-NSA\",001,01,")
    );
    host.ok("AT+CEREG=2");
    assert_eq!(host.ok("AT+CEREG?"), ["+CEREG: 2,1,\"B4\",\"12D687\",13"]);
    host.modem().network.registration = Registration::Searching;
    assert_eq!(host.read(), "\r\n+CEREG: 2\r\n");
    assert_eq!(host.ok("AT+COPS?"), ["+COPS: 0"]);
    assert_eq!(
        host.ok("AT+QENG=\"servingcell\""),
        ["+QENG: \"servingcell\",\"SEARCH\""]
    );
    assert_eq!(host.ok("AT+QNWINFO"), ["+QNWINFO: No Service"]);
    assert_eq!(host.ok("AT+CGATT?"), ["+CGATT: 0"]);
    assert_eq!(host.ok("AT+CSQ"), ["+CSQ: 99,99"]);
}

#[test]
fn changed_registration_is_reported_if_wanted() {
    let mut host = Host::new();
    host.ok("AT+CREG=1;+C5GREG=2");
    host.modem().network.registration = Registration::Denied;
    assert_eq!(host.read(), "\r\n+CREG: 3\r\n\r\n+C5GREG: 3\r\n");
    host.modem().network.registration = Registration::Roaming;
    assert_eq!(
        host.read(),
        "\r\n+CREG: 5\r\n\r\n+C5GREG: 5,\"B4\",\"12D687\",11\r\n"
    );
    assert_eq!(host.read(), "");
    host.ok("AT+CREG=0;+C5GREG=0");
    host.modem().network.registration = Registration::Home;
    assert_eq!(host.read(), "");
}

#[test]
fn functionality_switches_the_radio_and_restarts() {
    let mut host = Host::new();
    host.modem().start(129, Family::V4, "internet", 1);
    host.ok("AT+CFUN=4");
    assert_eq!(host.ok("AT+CFUN?"), ["+CFUN: 4"]);
    assert!(host.modem().technology().is_none() && host.modem().session(129).is_none());
    host.ok("AT+CFUN=1");
    assert!(host.modem().technology().is_some() && !host.modem().restart);
    host.ok("AT+CFUN=1,1");
    assert!(host.modem().restart);
    assert_eq!(host.run("AT+CFUN=7"), ["+CME ERROR: 50"]);
}

#[test]
fn contexts_and_their_addresses() {
    let mut host = Host::new();
    host.ok("AT+CGDCONT=1,\"IPV4V6\",\"internet\"");
    host.ok("AT+CGDCONT=5,\"IP\",\"fifth\"");
    assert_eq!(host.modem().profiles.get(1).unwrap().apn, b"internet");
    let contexts = host.ok("AT+CGDCONT?");
    assert_eq!(contexts.len(), 4);
    assert_eq!(
        contexts[0],
        "+CGDCONT: 1,\"IPV4V6\",\"internet\",\"0.0.0.0\",0,0,0,0"
    );
    host.ok("AT+CGDCONT=5");
    assert_eq!(host.ok("AT+CGDCONT?").len(), 3);
    for wrong in [
        "0,\"IP\",\"x\"",
        "17,\"IP\",\"x\"",
        "1,\"X25\",\"x\"",
        "x",
        "9",
    ] {
        assert_eq!(
            host.run(&format!("AT+CGDCONT={wrong}")),
            ["+CME ERROR: 50"],
            "{wrong}"
        );
    }
    assert_eq!(
        host.ok("AT+CGPADDR=1"),
        ["+CGPADDR: 1,\"0.0.0.0\",\"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\""]
    );
    host.modem().start(129, Family::V4, "internet", 1);
    host.modem().start(129, Family::V6, "internet", 1);
    assert_eq!(
        host.ok("AT+CGPADDR=1"),
        ["+CGPADDR: 1,\"10.64.129.2\",\"32.1.13.184.0.129.0.0.0.0.0.0.0.0.0.2\""]
    );
    assert_eq!(
        host.ok("AT+CGACT?"),
        ["+CGACT: 1,1", "+CGACT: 2,0", "+CGACT: 3,0"]
    );
    let details = host.ok("AT+CGCONTRDP=1");
    assert_eq!(
        details[0],
        "+CGCONTRDP: 1,5,\"internet\",\"10.64.129.2.255.255.255.240\",\"10.64.129.3\",\"1.1.1.1\",\"8.8.8.8\""
    );
    assert_eq!(details.len(), 2);
}

#[test]
fn messages_arrive_and_are_sent_in_text_mode() {
    let mut host = Host::new();
    host.ok("ATE0");
    assert_eq!(host.run("AT+CMGL=\"ALL\""), ["+CMS ERROR: 303"]);
    host.ok("AT+CMGF=1");
    assert_eq!(
        host.port
            .command(&["sms", "+49151", "Grüße", "an", "alle"])
            .unwrap(),
        "0"
    );
    assert_eq!(host.read(), "\r\n+CMTI: \"ME\",0\r\n");
    let listed = [
        "+CMGL: 0,\"REC UNREAD\",\"+49151\",,\"26/11/27,10:30:00+04\"",
        "Grüße an alle",
    ];
    assert_eq!(host.ok("AT+CMGL"), listed);
    assert_eq!(host.ok("AT+CMGL"), [""; 0]);
    host.ok("AT+CSCS=\"UCS2\"");
    assert_eq!(host.ok("AT+CSCS?"), ["+CSCS: \"UCS2\""]);
    let read = host.ok("AT+CMGR=0");
    assert!(read[0].starts_with("+CMGR: \"REC READ\",\"002B00340039003100350031\""));
    assert_eq!(
        read[1],
        "0047007200FC00DF006500200061006E00200061006C006C0065"
    );
    assert_eq!(host.run("AT+CSMP?"), ["+CSMP: 17,167,0,0", "OK"]);
    host.ok("AT+CSMP=17,170,0,8");
    assert_eq!(host.run("AT+CSMP?"), ["+CSMP: 17,170,0,8", "OK"]);
    assert_eq!(host.run("AT+CSMP=17,170,0,1"), ["+CMS ERROR: 305"]);
    host.write(b"AT+CMGS=\"00340032\"\r");
    assert_eq!(host.read(), "\r\n> ");
    host.write(b"004F006B\x1a");
    assert_eq!(host.read(), "\r\n+CMGS: 1\r\n\r\nOK\r\n");
    assert_eq!(host.port.command(&["sent"]).unwrap(), "42=Ok");
    host.write(b"AT+CMGS=\"00340032\"\rnever\x1b");
    assert_eq!(host.read(), "\r\n> \r\nOK\r\n");
    for wrong in ["AT+CMGS=\"0\"", "AT+CMGS", "AT+CMGL=\"SOME\"", "AT+CMGR=x"] {
        assert_eq!(host.run(wrong), ["+CMS ERROR: 305"], "{wrong}");
    }
    host.ok("AT+CMGD=0");
    assert_eq!(host.run("AT+CMGD=0"), ["+CMS ERROR: 321"]);
}
