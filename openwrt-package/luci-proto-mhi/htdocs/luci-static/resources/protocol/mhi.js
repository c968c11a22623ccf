// SPDX-License-Identifier: Apache-2.0
// The form of the protocol `mhi`. Routes, DNS servers, metric and prefix delegation are on LuCI's own form already.
'use strict';
'require form';
'require network';
'require rpc';
'require uci';

const callDevices = rpc.declare({
	object: 'mhi',
	method: 'devices',
	expect: { devices: [] }
});

const defaultMux = '129';

network.registerPatternVirtual(/^mhi-.+$/);
network.registerPatternVirtual(/^rmnet_mhi[0-9]+\..+$/);

// An access point's name is a host's name (3GPP TS 23.003, 9.1): labels of up to 63 octets, 100 in all.
function validateApn(section_id, value) {
	if (value == null || value == '')
		return true;

	const labels = value.split('.');

	if (value.length > 100 || !labels.every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)))
		return _('Expecting: letters, digits and hyphens, in parts with dots between them');

	return true;
}

function validatePin(section_id, value) {
	if (value == null || value == '' || /^[0-9]{4,8}$/.test(value))
		return true;

	return _('Expecting: 4 to 8 digits');
}

function validateDevice(section_id, value) {
	if (value == null || value == '' || /^[A-Za-z0-9/][A-Za-z0-9/_.:-]*$/.test(value))
		return true;

	return _('Expecting: a name such as wwan0, or a PCI address such as 0000:01:00.0');
}

return network.registerProtocol('mhi', {
	getI18n: function() {
		return _('5G modem (MHI)');
	},

	getIfname: function() {
		return this._ubus('l3_device') || 'mhi-%s'.format(this.sid);
	},

	getPackageName: function() {
		return 'mhictl';
	},

	isFloating: function() {
		return true;
	},

	isVirtual: function() {
		return true;
	},

	getDevices: function() {
		return null;
	},

	containsDevice: function(ifname) {
		return (network.getIfnameOf(ifname) == this.getIfname());
	},

	renderFormOptions: function(s) {
		const dev = this.getL3Device() || this.getDevice();
		let o;

		// Not called `device` on the form, where that is the choice of network devices.
		o = s.taboption('general', form.Value, '_modem_device', _('Modem'),
			_('Leave empty if there is only one.'));
		o.ucioption = 'device';
		o.placeholder = _('the only one');
		o.validate = validateDevice;
		o.load = function(section_id) {
			return callDevices().catch(() => []).then((modems) => {
				for (const modem of Array.isArray(modems) ? modems : []) {
					const name = modem?.pci ?? modem?.device;

					if (name)
						this.value(String(name), [ modem.model, modem.device, modem.pci ].filter((part) => part).join(', '));
				}

				return form.Value.prototype.load.apply(this, [ section_id ]);
			});
		};

		o = s.taboption('general', form.Value, 'apn', _('APN'),
			_('Access point name, as the operator gives it. Leave empty for the one that the modem or the network has.'));
		o.placeholder = 'internet';
		o.validate = validateApn;

		o = s.taboption('general', form.Value, 'pincode', _('PIN'),
			_('A PIN that the SIM refuses is not sent again, and its last try is never used.'));
		o.password = true;
		o.validate = validatePin;

		o = s.taboption('general', form.ListValue, 'auth', _('Authentication Type'));
		o.value('none', _('None'));
		o.value('pap', 'PAP');
		o.value('chap', 'CHAP');
		o.value('both', 'PAP/CHAP');
		o.default = 'none';

		for (const [ name, title ] of [ [ 'username', _('PAP/CHAP username') ], [ 'password', _('PAP/CHAP password') ] ]) {
			o = s.taboption('general', form.Value, name, title);
			o.password = (name == 'password');
			o.datatype = 'maxlength(127)';
			o.depends('auth', 'pap');
			o.depends('auth', 'chap');
			o.depends('auth', 'both');
		}

		o = s.taboption('general', form.ListValue, 'pdptype', _('IP Type'));
		o.value('ipv4v6', _('IPv4 and IPv6'));
		o.value('ip', _('IPv4 only'));
		o.value('ipv6', _('IPv6 only'));
		o.default = 'ipv4v6';
		// Other protocols' word for it.
		o.cfgvalue = function() {
			const value = form.ListValue.prototype.cfgvalue.apply(this, arguments);

			return (value == 'ipv4') ? 'ip' : value;
		};

		o = s.taboption('general', form.Flag, 'allow_roaming', _('Allow roaming'),
			_('If unchecked, no session is started in a network other than the operator\'s own.'));
		o.default = o.enabled;

		o = s.taboption('advanced', form.Value, 'profile', _('APN profile index'),
			_('A profile that is stored in the modem. What is set above goes before it.'));
		o.placeholder = _('none');
		o.datatype = 'range(1, 255)';

		o = s.taboption('advanced', form.Value, 'mux', _('Mux ID'),
			_('Every session of a modem has its own: 129 is the link rmnet_mhi0.1, 130 is rmnet_mhi0.2.'));
		o.placeholder = defaultMux;
		o.datatype = 'range(1, 254)';
		o.validate = function(section_id, value) {
			const device = this.section.formvalue(section_id, '_modem_device') || '';
			const other = uci.sections('network', 'interface').find((section) =>
				section['.name'] != section_id && section.proto == 'mhi' && (section.device || '') == device &&
				(section.mux || defaultMux) == (value || defaultMux));

			return other ? _('The interface "%s" has this ID on the same modem').format(other['.name']) : true;
		};

		o = s.taboption('advanced', form.Value, 'mtu', _('Override MTU'),
			_('Without it, what the network says.'));
		o.placeholder = dev ? (dev.getMTU() || '1500') : '1500';
		o.datatype = 'range(576, 65520)';

		o = s.taboption('advanced', form.Flag, 'peerdns', _('Use DNS servers advertised by peer'),
			_('If unchecked, the advertised DNS server addresses are ignored'));
		o.default = o.enabled;

		o = s.taboption('advanced', form.Flag, 'sourcefilter', _('IPv6 source routing'),
			_('Automatically handle multiple uplink interfaces using source-based policy routing.'));
		o.default = o.enabled;
	}
});
