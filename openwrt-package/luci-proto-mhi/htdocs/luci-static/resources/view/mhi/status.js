// SPDX-License-Identifier: Apache-2.0
// What the modems do. All of it comes from a modem or a network, so it is hostile: it goes into the page as text nodes alone
// (E's children in an array), any key may be missing, and any value may be of a wrong type.
'use strict';
'require dom';
'require poll';
'require rpc';
'require view';

const callDevices = rpc.declare({
	object: 'mhi',
	method: 'devices',
	reject: true
});

const callStatus = rpc.declare({
	object: 'mhi',
	method: 'status',
	params: [ 'device' ],
	reject: true
});

// Each round costs the modem some queries.
const interval = 5;

const simStates = {
	'ready': _('ready'),
	'starting': _('starting'),
	'absent': _('no SIM card'),
	'unusable': _('cannot be used'),
	'pin-required': _('locked, wants its PIN'),
	'puk-required': _('locked, wants its PUK'),
	'blocked': _('blocked for good'),
	'unknown': _('unknown')
};

const registrationStates = {
	'home': _('registered, home network'),
	'roaming': _('registered, roaming'),
	'idle': _('not registered'),
	'searching': _('searching'),
	'denied': _('refused by the network'),
	'unknown': _('unknown')
};

// All others are steps on the way up.
const sessionStates = {
	'up': _('up'),
	'refresh': _('up'),
	'rest': _('waiting for the next attempt'),
	'stop': _('ending'),
	'release': _('ending'),
	'ended': _('ended')
};

function list(value) {
	return (Array.isArray(value) ? value : []).filter((item) => item != null);
}

function object(value) {
	return (value != null && typeof(value) == 'object') ? value : {};
}

