// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// The form and the status page in a real browser, with LuCI's own JavaScript. Each case is a verdict on standard output.
//
//   browser.js LUCI [PICTURES]         LUCI is a checkout of LuCI; screenshots go to the folder PICTURES
//   browser.js URL ANSWERS [PICTURES]  URL is a LuCI that runs, whose mhictl is ./mhictl with ANSWERS as its folder, with an
//                                      interface `modem` of protocol mhi; LUCI_LOGIN=USER:PASSWORD; changes are not applied

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Router } from './server.js';
import { damaged, documented, modem, situations, standalone, withStrings } from './answers.js';

const here = dirname(fileURLToPath(import.meta.url));
const ours = join(here, '../../openwrt-package/luci-proto-mhi');
const live = /^https?:/.test(process.argv[2] ?? '');
const answers = live ? process.argv[3] : mkdtempSync(join(tmpdir(), 'mhictl-answers-'));
const pictures = process.argv[live ? 4 : 3];
const patience = 20000;

const hostile = '"><script>window.broken = 1</script><img src=x onerror="window.broken = 1">\'&amp;%s%h</td></table>';

let browser, router, url, page, trouble, failed = 0;

async function main() {
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', chromiumSandbox: false,
		args: [ '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync', '--no-proxy-server' ]
	});
	if (!live)
		router = new Router(process.argv[2], ours, (process.env.ROUTER_SHELL ?? 'busybox sh').split(' '),
			{ PATH: process.env.PATH, MHICTL: join(here, 'mhictl'), MHI_LOCK: join(answers, 'lock'), ANSWERS: answers });
	url = live ? process.argv[2].replace(/\/$/, '') : await router.listen();

	for (const [ name, run ] of Object.entries(cases)) {
		if (process.env.ONLY && !name.includes(process.env.ONLY))
			continue;
		await newPage();
		try {
			await run();
			assert.deepEqual(trouble, []);
			assert.equal(await page.evaluate(() => window.broken), undefined);
			console.log(`pass LuCI: ${name}`);
		}
		catch (error) {
			failed++;
			console.log(`fail LuCI: ${name}: ${String(error.message).split('\n')[0]}`);
			console.error(error, trouble);
			if (pictures)
				await page.screenshot({ path: join(pictures, 'failed.png') });
		}
		await page.context().close();
	}

	await browser.close();
	router?.close();
	if (!live)
		rmSync(answers, { recursive: true });
	process.exitCode = failed ? 1 : 0;
}

// A session of its own, so that no case sees another's changes. Whatever goes wrong in the page ends up in `trouble`.
async function newPage() {
	const context = await browser.newContext({ viewport: { width: 1000, height: 960 } });

	page = await context.newPage();
	page.setDefaultTimeout(patience);
	trouble = [];
	if (live)
		await login();
	page.on('pageerror', (error) => trouble.push(String(error)));
	page.on('response', (response) => response.status() >= 400 && trouble.push(`${response.status()} ${response.url()}`));
	page.on('console', (message) => message.type() == 'error' && trouble.push(message.text()));
}

async function login() {
	const [ user, password ] = process.env.LUCI_LOGIN.split(':');

	answer(situations.noModem);
	await page.goto(`${url}/cgi-bin/luci/admin/status/mhi`);
	await page.waitForSelector('.modal input[name=luci_password]');
	await page.fill('.modal input[name=luci_username]', user);
	await page.fill('.modal input[name=luci_password]', password);
	await page.press('.modal input[name=luci_password]', 'Enter');
	await page.waitForSelector('#mhi-status');
	await page.goto('about:blank');
}

// ---- mhictl

function answer(situation) {
	for (const name of readdirSync(answers).filter((name) => /^(devices|status).*\.json$|^delay$|^calls$/.test(name)))
		rmSync(join(answers, name));
	for (const [ name, value ] of Object.entries(situation))
		writeFileSync(join(answers, `${name}.json`), typeof(value) == 'string' ? value : JSON.stringify(value));
	writeFileSync(join(answers, 'calls'), '');
}

const calls = () => readFileSync(join(answers, 'calls'), 'utf8').split('\n').filter((line) => line).map((line) => {
	const [ what, time, ...rest ] = line.split(' ');

	return { what, time: Number(time), arguments: rest.join(' ') };
});

// ---- the status page

// Opens it and returns its text, cells and lines apart by "|".
async function status(situation) {
	answer(situation);
	await page.goto(`${url}/cgi-bin/luci/admin/status/mhi`);
	await page.waitForSelector('#mhi-status');

	return text();
}

