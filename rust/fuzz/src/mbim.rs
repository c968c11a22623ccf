// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! MBIM: transfer blocks, and control messages with their information buffers.

use mbim::ntb::{cost, write, HEADER};
use mbim::{Command, Datagrams, Fragment, Fragments, Header, Reader};

/// A transfer block: it is read within bounds, and what it holds is written and read again.
pub fn mbim_ntb(data: &[u8]) {
    let Ok(datagrams) = Datagrams::new(data) else {
        return;
    };
    let mut steps = 0;
    let mut packets = Vec::new();
    for datagram in datagrams {
        steps += 1;
        if let Ok(datagram) = datagram {
            assert!(!datagram.packet.is_empty());
            packets.push((datagram.session, datagram.packet));
        }
    }
    assert!(steps <= data.len() / 4, "{steps} steps");
    let mut costs = HEADER;
    for (at, (session, packet)) in packets.iter().enumerate() {
        let opens = at == 0 || packets[at - 1].0 != *session;
        costs += cost(opens, packet.len()).expect("less than memory has");
    }
    let mut out = vec![0; 0x10000];
    match write(&mut out, 1, &packets) {
        Some(length) => {
            assert_eq!(length, costs);
            let again: Vec<_> = Datagrams::new(&out[..length])
                .expect("a block was written")
                .map(|datagram| datagram.expect("a packet was written"))
                .map(|datagram| (datagram.session, datagram.packet))
                .collect();
            assert_eq!(again, packets);
        }
        None => assert!(packets.is_empty() || costs > 0xffff),
    }
}

/// A control message.
pub fn mbim_control(data: &[u8]) {
    let Ok((header, rest)) = Header::parse(data) else {
        return;
    };
    let bytes = header.bytes(rest.len()).expect("it has that length");
    assert_eq!(bytes[..], data[..bytes.len()]);
    let Ok((fragment, message)) = Fragment::parse(rest) else {
        return;
    };
    assert_eq!(fragment.bytes()[..], rest[..8]);
    let together: Vec<u8> = Fragments::new(message, 64)
        .expect("room for something")
        .flat_map(|(_, part)| part.iter().copied())
        .collect();
    assert_eq!(together, message);
    let Ok(command) = Command::parse(message) else {
        return;
    };
    let mut reader = Reader::new(command.info);
    while let Some(text) = reader.string() {
        assert!(text.chars().count() <= command.info.len() / 2);
    }
    while reader.u32().is_some() {}
}
