// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Registration, operator and signal, as the shared state has them.

use qmi::nas::{
    band_class, ActiveTechnology, Attach, GetCellLocation, GetHomeNetwork, GetPlmnName,
    GetPreferredNetworks, GetRfBands, GetSelectionPreference, GetServingSystem, GetSignalInfo,
    GetSignalStrength, GetSystemInfo, GetTechnologyPreference, HomeNetwork, LteSignal, NamedPlmn,
    Nr5gSignal, OperatorNames, PlmnName, PreferredNetworks, Radio, RadioInfo, RegisterIndications,
    Registration as Registered, RfBand, RfBandExtended, RfBands, RfWidth, SelectionPreference,
    Service, ServiceStatus, Serving, ServingSystem, SetSelectionPreference, SignalInfo,
    SignalStrength, Strength, SystemInfo, SystemInfoChanged, TechnologyPreference,
};
use qmi::{service, ErrorCode, List16, List8, Message, Request, Text8, Verbose};

use super::reply::{ask, done, reply, Answer, Event};
use super::{cells, Services};
use crate::session::{Modem, Registration, SimState, Technology, LTE, NR5G};

/// Switches event reports on and off; this modem has nothing to report there.
const SET_EVENT_REPORT: u16 = 0x0002;
/// Signal thresholds, two generations: the signal here never moves.
const CONFIG_SIGNAL_INFO: u16 = 0x0050;
const CONFIG_SIGNAL_INFO_V2: u16 = 0x006c;
/// Bits of the mode preference: UMTS, LTE, 5G.
const MODES: &[(u16, &str)] = &[(1 << 3, "WCDMA"), (1 << 4, "LTE"), (1 << 6, "NR5G")];

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    let network = &modem.network;
    match message.id {
        SET_EVENT_REPORT | CONFIG_SIGNAL_INFO | CONFIG_SIGNAL_INFO_V2 => done(),
        RegisterIndications::ID => {
            let wanted: RegisterIndications = ask(message)?;
            if let Some(client) = services.clients.get(service::NAS, message.client) {
                client.serving_system = wanted.serving_system.unwrap_or(client.serving_system);
                client.system_info = wanted.system_info.unwrap_or(client.system_info);
            }
            done()
        }
        GetServingSystem::ID => reply(&serving_system(modem, &radios(modem))),
        GetSystemInfo::ID => reply(&system_info(modem)),
        GetSignalInfo::ID => match modem.technology() {
            Some(technology) => reply(&signal_info(modem, technology)),
            None => Err(ErrorCode::INFORMATION_UNAVAILABLE.into()),
        },
        GetSignalStrength::ID => match modem.technology() {
            Some(_) => reply(&SignalStrength {
                strength: Strength {
                    dbm: network.lte.rssi,
                    radio: Radio::Lte,
                },
                lte_snr: Some(network.lte.snr),
                lte_rsrp: Some(network.lte.rsrp),
            }),
            None => Err(ErrorCode::INFORMATION_UNAVAILABLE.into()),
        },
        GetRfBands::ID => match modem.technology() {
            Some(technology) => rf_bands(technology),
            None => Err(ErrorCode::INFORMATION_UNAVAILABLE.into()),
        },
        GetCellLocation::ID => match modem.technology() {
            Some(technology) => cells::answer(modem, technology),
            None => Err(ErrorCode::INFORMATION_UNAVAILABLE.into()),
        },
        GetPlmnName::ID => {
            let GetPlmnName { plmn } = ask(message)?;
            if (plmn.mcc, plmn.mnc) != (network.mcc, network.mnc) {
                return Err(ErrorCode::INFORMATION_UNAVAILABLE.into());
            }
            let name = Text8::from(network.name.as_str());
            // Encoding 1 is ASCII.
            reply(&PlmnName {
                names: Some(OperatorNames {
                    provider_encoding: 1,
                    provider: name,
                    short_encoding: 1,
                    short: name,
                    long_encoding: 1,
                    long: name,
                    ..OperatorNames::default()
                }),
            })
        }
        GetHomeNetwork::ID => match modem.sim.state {
            SimState::Ready => reply(&HomeNetwork { plmn: plmn(modem) }),
            _ => Err(ErrorCode::INFORMATION_UNAVAILABLE.into()),
        },
        GetSelectionPreference::ID => reply(&selection_preference(modem)),
        SetSelectionPreference::ID => {
            let SetSelectionPreference { mode } = ask(message)?;
            set_mode(modem, mode)
        }
        GetTechnologyPreference::ID => reply(&TechnologyPreference {
            active: ActiveTechnology::default(),
            persistent: Some(0),
        }),
        GetPreferredNetworks::ID => reply(&PreferredNetworks {
            networks: Some(List16::default()),
        }),
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// Tells the clients that asked for it.
pub fn changed(services: &mut Services, modem: &Modem) {
    let radios = radios(modem);
    for client in services
        .clients
        .of(service::NAS, |client| client.serving_system)
    {
        let event = Event::new(client, &serving_system(modem, &radios));
        services.events.push(event);
    }
    for client in services
        .clients
        .of(service::NAS, |client| client.system_info)
    {
        let event = Event::new(client, &SystemInfoChanged::from(system_info(modem)));
        services.events.push(event);
    }
}

fn registration(modem: &Modem) -> Registered {
    if !modem.radio_on || modem.sim.state != SimState::Ready {
        return Registered::NotRegistered;
    }
    match (modem.network.registration, modem.technology()) {
        (_, Some(_)) => Registered::Registered,
        (Registration::Denied, None) => Registered::Denied,
        _ => Registered::Searching,
    }
}

fn radios(modem: &Modem) -> Vec<Radio> {
    match modem.technology() {
        None => vec![Radio::None],
        Some(Technology::Lte | Technology::Nsa) => vec![Radio::Lte],
        Some(Technology::Sa) => vec![Radio::Nr5g],
    }
}

fn plmn(modem: &Modem) -> NamedPlmn<'_> {
    NamedPlmn {
        mcc: modem.network.mcc,
        mnc: modem.network.mnc,
        name: Text8::from(modem.network.name.as_str()),
    }
}

