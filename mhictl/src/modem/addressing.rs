// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What modem and network granted, checked: the data format of the link and the addresses of one family.
//! `session` fills them from QMI replies, `interface` gives them to the kernel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use qmi::{wda, wds};
use serde::{Deserialize, Serialize};

use crate::config::{Family, Qmap};

/// The data format that the modem echoed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// QMAP version both ways.
    pub version: Qmap,
    /// Most packets in an uplink transfer.
    pub uplink_packets: u32,
    /// Most octets in an uplink transfer.
    pub uplink_octets: u32,
    /// Most packets in a downlink transfer.
    pub downlink_packets: u32,
    /// Most octets in a downlink transfer.
    pub downlink_octets: u32,
}

impl Format {
    /// Checks an echoed format; the error says what is wrong with it.
    pub fn check(echo: &wda::DataFormat) -> Result<Format, String> {
        match echo.link_layer {
            None | Some(wda::LinkLayer::RawIp) => {}
            Some(other) => return Err(format!("link layer {other} instead of raw IP")),
        }
        let (Some(uplink), Some(downlink)) = (echo.uplink, echo.downlink) else {
            return Err("the reply lacks the aggregation protocols".to_owned());
        };
        if uplink != downlink {
            return Err(format!("{uplink} up but {downlink} down"));
        }
        let version = match downlink {
            wda::Aggregation::Qmap => Qmap::V1,
            wda::Aggregation::QmapV4 => Qmap::V4,
            wda::Aggregation::QmapV5 => Qmap::V5,
            other => return Err(format!("aggregation {other}")),
        };
        // No limit in the echo means no aggregation: one packet per transfer, of any size that fits.
        Ok(Format {
            version,
            uplink_packets: echo.uplink_max_packets.unwrap_or(1).clamp(1, 255),
            uplink_octets: echo.uplink_max_size.unwrap_or(0).min(65535),
            downlink_packets: echo.downlink_max_packets.unwrap_or(1),
            downlink_octets: echo.downlink_max_size.unwrap_or(0),
        })
    }

    /// The `format` line.
    pub fn line(&self) -> String {
        format!(
            "{} uplink {} packets/{} octets, downlink {} packets/{} octets",
            self.version.name(),
            self.uplink_packets,
            self.uplink_octets,
            self.downlink_packets,
            self.downlink_octets
        )
    }
}

/// The wire number of a version.
pub fn aggregation(version: Qmap) -> wda::Aggregation {
    match version {
        Qmap::V1 => wda::Aggregation::Qmap,
        Qmap::V4 => wda::Aggregation::QmapV4,
        Qmap::V5 => wda::Aggregation::QmapV5,
    }
}

/// Addresses of one family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressing {
    /// Address; never unspecified, loopback or multicast.
    pub address: IpAddr,
    /// Prefix length within the family's limit.
    pub prefix: u8,
    /// Gateway as the network says; the link itself needs none.
    pub gateway: Option<IpAddr>,
    /// DNS servers.
    pub dns: Vec<IpAddr>,
    /// MTU in octets, at least the family's least.
    pub mtu: Option<u32>,
}

impl Addressing {
    /// Picks the family's values from the settings; the error says what is missing or wrong.
    pub fn check(family: Family, settings: &wds::Settings<'_>) -> Result<Addressing, String> {
        let mtu = |least: u32| settings.mtu.filter(|mtu| (least..=65535).contains(mtu));
        match family {
            Family::V4 => {
                let address = settings.address.ok_or("the network gave no IPv4 address")?;
                if !usable_v4(address) {
                    return Err(format!("the network gave the address {address}"));
                }
                Ok(Addressing {
                    address: address.into(),
                    prefix: settings.mask.and_then(prefix_of_mask).unwrap_or(32),
                    gateway: settings
                        .gateway
                        .filter(|&gateway| usable_v4(gateway))
                        .map(IpAddr::from),
                    dns: [settings.dns1, settings.dns2]
                        .into_iter()
                        .flatten()
                        .filter(|&server| usable_v4(server))
                        .map(IpAddr::from)
                        .collect(),
                    mtu: mtu(576),
                })
            }
            Family::V6 => {
                let granted = settings
                    .address6
                    .ok_or("the network gave no IPv6 address")?;
                if !usable_v6(granted.address) || !(1..=128).contains(&granted.length) {
                    return Err(format!(
                        "the network gave the address {}/{}",
                        granted.address, granted.length
                    ));
                }
                Ok(Addressing {
                    address: granted.address.into(),
                    prefix: granted.length,
                    gateway: settings
                        .gateway6
                        .map(|gateway| gateway.address)
                        .filter(|&gateway| usable_v6(gateway))
                        .map(IpAddr::from),
                    dns: [settings.dns6_1, settings.dns6_2]
                        .into_iter()
                        .flatten()
                        .filter(|&server| usable_v6(server))
                        .map(IpAddr::from)
                        .collect(),
                    mtu: mtu(1280),
                })
            }
        }
    }

