// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMAP: what comes from the modem, and what either end writes for the other.

use qmap::ip::{Transport, TCP};
use qmap::merge::{Merge, Offer, Piece};
use qmap::modem::{write_frame, Request, Uplink, UplinkKind};
use qmap::segment::{complete, Segments};
use qmap::{
    acknowledge, verify_v4, write_header, Checksum, Command, CommandKind, Deaggregate, Kind,
    Offload, Padding, Trailer, Verdict, Version, Written,
};

/// The first byte chooses the version, the rest is a transfer.
pub fn qmap_deaggregate(data: &[u8]) {
    let Some((&choice, buffer)) = data.split_first() else {
        return;
    };
    let version = version(choice);
    let steps = buffer.len() / 4 + 1;

    let mut end = 0;
    let mut count = 0;
    for frame in Deaggregate::new(version, buffer) {
        count += 1;
        let Ok(frame) = frame else { continue };
        assert!(frame.offset >= end + 4, "frames do not overlap");
        end = frame.offset + frame.payload.len();
        assert_eq!(buffer.get(frame.offset..end), Some(frame.payload));
        assert!(!frame.payload.is_empty());
        match frame.kind {
            Kind::Data(checksum) => {
                assert!(frame.raw.is_empty());
                if let Checksum::Trailer(trailer) = checksum {
                    trust(frame.payload, trailer);
                }
            }
            Kind::Command(command) => echo(frame.raw, frame.mux_id, command),
        }
    }
    assert!(count <= steps, "every step takes four bytes");

    let mut end = 0;
    let mut count = 0;
    for frame in Uplink::new(version, buffer) {
        count += 1;
        let Ok(frame) = frame else { continue };
        assert!(frame.offset >= end + 4);
        end = frame.offset + frame.payload.len() + frame.pad.len();
        assert_eq!(buffer.get(end - frame.pad.len()..end), Some(frame.pad));
    }
    assert!(count <= steps);
}

/// A trailer that was computed over the packet must agree with the packet's own checksum.
fn trust(packet: &[u8], said: Trailer) {
    let _ = verify_v4(packet, said);
    let honest = verify_v4(packet, Trailer::over(packet));
    let Ok(transport) = Transport::parse(packet) else {
        assert_ne!(honest, Verdict::Valid);
        return;
    };
    let whole = transport.network.len() + transport.segment.len() == packet.len();
    if whole {
        let expected = if transport.is_valid() {
            Verdict::Valid
        } else {
            Verdict::Invalid
        };
        assert_eq!(honest, expected);
    }
}

/// The acknowledgement is the request with another type, and the modem reads it.
fn echo(raw: &[u8], mux_id: u8, command: Command) {
    let mut out = vec![0; raw.len()];
    let length = acknowledge(raw, &mut out, CommandKind::Acknowledge).expect("commands are echoed");
    assert_eq!(length, raw.len());
    let frame = Uplink::new(Version::V1, &out)
        .next()
        .expect("one frame")
        .expect("well-formed");
    let expected = Command {
        kind: CommandKind::Acknowledge,
        ..command
    };
    assert_eq!(
        (frame.mux_id, frame.kind),
        (mux_id, UplinkKind::Command(expected))
    );
    assert_eq!(
        acknowledge(raw, &mut out[..length - 1], CommandKind::Acknowledge),
        None
    );
}

/// A version and a list of packets (mux id, pad, what is said, length, bytes): both directions are written and
/// read again.
pub fn qmap_roundtrip(data: &[u8]) {
    let Some((&choice, mut rest)) = data.split_first() else {
        return;
    };
    let version = version(choice);
    let (mut down, mut up) = (Vec::new(), Vec::new());
    let (mut sent_down, mut sent_up) = (Vec::new(), Vec::new());
    while let Some((&[mux_id, pad, said, length], after)) = rest.split_first_chunk() {
        let Some((payload, after)) = after.split_at_checked(usize::from(length)) else {
            break;
        };
        rest = after;

        let checksum = match (version, said % 3) {
            (Version::V1, _) | (Version::V5, 0) => Checksum::None,
            (Version::V5, 1) => Checksum::Valid,
            (Version::V4, 1..) => Checksum::Trailer(Trailer::over(payload)),
            _ => Checksum::Unverified,
        };
        let mut out = [0; 400];
        match write_frame(&mut out, version, mux_id, payload, pad, checksum) {
            // Nobody sends a frame without packet; readers report it.
            Some(_) if payload.is_empty() => {}
            Some(length) => {
                down.extend_from_slice(&out[..length]);
                sent_down.push((mux_id, payload, checksum));
            }
            None => assert!(pad > 63),
        }

        let insert = u16::from(said) << 6;
        let offload = Offload {
            start: u16::from(pad),
            insert,
            udp: mux_id % 2 == 0,
        };
        let offload = (said % 2 == 1).then_some(offload);
        let padding = if pad % 2 == 0 {
            Padding::None
        } else {
            Padding::Align4
        };
        match write_header(&mut out, version, mux_id, payload.len(), padding, offload) {
            Some(Written { header, pad }) => {
                up.extend_from_slice(&out[..header]);
                up.extend_from_slice(payload);
                up.resize(up.len() + pad, 0);
                let request = match (version, offload) {
                    (_, None) => Request::None,
                    (Version::V4, Some(offload)) => Request::V4(offload),
                    (_, Some(_)) => Request::V5,
                };
                sent_up.push((mux_id, payload, UplinkKind::Data(request)));
            }
            None => assert!(payload.is_empty() || version == Version::V1 && offload.is_some()),
        }
    }

    let read = Deaggregate::new(version, &down).map(|frame| {
        let frame = frame.expect("the modem wrote it");
        match frame.kind {
            Kind::Data(checksum) => (frame.mux_id, frame.payload, checksum),
            Kind::Command(command) => panic!("no {command:?} was written"),
        }
    });
    assert!(read.eq(sent_down));
    let read = Uplink::new(version, &up).map(|frame| {
        let frame = frame.expect("the host wrote it");
        (frame.mux_id, frame.payload, frame.kind)
    });
    assert!(read.eq(sent_up));
}

