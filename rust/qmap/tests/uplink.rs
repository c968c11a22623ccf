// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Uplink headers, written out by hand from `struct rmnet_map_ul_csum_header` and
//! `struct rmnet_map_v5_csum_header` of Linux `include/linux/if_rmnet.h`.
#![allow(missing_docs)]

use qmap::modem::{Request, Uplink, UplinkKind};
use qmap::{header_len, write_header, Offload, Padding, Version, Written};

const TCP4: Offload = Offload {
    start: 20,
    insert: 16,
    udp: false,
};
const UDP6: Offload = Offload {
    start: 40,
    insert: 6,
    udp: true,
};

fn written(version: Version, length: usize, padding: Padding, offload: Option<Offload>) -> Vec<u8> {
    let mut out = [0xee; 8];
    let Written { header, pad } =
        write_header(&mut out, version, 0x81, length, padding, offload).unwrap();
    assert_eq!(header, header_len(version));
    assert_eq!(pad, usize::from(out[0] & 0x3f));
    out[..header].to_vec()
}

#[test]
fn v1_header() {
    assert_eq!(
        written(Version::V1, 0x102, Padding::None, None),
        [0, 0x81, 1, 2]
    );
    assert_eq!(
        written(Version::V1, 0x102, Padding::Align4, None),
        [2, 0x81, 1, 4]
    );
    assert_eq!(
        written(Version::V1, 0x104, Padding::Align4, None),
        [0, 0x81, 1, 4]
    );
}

#[test]
fn v4_header() {
    assert_eq!(
        written(Version::V4, 60, Padding::None, None),
        [0, 0x81, 0, 60, 0, 0, 0, 0]
    );
    assert_eq!(
        written(Version::V4, 60, Padding::None, Some(TCP4)),
        [0, 0x81, 0, 60, 0, 20, 0x80, 16]
    );
    assert_eq!(
        written(Version::V4, 61, Padding::Align4, Some(UDP6)),
        [3, 0x81, 0, 64, 0, 40, 0xc0, 6]
    );
}

#[test]
fn v5_header() {
    assert_eq!(
        written(Version::V5, 60, Padding::None, None),
        [0x40, 0x81, 0, 60, 4, 0, 0, 0]
    );
    assert_eq!(
        written(Version::V5, 59, Padding::Align4, Some(UDP6)),
        [0x41, 0x81, 0, 60, 4, 0x80, 0, 0]
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut out = [0; 8];
    let mut write = |space: usize, version, length, padding, offload| {
        write_header(&mut out[..space], version, 1, length, padding, offload)
    };
    assert!(write(4, Version::V1, 65535, Padding::None, None).is_some());
    assert!(write(4, Version::V1, 65536, Padding::None, None).is_none());
    assert!(write(4, Version::V1, 65533, Padding::Align4, None).is_none());
    assert!(write(4, Version::V1, usize::MAX, Padding::Align4, None).is_none());
    assert!(write(4, Version::V1, 0, Padding::None, None).is_none());
    assert!(write(3, Version::V1, 1, Padding::None, None).is_none());
    assert!(write(7, Version::V4, 1, Padding::None, None).is_none());
    assert!(write(7, Version::V5, 1, Padding::None, None).is_none());
    assert!(write(8, Version::V1, 1, Padding::None, Some(TCP4)).is_none());
    let far = Offload {
        insert: 0x4000,
        ..TCP4
    };
    assert!(write(8, Version::V4, 1, Padding::None, Some(far)).is_none());
}

#[test]
fn modem_reads_what_the_host_wrote() {
    let cases = [
        (Version::V1, None, Request::None),
        (Version::V4, None, Request::None),
        (Version::V4, Some(UDP6), Request::V4(UDP6)),
        (Version::V5, None, Request::None),
        (Version::V5, Some(TCP4), Request::V5),
    ];
    for (version, offload, request) in cases {
        let mut transfer = Vec::new();
        for payload in [&[0x45, 1, 2, 3, 4][..], &[0x60; 8]] {
            let mut header = [0; 8];
            let Written {
                header: length,
                pad,
            } = write_header(
                &mut header,
                version,
                0x83,
                payload.len(),
                Padding::Align4,
                offload,
            )
            .unwrap();
            transfer.extend(&header[..length]);
            transfer.extend(payload);
            transfer.resize(transfer.len() + pad, 0);
            assert_eq!(transfer.len() % 4, 0);
        }
        let frames: Vec<_> = Uplink::new(version, &transfer)
            .map(Result::unwrap)
            .collect();
        assert_eq!(frames.len(), 2);
        assert_eq!(
            (frames[0].payload, frames[0].pad),
            (&[0x45, 1, 2, 3, 4][..], &[0; 3][..])
        );
        assert_eq!(
            (frames[1].payload, frames[1].pad),
            (&[0x60; 8][..], &[][..])
        );
        for frame in frames {
            assert_eq!(
                (frame.mux_id, frame.kind),
                (0x83, UplinkKind::Data(request))
            );
            assert_eq!(
                transfer[frame.offset..][..frame.payload.len()],
                *frame.payload
            );
        }
    }
}
