// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Which cells the modem hears: the serving ones, and LTE neighbours.

use crate::List8;

body! {
    /// Asks for the cells.
    GetCellLocation {}
}
request!(GetCellLocation: NAS 0x0043 => CellLocation<'a>);

body! {
    /// The cells. The two lists of whole channel numbers are not in libqmi's data, but in the answer of a real modem
    /// that its tests have: 16 bits do not hold those from 65536 on (bands 66, 71 ...).
    CellLocation<'a> {
        /// LTE cells on the serving channel.
        lte: soft LteServing<'a> = 0x13,
        /// LTE cells on other channels.
        lte_others: soft LteOthers<'a> = 0x14,
        /// Whole channel number of `lte`.
        lte_channel: soft u32 = 0x27,
        /// Whole channel numbers of `lte_others`, in the same order.
        lte_other_channels: soft List8<'a, u32> = 0x28,
        /// Channel number of the serving 5G cell.
        nr5g_channel: soft u32 = 0x2e,
        /// Serving 5G cell.
        nr5g: soft Nr5gServing = 0x2f,
    }
}

value! {
    /// The serving LTE cell, and all cells on its channel, itself among them.
    LteServing<'a> {
        /// Whether there is no connection.
        idle: bool,
        /// Operator, see [`plmn_digits`].
        plmn: [u8; 3],
        /// Tracking area code.
        tac: u16,
        /// Cell id within the operator's network.
        cell: u32,
        /// Channel number (EARFCN).
        channel: u16,
        /// Physical cell id.
        pci: u16,
        /// Priority of reselection.
        priority: u8,
        /// Threshold of searching other channels.
        search_others: u8,
        /// Threshold of going to a lower priority.
        low: u8,
        /// Threshold of searching this channel.
        search: u8,
        /// Cells.
        cells: List8<'a, LteCell>,
    }
}

value! {
    /// LTE cells on other channels.
    LteOthers<'a> {
        /// Whether there is no connection.
        idle: bool,
        /// Channels.
        channels: List8<'a, LteChannel<'a>>,
    }
}

value! {
    /// LTE cells on a channel.
    LteChannel<'a> {
        /// Channel number (EARFCN).
        channel: u16,
        /// Threshold of going there from a higher priority.
        low: u8,
        /// Threshold of going there from a lower priority.
        high: u8,
        /// Priority of reselection.
        priority: u8,
        /// Cells.
        cells: List8<'a, LteCell>,
    }
}

value! {
    /// An LTE cell; strengths in tenths of dB and dBm.
    LteCell {
        /// Physical cell id.
        pci: u16,
        /// Reference signal received quality.
        rsrq: i16,
        /// Reference signal received power.
        rsrp: i16,
        /// Received signal strength.
        rssi: i16,
        /// Level of cell selection, dB.
        level: i16,
    }
}

value! {
    /// The serving 5G cell; strengths in tenths of dB and dBm.
    Nr5gServing {
        /// Operator, see [`plmn_digits`].
        plmn: [u8; 3],
        /// Tracking area code, big endian.
        tac: [u8; 3],
        /// Cell id within the operator's network, 36 bits.
        cell: u64,
        /// Physical cell id.
        pci: u16,
        /// Reference signal received quality.
        rsrq: i16,
        /// Reference signal received power.
        rsrp: i16,
        /// Signal to noise ratio.
        snr: i16,
    }
}

/// Digits of mobile country and network code from three bytes as networks send them (3GPP TS 24.008, 10.5.1.13): a country's
/// three, and two or three of the network, of which the third is then some.
pub fn plmn_digits(plmn: [u8; 3]) -> Option<([u8; 3], [u8; 2], Option<u8>)> {
    let [a, b, c] = plmn;
    let digit = |nibble: u8| (nibble < 10).then_some(nibble);
    let mcc = [digit(a & 15)?, digit(a >> 4)?, digit(b & 15)?];
    let mnc = [digit(c & 15)?, digit(c >> 4)?];
    match b >> 4 {
        15 => Some((mcc, mnc, None)),
        third => Some((mcc, mnc, Some(digit(third)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_two_or_three_digits_of_network() {
        assert_eq!(
            plmn_digits([0x62, 0xf2, 0x20]),
            Some(([2, 6, 2], [0, 2], None))
        );
        assert_eq!(
            plmn_digits([0x13, 0x00, 0x14]),
            Some(([3, 1, 0], [4, 1], Some(0)))
        );
        for none in [[0xff; 3], [0x62, 0xa2, 0x20], [0x62, 0xf2, 0x2a]] {
            assert_eq!(plmn_digits(none), None, "{none:x?}");
        }
    }
}