    /// The network that the address is in, `2001:db8:81::/64`.
    pub fn network(&self) -> String {
        let network = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32)));
                Ipv4Addr::from(u32::from(address) & mask.unwrap_or(0)).to_string()
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128)));
                Ipv6Addr::from(u128::from(address) & mask.unwrap_or(0)).to_string()
            }
        };
        format!("{network}/{}", self.prefix)
    }

    /// The `address` line, with the MTU that the link got.
    pub fn line(&self, mtu: u32) -> String {
        let mut line = format!("{}/{}", self.address, self.prefix);
        if let Some(gateway) = self.gateway {
            line.push_str(&format!(" gateway {gateway}"));
        }
        line.push_str(&format!(" mtu {mtu}"));
        line
    }
}

fn usable_v4(address: Ipv4Addr) -> bool {
    !address.is_unspecified()
        && !address.is_loopback()
        && !address.is_multicast()
        && !address.is_broadcast()
}

fn usable_v6(address: Ipv6Addr) -> bool {
    !address.is_unspecified() && !address.is_loopback() && !address.is_multicast()
}

/// A mask of leading ones as a prefix length; a gateway mask with holes or of nothing is none.
fn prefix_of_mask(mask: Ipv4Addr) -> Option<u8> {
    let bits = u32::from(mask);
    let ones = bits.leading_ones();
    (ones > 0 && bits.checked_shl(ones).unwrap_or(0) == 0).then(|| u8::try_from(ones).unwrap_or(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(up: wda::Aggregation, down: wda::Aggregation) -> wda::DataFormat {
        wda::DataFormat {
            link_layer: Some(wda::LinkLayer::RawIp),
            uplink: Some(up),
            downlink: Some(down),
            uplink_max_packets: Some(11),
            uplink_max_size: Some(8192),
            downlink_max_packets: Some(32),
            downlink_max_size: Some(16384),
            ..Default::default()
        }
    }

    #[test]
    fn format_of_a_real_module_is_taken() {
        // RM500Q-GL, firmware RM500QGLABR10A03M4G: version 9, 16384 octets down, 11 packets and 8192 octets up.
        let format =
            Format::check(&echo(wda::Aggregation::QmapV5, wda::Aggregation::QmapV5)).unwrap();
        assert_eq!(
            (
                format.version,
                format.uplink_packets,
                format.uplink_octets,
                format.downlink_octets
            ),
            (Qmap::V5, 11, 8192, 16384)
        );
        assert_eq!(
            format.line(),
            "qmapv5 uplink 11 packets/8192 octets, downlink 32 packets/16384 octets"
        );
    }

    #[test]
    fn formats_that_the_link_cannot_speak_are_refused() {
        for (up, down) in [
            (wda::Aggregation::QmapV5, wda::Aggregation::QmapV4),
            (wda::Aggregation::Disabled, wda::Aggregation::Disabled),
            (wda::Aggregation::Mbim, wda::Aggregation::Mbim),
            (wda::Aggregation::Other(77), wda::Aggregation::Other(77)),
        ] {
            assert!(Format::check(&echo(up, down)).is_err(), "{up} {down}");
        }
        let mut ethernet = echo(wda::Aggregation::Qmap, wda::Aggregation::Qmap);
        ethernet.link_layer = Some(wda::LinkLayer::Ethernet);
        assert!(Format::check(&ethernet).is_err());
        assert!(Format::check(&wda::DataFormat::default()).is_err());
    }

    #[test]
    fn absent_or_absurd_uplink_limits_mean_no_aggregation_or_the_largest() {
        let mut bare = echo(wda::Aggregation::Qmap, wda::Aggregation::Qmap);
        (bare.uplink_max_packets, bare.uplink_max_size) = (None, None);
        assert_eq!(Format::check(&bare).unwrap().uplink_packets, 1);
        (bare.uplink_max_packets, bare.uplink_max_size) = (Some(u32::MAX), Some(u32::MAX));
        let format = Format::check(&bare).unwrap();
        assert_eq!((format.uplink_packets, format.uplink_octets), (255, 65535));
    }

    #[test]
    fn ipv4_settings_are_taken() {
        let settings = wds::Settings {
            address: Some("10.64.129.2".parse().unwrap()),
            gateway: Some("10.64.129.3".parse().unwrap()),
            mask: Some("255.255.255.240".parse().unwrap()),
            dns1: Some("1.1.1.1".parse().unwrap()),
            dns2: Some("0.0.0.0".parse().unwrap()),
            mtu: Some(1430),
            ..Default::default()
        };
        let addressing = Addressing::check(Family::V4, &settings).unwrap();
        assert_eq!(
            addressing.line(1430),
            "10.64.129.2/28 gateway 10.64.129.3 mtu 1430"
        );
        assert_eq!(addressing.dns, ["1.1.1.1".parse::<IpAddr>().unwrap()]);
        assert!(Addressing::check(Family::V6, &settings).is_err());
    }

    #[test]
    fn addresses_that_cannot_be_used_are_refused() {
        for address in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"] {
            let settings = wds::Settings {
                address: Some(address.parse().unwrap()),
                ..Default::default()
            };
            assert!(
                Addressing::check(Family::V4, &settings).is_err(),
                "{address}"
            );
        }
        for (address, length) in [
            ("::", 64),
            ("::1", 128),
            ("ff02::1", 64),
            ("2001:db8::1", 0),
            ("2001:db8::1", 129),
        ] {
            let address6 = Some(wds::Ipv6Prefix {
                address: address.parse().unwrap(),
                length,
            });
            assert!(
                Addressing::check(
                    Family::V6,
                    &wds::Settings {
                        address6,
                        ..Default::default()
                    }
                )
                .is_err(),
                "{address}"
            );
        }
    }

    #[test]
    fn networks_are_those_of_the_address() {
        for (address, prefix, network) in [
            ("10.64.129.2", 28, "10.64.129.0/28"),
            ("10.64.129.2", 32, "10.64.129.2/32"),
            ("10.64.129.2", 0, "0.0.0.0/0"),
            ("2001:db8:81::2", 64, "2001:db8:81::/64"),
            ("2001:db8:81:1:ffff::2", 64, "2001:db8:81:1::/64"),
            ("2001:db8::2", 128, "2001:db8::2/128"),
        ] {
            let addressing = Addressing {
                address: address.parse().unwrap(),
                prefix,
                gateway: None,
                dns: Vec::new(),
                mtu: None,
            };
            assert_eq!(addressing.network(), network);
        }
    }

    #[test]
    fn masks_become_prefixes() {
        for (mask, prefix) in [
            ("255.255.255.240", Some(28)),
            ("255.255.255.255", Some(32)),
            ("128.0.0.0", Some(1)),
            ("0.0.0.0", None),
            ("255.0.255.0", None),
        ] {
            assert_eq!(prefix_of_mask(mask.parse().unwrap()), prefix, "{mask}");
        }
    }

    #[test]
    fn an_mtu_out_of_range_is_left_out() {
        let settings = wds::Settings {
            address: Some("10.0.0.1".parse().unwrap()),
            mtu: Some(20),
            ..Default::default()
        };
        assert_eq!(Addressing::check(Family::V4, &settings).unwrap().mtu, None);
    }
}