function number(value, unit) {
	if (typeof(value) != 'number' || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
		return null;

	return unit ? '%s %s'.format(value, unit) : String(value);
}

function text(value) {
	return (typeof(value) == 'string' && value != '') ? value : number(value);
}

function word(words, value) {
	return Object.prototype.hasOwnProperty.call(words, value) ? words[value] : null;
}

function joined(separator, parts) {
	return parts.filter((part) => part != null).join(separator) || null;
}

// One to a line.
function lines(parts) {
	const nodes = [];

	for (const part of parts.filter((part) => part != null))
		nodes.push(...(nodes.length ? [ E('br'), part ] : [ part ]));

	return nodes.length ? E('span', {}, nodes) : null;
}

function bars(value) {
	const count = number(value) != null ? Math.max(0, Math.min(5, Math.round(value))) : null;

	if (count == null)
		return null;

	const title = _('%d of 5 bars').format(count);

	return E('span', { 'class': 'mhi-bars', 'role': 'img', 'title': title, 'aria-label': title, 'data-bars': count },
		[ 1, 2, 3, 4, 5 ].map((bar) => E('span', {
			'style': 'display:inline-block; width:5px; height:%dpx; margin-right:2px; background:currentColor; opacity:%s'
				.format(3 * bar + 1, bar <= count ? '1' : '.2')
		})));
}

// Lines of a name and a value; without those that nobody knows.
function facts(rows) {
	return E('table', { 'class': 'table' }, rows.filter((row) => row[1] != null).map((row) =>
		E('tr', { 'class': 'tr' }, [
			E('td', { 'class': 'td left', 'width': '33%' }, [ row[0] ]),
			E('td', { 'class': 'td left' }, [ row[1] ])
		])));
}

// A table with a heading for each column; nothing without rows.
function table(title, columns, rows) {
	if (!rows.length)
		return [];

	return [
		E('h4', {}, [ title ]),
		E('table', { 'class': 'table' }, [
			E('tr', { 'class': 'tr table-titles' }, columns.map((column) => E('th', { 'class': 'th left' }, [ column ])))
		].concat(rows.map((cells) => E('tr', { 'class': 'tr' },
			cells.map((cell, i) => E('td', { 'class': 'td left', 'data-title': columns[i] }, [ cell ?? '-' ]))))))
	];
}

function warning(error) {
	return E('div', { 'class': 'alert-message warning' }, [
		E('p', {}, [ text(error.what) ?? _('The modem\'s state cannot be read') ]),
		text(error.next) != null ? E('p', {}, [ error.next ]) : ''
	]);
}

function simState(sim) {
	const tries = (sim.state != 'ready') ? number(sim.pin_tries) : null;

	return joined(', ', [ word(simStates, sim.state) ?? text(sim.state), tries != null ? _('%s tries left').format(tries) : null ]);
}

function sessionState(state) {
	return word(sessionStates, state) ?? (text(state) != null ? _('connecting (%s)').format(state) : null);
}

// As people write them: n78, B3.
function band(item) {
	const letter = (typeof(item.band) != 'number') ? '' : ({ '5G': 'n', 'LTE': 'B' })[item.technology] ?? '';

	return text(item.band) != null ? letter + text(item.band) : null;
}

function operator(registration) {
	const digits = (value, count) => (typeof(value) == 'number') ? String(value).padStart(count, '0') : text(value);
	const code = joined('-', [ digits(registration.mcc, 3), digits(registration.mnc, 2) ]);

	return joined(' ', [ text(registration.operator), code != null ? '(%s)'.format(code) : null ]);
}

function addresses(ip) {
	ip = object(ip);

	return [
		text(ip.address) != null ? joined('/', [ ip.address, number(ip.prefix) ]) : null,
		text(ip.gateway) != null ? _('gateway %s').format(ip.gateway) : null,
		list(ip.dns).length ? _('DNS %s').format(list(ip.dns).map(text).join(', ')) : null
	];
}

function traffic(octets, packets) {
	return lines([
		number(octets) != null ? '%1024.1mB'.format(octets) : null,
		number(packets) != null ? _('%s packets').format(packets) : null
	]);
}

function session(session) {
	const up = number(session.up_seconds);

	return [
		lines([ text(session.link), number(session.mux) != null ? _('mux %s').format(session.mux) : null ]),
		lines([
			joined(' ', [ sessionState(session.state), up != null ? _('for %s').format('%t'.format(session.up_seconds)) : null ]),
			text(session.last_error) != null ? E('em', {}, [ _('last error: %s').format(session.last_error) ]) : null
		]),
		text(session.apn),
		lines(addresses(session.ip4).concat(addresses(session.ip6))),
		lines([ number(session.mtu), text(session.qmap) ]),
		traffic(session.rx_bytes, session.rx_packets),
		traffic(session.tx_bytes, session.tx_packets),
		number(session.reconnects)
	];
}

function modem(name, status) {
	const sim = object(status.sim), registration = object(status.registration);
	const signals = list(status.signal).map(object), sessions = list(status.sessions).map(object);
	const best = signals.reduce((most, signal) => number(signal.bars) != null ? Math.max(most, signal.bars) : most, -1);

	return E('div', { 'class': 'cbi-section', 'data-modem': name }, [
		E('h3', {}, [ joined(', ', [ text(status.model) ?? _('Modem'), text(status.device) ?? name ]) ]),
		status.error ? warning(status.error) : '',
		facts([
			[ _('Operator'), operator(registration) ],
			[ _('Registration'), word(registrationStates, registration.state) ?? text(registration.state) ],
			[ _('Technology'), text(registration.technology) ],
			[ _('Signal'), best >= 0 ? bars(best) : null ],
			[ _('SIM'), simState(sim) ],
			[ _('Firmware'), text(status.firmware) ],
			[ _('IMEI'), text(status.imei) ],
			[ _('Network device'), text(status.base) ],
			[ _('PCI function'), joined(', ', [ text(status.pci), text(status.driver) ]) ]
		]),
		...table(_('Signal'), [ _('Technology'), _('Bars'), 'RSRP', 'RSRQ', 'SNR', 'RSSI' ], signals.map((signal) => [
			text(signal.technology), bars(signal.bars), number(signal.rsrp, 'dBm'), number(signal.rsrq, 'dB'),
			number(signal.snr, 'dB'), number(signal.rssi, 'dBm')
		])),
		...table(_('Bands'), [ _('Technology'), _('Band'), _('Channel'), _('Bandwidth') ],
			list(status.bands).map(object).map((item) => [
				text(item.technology), band(item), text(item.channel), number(item.bandwidth_mhz, 'MHz')
			])),
		...table(_('Sessions'), [ _('Link'), _('State'), _('APN'), _('Addresses'), _('MTU'), _('Received'), _('Sent'),
			_('Reconnects') ], sessions.map(session)),
		!sessions.length && !status.error ? E('p', {}, [ E('em', {}, [ _('No session') ]) ]) : ''
	]);
}

// What a call says went wrong, as mhictl says it.
function failure(error) {
	return { error: { what: _('The router does not answer'), next: String(error?.message ?? error) } };
}

return view.extend({
	load: function() {
		return callDevices().catch(failure).then((answer) => {
			if (answer?.error)
				return { error: answer.error, modems: [] };

			return Promise.all(list(answer?.devices).map((device) => {
				const name = text(device?.device) ?? text(device);

				return callStatus(name).catch(failure).then((status) => ({ name, status: object(status) }));
			})).then((modems) => ({ modems }));
		});
	},

	draw: function(state) {
		if (state.error)
			return [ warning(state.error) ];

		if (!state.modems.length)
			return [ warning({
				what: _('No modem found'),
				next: _('Is it in QMI mode over PCIe, and is the kernel module rmnet_mhi loaded? The kernel log says more.')
			}) ];

		return state.modems.map((item) => modem(item.name, item.status));
	},

	render: function(state) {
		const content = E('div', { 'id': 'mhi-status' }, this.draw(state));

		// A page that nobody sees asks nothing; the poll waits for an answer before it asks again.
		poll.add(() => document.hidden ? null : this.load().then((state) => dom.content(content, this.draw(state))), interval);

		return E([], [
			E('h2', {}, [ _('5G Modem') ]),
			content
		]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