async function text() {
	const text = await page.evaluate(() => document.querySelector('#mhi-status').innerText);

	return text.split(/[\n\t]+/).map((part) => part.trim()).filter((part) => part).join('|');
}

function has(text, ...parts) {
	for (const part of parts)
		assert.ok(text.includes(part), `"${part}" is missing: ${text}`);
}

const bars = () => page.evaluate(() => [ ...document.querySelectorAll('.mhi-bars') ].map((bars) => bars.dataset.bars).join(' '));

// ---- the form

const field = (name) => page.locator(`.modal [id="cbid.network.modem.${name}"]`);
const input = (name) => page.locator([ 'id', 'data-widget-id' ].map((key) => `.modal [${key}="widget.cbid.network.modem.${name}"]`).join());

async function openForm(situation = situations.standalone) {
	answer(situation);
	await page.goto(`${url}/cgi-bin/luci/admin/network/network`);
	await page.click('[data-sid="modem"] .cbi-button-edit');
	await input('apn').waitFor();
}

async function tab(name) {
	await page.click(`.modal .cbi-tabmenu [data-tab="${name}"] a`);
}

// Sets a value, on whichever tab it is.
async function set(name, value) {
	await tab(await field(name).evaluate((node) => node.closest('[data-tab]').dataset.tab));
	if (typeof(value) == 'boolean')
		await input(name).evaluate((node, value) => { if (node.checked != value) node.click(); }, value);
	else if (await input(name).evaluate((node) => node.tagName) == 'SELECT')
		await input(name).selectOption(value);
	else {
		await input(name).fill(value);
		await input(name).blur();
	}
}

// What the form says of a value, null if it takes it.
async function complaint(name, value) {
	await set(name, value);
	const node = input(name);

	return await node.evaluate((node) => node.matches('.cbi-input-invalid, .cbi-input-invalid *') || null) &&
		await node.evaluate((node) => node.closest('.cbi-input-invalid, [data-tooltip]')?.dataset.tooltip ?? 'invalid');
}

// Saves, and returns what UCI has of the interface then.
async function save() {
	await page.click('.modal .cbi-button-positive.important');
	await page.waitForSelector('.modal', { state: 'hidden' });

	return uci();
}

const uci = (name = 'modem') => page.evaluate(async (name) => {
	const rpc = await L.require('rpc');
	const get = rpc.declare({ object: 'uci', method: 'get', params: [ 'config' ], expect: { values: {} } });

	return Object.fromEntries(Object.entries((await get('network'))[name]).filter(([ key ]) => !key.startsWith('.')));
}, name);

// The page down to the end of an element.
async function picture(name, element) {
	if (!pictures)
		return;
	mkdirSync(pictures, { recursive: true });
	await page.waitForTimeout(1000); // it fades in
	const box = await page.locator(element).boundingBox();

	await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true,
		clip: { x: 0, y: 0, width: 1000, height: Math.ceil(box.y + box.height) + 20 } });
}

// ---- cases