fn serving_system<'a>(modem: &'a Modem, radios: &'a [Radio]) -> ServingSystem<'a> {
    let registered = modem.technology().is_some();
    let attach = match registered {
        true => Attach::Attached,
        false => Attach::Detached,
    };
    // Data capability 11 is LTE; there is no number for 5G.
    const LTE: &[u8] = &[11];
    ServingSystem {
        system: Serving {
            registration: registration(modem),
            cs: Attach::Detached,
            ps: attach,
            network: 2,
            radios: List8::new(radios),
        },
        roaming: registered.then_some(u8::from(!modem.roaming())),
        data: registered.then_some(List8::new(LTE)),
        plmn: registered.then(|| plmn(modem)),
    }
}

fn system_info(modem: &Modem) -> SystemInfo {
    let network = &modem.network;
    let technology = modem.technology();
    let service = |on: bool| {
        let status = match (on, registration(modem)) {
            (true, _) => Service::Available,
            (false, Registered::Denied) => Service::Limited,
            _ => Service::None,
        };
        ServiceStatus {
            status,
            true_status: status,
            preferred_data_path: false,
        }
    };
    let lte = matches!(technology, Some(Technology::Lte | Technology::Nsa));
    let nr5g = technology == Some(Technology::Sa);
    let denied = registration(modem) == Registered::Denied;
    let info = RadioInfo {
        domain_valid: true,
        domain: 2,
        capability_valid: true,
        capability: 2,
        roaming_valid: true,
        roaming: u8::from(modem.roaming()),
        forbidden_valid: true,
        forbidden: denied,
        lac_valid: false,
        lac: 0xffff,
        cid_valid: true,
        cid: network.cell,
        reject_valid: denied,
        reject_domain: if denied { 2 } else { 0 },
        // 11: PLMN not allowed.
        reject_cause: if denied { 11 } else { 0 },
        plmn_valid: true,
        mcc: digits(network.mcc, 3),
        mnc: digits(network.mnc, 2),
        tac_valid: true,
        tac: network.tac,
    };
    let [high, low] = network.tac.to_be_bytes();
    SystemInfo {
        gsm: None,
        wcdma: Some(ServiceStatus::default()),
        lte: Some(service(lte)),
        lte_info: (lte || denied).then_some(info),
        sim_reject: Some(u32::from(modem.sim.state == SimState::Ready)),
        nr5g: Some(service(nr5g)),
        nr5g_info: nr5g.then_some(info),
        endc: Some(technology == Some(Technology::Nsa)),
        dcnr_restricted: Some(false),
        nr5g_tac: nr5g.then_some([0, high, low]),
    }
}

