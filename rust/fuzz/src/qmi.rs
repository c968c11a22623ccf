// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMI: the byte stream of the port, and every typed message.

use qmi::{ctl, dms, dsd, nas, uim, wda, wds};
use qmi::{next_frame, Body, Builder, Message, Step, Tlvs};

/// A byte stream from a QMI port.
pub fn qmi_qmux(data: &[u8]) {
    let mut rest = data;
    loop {
        let consumed = match next_frame(rest) {
            Step::Frame { frame, consumed } => {
                assert!(frame.sdu.len() < consumed);
                if let Ok(message) = Message::parse(&frame) {
                    let _ = message.verdict();
                    let tlvs: usize = message.tlvs.map(|tlv| tlv.value.len() + 3).sum();
                    assert!(tlvs < frame.sdu.len());
                }
                // The frame is found whatever follows it.
                let alone = &rest[..consumed];
                assert_eq!(next_frame(alone), Step::Frame { frame, consumed });
                consumed
            }
            Step::NeedMore(needed) => {
                assert!(needed > rest.len(), "more than there is");
                break;
            }
            Step::Skip(garbage) => garbage,
        };
        assert!(consumed > 0 && consumed <= rest.len());
        rest = &rest[consumed..];
    }
}

/// The TLVs of one message, read as each of the typed bodies.
pub fn qmi_tlv(data: &[u8]) {
    let Ok(tlvs) = Tlvs::new(data) else { return };
    assert_eq!(
        tlvs.map(|tlv| tlv.value.len() + 3).sum::<usize>(),
        data.len()
    );
    let mut buffer = vec![0; data.len() + 64];
    let copied = Builder::request(&mut buffer, 1, 1, 1, 1)
        .tlvs(tlvs)
        .finish()
        .is_ok();
    assert!(copied || data.len() + 13 > qmi::qmux::MAX_FRAME.min(buffer.len()));
    bodies(tlvs);
}

/// Reads `$body`, and if that went well, writes and reads it again: the same must come out.
macro_rules! again {
    ($tlvs:ident $buffer:ident: $($body:ty,)*) => {
        $(if let Ok(body) = <$body>::parse($tlvs) {
            let builder = Builder::request(&mut $buffer, 1, 1, 1, 1);
            if let Ok(frame) = body.emit(builder).finish() {
                let Step::Frame { frame, .. } = next_frame(frame) else {
                    panic!("no frame was written");
                };
                let message = Message::parse(&frame).expect("a message was written");
                assert_eq!(<$body>::parse(message.tlvs), Ok(body), stringify!($body));
            }
        })*
    };
}

fn bodies(tlvs: Tlvs<'_>) {
    let mut buffer = vec![0; qmi::qmux::MAX_FRAME];
    again! { tlvs buffer:
        ctl::Sync, ctl::Synced, ctl::GetVersions, ctl::Versions<'_>, ctl::AllocateClient, ctl::Allocated,
        ctl::ReleaseClient, ctl::Revoked,
        dms::Manufacturer<'_>, dms::Model<'_>, dms::Revision<'_>, dms::Msisdn<'_>, dms::Ids<'_>,
        dms::HardwareRevision<'_>, dms::Capabilities<'_>, dms::OperatingMode, dms::SetOperatingMode,
        dms::Bands<'_>, dms::VerifyPin<'_>, dms::PinRetries, dms::PinStatus, dms::Iccid<'_>, dms::Imsi<'_>,
        dsd::SystemStatus<'_>, dsd::RegisterStatus,
        nas::ServingSystem<'_>, nas::SystemInfo, nas::SystemInfoChanged, nas::SignalInfo, nas::SignalStrength,
        nas::GetPlmnName, nas::PlmnName<'_>, nas::HomeNetwork<'_>, nas::RegisterIndications,
        nas::SelectionPreference, nas::SetSelectionPreference, nas::TechnologyPreference,
        nas::PreferredNetworks<'_>,
        uim::CardStatus<'_>, uim::CardStatusChanged<'_>, uim::VerifyPin<'_>, uim::PinResult,
        uim::RegisterEvents, uim::Events, uim::ReadTransparent<'_>, uim::FileContent<'_>,
        wda::SetDataFormat, wda::GetDataFormat, wda::DataFormat,
        wds::BindMuxDataPort, wds::SetIpFamily, wds::StartNetwork<'_>, wds::Started, wds::StopNetwork,
        wds::SetEventReport, wds::RegisterIndications, wds::ConfigChanged, wds::Autoconnect,
        wds::SetAutoconnect, wds::GetSettings, wds::Settings<'_>,
    }
}