const cases = {
	'status, 5G standalone': async () => {
		has(await status(situations.standalone), 'RM520N-GL, wwan0', 'Operator|Test Network (001-01)', 'Registration|registered, home network',
			'Technology|5G-SA', 'SIM|ready', 'Firmware|RM520NGLAAR03A03M4G', 'IMEI|860000000000009', '5G|-88 dBm|-10 dB|23.5 dB|-',
			'5G|n78|643296|100 MHz', 'rmnet_mhi0_1|mux 129|up for 1h 2m 5s|internet|10.64.129.2/28|gateway 10.64.129.3|DNS 1.1.1.1, 8.8.8.8',
			'1500|qmapv5|117.7 MiB|100000 packets|2.2 MiB|50000 packets|1');
		assert.equal(await bars(), '4 4');
	},

	'status, as the README documents it': async () => {
		const seen = await status(situations.documented);
		const keys = (value) => value && typeof(value) == 'object' && !Array.isArray(value) ?
			Object.entries(value).map(([ key, item ]) => [ key, keys(item) ]).sort() : Array.isArray(value) ? value.slice(0, 1).map(keys) : 0;

		has(seen, 'Test Network (001-01)', '5G-SA', 'n78|636666|100 MHz', '10.64.129.2/28');
		assert.ok(!/null|undefined/.test(seen), seen);
		// The other answers have the same keys.
		assert.deepEqual(keys({ ...standalone, links: documented.links }), keys(documented));
	},

	'status, LTE with 5G and carriers': async () => {
		const seen = await status(situations.nonStandalone);

		has(seen, 'Réseau d\'essai (001-010)', 'registered, roaming', '5G-NSA', 'LTE|-93 dBm|-11 dB|18.5 dB|-61 dBm',
			'5G|-112 dBm|-|2 dB|-', 'LTE|B3|1300|20 MHz', 'LTE|B7|3350|1.4 MHz', '5G|n78|643296|90 MHz');
		assert.equal(await bars(), '4 4 2');
		await picture('status', '#mhi-status');
	},

	'status, no SIM': async () => {
		const seen = await status(situations.noSim);

		has(seen, 'SIM|no SIM card', 'Registration|not registered', 'No session');
		assert.ok(!/null|undefined|NaN|Bands|tries/.test(seen), seen);
	},

	'status, PIN locked': async () => has(await status(situations.locked), 'SIM|locked, wants its PIN, 2 tries left'),

	'status, no modem': async () => has(await status(situations.noModem), 'No modem found|', 'kernel module rmnet_mhi'),

	'status, a silent modem': async () => has(await status(situations.silent), 'Modem, wwan0|', 'no answer from the modem|see dmesg'),

	'status, mhictl talks nonsense': async () => {
		has(await status({ devices: 'Segmentation fault' }), 'mhictl does not answer');
		has(await status({ devices: [ modem ], 'status-wwan0': '{"device":' }), 'mhictl does not answer');
		has(await status({ devices: [ modem ], 'status-wwan0': '{"device":}' }), 'The router does not answer');
	},

	'status, several sessions': async () => has(await status(situations.sessions),
		'gateway 2001:db8::1|DNS 2001:db8::53', 'rmnet_mhi0_2|mux 130|waiting for the next attempt|' +
		'last error: the network ended the session: regular deactivation|ims|-|', '|7'),

	'status, several modems': async () => {
		has(await status(situations.modems), 'RM520N-GL, wwan0', 'RM520N-GL, wwan1', 'rmnet_mhi1');
		assert.ok(calls().some((call) => call.arguments == 'status --json --device wwan1'));
	},

	'status, hostile strings stay text': async () => {
		const evil = withStrings(situations.sessions['status-wwan0'], hostile);
		const seen = await status({ devices: [ { ...withStrings(modem, hostile), device: 'wwan0' } ], 'status-wwan0': evil });

		has(seen, 'window.broken = 1</script>', '<img src=x', '&amp;');
		assert.equal(await page.locator('#mhi-status :is(script, img)').count(), 0);
		has(await status({ ...situations.standalone, 'status-wwan0': { error: { what: hostile, next: hostile } } }), hostile);
		assert.equal(await page.locator('#mhi-status :is(script, img)').count(), 0);
		await status({ devices: [ withStrings(modem, hostile) ] });
		has(await text(), 'that is no modem\'s name');
		assert.ok(!calls().some((call) => call.arguments.includes('script')));
	},

	'status, values missing or of a wrong kind': async () => {
		const all = [ ...damaged(situations.sessions['status-wwan0']), ...damaged(situations.nonStandalone['status-wwan0']),
			null, [], 'x', 1, {} ];

		await status(situations.standalone);
		const result = await page.evaluate(async (all) => {
			const view = await L.require('view.mhi.status');
			const bad = [];

			for (const status of all) {
				const state = { modems: [ { name: 'wwan0', status: (status && typeof(status) == 'object') ? status : {} } ] };

				try {
					const text = L.dom.content(document.createElement('div'), view.draw(state)).parentNode.textContent;

					if (/undefined|NaN|\[object|null/.test(text))
						bad.push(text);
				}
				catch (error) {
					bad.push(`${error} with ${JSON.stringify(status)}`);
				}
			}

			return bad;
		}, all);

		assert.ok(all.length > 1000);
		assert.deepEqual(result.slice(0, 3), []);
	},

	'status, polls slowly and never twice at a time': async () => {
		await status(situations.standalone);
		await page.waitForTimeout(12500);
		const starts = calls().filter((call) => call.what == 'start' && call.arguments.startsWith('status')).map((call) => call.time);

		// The first two belong to loading the page.
		assert.ok(starts.length >= 3 && starts.length <= 5, `${starts.length} calls`);
		for (let i = 2; i < starts.length; i++)
			assert.ok(starts[i] - starts[i - 1] >= 4, starts.join(' '));

		writeFileSync(join(answers, 'delay'), '7');
		writeFileSync(join(answers, 'calls'), '');
		const other = await page.context().newPage();

		await other.goto(page.url());
		await page.waitForTimeout(20000);
		await other.close();
		rmSync(join(answers, 'delay'));
		let running = 0;

		for (const call of calls()) {
			running += call.what == 'start' ? 1 : -1;
			assert.ok(running <= 1, 'two at a time');
		}
	},

	'status, a hidden page asks nothing': async () => {
		await status(situations.standalone);
		await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }));
		await page.waitForTimeout(1500);
		writeFileSync(join(answers, 'calls'), '');
		await page.waitForTimeout(7000);
		assert.deepEqual(calls(), []);
	},

	'status, changes show up': async () => {
		await status(situations.noSim);
		answer(situations.standalone);
		await page.waitForFunction(() => document.querySelector('#mhi-status').innerText.includes('Test Network'));
	},

	'form, every option is there once': async () => {
		await openForm();
		const names = await page.evaluate(() => [ ...document.querySelectorAll('.modal .cbi-value[data-name]') ].map((node) => node.dataset.name));

		for (const name of [ '_modem_device', 'apn', 'pincode', 'auth', 'username', 'password', 'pdptype', 'allow_roaming', 'profile',
			'mux', 'mtu', 'timeout', 'peerdns', 'dns', 'defaultroute', 'metric', 'delegate', 'sourcefilter' ])
			assert.equal(names.filter((other) => other == name).length, 1, name);
		has(await page.evaluate(() => document.querySelector('.modal select[id$=".proto"]')?.selectedOptions[0].text), '5G modem (MHI)');
	},

	'form, saved as it is, changes nothing': async () => {
		await openForm();
		const before = await uci();

		assert.deepEqual(await save(), { ...before, auth: 'none', pdptype: 'ipv4v6' });
	},

	'form, keeps what was set by hand': async () => {
		answer(situations.standalone);
		await page.goto(`${url}/cgi-bin/luci/admin/network/network`);
		await page.waitForSelector('[data-sid="modem"] .cbi-button-edit');
		await page.evaluate(async () => {
			const uci = await L.require('uci');

			for (const [ key, value ] of [ [ 'username', 'user' ], [ 'password', 'word' ], [ 'pdptype', 'IPV4' ], [ 'device', '/dev/wwan0qmi0' ] ])
				uci.set('network', 'modem', key, value);
		});
		await page.click('[data-sid="modem"] .cbi-button-edit');
		await input('apn').waitFor();
		assert.equal(await input('auth').inputValue(), 'both');
		assert.equal(await input('pdptype').inputValue(), 'ip');
		assert.deepEqual(await save(), { proto: 'mhi', username: 'user', password: 'word', pdptype: 'IPV4', device: '/dev/wwan0qmi0' });
	},

	'form, a new interface': async () => {
		const fresh = (name) => page.locator(`.modal [id="widget.cbid.network._new_.${name}"]`);

		answer(situations.standalone);
		await page.goto(`${url}/cgi-bin/luci/admin/network/network`);
		await page.click('.cbi-section-create .cbi-button-add');
		await fresh('name').fill('cell');
		await fresh('proto').selectOption('mhi');
		await page.click('.modal .cbi-button-positive.important');
		await page.locator('.modal [id="widget.cbid.network.cell.apn"]').fill('internet');
		await save();
		const { proto, apn } = await uci('cell');

		assert.deepEqual([ proto, apn ], [ 'mhi', 'internet' ]);
	},

	'form, every option arrives in UCI': async () => {
		await openForm();
		await set('auth', 'chap');
		const values = { apn: 'internet.example', pincode: '0123', username: 'user@example', password: 'päss "word\'',
			pdptype: 'ip', mux: '130', mtu: '1280', timeout: '120', metric: '20' };

		for (const [ name, value ] of Object.entries(values))
			await set(name, value);
		for (const name of [ 'allow_roaming', 'peerdns', 'sourcefilter', 'defaultroute', 'delegate' ])
			await set(name, false);
		await tab('advanced');
		await field('dns').locator('input').first().fill('9.9.9.9');
		await field('dns').locator('.btn, .cbi-button').last().click();
		await choose('_modem_device', '0000:01:00.0');
		await picture('form', '.modal');
		const saved = await save();

		assert.deepEqual(saved, { proto: 'mhi', ...values, auth: 'chap', device: '0000:01:00.0', allow_roaming: '0', peerdns: '0',
			sourcefilter: '0', defaultroute: '0', delegate: '0', dns: [ '9.9.9.9' ] });
	},

	'form, a profile instead of an APN': async () => {
		await openForm();
		await set('profile', '3');
		const saved = await save();

		assert.equal(saved.profile, '3');
		assert.equal(saved.apn, undefined);
	},

	'form, credentials only where there is authentication': async () => {
		await openForm();
		for (const [ auth, visible ] of [ [ 'none', false ], [ 'pap', true ], [ 'chap', true ], [ 'both', true ] ]) {
			await set('auth', auth);
			assert.equal(await field('username').isVisible(), visible, auth);
			assert.equal(await field('password').isVisible(), visible, auth);
		}
		has(await complaint('username', ''), 'non-empty');
		await set('username', 'user');
		await set('password', 'word');
		await set('auth', 'none');
		const saved = await save();

		assert.deepEqual([ saved.auth, saved.username, saved.password ], [ 'none', undefined, undefined ]);
	},

	'form, refuses what mhictl would refuse': async () => {
		await openForm();
		const wrong = {
			apn: [ 'two words', 'a"b', 'x'.repeat(101), '$(reboot)', 'ä' ],
			pincode: [ '123', '123456789', '12a4', '-123', '1e33' ],
			profile: [ '0', '256', 'x', '1.5' ],
			mux: [ '1', '128', '255', '0x81' ],
			mtu: [ '575', '65521', 'x', '1279' ],
			timeout: [ '0', '86401' ]
		};
		const right = {
			apn: [ 'internet', 'a', 'web.example-1.mnc001_x', 'x'.repeat(100), '' ],
			pincode: [ '0000', '12345678', '' ],
			profile: [ '' ],
			mux: [ '129', '254', '' ],
			mtu: [ '1280', '65520', '' ],
			timeout: [ '1', '86400', '' ]
		};

		for (const [ name, values ] of Object.entries(wrong))
			for (const value of values)
				assert.ok(await complaint(name, value), `${name} takes ${value}`);
		for (const [ name, values ] of Object.entries(right))
			for (const value of values)
				assert.equal(await complaint(name, value), null, `${name} does not take ${value}`);

		// A form with something wrong in it is not saved, and says what it is.
		has(await complaint('apn', 'two words'), 'Expecting: at most 100 letters');
		has(await complaint('pincode', '12'), 'Expecting: 4 to 8 digits');
		await page.click('.modal .cbi-button-positive.important');
		await page.waitForTimeout(1000);
		assert.ok(await input('apn').isVisible());
		assert.equal((await uci()).apn, undefined);
		await set('pincode', '');
		await set('apn', 'internet');
		has(await complaint('profile', '1'), 'either an APN or a profile');
		await set('profile', '');
		await set('pdptype', 'ip');
		assert.equal(await complaint('mtu', '576'), null);
	},

	'form, a mux ID belongs to one interface': async () => {
		await openForm();
		await page.evaluate(async () => {
			const uci = await L.require('uci');

			uci.add('network', 'interface', 'second');
			uci.set('network', 'second', 'proto', 'mhi');
			uci.set('network', 'second', 'mux', '140');
		});
		has(await complaint('mux', '140'), 'Interface second has this ID');
		assert.equal(await complaint('mux', '141'), null);
	},

	'form, works without mhictl, and with hostile modems': async () => {
		await openForm({ devices: 'no JSON' });
		await set('apn', 'internet');
		assert.equal((await save()).apn, 'internet');
		await openForm({ devices: [ withStrings(modem, hostile), null, 1, { pci: 5 },
			{ pci: '0001:01:00.0', device: hostile }, modem ] });
		assert.equal(await page.locator('.modal :is(script:not([type=item-template]), img[src=x])').count(), 0);
		await choose('_modem_device', '0000:01:00.0');
		assert.equal((await save()).device, '0000:01:00.0');
	},

	'only devices and status can be called': async () => {
		await status(situations.standalone);
		const results = await page.evaluate(async () => {
			const call = async (object, method, parameters) => (await (await fetch('/ubus/', { method: 'POST', body: JSON.stringify(
				{ jsonrpc: '2.0', id: 1, method: 'call', params: [ L.env.sessionid, object, method, parameters ] }) })).json());

			return [ await call('mhi', 'devices', {}), await call('mhi', 'status', { device: 'wwan0' }),
				await call('mhi', 'status', { device: '--help' }), await call('mhi', 'status', { device: 'wwan0;reboot' }),
				await call('mhi', 'connect', {}), await call('mhi', 'at', { command: 'AT' }) ];
		});

		assert.equal(results[0].result[1].devices[0].device, 'wwan0');
		assert.equal(results[1].result[1].registration.operator, 'Test Network');
		assert.equal(results[2].result[1].error.word, 'usage');
		assert.equal(results[3].result[1].error.word, 'usage');
		for (const refused of results.slice(4))
			assert.ok(refused.error || refused.result[0] != 0, JSON.stringify(refused));
	}
};

// One of a combination box's choices.
async function choose(name, value) {
	await tab('general');
	await field(name).locator('.open').click();
	await field(name).locator(`ul.dropdown li[data-value="${value}"]`).click();
}

await main();
