// SPDX-License-Identifier: GPL-2.0-only
//! Kinds of virtual links: `ip link add link BASE name NAME type KIND`.

use super::device::{Device, Operations};
use crate::error::{code::*, from_result, to_result, Result};
use crate::types::Opaque;
use core::ffi::{c_int, CStr};
use core::marker::PhantomData;
use core::ptr::{null_mut, NonNull};

/// Evidence that the rtnl mutex is held: configuration stands still.
pub struct Rtnl(PhantomData<*mut ()>);

/// Calls `f` with the rtnl mutex held. Process context, not under rtnl already.
pub fn with_lock<R>(f: impl FnOnce(&Rtnl) -> R) -> R {
    // SAFETY: Process context by the documentation.
    unsafe { bindings::rust_helper_rtnl_lock() };
    let result = f(&Rtnl(PhantomData));
    // SAFETY: Taken above.
    unsafe { bindings::rust_helper_rtnl_unlock() };
    result
}

/// Devices to unregister together.
pub struct Unregister(*mut bindings::list_head);

impl Unregister {
    /// Calls `f` with an empty list, then unregisters the devices in it.
    pub fn with(_rtnl: &Rtnl, f: impl FnOnce(&mut Unregister)) {
        let list = Opaque::<bindings::list_head>::zeroed();
        // SAFETY: The head is ours and does not move until it is emptied below.
        unsafe { bindings::rust_helper_list_init(list.get()) };
        f(&mut Unregister(list.get()));
        // SAFETY: The list holds registered devices; rtnl is held.
        unsafe { bindings::unregister_netdevice_many(list.get()) }
    }

    /// Adds a device.
    pub fn queue<T: Operations>(&mut self, dev: &Device<T>) {
        // SAFETY: The device is registered; rtnl is held; a null list unregisters at once.
        unsafe { bindings::rust_helper_unregister_queue(dev.as_raw(), self.0) }
    }
}

/// Unregisters a device that was just registered and not used yet.
pub fn unregister<T: Operations>(_rtnl: &Rtnl, dev: &Device<T>) {
    // SAFETY: The device is registered; rtnl is held. It is freed when rtnl is released.
    unsafe { bindings::rust_helper_unregister_queue(dev.as_raw(), null_mut()) }
}

/// Where an explanation for the user goes.
pub struct ExtAck(*mut bindings::netlink_ext_ack);

impl ExtAck {
    /// For a pointer that is null or valid while the request lasts.
    pub(super) fn new(raw: *mut bindings::netlink_ext_ack) -> ExtAck {
        ExtAck(raw)
    }

    /// Explains an error.
    pub fn explain(&self, why: &'static CStr) {
        // SAFETY: The pointer is null or valid while the request lasts; the text is static.
        unsafe { bindings::rust_helper_nl_set_err(self.0, why.as_ptr()) }
    }
}

/// A request's attributes of the kind, by number; the core has checked them by the policy.
pub struct Attributes {
    table: *mut *mut bindings::nlattr,
    max: usize,
}

impl Attributes {
    fn get(&self, number: usize) -> Option<NonNull<bindings::nlattr>> {
        if number > self.max {
            return None;
        }
        // SAFETY: The table has `max + 1` entries.
        NonNull::new(unsafe { self.table.add(number).read() })
    }

    /// A 16-bit number in the host's byte order.
    pub fn u16(&self, number: usize) -> Option<u16> {
        let attribute = self.get(number)?;
        // SAFETY: The attribute is valid, and as long as the policy asks.
        Some(unsafe { bindings::rust_helper_nla_get_u16(attribute.as_ptr()) })
    }

    /// An attribute's bytes.
    pub fn bytes(&self, number: usize) -> Option<&[u8]> {
        let attribute = self.get(number)?.as_ptr();
        // SAFETY: The attribute is valid.
        let len = usize::try_from(unsafe { bindings::rust_helper_nla_len(attribute) }).ok()?;
        // SAFETY: The attribute's payload is `len` bytes long and lives as long as the request.
        Some(unsafe {
            core::slice::from_raw_parts(bindings::rust_helper_nla_data(attribute).cast(), len)
        })
    }
}

/// A message under construction.
pub struct Message(*mut bindings::sk_buff);

impl Message {
    /// Adds an attribute; `EMSGSIZE` without room.
    pub fn put(&mut self, number: u32, bytes: &[u8]) -> Result {
        let len = c_int::try_from(bytes.len()).map_err(|_| EMSGSIZE)?;
        // SAFETY: The message is valid while the callback lasts; the bytes are copied.
        to_result(unsafe { bindings::nla_put(self.0, number as c_int, len, bytes.as_ptr().cast()) })
    }
}

/// A link that `Link::create` is making.
pub struct NewLink<T: Operations>(*mut bindings::net_device, PhantomData<T>);

impl<T: Operations> NewLink<T> {
    /// Gives the link its data and registers it; the core unregisters it if `Link::create` fails afterwards.
    pub fn register(self, data: T::Private) -> Result<&'static Device<T>> {
        // SAFETY: The core has made the device and called `setup`, and it is not registered.
        unsafe { Device::<T>::initialise(self.0, data) }?;
        // SAFETY: As above; rtnl is held.
        if let Err(error) = to_result(unsafe { bindings::register_netdevice(self.0) }) {
            // SAFETY: It is not registered: nobody refers to it.
            unsafe { Device::<T>::destroy(self.0) };
            return Err(error);
        }
        // SAFETY: Registered, with its data. Callers keep the reference no longer than rtnl is held, or count one.
        Ok(unsafe { Device::from_raw(self.0) })
    }
}

