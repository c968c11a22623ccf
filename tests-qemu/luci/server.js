// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Stands in for a router's web server: serves LuCI's own files and ours, and answers the calls that LuCI makes. The object
// `mhi` is the real rpcd plugin, run as rpcd runs it; UCI is kept in memory, by session.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.gif': 'image/gif' };

const config = {
	network: [
		{ '.name': 'loopback', '.type': 'interface', device: 'lo', proto: 'static', ipaddr: '127.0.0.1', netmask: '255.0.0.0' },
		{ '.name': 'lan', '.type': 'interface', device: 'br-lan', proto: 'static', ipaddr: '192.168.1.1', netmask: '255.255.255.0' },
		{ '.name': 'modem', '.type': 'interface', proto: 'mhi' }
	],
	firewall: [ { '.name': 'cfg01', '.type': 'zone', '.anonymous': true, name: 'wan', network: [ 'modem' ], input: 'REJECT' } ],
	luci: [ { '.name': 'main', '.type': 'core', lang: 'auto' }, { '.name': 'apply', '.type': 'internal' } ],
	system: [], dhcp: [], wireless: []
};

const interfaces = [
	{ interface: 'loopback', proto: 'static', device: 'lo', l3_device: 'lo', 'ipv4-address': [ { address: '127.0.0.1', mask: 8 } ] },
	{ interface: 'lan', proto: 'static', device: 'br-lan', l3_device: 'br-lan', 'ipv4-address': [ { address: '192.168.1.1', mask: 24 } ] },
	{ interface: 'modem', proto: 'mhi', l3_device: 'rmnet_mhi0_1', 'ipv4-address': [ { address: '10.64.129.2', mask: 28 } ] }
].map((item) => ({ up: true, available: true, autostart: true, uptime: 3725, metric: 0, 'ipv6-address': [], 'ipv6-prefix': [],
	'ipv6-prefix-assignment': [], route: [], 'dns-server': [], 'dns-search': [], data: {}, ...item }));

const links = Object.fromEntries([ 'lo', 'br-lan', 'rmnet_mhi0', 'rmnet_mhi0_1' ].map((name) => [ name,
	{ name, up: true, mtu: 1500, flags: { up: true }, stats: { rx_bytes: 1, tx_bytes: 1, rx_packets: 1, tx_packets: 1 }, link: {} } ]));

const menu = { children: { admin: { satisfied: true, title: 'Administration', children: {
	status: { satisfied: true, title: 'Status', order: 10, children: {
		mhi: { satisfied: true, title: '5G Modem', order: 11, action: { type: 'view', path: 'mhi/status' } } } },
	network: { satisfied: true, title: 'Network', order: 50, children: {
		network: { satisfied: true, title: 'Interfaces', order: 10, action: { type: 'view', path: 'network/interfaces' } } } }
} } } };

export class Router {
	// luci: a LuCI checkout; ours: the package luci-proto-mhi; shell: what runs the plugin; environment: the plugin's.
	constructor(luci, ours, shell, environment) {
		this.roots = [ ours, ...[ 'modules/luci-base', 'modules/luci-mod-network', 'themes/luci-theme-bootstrap',
			'protocols/luci-proto-ppp' ].map((part) => join(luci, part)) ].map((part) => join(part, 'htdocs'));
		this.plugin = [ ...shell, join(ours, 'root/usr/libexec/rpcd/mhi') ];
		this.environment = environment;
		this.acl = JSON.parse(readFileSync(join(ours, 'root/usr/share/rpcd/acl.d/luci-proto-mhi.json')))['luci-proto-mhi'].read.ubus;
		this.sessions = new Map();
		this.server = createServer((request, response) => this.serve(request, response).catch((error) => {
			console.error(error);
			response.writeHead(500).end();
		}));
	}

	async listen() {
		await new Promise((done) => this.server.listen(0, '127.0.0.1', done));

		return `http://127.0.0.1:${this.server.address().port}`;
	}

	close() {
		this.server.closeAllConnections();
		this.server.close();
	}

	async serve(request, response) {
		const path = normalize(new URL(request.url, 'http://localhost').pathname);
		const answer = (type, text, headers) => response.writeHead(200, { 'Content-Type': type, ...headers }).end(text);

		if (/^\/(ubus|cgi-bin\/luci\/admin\/ubus)\b/.test(path))
			return answer('application/json', JSON.stringify(await this.ubus(await body(request))));
		if (path == '/favicon.ico')
			return answer(types['.png'], '');
		if (path.startsWith('/cgi-bin/luci/admin/translations'))
			return answer('text/javascript', '');
		if (path == '/cgi-bin/luci/admin/menu')
			return answer('application/json', JSON.stringify(menu));
		if (path.startsWith('/cgi-bin/luci/')) {
			const sid = /sysauth=([0-9a-f]{32})/.exec(request.headers.cookie ?? '')?.[1] ?? this.login();

			return answer('text/html', page(path.replace('/cgi-bin/luci/', '').split('/'), sid), { 'Set-Cookie': `sysauth=${sid}` });
		}
		const file = this.roots.map((root) => join(root, path)).find((name) => extname(path) && existsSync(name));

		if (file)
			return answer(types[extname(path)] ?? 'application/octet-stream', readFileSync(file));

		response.writeHead(404).end();
	}

