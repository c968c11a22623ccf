// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// What mhictl answers in the situations that the tests play.

import { readFileSync } from 'node:fs';

// What the README says that `mhictl status --json` prints.
export const documented = JSON.parse(/^ {4}\{"device":[^]*?\}\]\}$/m.exec(
	readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))[0]);

export const modem = {
	device: 'wwan0', pci: '0000:01:00.0', driver: 'mhi_net', base: 'rmnet_mhi0',
	ports: [ { name: 'wwan0qmi0', type: 'QMI', node: '/dev/wwan0qmi0' }, { name: 'wwan0at0', type: 'AT', node: '/dev/wwan0at0' } ]
};

const second = { device: 'wwan1', pci: '0001:01:00.0', driver: 'mhi_net', base: 'rmnet_mhi1', ports: [] };

const session = {
	link: 'rmnet_mhi0_1', mux: 129, pid: 1234, state: 'up', apn: 'internet', profile: null,
	ip4: { address: '10.64.129.2', prefix: 28, gateway: '10.64.129.3', dns: [ '1.1.1.1', '8.8.8.8' ] }, ip6: null,
	mtu: 1500, qmap: 'qmapv5', up_seconds: 3725, reconnects: 1, rx_bytes: 123456789, tx_bytes: 2345678, rx_packets: 100000,
	tx_packets: 50000, last_error: null
};

export const standalone = {
	device: 'wwan0', pci: '0000:01:00.0', driver: 'mhi_net', base: 'rmnet_mhi0',
	firmware: 'RM520NGLAAR03A03M4G', model: 'RM520N-GL', imei: '860000000000009',
	sim: { state: 'ready', pin_tries: 3 },
	registration: { state: 'home', technology: '5G-SA', operator: 'Test Network', mcc: '001', mnc: '01', roaming: false },
	signal: [ { technology: '5G', rssi: null, rsrp: -88, rsrq: -10, snr: 23.5, bars: 4 } ],
	bands: [ { technology: '5G', band: 78, channel: 643296, bandwidth_mhz: 100 } ],
	sessions: [ session ], links: []
};

const unregistered = { registration: { state: 'idle', technology: null, operator: null, mcc: null, mnc: null, roaming: false },
	signal: [], bands: [], sessions: [] };

// LTE with 5G beside it, two LTE carriers.
export const nonStandalone = {
	...standalone,
	registration: { state: 'roaming', technology: '5G-NSA', operator: 'Réseau d\'essai', mcc: '001', mnc: '010', roaming: true },
	signal: [
		{ technology: 'LTE', rssi: -61, rsrp: -93, rsrq: -11, snr: 18.5, bars: 4 },
		{ technology: '5G', rssi: null, rsrp: -112, rsrq: null, snr: 2, bars: 2 }
	],
	bands: [
		{ technology: 'LTE', band: 3, channel: 1300, bandwidth_mhz: 20 },
		{ technology: 'LTE', band: 7, channel: 3350, bandwidth_mhz: 1.4 },
		{ technology: '5G', band: 78, channel: 643296, bandwidth_mhz: 90 }
	]
};

// One modem, by its status.
const one = (status) => ({ devices: [ modem ], 'status-wwan0': status });

export const situations = {
	documented: one(documented),
	standalone: one(standalone),
	nonStandalone: one(nonStandalone),
	noSim: one({ ...standalone, ...unregistered, sim: { state: 'absent', pin_tries: null } }),
	locked: one({ ...standalone, ...unregistered, sim: { state: 'pin-required', pin_tries: 2 } }),
	noModem: { devices: [] },
	silent: one({ error: { code: 9, word: 'no-answer', what: 'no answer from the modem', next: 'see dmesg' } }),
	sessions: one({ ...standalone, sessions: [
		{ ...session, ip6: { address: '2001:db8::2', prefix: 64, gateway: '2001:db8::1', dns: [ '2001:db8::53' ] } },
		{ ...session, link: 'rmnet_mhi0_2', mux: 130, apn: 'ims', state: 'rest', up_seconds: null, reconnects: 7, ip4: null,
			last_error: 'the network ended the session: regular deactivation' }
	] }),
	modems: {
		devices: [ modem, second ], 'status-wwan0': standalone,
		'status-wwan1': { ...standalone, device: 'wwan1', pci: second.pci, base: 'rmnet_mhi1', sessions: [] }
	}
};

// Every string of it replaced by `string`.
export function withStrings(value, string) {
	if (typeof(value) == 'string')
		return string;
	if (Array.isArray(value))
		return value.map((item) => withStrings(item, string));
	if (value && typeof(value) == 'object')
		return Object.fromEntries(Object.entries(value).map(([ key, item ]) => [ key, withStrings(item, string) ]));

	return value;
}

// It with each of its values, one at a time, missing or something else.
export function* damaged(value) {
	const others = [ undefined, null, true, -1, 1e300, '', 'x', [], {}, [ null ], [ 1, 'x', [], {} ], { error: 1 }, 'constructor' ];

	for (const key of Object.keys(value)) {
		const copy = (item) => Array.isArray(value) ? value.map((old, i) => i == key ? item : old) : { ...value, [key]: item };

		for (const other of others)
			yield copy(other);

		if (value[key] && typeof(value[key]) == 'object')
			for (const item of damaged(value[key]))
				yield copy(item);
	}
}
