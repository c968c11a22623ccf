// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Which bands and channels are in use, and how wide they are.

use super::Radio;
use crate::List8;

body! {
    /// Asks for the bands in use.
    GetRfBands {}
}
request!(GetRfBands: NAS 0x0031 => RfBands<'a>);

body! {
    /// The bands in use; one entry per radio in each list.
    RfBands<'a> {
        /// With channel numbers as far as 16 bits hold them.
        bands: soft List8<'a, RfBand> = 0x01,
        /// The same with whole channel numbers.
        extended: soft List8<'a, RfBandExtended> = 0x11,
        /// Bandwidths.
        widths: soft List8<'a, RfWidth> = 0x12,
    }
}

value! {
    /// A band in use.
    RfBand {
        /// Radio.
        radio: Radio,
        /// Band class, see [`band_number`].
        class: u16,
        /// Channel number.
        channel: u16,
    }
}

value! {
    /// A band in use.
    RfBandExtended {
        /// Radio.
        radio: Radio,
        /// Band class, see [`band_number`].
        class: u16,
        /// Channel number.
        channel: u32,
    }
}

value! {
    /// The width of a band in use.
    RfWidth {
        /// Radio.
        radio: Radio,
        /// Bandwidth, see [`bandwidth`].
        code: u32,
    }
}

/// 3GPP's number of an LTE, 5G or UMTS band by QMI's class (libqmi's `QmiNasActiveBand`).
pub fn band_number(class: u16) -> Option<u16> {
    CLASSES
        .iter()
        .find(|(first, _)| *first == class)
        .map(|(_, band)| *band)
}

/// QMI's class of a band on a radio; the inverse of [`band_number`].
pub fn band_class(radio: Radio, band: u16) -> Option<u16> {
    CLASSES
        .iter()
        .find(|(class, number)| *number == band && radio_of(*class) == radio)
        .map(|(class, _)| *class)
}

/// Downlink bandwidth in hundreds of kHz (libqmi's `QmiNasDLBandwidth`).
pub fn bandwidth(code: u32) -> Option<u32> {
    Some(match code {
        0 => 14,
        1 => 30,
        2 | 6 | 22 => 50,
        3 | 7 | 23 => 100,
        4 | 8 => 150,
        5 | 9 => 200,
        10 => 250,
        11 => 300,
        12 => 400,
        13 => 500,
        14 => 600,
        24 => 700,
        15 => 800,
        16 => 900,
        17 => 1000,
        18 => 2000,
        19 => 4000,
        20 => 2,
        21 => 16,
        _ => return None,
    })
}

fn radio_of(class: u16) -> Radio {
    match class {
        80..=99 => Radio::Umts,
        120..=199 => Radio::Lte,
        _ => Radio::Nr5g,
    }
}

/// QMI's classes with 3GPP's band numbers; the gaps are not in use.
#[rustfmt::skip]
const CLASSES: &[(u16, u16)] = &[
    // UMTS
    (80, 1), (81, 2), (82, 3), (83, 4), (84, 5), (85, 6), (86, 7), (87, 8), (88, 9), (90, 11), (91, 19),
    // LTE
    (120, 1), (121, 2), (122, 3), (123, 4), (124, 5), (125, 6), (126, 7), (127, 8), (128, 9), (129, 10), (130, 11), (131, 12),
    (132, 13), (133, 14), (134, 17), (135, 33), (136, 34), (137, 35), (138, 36), (139, 37), (140, 38), (141, 39), (142, 40),
    (143, 18), (144, 19), (145, 20), (146, 21), (147, 24), (148, 25), (149, 41), (150, 42), (151, 43), (152, 23), (153, 26),
    (154, 32), (155, 125), (156, 126), (157, 127), (158, 28), (159, 29), (160, 30), (161, 66), (162, 250), (163, 46), (164, 27),
    (165, 31), (166, 47), (167, 48), (168, 71),
    // 5G
    (250, 1), (251, 2), (252, 3), (253, 5), (254, 7), (255, 8), (256, 20), (257, 28), (258, 38), (259, 41), (260, 50), (261, 51),
    (262, 66), (263, 70), (264, 71), (265, 74), (266, 75), (267, 76), (268, 77), (269, 78), (270, 79), (271, 80), (272, 81),
    (273, 82), (274, 83), (275, 84), (276, 85), (277, 257), (278, 258), (279, 259), (280, 260), (281, 261), (282, 12), (283, 25),
    (284, 34), (285, 39), (286, 40), (287, 65), (288, 86), (289, 48), (290, 14), (291, 13), (292, 18), (293, 26), (294, 30),
    (295, 29), (296, 53), (297, 46), (298, 91), (299, 92), (300, 93), (301, 94),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_numbers_are_each_others_inverse() {
        for &(class, number) in CLASSES {
            assert_eq!(band_number(class), Some(number));
            assert_eq!(band_class(radio_of(class), number), Some(class), "{class}");
        }
        assert_eq!(band_number(269), Some(78));
        assert_eq!(band_class(Radio::Lte, 3), Some(122));
        assert_eq!(band_number(0), None);
        assert_eq!(band_class(Radio::Gsm, 3), None);
    }

    #[test]
    fn bandwidths_are_in_hundreds_of_kilohertz() {
        assert_eq!(bandwidth(17), Some(1000));
        assert_eq!(bandwidth(0), Some(14));
        assert_eq!(bandwidth(0xff), None);
    }
}
