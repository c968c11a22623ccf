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

network.registerPatternVirtual(/^mhi-.+$/);

// Those of the protocol's handler that LuCI does not know.
network.registerErrorCode('CALL_FAILED', _('The network refused the session'));
network.registerErrorCode('DEVICE_BUSY', _('Another program uses the modem'));
network.registerErrorCode('DEVICE_NOT_UNIQUE', _('Several modems: choose one'));
network.registerErrorCode('INVALID_AUTH', _('Unknown authentication type'));
network.registerErrorCode('INVALID_MUX', _('Mux ID out of range'));
network.registerErrorCode('INVALID_OPTIONS', _('Invalid options'));
network.registerErrorCode('INVALID_PDPTYPE', _('Unknown IP type'));
network.registerErrorCode('LINK_FAILED', _('The kernel refused the link or an address'));
network.registerErrorCode('MHICTL_FAILED', _('mhictl failed'));
network.registerErrorCode('MHICTL_MISSING', _('mhictl is not there'));
network.registerErrorCode('MODEM_NOT_RESPONDING', _('The modem does not answer'));
network.registerErrorCode('MODEM_REFUSED', _('The modem refused a request'));
network.registerErrorCode('NETWORK_REGISTRATION_FAILED', _('Not registered in a network'));
network.registerErrorCode('NO_MUX', _('No mux ID is free'));
network.registerErrorCode('PERMISSION_DENIED', _('Permission denied'));
network.registerErrorCode('PIN_NOT_SPECIFIED', _('The SIM wants a PIN'));
network.registerErrorCode('SIM_ABSENT', _('No SIM card'));

// These refuse what mhictl would refuse.
function validateApn(section_id, value) {
	if (value == null || value == '' || /^[A-Za-z0-9_.-]{1,100}$/.test(value))
		return true;

	return _('Expecting: at most 100 letters, digits, dots, hyphens and underscores');
}

function validatePin(section_id, value) {
	if (value == null || value == '' || /^[0-9]{4,8}$/.test(value))
		return true;

	return _('Expecting: 4 to 8 digits');
}

function validateDevice(section_id, value) {
	if (value == null || value == '' || /^[A-Za-z0-9\/][A-Za-z0-9\/_.:-]*$/.test(value))
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
				// The place in the machine stays when numbers change.
				for (const modem of Array.isArray(modems) ? modems : [])
					if (/^[0-9a-f:.]{1,16}$/.test(modem?.pci) && /^wwan[0-9]{1,4}$/.test(modem?.device))
						this.value(modem.pci, '%s (%s)'.format(modem.pci, modem.device));

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
		// As the protocol has it: a user name alone means both.
		o.cfgvalue = function(section_id) {
			return uci.get('network', section_id, 'auth') ?? (uci.get('network', section_id, 'username') ? 'both' : null);
		};

		for (const [ name, title ] of [ [ 'username', _('PAP/CHAP username') ], [ 'password', _('PAP/CHAP password') ] ]) {
			o = s.taboption('general', form.Value, name, title);
			o.password = (name == 'password');
			o.datatype = 'maxlength(127)';
			o.rmempty = (name == 'password');
			o.depends('auth', 'pap');
			o.depends('auth', 'chap');
			o.depends('auth', 'both');
		}

		o = s.taboption('general', form.ListValue, 'pdptype', _('IP Type'));
		o.value('ipv4v6', _('IPv4 and IPv6'));
		o.value('ip', _('IPv4 only'));
		o.value('ipv6', _('IPv6 only'));
		o.default = 'ipv4v6';
		// The protocol takes other protocols' words too.
		o.cfgvalue = function(section_id) {
			const value = uci.get('network', section_id, 'pdptype')?.toLowerCase();

			return (value == 'ipv4') ? 'ip' : value;
		};

		o = s.taboption('general', form.Flag, 'allow_roaming', _('Allow roaming'),
			_('If unchecked, no session is started in a network other than the operator\'s own.'));
		o.default = o.enabled;

		o = s.taboption('advanced', form.Value, 'profile', _('APN profile index'),
			_('A profile that is stored in the modem, instead of an APN.'));
		o.placeholder = _('none');
		o.datatype = 'range(1, 255)';
		o.validate = function(section_id, value) {
			if (value && this.section.formvalue(section_id, 'apn'))
				return _('Choose either an APN or a profile');

			return true;
		};

		o = s.taboption('advanced', form.Value, 'mux', _('Mux ID'),
			_('Each session of a modem has its own: 129 is the link rmnet_mhi0_1, 130 is rmnet_mhi0_2. Leave empty for a free one.'));
		o.placeholder = _('automatic');
		o.datatype = 'range(129, 254)';
		o.validate = function(section_id, value) {
			const device = this.section.formvalue(section_id, '_modem_device') || '';
			const other = uci.sections('network', 'interface').find((section) =>
				value && section['.name'] != section_id && section.proto == 'mhi' && section.mux == value &&
				(section.device || '') == device);

			return other ? _('Interface %s has this ID on the same modem').format(other['.name']) : true;
		};

		o = s.taboption('advanced', form.Value, 'mtu', _('Override MTU'),
			_('If empty, what the network says.'));
		o.placeholder = dev ? (dev.getMTU() || '1500') : '1500';
		o.datatype = 'range(576, 65520)';
		o.validate = function(section_id, value) {
			if (value && value < 1280 && this.section.formvalue(section_id, 'pdptype') != 'ip')
				return _('IPv6 needs at least 1280');

			return true;
		};

		o = s.taboption('advanced', form.Value, 'timeout', _('Connection timeout'),
			_('Seconds until the first connection must be up.'));
		o.placeholder = '90';
		o.datatype = 'range(1, 86400)';

		o = s.taboption('advanced', form.Flag, 'peerdns', _('Use DNS servers advertised by peer'),
			_('If unchecked, the advertised DNS server addresses are ignored'));
		o.default = o.enabled;

		o = s.taboption('advanced', form.Flag, 'sourcefilter', _('IPv6 source routing'),
			_('Automatically handle multiple uplink interfaces using source-based policy routing.'));
		o.default = o.enabled;
	}
});
