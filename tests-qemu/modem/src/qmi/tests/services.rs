// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What only other programs than ours use: short messages, location, carrier configurations, card slots.

use std::time::{Duration, Instant};

use qmi::{service, ErrorCode, List16, Text8};

use super::host::{parse, Host};
use crate::port::Port;
use crate::qmi::loc::bodies as loc;
use crate::qmi::pdc::bodies as pdc;
use crate::qmi::uim::{GetSlotStatus, SlotStatus};
use crate::qmi::wms::bodies as wms;

/// The modem's own storage.
const OWN: u8 = 1;

fn listed(host: &mut Host, client: u8, tag: Option<u8>) -> (u32, Vec<u8>) {
    let answer = host
        .call(client, &wms::ListMessages { storage: OWN, tag })
        .unwrap();
    let list: wms::MessageList<'_> = answer.body();
    (list.messages.count, list.messages.entries.0.to_vec())
}

#[test]
fn messages_are_told_of_listed_read_and_deleted() {
    let mut host = Host::new();
    let (told, other) = (host.client(service::WMS), host.client(service::WMS));
    let arrivals = Some(true);
    host.call(told, &wms::SetEventReport { arrivals }).unwrap();
    assert_eq!(listed(&mut host, told, None), (0, vec![]));
    host.modem().messages.arrive("+49151", "first");
    host.modem().messages.arrive("42", "second");
    assert_eq!(listed(&mut host, other, None).0, 2);
    assert_eq!(host.indications::<wms::EventReport>(), 2);
    let report = host.last::<wms::EventReport>().unwrap();
    assert_eq!(parse(&report).client, told);
    let place = parse(&report).body::<wms::EventReport>().unwrap().place;
    let place = place.unwrap();
    assert_eq!((place.storage, place.index), (OWN, 1));

    let answer = host.call(told, &wms::RawRead { place }).unwrap();
    let stored: wms::Stored<'_> = answer.body();
    assert_eq!((stored.message.tag, stored.message.format), (1, 6));
    // The number's digits, in the place of SMS-DELIVER's address.
    let octets: Vec<u8> = stored.message.octets.iter().collect();
    assert_eq!(octets[2..5], [2, 0x81, 0x24]);
    assert_eq!(listed(&mut host, told, Some(0)), (1, vec![1, 0, 0, 0, 0]));
    assert_eq!(listed(&mut host, told, Some(1)), (1, vec![0, 0, 0, 0, 1]));
    let to = wms::Tag {
        storage: OWN,
        index: 1,
        tag: 1,
    };
    host.call(told, &wms::ModifyTag { to }).unwrap();
    assert_eq!(listed(&mut host, told, Some(1)).0, 2);

    let delete = |index, tag| wms::Delete {
        storage: OWN,
        index,
        tag,
    };
    host.call(told, &delete(Some(1), None)).unwrap();
    let again = host.call(told, &delete(Some(1), None)).unwrap_err();
    assert_eq!(again, ErrorCode::NO_ENTRY);
    let gone = host.call(told, &wms::RawRead { place }).unwrap_err();
    assert_eq!(gone, ErrorCode::NO_ENTRY);
    host.call(told, &delete(None, Some(0))).unwrap();
    assert_eq!(listed(&mut host, told, None).0, 1);
    host.call(told, &delete(None, None)).unwrap();
    assert_eq!(listed(&mut host, told, None).0, 0);
}

#[test]
fn message_is_sent_where_there_is_a_network() {
    let mut host = Host::new();
    let client = host.client(service::WMS);
    let octets = [0, 0x01, 0, 2, 0x81, 0x24, 0, 8, 2, 0x04, 0x16];
    let pdu = |format, octets| wms::RawSend {
        pdu: wms::Pdu {
            format,
            octets: List16::new(octets),
        },
    };
    let sent: wms::Sent = host.call(client, &pdu(6, &octets)).unwrap().body();
    assert_eq!(sent.id, 1);
    let text = [("42".to_owned(), "Ж".to_owned())];
    assert_eq!(host.modem().messages.sent, text);
    // CDMA; cut short; no network.
    for refused in [pdu(0, &octets), pdu(6, &octets[..9])] {
        let refused = host.call(client, &refused).unwrap_err();
        assert_eq!(refused, ErrorCode::INVALID_ARGUMENT);
    }
    host.command("registration searching").unwrap();
    let refused = host.call(client, &pdu(6, &octets)).unwrap_err();
    assert_eq!(refused, ErrorCode::NETWORK_NOT_READY);
}

#[test]
fn place_is_told_once_a_second_between_start_and_stop() {
    let mut host = Host::new();
    let client = host.client(service::LOC);
    host.call(client, &loc::RegisterEvents { mask: 1 << 2 })
        .unwrap();
    let begin = Instant::now() + Duration::from_secs(60);
    let sentences = |host: &mut Host, seconds| {
        let now = begin + Duration::from_secs(seconds);
        std::iter::from_fn(|| host.port().poll(now)).count()
    };
    assert_eq!(sentences(&mut host, 0), 0);
    assert_eq!(host.port().deadline(), None);
    host.call(client, &loc::Start { session: 16 }).unwrap();
    assert_eq!(sentences(&mut host, 1), 2);
    assert_eq!(sentences(&mut host, 1), 0);
    assert_eq!(host.port().deadline(), Some(begin + Duration::from_secs(2)));
    assert_eq!(sentences(&mut host, 2), 2);
    // Position without time.
    host.call(client, &loc::SetNmeaTypes { types: 1 }).unwrap();
    host.later();
    assert_eq!(sentences(&mut host, 3), 1);
    host.call(client, &loc::Stop { session: 16 }).unwrap();
    assert_eq!(sentences(&mut host, 4), 0);
    let refused = host.call(client, &loc::Stop { session: 16 }).unwrap_err();
    assert_eq!(refused, ErrorCode::INVALID_ARGUMENT);
}

