// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Device management: identity, operating mode, and the older of two ways to a PIN.

use qmi::dms::{
    Bands, Capabilities, CapabilityInfo, GetBands, GetCapabilities, GetHardwareRevision, GetIccid,
    GetIds, GetImsi, GetManufacturer, GetModel, GetMsisdn, GetOperatingMode, GetPinStatus,
    GetRevision, HardwareRevision, Iccid, Ids, Imsi, Manufacturer, Mode, Model, OperatingMode,
    PinInfo, PinStatus, Revision, SetFccAuthentication, SetOperatingMode, VerifyPin,
};
use qmi::{service, ErrorCode, List16, List8, Message, Request, Text, Verbose};

use super::reply::{ask, done, reply, Answer, Event};
use super::{uim, Services};
use crate::session::{Modem, SimState};

/// Radios: UMTS, LTE, 5G.
const RADIOS: &[u8] = &[5, 8, 10];
/// Sub-6 GHz, 100 MHz: 900 Mbit/s up, 2.4 Gbit/s down.
pub const RATES: (u32, u32) = (900_000_000, 2_400_000_000);

/// Switches event reports on and off.
const SET_EVENT_REPORT: u16 = 0x0001;
/// The TLV that asks for operating mode reports.
const REPORT_MODE: u8 = 0x14;

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    let identity = &modem.identity;
    match message.id {
        SET_EVENT_REPORT => {
            let on = message.tlvs.may(REPORT_MODE)?;
            if let (Some(client), Some(on)) =
                (services.clients.get(service::DMS, message.client), on)
            {
                client.operating_mode = on;
            }
            done()
        }
        GetCapabilities::ID => reply(&Capabilities {
            info: CapabilityInfo {
                tx_rate: RATES.0,
                rx_rate: RATES.1,
                data_service: 2,
                sim: 2,
                radios: List8::new(RADIOS),
            },
        }),
        GetManufacturer::ID => reply(&Manufacturer {
            manufacturer: Text::from(identity.manufacturer.as_str()),
        }),
        GetModel::ID => reply(&Model {
            model: Text::from(identity.model.as_str()),
        }),
        GetRevision::ID => reply(&Revision {
            revision: Text::from(identity.revision().as_str()),
        }),
        GetHardwareRevision::ID => reply(&HardwareRevision {
            revision: Text::from(identity.hardware.as_str()),
        }),
        // The test SIM has no number.
        GetMsisdn::ID => Err(ErrorCode::NOT_PROVISIONED.into()),
        GetIds::ID => reply(&Ids {
            esn: Some(Text::from("0")),
            imei: Some(Text::from(identity.imei.as_str())),
            meid: None,
            imei_version: Some(Text::from("12")),
        }),
        GetBands::ID => bands(modem),
        GetOperatingMode::ID => reply(&OperatingMode {
            mode: mode(modem),
            offline_reason: None,
            hardware_restricted: Some(false),
        }),
        SetOperatingMode::ID => {
            let SetOperatingMode { mode } = ask(message)?;
            set_mode(modem, mode)
        }
        SetFccAuthentication::ID => {
            modem.radio_lock.open();
            done()
        }
        GetPinStatus::ID => {
            if modem.sim.state == SimState::Absent {
                return Err(ErrorCode::NO_SIM.into());
            }
            let (pin1, verify, unblock) = uim::pin1(&modem.sim);
            reply(&PinStatus {
                pin1: Some(PinInfo {
                    state: pin1,
                    verify,
                    unblock,
                }),
                pin2: None,
            })
        }
        VerifyPin::ID => {
            let VerifyPin { pin } = ask(message)?;
            uim::verify(modem, pin.id, pin.digits)
        }
        GetIccid::ID | GetImsi::ID => match modem.sim.state {
            SimState::Absent => Err(ErrorCode::NO_SIM.into()),
            _ if message.id == GetIccid::ID => reply(&Iccid {
                iccid: Text::from(modem.sim.iccid.as_str()),
            }),
            SimState::Ready => reply(&Imsi {
                imsi: Text::from(modem.sim.imsi.as_str()),
            }),
            _ => Err(ErrorCode::PIN_RESTRICTION.into()),
        },
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// Tells the clients that asked for it.
pub fn mode_changed(services: &mut Services, modem: &Modem) {
    for client in services
        .clients
        .of(service::DMS, |client| client.operating_mode)
    {
        services.events.push(Event {
            service: service::DMS,
            client,
            id: SET_EVENT_REPORT,
            tlvs: vec![REPORT_MODE, 1, 0, u8::from(mode(modem))],
        });
    }
}

fn mode(modem: &Modem) -> Mode {
    match modem.radio_on {
        true => Mode::Online,
        false => Mode::LowPower,
    }
}

fn set_mode(modem: &mut Modem, mode: Mode) -> Answer {
    match mode {
        Mode::Online if modem.radio_lock.is_shut() => {
            return Err(ErrorCode::INVALID_TRANSITION.into())
        }
        Mode::Online => modem.radio_on = true,
        Mode::LowPower | Mode::PersistentLowPower | Mode::Offline => modem.radio_on = false,
        Mode::Resetting => modem.restart = true,
        _ => return Err(ErrorCode::INVALID_TRANSITION.into()),
    }
    // 219: low power mode or power down.
    modem.settle(Verbose::internal(219));
    done()
}

fn bands(modem: &Modem) -> Answer {
    let numbers = |key: &str| -> Vec<u16> {
        let bands = modem.preferences.hardware(key);
        bands
            .split(':')
            .filter_map(|band| band.parse().ok())
            .collect()
    };
    let (lte, nr5g) = (numbers("lte_band"), numbers("nr5g_band"));
    let low = lte.iter().filter(|&&band| (1..=64).contains(&band));
    reply(&Bands {
        // WCDMA 2100.
        bands: 1 << 22,
        lte: Some(low.fold(0, |mask, &band| mask | (1 << (band - 1)))),
        lte_extended: Some(List16::new(&lte)),
        nr5g: Some(List16::new(&nr5g)),
    })
}