/// What a kind of link implements. All of it is called under rtnl.
pub trait Link: Operations {
    /// The device that links sit on.
    type Base: Operations;
    /// The kind's name.
    const KIND: &'static CStr;
    /// The highest attribute number.
    const MAX_ATTRIBUTE: u32;
    /// Room for the attributes that `describe` puts, headers included.
    const INFO_SIZE: usize;

    /// Makes a link on `base`.
    fn create(
        rtnl: &Rtnl,
        base: &Device<Self::Base>,
        link: NewLink<Self>,
        attributes: &Attributes,
        extack: &ExtAck,
    ) -> Result;
    /// Changes a link.
    fn change(rtnl: &Rtnl, dev: &Device<Self>, attributes: &Attributes, extack: &ExtAck) -> Result;
    /// Removes a link: takes it from the base and queues it.
    fn delete(rtnl: &Rtnl, dev: &Device<Self>, unregister: &mut Unregister);
    /// Puts a link's attributes.
    fn describe(dev: &Device<Self>, message: &mut Message) -> Result;
}

/// Records that `link` sits on `base` (`upper_...` and `lower_...` in sysfs).
pub fn stack<B: Operations, T: Operations>(
    base: &Device<B>,
    link: &Device<T>,
    extack: &ExtAck,
) -> Result {
    // SAFETY: Both are registered; callbacks of `Link` hold rtnl.
    to_result(unsafe { bindings::netdev_upper_dev_link(base.as_raw(), link.as_raw(), extack.0) })
}

/// Undoes `stack`.
pub fn unstack<B: Operations, T: Operations>(base: &Device<B>, link: &Device<T>) {
    // SAFETY: As above.
    unsafe { bindings::netdev_upper_dev_unlink(base.as_raw(), link.as_raw()) }
}

/// A registered kind; dropping it deletes all links of the kind.
pub struct Registration<T: Link>(NonNull<bindings::rust_rtnl_ops>, PhantomData<T>);

// SAFETY: Unregistering may happen on any thread.
unsafe impl<T: Link> Send for Registration<T> {}
// SAFETY: Nothing can be done with a shared registration.
unsafe impl<T: Link> Sync for Registration<T> {}

impl<T: Link> Registration<T> {
    /// Registers the kind; `EEXIST` if another driver has it.
    pub fn new() -> Result<Self> {
        let callbacks = bindings::rust_rtnl_callbacks {
            setup: Some(Self::setup),
            newlink: Some(Self::newlink),
            changelink: Some(Self::changelink),
            dellink: Some(Self::dellink),
            fill_info: Some(Self::fill_info),
        };
        let mut ops = null_mut();
        // SAFETY: All pointers are static, or copied before the call returns.
        to_result(unsafe {
            bindings::rust_helper_rtnl_register(
                &mut ops,
                T::KIND.as_ptr(),
                Device::<T>::PRIVATE_SIZE as _,
                T::MAX_ATTRIBUTE,
                bindings::rust_helper_rmnet_policy(),
                T::INFO_SIZE as _,
                &callbacks,
            )
        })?;
        NonNull::new(ops)
            .map(|ops| Registration(ops, PhantomData))
            .ok_or(EINVAL)
    }

    unsafe extern "C" fn setup(dev: *mut bindings::net_device) {
        // SAFETY: The core passes a fresh device with the private memory asked for.
        unsafe { Device::<T>::shape(dev, true) };
        // SAFETY: As above.
        unsafe { bindings::netif_carrier_off(dev) }
    }

    unsafe extern "C" fn newlink(
        dev: *mut bindings::net_device,
        base: *mut bindings::net_device,
        data: *mut *mut bindings::nlattr,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        let extack = ExtAck(extack);
        // SAFETY: The base is a registered device of any driver.
        let Some(base) = (unsafe { Device::<T::Base>::try_from_raw(base) }) else {
            extack.explain(c"the base is not an rmnet_mhi device");
            return EINVAL.to_errno();
        };
        let attributes = Attributes {
            table: data,
            max: T::MAX_ATTRIBUTE as usize,
        };
        from_result(T::create(
            &Rtnl(PhantomData),
            base,
            NewLink(dev, PhantomData),
            &attributes,
            &extack,
        ))
    }

    unsafe extern "C" fn changelink(
        dev: *mut bindings::net_device,
        data: *mut *mut bindings::nlattr,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        let attributes = Attributes {
            table: data,
            max: T::MAX_ATTRIBUTE as usize,
        };
        // SAFETY: The core passes a registered device of this kind.
        let dev = unsafe { Device::<T>::from_raw(dev) };
        from_result(T::change(
            &Rtnl(PhantomData),
            dev,
            &attributes,
            &ExtAck(extack),
        ))
    }

    unsafe extern "C" fn dellink(dev: *mut bindings::net_device, head: *mut bindings::list_head) {
        // SAFETY: The core passes a registered device of this kind.
        let dev = unsafe { Device::from_raw(dev) };
        T::delete(&Rtnl(PhantomData), dev, &mut Unregister(head))
    }

    unsafe extern "C" fn fill_info(
        skb: *mut bindings::sk_buff,
        dev: *const bindings::net_device,
    ) -> c_int {
        // SAFETY: As above.
        let dev = unsafe { Device::from_raw(dev.cast_mut()) };
        from_result(T::describe(dev, &mut Message(skb)))
    }
}

impl<T: Link> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: `new` registered it.
        unsafe { bindings::rust_helper_rtnl_unregister(self.0.as_ptr()) }
    }
}