/// A network code's digits, filled up with 0xff.
fn digits(code: u16, count: usize) -> [u8; 3] {
    let text = format!("{code:0count$}");
    let mut bytes = text.bytes();
    [(); 3].map(|()| bytes.next().unwrap_or(0xff))
}

fn signal_info(modem: &Modem, technology: Technology) -> SignalInfo {
    let network = &modem.network;
    let lte = LteSignal {
        rssi: network.lte.rssi,
        rsrq: network.lte.rsrq,
        rsrp: network.lte.rsrp,
        snr: network.lte.snr,
    };
    let nr5g = Nr5gSignal {
        rsrp: network.nr5g.rsrp,
        snr: network.nr5g.snr,
    };
    SignalInfo {
        lte: (technology != Technology::Sa).then_some(lte),
        nr5g: (technology != Technology::Lte).then_some(nr5g),
        nr5g_rsrq: (technology != Technology::Lte).then_some(i16::from(network.nr5g.rsrq)),
    }
}

/// The same carriers as AT+QNWINFO has: LTE with 20 MHz, 5G with 100 MHz.
fn rf_bands(technology: Technology) -> Answer {
    let lte = (Radio::Lte, LTE[0].band, LTE[0].channel, 5);
    let nr5g = (Radio::Nr5g, NR5G[0].band, NR5G[0].channel, 17);
    let carriers = match technology {
        Technology::Lte => vec![lte],
        Technology::Nsa => vec![lte, nr5g],
        Technology::Sa => vec![nr5g],
    };
    let class = |radio, band| band_class(radio, band).unwrap_or(0);
    let bands: Vec<RfBand> = carriers
        .iter()
        .map(|&(radio, band, channel, _)| RfBand {
            radio,
            class: class(radio, band),
            channel: u16::try_from(channel).unwrap_or(u16::MAX),
        })
        .collect();
    let extended: Vec<RfBandExtended> = carriers
        .iter()
        .map(|&(radio, band, channel, _)| RfBandExtended {
            radio,
            class: class(radio, band),
            channel,
        })
        .collect();
    let widths: Vec<RfWidth> = carriers
        .iter()
        .map(|&(radio, _, _, code)| RfWidth { radio, code })
        .collect();
    reply(&RfBands {
        bands: Some(List8::new(&bands)),
        extended: Some(List8::new(&extended)),
        widths: Some(List8::new(&widths)),
    })
}

fn selection_preference(modem: &Modem) -> SelectionPreference {
    let allowed = MODES.iter().filter(|row| modem.preferences.allows(row.1));
    SelectionPreference {
        emergency: Some(false),
        mode: Some(allowed.fold(0, |mask, row| mask | row.0)),
        bands: Some(1 << 22),
        roaming: Some(0xff),
        lte_bands: None,
        selection: Some(0),
        domain: Some(1),
        acquisition: Some(0),
    }
}

/// Only the mode can be set here; it is the same preference as `AT+QNWPREFCFG="mode_pref"`.
fn set_mode(modem: &mut Modem, mode: Option<u16>) -> Answer {
    let Some(mode) = mode else {
        return done();
    };
    let names: Vec<&str> = MODES
        .iter()
        .filter(|row| mode & row.0 != 0)
        .map(|row| row.1)
        .collect();
    if names.is_empty() || !modem.preferences.set("mode_pref", &names.join(":")) {
        return Err(ErrorCode::INVALID_ARGUMENT.into());
    }
    // 214: unpreferred radio.
    modem.settle(Verbose::internal(214));
    done()
}