fn version(choice: u8) -> Version {
    match choice % 3 {
        0 => Version::V1,
        1 => Version::V4,
        _ => Version::V5,
    }
}

/// Seven bytes choose where the transport header begins, protocol, sizes and whether the identification counts; the rest are
/// the headers of a packet to cut.
pub fn qmap_segment(data: &[u8]) {
    let Some((&[transport, protocol, flags, d0, d1, s0, s1], headers)) = data.split_first_chunk()
    else {
        return;
    };
    let (transport, len) = (usize::from(transport), u16::from_be_bytes([d0, d1]).into());
    let size = usize::from(u16::from_be_bytes([s0, s1]));
    let fixed = flags & 1 != 0;
    let Some(segments) = Segments::new(headers, transport, protocol, len, size, fixed) else {
        return;
    };
    assert!(segments.count() <= len);
    let mut end = 0;
    let mut count = 0;
    for segment in segments.iter() {
        assert_eq!(segment.offset, end, "the data are cut without a gap");
        assert!((1..=size).contains(&segment.len));
        end += segment.len;
        count += 1;
        let mut packet = vec![0; headers.len() + segment.len];
        let Some(()) = segments.write_headers(&segment, &mut packet[..headers.len()]) else {
            assert!(packet.len() > 65_535, "only IP's lengths are in the way");
            continue;
        };
        let udp = segments.is_udp();
        complete(&mut packet[transport..], segments.insert(), udp).expect("room for a checksum");
        // With extension headers or a protocol number that says otherwise, IP has another opinion of it.
        if let Ok(parsed) = Transport::parse(&packet) {
            if parsed.network.len() == transport && parsed.protocol == protocol {
                assert!(parsed.is_valid());
            }
        }
    }
    assert_eq!((end, count), (len, segments.count()));
}

/// A merge with its packets, and what becomes of them.
type Open<'a> = (Merge, Vec<&'a [u8]>, Vec<u8>);

/// Packets, each behind a byte with its length. What is merged of them must, cut again, be the same packets.
pub fn qmap_merge(data: &[u8]) {
    let mut rest = data;
    let mut open: Option<Open<'_>> = None;
    while let Some((&len, behind)) = rest.split_first() {
        let Some((packet, behind)) = behind.split_at_checked(usize::from(len)) else {
            break;
        };
        rest = behind;
        let Some(piece) = Piece::parse(packet) else {
            continue;
        };
        assert_eq!(piece.header_len() + piece.data_len(), packet.len());
        let headers = piece.header_len();
        if let Some((merge, packets, whole)) = &mut open {
            let first = Piece::parse(packets[0]).expect("it was parsed before");
            if let Offer::Joined(joined) = merge.offer(&whole[..first.header_len()], &piece) {
                assert_eq!(piece.flow(), first.flow());
                assert_eq!(headers, first.header_len());
                *merge = joined;
                packets.push(packet);
                whole.extend(&packet[headers..]);
                continue;
            }
        }
        if let Some(open) = open.take() {
            cut_again(open);
        }
        open = Merge::start(&piece).map(|merge| (merge, vec![packet], packet.to_vec()));
    }
    if let Some(open) = open {
        cut_again(open);
    }
}

fn cut_again((merge, packets, mut whole): Open<'_>) {
    assert_eq!(usize::from(merge.count()), packets.len());
    if packets.len() == 1 {
        return;
    }
    let transport = merge.transport();
    let headers = Piece::parse(packets[0]).expect("as above").header_len();
    merge
        .write_headers(&mut whole[..headers])
        .expect("the headers are the first packet's");
    let (headers, data) = whole.split_at(headers);
    let segments = Segments::new(
        headers,
        transport,
        TCP,
        data.len(),
        merge.size(),
        merge.has_fixed_id(),
    )
    .expect("a packet of two or more");
    assert_eq!(segments.count(), packets.len());
    for (segment, packet) in segments.iter().zip(packets) {
        let mut again = headers.to_vec();
        segments
            .write_headers(&segment, &mut again)
            .expect("it was a packet");
        again.extend(&data[segment.offset..segment.offset + segment.len]);
        // The checksum is the caller's affair.
        again[transport + 16..transport + 18]
            .copy_from_slice(&packet[transport + 16..transport + 18]);
        assert_eq!(again, packet);
    }
}
