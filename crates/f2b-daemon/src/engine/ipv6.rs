//! `allowipv6`: whether names are asked for IPv6 addresses and actions are started for them.

/// What `allowipv6` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ipv6 {
    /// As the system has it.
    #[default]
    Auto,
    Yes,
    No,
}

/// Says `1` where IPv6 is switched off.
const SYSTEM: &str = "/proc/sys/net/ipv6/conf/all/disable_ipv6";

impl Ipv6 {
    /// Reads the option. As the original: what is none of them is `auto`.
    pub(super) fn named(name: &str) -> Self {
        match name.to_lowercase().as_str() {
            "yes" | "true" | "on" | "1" => Self::Yes,
            "no" | "false" | "off" | "0" => Self::No,
            _ => Self::Auto,
        }
    }

    /// Tells whether IPv6 is used.
    pub(super) fn is_allowed(self) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Auto => match std::fs::read_to_string(SYSTEM) {
                Ok(text) => text.trim() == "0",
                // A kernel without IPv6 has no such file.
                Err(_) => false,
            },
        }
    }
}
