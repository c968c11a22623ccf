// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Real bytes against the typed messages: responses of real modems from libqmi's `test-generated.c` and `test-message.c`,
//! requests as qmicli 1.32.2 wrote them to its port.

use std::net::Ipv4Addr;

use qmi::{
    dms, nas, uim, wda, wds, Body, Builder, Error, ErrorCode, Frame, Kind, Message, Request, Text,
    Text8,
};

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4) | pair[1])
        .collect()
}

fn message(bytes: &[u8]) -> Message<'_> {
    let (frame, rest) = Frame::parse(bytes).unwrap();
    assert!(rest.is_empty());
    Message::parse(&frame).unwrap()
}

/// A request captured from qmicli parses, and what it parses to is emitted as a message that parses to the same.
fn request<'a, R: Request + Body<'a> + PartialEq + std::fmt::Debug>(
    bytes: &'a [u8],
    buffer: &'a mut [u8],
) -> R {
    let captured = message(bytes);
    assert_eq!(
        (captured.kind, captured.service, captured.id),
        (Kind::Request, R::SERVICE, R::ID)
    );
    let parsed: R = captured.body().unwrap();
    let again = Builder::call(buffer, captured.client, captured.transaction, &parsed)
        .finish()
        .unwrap();
    assert_eq!(
        again.len(),
        bytes.len(),
        "emitted message has other TLVs than the captured one"
    );
    assert_eq!(message(again).body::<R>().unwrap(), parsed);
    parsed
}

#[test]
fn dms_ids_of_a_real_modem() {
    let bytes = unhex(
        "01 4500 80 02 01 02 FFFF 2500 3900 02 0400 0000 0000 13 0100 42 12 0E00 3335393232353035303033393937 \
         10 0800 3830393937383734 11 0F00 333539323235303530303339393733",
    );
    let ids: dms::Ids = message(&bytes).body().unwrap();
    assert_eq!(ids.imei.unwrap(), "359225050039973");
    assert_eq!(ids.esn.unwrap(), "80997874");
    assert_eq!(ids.meid.unwrap(), "35922505003997");
    assert_eq!(ids.imei_version.unwrap(), "B");
}

#[test]
fn dms_pin_status_of_a_real_modem() {
    let bytes = unhex(
        "01 1F00 80 02 01 02 FFFF 2B00 1300 02 0400 0000 0000 12 0300 01 02 0A 11 0300 01 03 0A",
    );
    let status: dms::PinStatus = message(&bytes).body().unwrap();
    let pin1 = status.pin1.unwrap();
    assert_eq!(
        (pin1.state, pin1.verify, pin1.unblock),
        (uim::PinState::NotVerified, 3, 10)
    );
    assert_eq!(status.pin2.unwrap().verify, 2);
}

#[test]
fn dms_verify_pin_request_is_emitted_as_libqmi_does() {
    let expected = unhex("01 1500 00 02 01 00 0100 2800 0900 01 0600 01 04 31323334");
    let mut buffer = [0; 64];
    let pin = dms::Pin {
        id: 1,
        digits: "1234".into(),
    };
    let frame = Builder::call(&mut buffer, 1, 1, &dms::VerifyPin { pin })
        .finish()
        .unwrap();
    assert_eq!(frame, expected);
}

#[test]
fn dms_model_with_trailing_tab() {
    // A Quectel EM12-AW, test-message.c.
    let bytes =
        unhex("01 1E00 80 02 05 02 0100 2200 1200 02 0400 0000 0000 01 0800 454D31322D415709");
    let model: dms::Model = message(&bytes).body().unwrap();
    assert_eq!(model.model.to_string(), "EM12-AW");
}

#[test]
fn nas_serving_system_of_a_real_modem() {
    let bytes = unhex(
        "01 6E00 80 03 01 02 0100 2400 6200 02 0400 0000 0000 01 0600 01 01 01 02 01 05 10 0100 01 11 0400 03 03 04 05 \
         12 0A00 DE00 3200 05 49763A4C06 15 0300 010501 1B 0100 00 1C 0200 B45F 1D 0400 CF5A1301 21 0500 0203000000 \
         25 0800 0300000003000000 26 0200 2201 27 0500 DE00320000 28 0100 00",
    );
    let serving: nas::ServingSystem = message(&bytes).body().unwrap();
    assert_eq!(serving.system.registration, nas::Registration::Registered);
    assert_eq!(serving.system.ps, nas::Attach::Attached);
    assert_eq!(
        serving.system.radios.iter().collect::<Vec<_>>(),
        [nas::Radio::Umts]
    );
    assert_eq!(serving.roaming, Some(1));
    let plmn = serving.plmn.unwrap();
    assert_eq!((plmn.mcc, plmn.mnc), (222, 50));
    // Packed 7-bit letters: not text, and shown without control characters.
    assert_eq!(plmn.name.to_string(), "Iv:L\u{fffd}");
}

