// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Flow control, written out by hand from `struct rmnet_map_control_command` of Linux
//! `drivers/net/ethernet/qualcomm/rmnet/rmnet_map.h` and rmnet.rst section 2e.
#![allow(missing_docs)]

use qmap::modem::{write_command, Uplink, UplinkKind};
use qmap::{
    acknowledge, Checksum, Command, CommandKind, Deaggregate, Flow, Kind, Malformed, Version,
    FLOW_DISABLE, FLOW_ENABLE,
};

const DISABLE: [u8; 20] = [
    0x80, 0x81, 0, 16, 1, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x02, 0, 0xab, 0xcd, 0, 0, 0, 7,
];

fn disable(kind: CommandKind) -> Command {
    let flow = Some(Flow {
        ip_family: 2,
        sequence: 0xabcd,
        qos: 7,
    });
    Command {
        name: FLOW_DISABLE,
        kind,
        transaction: 0x1234_5678,
        flow,
    }
}

#[test]
fn flow_disable_is_read_in_every_version() {
    for (version, trailer) in [(Version::V1, 0), (Version::V4, 8), (Version::V5, 0)] {
        let mut buffer = DISABLE.to_vec();
        buffer.resize(20 + trailer, 0);
        buffer.extend([0x00, 0x82, 0, 1, 0x45]);
        buffer.resize(buffer.len() + trailer, 0);
        let mut frames = Deaggregate::new(version, &buffer);

        let frame = frames.next().unwrap().unwrap();
        assert_eq!(
            (frame.mux_id, frame.kind),
            (0x81, Kind::Command(disable(CommandKind::Request)))
        );
        assert_eq!(frame.raw, DISABLE, "{version:?}: without the trailer");
        let frame = frames.next().unwrap().unwrap();
        assert!(matches!(
            frame.kind,
            Kind::Data(Checksum::None | Checksum::Unverified)
        ));
        assert_eq!((frame.payload, frame.raw), (&[0x45][..], &[][..]));
        assert_eq!(frames.next(), None);
    }
}

#[test]
fn acknowledgement_is_the_frame_with_type_1() {
    let mut out = [0xee; 24];
    assert_eq!(
        acknowledge(&DISABLE, &mut out, CommandKind::Acknowledge),
        Some(20)
    );
    let mut expected = DISABLE;
    expected[5] = 1;
    assert_eq!(out[..20], expected);
    assert_eq!(out[20..], [0xee; 4]);

    let frames: Vec<_> = Uplink::new(Version::V4, &out[..20])
        .map(Result::unwrap)
        .collect();
    assert_eq!(frames.len(), 1);
    assert_eq!(
        frames[0].kind,
        UplinkKind::Command(disable(CommandKind::Acknowledge))
    );
}

#[test]
fn acknowledgement_replaces_only_the_type_bits() {
    let mut request = DISABLE;
    request[5] = 0xfe;
    let mut out = [0; 20];
    assert_eq!(
        acknowledge(&request, &mut out, CommandKind::Acknowledge),
        Some(20)
    );
    assert_eq!(out[5], 0xfd);
}

#[test]
fn nothing_but_a_whole_command_is_acknowledged() {
    let mut out = [0; 20];
    for length in 0..20 {
        let cut = &DISABLE[..length];
        assert_eq!(
            acknowledge(cut, &mut out, CommandKind::Acknowledge),
            None,
            "{length}"
        );
    }
    assert_eq!(
        acknowledge(&DISABLE, &mut out[..19], CommandKind::Acknowledge),
        None
    );
    let mut data = DISABLE;
    data[0] = 0;
    assert_eq!(acknowledge(&data, &mut out, CommandKind::Acknowledge), None);
    let short = [0x80, 0x81, 0, 7, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        acknowledge(&short, &mut out, CommandKind::Acknowledge),
        None
    );
}

#[test]
fn short_commands() {
    // Seven bytes are no command; the frame behind it is delivered.
    let buffer = [
        0x80, 0x81, 0, 7, 1, 0, 0, 0, 0, 0, 0, 0x00, 0x81, 0, 1, 0x45,
    ];
    let frames: Vec<_> = Deaggregate::new(Version::V5, &buffer).collect();
    assert_eq!(frames[0], Err(Malformed::TruncatedCommand));
    assert_eq!(frames[1].unwrap().payload, [0x45]);

    // Eight are one without flow data; rmnet.rst lets the data be four bytes.
    for length in [8, 12] {
        let mut buffer = vec![0x80, 0x81, 0, length, 2, 0, 0, 0, 0, 0, 0, 9];
        buffer.resize(4 + usize::from(length), 0);
        let frame = Deaggregate::new(Version::V5, &buffer)
            .next()
            .unwrap()
            .unwrap();
        let (kind, flow) = (CommandKind::Request, None);
        let command = Command {
            name: FLOW_ENABLE,
            kind,
            transaction: 9,
            flow,
        };
        assert_eq!(frame.kind, Kind::Command(command));
    }
}

#[test]
fn other_commands_are_shown() {
    let buffer = [0x80, 0, 0, 8, 7, 2, 0, 0, 0, 0, 0, 9];
    let frame = Deaggregate::new(Version::V1, &buffer)
        .next()
        .unwrap()
        .unwrap();
    let kind = CommandKind::Unsupported;
    assert_eq!(
        frame.kind,
        Kind::Command(Command {
            name: 7,
            kind,
            transaction: 9,
            flow: None
        })
    );
}

#[test]
fn modem_writes_what_the_host_reads() {
    let mut out = [0xee; 28];
    let command = disable(CommandKind::Request);
    assert_eq!(
        write_command(&mut out, Version::V5, 0x81, &command),
        Some(20)
    );
    assert_eq!(out[..20], DISABLE);
    assert_eq!(
        write_command(&mut out, Version::V4, 0x81, &command),
        Some(28)
    );
    assert_eq!(out[..20], DISABLE);
    // Version 4: a trailer, which no answer may bring back.
    assert!(out[20..] != [0; 8] && out[20..] != [0xee; 8]);
    let mut frames = Uplink::new(Version::V4, &out);
    assert!(frames.next().unwrap().is_ok());
    assert_eq!(frames.next(), Some(Err(Malformed::LengthBeyondBuffer)));
    assert_eq!(
        write_command(&mut out[..27], Version::V4, 0x81, &command),
        None
    );
}