#[test]
fn location_is_set_up_by_indications() {
    let mut host = Host::new();
    let client = host.client(service::LOC);
    let url = Some("supl.example:7275".into());
    for (kind, status) in [(3, 0), (1, 3)] {
        let before = host.indications::<loc::ServerSet>();
        host.call(client, &loc::SetServer { kind, url }).unwrap();
        // A program that begins to listen now misses nothing.
        assert_eq!(host.indications::<loc::ServerSet>(), before);
        host.later();
        let told = host.last::<loc::ServerSet>().unwrap();
        let told: loc::ServerSet = parse(&told).body().unwrap();
        assert_eq!(told.status, status);
    }
    host.call(client, &loc::GetServer { kind: 3 }).unwrap();
    host.later();
    let told = host.last::<loc::Server<'_>>().unwrap();
    assert_eq!(parse(&told).body::<loc::Server<'_>>().unwrap().url, url);
    for (mode, status) in [(4, 0), (7, 3)] {
        host.call(client, &loc::SetMode { mode }).unwrap();
        host.later();
        let told = host.last::<loc::ModeSet>().unwrap();
        let told: loc::ModeSet = parse(&told).body().unwrap();
        assert_eq!(told.status, status);
    }
    host.call(client, &loc::GetMode {}).unwrap();
    host.later();
    let told = host.last::<loc::Mode>().unwrap();
    assert_eq!(parse(&told).body::<loc::Mode>().unwrap().mode, Some(4));
    host.call(client, &loc::GetNmeaTypes {}).unwrap();
    host.later();
    let told = host.last::<loc::NmeaTypes>().unwrap();
    assert_eq!(
        parse(&told).body::<loc::NmeaTypes>().unwrap().types,
        Some(3)
    );
}

#[test]
fn carrier_configuration_is_chosen_and_put_into_use() {
    let mut host = Host::new();
    let client = host.client(service::PDC);
    let token = Some(7);
    host.call(client, &pdc::ListConfigs { token, kind: 1 })
        .unwrap();
    host.later();
    let told = host.last::<pdc::Configs<'_>>().unwrap();
    let told: pdc::Configs<'_> = parse(&told).body().unwrap();
    assert_eq!(told.token, token);
    let configs: Vec<pdc::Config<'_>> = told.configs.unwrap().iter().collect();
    let [first, second] = configs[..] else {
        panic!("{configs:?}");
    };
    let selected = |host: &mut Host| {
        host.call(client, &pdc::GetSelected { kind: 1, token })
            .unwrap();
        host.later();
        let told = host.last::<pdc::Selected<'_>>().unwrap();
        let told: pdc::Selected<'_> = parse(&told).body().unwrap();
        let octets = |id: Option<Text8<'_>>| id.map(|id| id.0.to_vec());
        (octets(told.active), octets(told.pending))
    };
    let octets = |config: pdc::Config<'_>| Some(config.id.0.to_vec());
    assert_eq!(selected(&mut host), (octets(first), None));
    for (config, outcome) in [(second, 0), (pdc::Config::default(), 48)] {
        host.call(client, &pdc::SetSelected { config, token })
            .unwrap();
        host.later();
        let told = host.last::<pdc::SelectedSet>().unwrap();
        let told: pdc::SelectedSet = parse(&told).body().unwrap();
        assert_eq!(told.outcome, outcome);
    }
    assert_eq!(selected(&mut host), (octets(first), octets(second)));
    host.call(client, &pdc::Activate { kind: 1, token })
        .unwrap();
    host.later();
    assert_eq!(selected(&mut host), (octets(second), None));
    host.call(
        client,
        &pdc::GetInfo {
            config: first,
            token,
        },
    )
    .unwrap();
    host.later();
    let told = host.last::<pdc::Info<'_>>().unwrap();
    let told: pdc::Info<'_> = parse(&told).body().unwrap();
    assert_eq!(told.description.unwrap(), "ROW_Commercial");
}

#[test]
fn card_is_in_the_first_of_two_slots_until_it_is_pulled_out() {
    let mut host = Host::new();
    let client = host.client(service::UIM);
    let mut slots = || {
        let answer = host.call(client, &GetSlotStatus {}).unwrap();
        let status: SlotStatus<'_> = answer.body();
        let slots = status.slots.iter();
        let told: Vec<_> = slots
            .map(|slot| (slot.card, slot.active, slot.logical, slot.iccid.0.len()))
            .collect();
        host.command("sim absent").unwrap();
        told
    };
    assert_eq!(slots(), [(2, 1, 1, 10), (1, 0, 0, 0)]);
    assert_eq!(slots(), [(1, 1, 1, 0), (1, 0, 0, 0)]);
}
