//! The macros that declare the types of the wire.

/// Declares a type of the wire: camelCase JSON, and JSON Schema where it is not compiled to wasm.
macro_rules! wire {
    ($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($body)* }
    };
    ($(#[$meta:meta])* pub enum $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($body)* }
    };
}
pub(crate) use wire;

/// Declares the enum of all kinds of messages or commands, with their wire names, and an enum of the kinds without data.
macro_rules! kinds {
    ($(#[$meta:meta])* $name:ident, $kind:ident { $($(#[$doc:meta])* $wire:literal $variant:ident($data:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[cfg_attr(not(target_family = "wasm"), schemars(tag = "kind", content = "data"))]
        pub enum $name { $($(#[$doc])* #[cfg_attr(not(target_family = "wasm"), schemars(rename = $wire))] $variant($data),)* }

        impl $name {
            /// The wire name of every kind.
            pub const KINDS: &'static [&'static str] = &[$($wire),*];

            /// The wire name of this kind.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $wire,)* }
            }

            /// The JSON of `data`.
            pub(crate) fn data(&self) -> serde_json::Value {
                // These types have string keys only, so this cannot fail.
                match self { $(Self::$variant(data) => serde_json::to_value(data).unwrap_or_default(),)* }
            }

            pub(crate) fn read(kind: &str, data: serde_json::Value) -> Result<Self, $crate::read::Unreadable> {
                match kind {
                    $($wire => $crate::read::read(data).map(Self::$variant),)*
                    _ => Err($crate::read::Unreadable),
                }
            }
        }

        impl Validate for $name {
            fn validate(&self) -> Result<(), Invalid> {
                match self { $(Self::$variant(data) => data.validate(),)* }
            }
        }

        /// The kinds without their data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $($(#[$doc])* $variant,)* }

        impl $kind {
            /// Returns the wire name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }

            /// Reads a wire name; `None` if no kind has it.
            #[must_use]
            pub fn read(name: &str) -> Option<Self> {
                match name {
                    $($wire => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use kinds;