#[test]
fn nas_system_info_of_a_real_modem() {
    let bytes = unhex(
        "01 9A00 80 03 01 02 0100 4D00 8E00 02 0400 0000 0000 12 0300 000000 13 0300 000000 14 0300 020200 \
         19 1D00 01 03 01 03 01 00 01 00 00 FFFF 01 05A91800 00 00 00 01 353330 3234FF 01 19F6 \
         1E 0200 FFFF 21 0100 01 26 0100 00 27 0400 01000000 29 0100 00 2A 0400 03000000 2F 0400 00000000 \
         31 0400 00000000 34 0200 FFFF 38 0400 03000000 39 0400 01000000 3E 0400 00000000 44 0400 03000000 \
         46 0400 04000000",
    );
    let info: nas::SystemInfo = message(&bytes).body().unwrap();
    assert_eq!(info.lte.unwrap().status, nas::Service::Available);
    assert_eq!(info.nr5g, None);
    assert_eq!(info.sim_reject, Some(1));
    let lte = info.lte_info.unwrap();
    assert_eq!((lte.cid, lte.tac), (0x0018_a905, 0xf619));
    let (mcc, mnc) = lte.plmn().unwrap();
    assert_eq!((mcc, mnc), (Text(b"530"), Text(b"24")));
}

#[test]
fn optional_tlv_cut_short_counts_as_absent() {
    // test-message.c: TLV 0x21 is a byte too short; the rest is sound.
    let bytes = unhex(
        "01 4F00 80 03 03 02 0100 2400 4300 02 0400 0000 0000 21 0400 02030000 1D 0400 00000000 1C 0200 0000 \
         15 0300 010501 12 0E00 3601 0401 09 20542D4D6F62696C65 11 0200 0105 10 0100 01 01 0600 01 01 01 02 01 05",
    );
    let serving: nas::ServingSystem = message(&bytes).body().unwrap();
    assert_eq!(serving.plmn.unwrap().name.to_string(), " T-Mobile");
}

#[test]
fn wda_set_data_format_of_qmicli() {
    let bytes = unhex(
        "014800001a0100010020003c001c0400002000001b04000b000000170800030000000400000016040000\
         7c000015040020000000130400090000001204000900000011040002000000",
    );
    let wanted: wda::SetDataFormat = request(&bytes, &mut [0; 128]);
    assert_eq!(
        wanted,
        wda::SetDataFormat {
            link_layer: Some(wda::LinkLayer::RawIp),
            uplink: Some(wda::Aggregation::QmapV5),
            downlink: Some(wda::Aggregation::QmapV5),
            downlink_max_packets: Some(32),
            downlink_max_size: Some(31744),
            endpoint: Some(wda::Endpoint::PCIE),
            uplink_max_packets: Some(11),
            uplink_max_size: Some(8192),
            ..Default::default()
        }
    );
}

#[test]
fn wds_bind_and_start_of_qmicli() {
    let bytes = unhex("012200000101000100a200160013040001000000110100811008000300000004000000");
    let bind: wds::BindMuxDataPort = request(&bytes, &mut [0; 128]);
    assert_eq!(
        (bind.mux_id, bind.endpoint, bind.client_type),
        (Some(129), Some(wda::Endpoint::PCIE), Some(1))
    );

    let bytes = unhex(
        "01300000010100010020002400190100041806007365637265741704007573657216010001140900617574682e74657374",
    );
    let mut buffer = [0; 128];
    let start: wds::StartNetwork = request(&bytes, &mut buffer);
    assert_eq!(start.apn.unwrap(), "auth.test");
    assert_eq!(start.user.unwrap(), "user");
    assert_eq!(start.password.unwrap(), "secret");
    assert_eq!(
        (start.authentication, start.family),
        (Some(wds::PAP), Some(wds::Family::Ipv4))
    );
}

