// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Messages as data: a body is a table of TLVs, a value a sequence of fields, a wire enum a table of numbers. Exported for messages that
//! this crate has no use for.

/// Declares a body. Rows read `field: must|may|soft Type = TLV,`: mandatory, optional, optional and absent if cut short.
/// With `@secret` in front of the type the value is never shown.
#[macro_export]
macro_rules! body {
    ($(#[$meta:meta])* $name:ident<$lt:lifetime> {
        $($(#[$doc:meta])* $field:ident : $mode:ident $(@$secret:ident)? $ty:ty = $tlv:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name<$lt> {
            $($(#[$doc])* pub $field: $crate::body!(@type $mode $ty),)*
        }

        impl<$lt> $crate::Body<$lt> for $name<$lt> {
            $crate::body!(@methods $lt $($field $mode $($secret)? [$ty], $tlv;)*);
        }
    };
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $field:ident : $mode:ident $(@$secret:ident)? $ty:ty = $tlv:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $crate::body!(@type $mode $ty),)*
        }

        impl<'tlv> $crate::Body<'tlv> for $name {
            $crate::body!(@methods 'tlv $($field $mode $($secret)? [$ty], $tlv;)*);
        }
    };
    (@methods $lt:lifetime $($field:ident $mode:ident $($secret:ident)? [$ty:ty], $tlv:literal;)*) => {
        const FIELDS: &$lt [$crate::decode::Field<$lt>] = &[$($crate::decode::Field {
            tlv: $tlv,
            name: stringify!($field),
            show: $crate::body!(@show $($secret)? $ty),
        },)*];

        #[allow(unused_variables, reason = "a body may have no TLVs")]
        fn parse(tlvs: $crate::Tlvs<$lt>) -> Result<Self, $crate::Error> {
            Ok(Self { $($field: $crate::body!(@read $mode tlvs $tlv $ty),)* })
        }

        fn emit<'b>(&self, to: $crate::Builder<'b>) -> $crate::Builder<'b> {
            $(let to = $crate::body!(@write $mode to $tlv self.$field);)*
            to
        }
    };
    (@show secret $ty:ty) => { $crate::decode::hide };
    (@show $ty:ty) => { $crate::decode::show::<$ty> };
    (@type must $ty:ty) => { $ty };
    (@type $mode:ident $ty:ty) => { Option<$ty> };
    (@read must $tlvs:ident $tlv:literal $ty:ty) => { $tlvs.must::<$ty>($tlv)? };
    (@read may $tlvs:ident $tlv:literal $ty:ty) => { $tlvs.may::<$ty>($tlv)? };
    (@read soft $tlvs:ident $tlv:literal $ty:ty) => { $tlvs.soft::<$ty>($tlv) };
    (@write must $to:ident $tlv:literal $value:expr) => { $to.value($tlv, &$value) };
    (@write $mode:ident $to:ident $tlv:literal $value:expr) => { $to.optional($tlv, $value.as_ref()) };
}

/// Declares a value made of fields in wire order.
#[macro_export]
macro_rules! value {
    ($(#[$meta:meta])* $name:ident<$lt:lifetime> { $($(#[$doc:meta])* $field:ident : $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name<$lt> { $($(#[$doc])* pub $field: $ty,)* }

        impl<$lt> $crate::Value<$lt> for $name<$lt> {
            $crate::value!(@methods $lt $($field)*);
        }
    };
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident : $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name { $($(#[$doc])* pub $field: $ty,)* }

        impl<'tlv> $crate::Value<'tlv> for $name {
            $crate::value!(@methods 'tlv $($field)*);
        }
    };
    (@methods $lt:lifetime $($field:ident)*) => {
        fn read(at: &mut $crate::Cursor<$lt>) -> Result<Self, $crate::Error> {
            Ok(Self { $($field: $crate::Value::read(at)?,)* })
        }

        fn write(&self, to: &mut $crate::Writer<'_>) {
            $(self.$field.write(to);)*
        }
    };
}

/// Declares an enum of wire numbers with their words; unknown numbers survive as `Other`.
#[macro_export]
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident: $repr:ident { $($variant:ident = $number:literal => $words:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $words] $variant,)*
            /// A number that this crate has no name for.
            Other($repr),
        }

        impl From<$repr> for $name {
            fn from(number: $repr) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }
        }

        impl From<$name> for $repr {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => $number,)*
                    $name::Other(number) => number,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::from(0)
            }
        }

        impl<'a> $crate::Value<'a> for $name {
            fn read(at: &mut $crate::Cursor<'a>) -> Result<Self, $crate::Error> {
                <$repr as $crate::Value<'a>>::read(at).map(Self::from)
            }

            fn write(&self, to: &mut $crate::Writer<'_>) {
                $repr::from(*self).write(to);
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($words),)*
                    Self::Other(number) => write!(f, "unknown ({number})"),
                }
            }
        }
    };
}

/// Declares which service and message id a request has, and its reply.
#[macro_export]
macro_rules! request {
    ($name:ident $(<$lt:lifetime>)? : $service:ident $id:literal => $reply:ident $(<$rlt:lifetime>)?) => {
        impl $(<$lt>)? $crate::Request for $name $(<$lt>)? {
            const SERVICE: u8 = $crate::service::$service;
            const ID: u16 = $id;
            type Reply<'reply> = $crate::request!(@reply 'reply $reply $(<$rlt>)?);
        }
    };
    ($name:ident $(<$lt:lifetime>)? : $service:ident $id:literal) => {
        impl $(<$lt>)? $crate::Request for $name $(<$lt>)? {
            const SERVICE: u8 = $crate::service::$service;
            const ID: u16 = $id;
            type Reply<'reply> = ();
        }
    };
    (@reply $lt:lifetime $reply:ident) => { $reply };
    (@reply $lt:lifetime $reply:ident<$rlt:lifetime>) => { $reply<$lt> };
}

/// Declares which service and message id an indication has.
#[macro_export]
macro_rules! indication {
    ($name:ident $(<$lt:lifetime>)? : $service:ident $id:literal) => {
        impl $(<$lt>)? $crate::Indication for $name $(<$lt>)? {
            const SERVICE: u8 = $crate::service::$service;
            const ID: u16 = $id;
        }
    };
}