	login() {
		const sid = randomBytes(16).toString('hex');

		this.sessions.set(sid, structuredClone(config));

		return sid;
	}

	// JSON-RPC as rpcd has it behind uhttpd: one call, or several.
	async ubus(text) {
		const calls = JSON.parse(text);
		const one = async (call) => {
			const [ sid, object, method, parameters ] = call.params ?? [];
			const result = call.method == 'call' ? await this.call(sid, object, method, parameters ?? {}) : {};

			return result === null ? { jsonrpc: '2.0', id: call.id, error: { code: -32002, message: 'Access denied' } } :
				{ jsonrpc: '2.0', id: call.id, result };
		};

		return Array.isArray(calls) ? Promise.all(calls.map(one)) : one(calls);
	}

	async call(sid, object, method, parameters) {
		const uci = this.sessions.get(sid);

		if (!uci)
			return null;

		switch (`${object}.${method}`) {
		case 'session.access': return [ 0, { access: true } ];
		case 'luci.getFeatures': return [ 0, { ipv6: true, firewall: true, firewall4: true, dhcpv6: true } ];
		case 'luci-rpc.getNetworkDevices': return [ 0, links ];
		case 'luci-rpc.getBoardJSON': return [ 0, {} ];
		case 'network.interface.dump': return [ 0, { interface: interfaces } ];
		case 'network.get_proto_handlers':
			return [ 0, { static: { no_device: false }, dhcp: { no_device: false }, none: { no_device: false }, mhi: { no_device: true } } ];
		case 'file.list': return [ 0, { entries: [] } ];
		case 'file.read': return [ 0, { data: '' } ];
		}

		switch (object) {
		case 'mhi': return this.acl.mhi.includes(method) ? this.mhi(method, { ...parameters, ubus_rpc_session: sid }) : null;
		case 'uci': return this.uci(uci, method, parameters);
		}

		return [ 0, {} ];
	}

	uci(uci, method, { config, section, type, name, values, option, options }) {
		const sections = uci[config] ?? [];
		const found = sections.find((item) => item['.name'] == section);

		switch (method) {
		case 'get':
			return [ 0, { values: Object.fromEntries(sections.map((item, i) => [ item['.name'],
				{ '.anonymous': false, '.index': i, ...item } ])) } ];
		case 'set':
			Object.assign(found, values);
			break;
		case 'add':
			sections.push({ '.name': name, '.type': type, ...values });
			return [ 0, { section: name } ];
		case 'delete':
			for (const key of options ?? [ option ])
				delete found[key];
			break;
		case 'changes':
			return [ 0, { changes: {} } ];
		}

		return [ 0 ];
	}

	mhi(method, parameters) {
		return new Promise((done) => {
			const child = spawn(this.plugin[0], [ ...this.plugin.slice(1), 'call', method ], { env: this.environment });
			let text = '';

			child.stdout.on('data', (data) => text += data);
			child.on('close', () => {
				try {
					done([ 0, JSON.parse(text) ]);
				}
				catch {
					done([ 2 ]);
				}
			});
			child.stdin.end(JSON.stringify(parameters));
		});
	}
}

async function body(request) {
	let text = '';

	for await (const part of request)
		text += part;

	return text;
}

// What the theme's templates make, without what these tests do not look at.
function page(path, sid) {
	const view = path[1] == 'network' ? 'network/interfaces' : 'mhi/status';
	const environment = {
		media: '/luci-static/bootstrap', resource: '/luci-static/resources', scriptname: '/cgi-bin/luci', pathinfo: `/${path.join('/')}`,
		documentroot: '/www', requestpath: path, dispatchpath: path, pollinterval: 5, ubuspath: '/ubus/', sessionid: sid, token: sid,
		nodespec: { satisfied: true, title: view }, apply_rollback: 90, apply_holdoff: 4, apply_timeout: 5, apply_display: 1.5
	};

	return `<!DOCTYPE html>
<html lang="en">
<head>
	<meta charset="utf-8"><title>Router</title>
	<link rel="stylesheet" href="/luci-static/bootstrap/cascade.css">
	<script src="/luci-static/resources/cbi.js"></script>
</head>
<body data-page="${path.join('-')}">
	<header><a class="brand" href="/">Router</a><ul class="nav" id="topmenu"></ul><div id="indicators" class="pull-right"></div></header>
	<div id="maincontent" class="container">
		<div id="tabmenu"></div>
		<script src="/luci-static/resources/luci.js"></script>
		<script>L = new LuCI(${JSON.stringify(environment)});</script>
		<div id="view"><script>L.require('ui').then(function(ui) { ui.instantiateView('${view}'); });</script></div>
	</div>
	<ul id="modemenu"></ul>
	<script>L.require('menu-bootstrap')</script>
</body>
</html>`;
}