#[test]
fn uim_verify_pin_and_read_of_qmicli() {
    let bytes = unhex("011a00000b0100010026000e000206000104313233340102000600");
    let mut buffer = [0; 128];
    let verify: uim::VerifyPin = request(&bytes, &mut buffer);
    assert_eq!(
        (verify.session.kind, verify.pin.id, verify.pin.digits),
        (6, 1, Text8(b"1234"))
    );

    let bytes = unhex("012200000b010001002000160003040000000000020700076f04003fff7f0102000000");
    let mut buffer = [0; 128];
    let read: uim::ReadTransparent = request(&bytes, &mut buffer);
    assert_eq!(read.file.id, 0x6f07);
    assert_eq!(
        read.file.path.iter().collect::<Vec<_>>(),
        [0x00, 0x3f, 0xff, 0x7f]
    );
}

#[test]
fn settings_mask_of_qmicli() {
    let bytes = unhex("0113000001010001002d00070010040030e30000");
    let get: wds::GetSettings = request(&bytes, &mut [0; 64]);
    let session = wds::requested::SESSION & !wds::requested::APN;
    assert_eq!(get.requested.map(|mask| mask & session), Some(session));
}

#[test]
fn lte_cells_of_a_real_modem() {
    let bytes = unhex(
        "01 6700 80 03 01 02 0100 4300 5B00 02 0400 00000000 \
         13 1D00 01 99F904 9900 01C20100 7EA9 0000 01 3E 28 3E 01 0000 BDFF 19FC 23FD 1E00 \
         14 0200 0100 15 0200 0100 16 0200 0100 1E 0400 FFFFFFFF 26 0200 4600 27 0400 7EA90000 28 0100 00 \
         2A 0400 03000000 2C 0400 00000000",
    );
    let cells: nas::CellLocation = message(&bytes).body().unwrap();
    let lte = cells.lte.unwrap();
    assert_eq!((lte.idle, lte.tac, lte.cell), (true, 153, 0x1c201));
    assert_eq!((lte.channel, cells.lte_channel), (43390, Some(43390)));
    let cell = lte.cells.iter().next().unwrap();
    assert_eq!((cell.pci, lte.pci), (0, 0));
    assert_eq!(
        (cell.rsrq, cell.rsrp, cell.rssi, cell.level),
        (-67, -999, -733, 30)
    );
    assert_eq!(cells.lte_others.unwrap().channels.iter().count(), 0);
    assert_eq!(cells.lte_other_channels.unwrap().iter().count(), 0);
    assert_eq!((cells.nr5g_channel, cells.nr5g), (None, None));
}

#[test]
fn missing_mandatory_tlv_is_named() {
    let bytes = unhex("01 0C00 00 01 01 00 0100 4D00 0000");
    assert_eq!(
        message(&bytes).body::<wds::SetIpFamily>(),
        Err(Error::Missing(0x01))
    );
    let bytes = unhex("01 0F00 00 01 01 00 0100 4D00 0300 01 0000");
    assert_eq!(
        message(&bytes).body::<wds::SetIpFamily>(),
        Err(Error::ShortTlv(0x01))
    );
}

#[test]
fn ipv4_addresses_are_little_endian_numbers() {
    // 10.0.0.2/255.255.255.252 as it stands in TLVs 0x1e and 0x21.
    let bytes = unhex("01 1A00 80 01 01 02 0100 2D00 0E00 1E 0400 0200000A 21 0400 FCFFFFFF");
    let settings: wds::Settings = message(&bytes).body().unwrap();
    assert_eq!(settings.address, Some(Ipv4Addr::new(10, 0, 0, 2)));
    assert_eq!(settings.mask, Some(Ipv4Addr::new(255, 255, 255, 252)));
}

#[test]
fn refusal_has_its_error_code() {
    let bytes = unhex("01 1300 80 01 01 02 0100 2D00 0700 02 0400 0100 0F00");
    let message = message(&bytes);
    assert_eq!(message.verdict(), Ok(Err(ErrorCode::OUT_OF_CALL)));
    assert_eq!(ErrorCode::OUT_OF_CALL.to_string(), "no call (QMI error 15)");
    assert_eq!(ErrorCode(4711).to_string(), "QMI error 4711");
}
