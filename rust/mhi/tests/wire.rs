// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Wire formats against bytes worked out by hand from the C macros and structures of Linux 6.12
//! `drivers/bus/mhi/common.h`, and there and back for every value.

use mhi::context::{self, ChannelContext, EventContext, RingContext};
use mhi::element::{Command, Completion, Element, Event, Transfer};
use mhi::register::Config;
use mhi::{ip_ctrl, ChannelState, ExecutionEnvironment, State};

#[test]
fn transfer_descriptor_has_the_bits_of_mhi_tre_data() {
    // MHI_TRE_DATA_PTR(0x123456789a), _DWORD0(0x5dc), _DWORD1(bei 1, ieot 1, ieob 0, chain 0)
    let bytes = [
        0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0xdc, 0x05, 0, 0, 0x00, 0x06, 0x02, 0x00,
    ];
    let transfer = Transfer {
        address: 0x12_3456_789a,
        len: 1500,
        block_interrupt: true,
        end_of_transfer: true,
        end_of_block: false,
        chain: false,
    };
    assert_eq!(Transfer::parse(Element::parse(&bytes)), Some(transfer));
    assert_eq!(transfer.emit().emit(), bytes);
}

#[test]
fn transfer_descriptor_of_another_type_is_refused() {
    assert_eq!(Transfer::parse(Command::Start(14).emit()), None);
    assert_eq!(Transfer::parse(Element::default()), None);
}

#[test]
fn transfer_flags_come_back_one_by_one() {
    for bits in 0..16 {
        let transfer = Transfer {
            address: 1,
            len: 0xffff,
            block_interrupt: bits & 1 != 0,
            end_of_transfer: bits & 2 != 0,
            end_of_block: bits & 4 != 0,
            chain: bits & 8 != 0,
        };
        assert_eq!(Transfer::parse(transfer.emit()), Some(transfer));
    }
}

#[test]
fn commands_have_the_words_of_mhi_tre_cmd() {
    // MHI_TRE_CMD_{RESET,STOP,START}_DWORD1(101): channel in bits 31:24, 16, 17 or 18 in bits 23:16
    for (command, second) in [
        (Command::Reset(101), 0x6510_0000),
        (Command::Stop(101), 0x6511_0000),
        (Command::Start(101), 0x6512_0000),
        (Command::Noop, 0x0001_0000),
    ] {
        let element = command.emit();
        assert_eq!(
            (element.pointer, element.first, element.second),
            (0, 0, second)
        );
        assert_eq!(Command::parse(element), command);
    }
}

#[test]
fn unknown_command_and_event_survive() {
    // MHI_CMD_SFR_CFG is 73
    let element = Element {
        pointer: 7,
        first: 8,
        second: 73 << 16,
    };
    assert_eq!(Command::parse(element), Command::Other(element));
    assert_eq!(Command::Other(element).emit(), element);
    assert_eq!(Event::parse(element), Event::Other(element));
    assert_eq!(Event::Other(element).emit(), element);
}

#[test]
fn events_have_the_words_of_mhi_tre_ev() {
    for (event, pointer, first, second) in [
        (Event::State(State::M0), 0, 0x0200_0000, 0x0020_0000),
        (
            Event::ExecutionEnvironment(ExecutionEnvironment::AMSS),
            0,
            0x0200_0000,
            0x0040_0000,
        ),
        (
            Event::Command {
                pointer: 0xffff_0010,
                code: Completion::SUCCESS,
            },
            0xffff_0010,
            0x0100_0000,
            0x0021_0000,
        ),
        (
            Event::Transfer {
                channel: 101,
                pointer: 0x1_0000_0000,
                len: 0x8000,
                code: Completion::OVERFLOW,
            },
            0x1_0000_0000,
            0x0300_8000,
            0x6522_0000,
        ),
    ] {
        let element = event.emit();
        assert_eq!(
            (element.pointer, element.first, element.second),
            (pointer, first, second)
        );
        assert_eq!(Event::parse(element), event);
    }
}

