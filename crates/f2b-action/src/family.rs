//! Address families, which conditional parameters and the state of an action go by.

use f2b_core::FailId;

/// What a ban is about, as far as an action cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// No family was told: an action that does not tell families apart is started for this one.
    Any,
    /// IPv4; `?family=inet4`.
    Inet4,
    /// IPv6; `?family=inet6`.
    Inet6,
    /// An id that is no address.
    Neither,
}

impl Family {
    /// Returns the family of a ban's id.
    ///
    /// ```
    /// use f2b_action::Family;
    /// use f2b_core::FailId;
    /// assert_eq!(Family::of(&FailId::parse("2001:db8::/32")), Family::Inet6);
    /// assert_eq!(Family::of(&FailId::parse("a session")), Family::Neither);
    /// ```
    #[must_use]
    pub fn of(id: &FailId) -> Self {
        match id.to_net() {
            Some(net) if net.addr().is_ipv4() => Self::Inet4,
            Some(_) => Self::Inet6,
            None => Self::Neither,
        }
    }

    /// Returns the value of the tag `<family>`; empty for [`Self::Any`].
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Inet4 => "inet4",
            Self::Inet6 => "inet6",
            Self::Neither => "None",
        }
    }

    /// Reads the value of the tag `<family>` of a ban; `None` if the ban has none.
    pub(crate) fn named(text: Option<&str>) -> Self {
        match text {
            Some("inet4") => Self::Inet4,
            Some("inet6") => Self::Inet6,
            Some("None") => Self::Neither,
            _ => Self::Any,
        }
    }

    /// The families that have parameters of their own.
    pub(crate) fn condition(self) -> Option<&'static str> {
        match self {
            Self::Inet4 | Self::Inet6 => Some(self.text()),
            Self::Any | Self::Neither => None,
        }
    }
}