/// Offsets from `offsetof()` on the packed C structures: three words, then base, len, rp, wp of 8 bytes each.
#[test]
fn contexts_lie_as_the_c_structures_do() {
    let ring = RingContext {
        base: 0x0102_0304_0506_0708,
        len: 0x800,
        rp: 0x0102_0304_0506_0718,
        wp: 0x0102_0304_0506_0728,
    };
    let mut bytes = [0; context::LEN];
    EventContext {
        moderation_count: 0x11,
        moderation_ms: 0x2233,
        kind: 1,
        vector: 5,
        ring,
    }
    .emit(&mut bytes);
    assert_eq!(bytes[..12], [0, 0x11, 0x33, 0x22, 1, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(bytes[12..20], 0x0102_0304_0506_0708u64.to_le_bytes());
    assert_eq!(bytes[20..28], 0x800u64.to_le_bytes());
    assert_eq!(
        bytes[context::RP_OFFSET as usize..][..8],
        ring.rp.to_le_bytes()
    );
    assert_eq!(
        bytes[context::WP_OFFSET as usize..][..8],
        ring.wp.to_le_bytes()
    );
    let event = EventContext::parse(&bytes);
    assert_eq!(
        (event.moderation_count, event.moderation_ms),
        (0x11, 0x2233)
    );
    assert_eq!((event.vector, event.ring), (5, ring));

    let channel = ChannelContext {
        config: 0x301,
        kind: 2,
        event_ring: 3,
        ring,
    };
    channel.emit(&mut bytes);
    assert_eq!(ChannelContext::parse(&bytes), channel);
    assert!(channel.is_burst());
    assert_eq!(
        ChannelContext::config_with_state(0x301, ChannelState::RUNNING),
        0x302
    );

    ring.emit(&mut bytes);
    assert_eq!(RingContext::parse(&bytes), ring);
    assert_eq!(bytes[..12], [0; 12]);
}

#[test]
fn burst_mode_is_3_and_doorbell_mode_2() {
    // enum mhi_db_brst_mode in include/linux/mhi.h
    for (config, burst) in [
        (0x000, false),
        (0x100, false),
        (0x200, false),
        (0x300, true),
    ] {
        let context = ChannelContext {
            config,
            ..ChannelContext::default()
        };
        assert_eq!(context.is_burst(), burst);
    }
}

#[test]
fn config_register_has_rings_above_channels() {
    let config = Config::parse(0x0206_0280);
    assert_eq!((config.channels, config.hardware_channels), (0x80, 2));
    assert_eq!((config.event_rings, config.hardware_event_rings), (6, 2));
    assert_eq!(config.emit(), 0x0206_0280);
}

#[test]
fn ip_ctrl_message_is_five_words() {
    let mut message = [0; ip_ctrl::LEN];
    let host = ip_ctrl::Host {
        channel: 32,
        dtr: true,
        rts: true,
    };
    host.emit(&mut message);
    assert_eq!(
        message,
        [b'C', b'T', b'R', b'L', 0x10, 0, 0, 0, 32, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0]
    );
    assert_eq!(ip_ctrl::Host::parse(&message), Some(host));
    assert_eq!(ip_ctrl::Device::parse(&message), None);

    let device = ip_ctrl::Device {
        channel: 32,
        dcd: true,
        dsr: true,
        ri: true,
    };
    device.emit(&mut message);
    assert_eq!(message[16..], [0x0b, 0, 0, 0]);
    assert_eq!(ip_ctrl::Device::parse(&message), Some(device));
}

#[test]
fn ip_ctrl_message_cut_short_or_foreign_is_refused() {
    let mut message = [0; ip_ctrl::LEN];
    let device = ip_ctrl::Device {
        channel: 32,
        dcd: true,
        dsr: false,
        ri: false,
    };
    device.emit(&mut message);
    for len in 0..ip_ctrl::LEN {
        assert_eq!(ip_ctrl::Device::parse(&message[..len]), None);
    }
    for position in [0, 4, 12] {
        let mut wrong = message;
        wrong[position] ^= 1;
        assert_eq!(ip_ctrl::Device::parse(&wrong), None);
    }
    let mut longer = message.to_vec();
    longer.push(0);
    assert_eq!(ip_ctrl::Device::parse(&longer), Some(device));
}

#[test]
fn names_are_there_and_back() {
    for value in 0..=7 {
        let ee = ExecutionEnvironment(value);
        assert_eq!(ExecutionEnvironment::from_name(ee.name()), Some(ee));
    }
    assert_eq!(ExecutionEnvironment::from_name("unknown"), None);
    assert_eq!(State::SYS_ERR.name(), "SYS_ERR");
    assert_eq!(State(9).name(), "unknown");
    assert_eq!(ChannelState::STOP.name(), "stopped");
}
