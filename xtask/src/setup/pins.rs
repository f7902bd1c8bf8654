//! The one table of the originals: exactly these files, or none.

/// The package's name in Debian.
pub(crate) const PACKAGE: &str = "fail2ban";

/// One version of the original, down to the bytes of its package.
#[derive(Debug)]
pub(crate) struct Pin {
    /// The folder below `target/oracle`, and what `--version` answers.
    pub(crate) version: &'static str,
    /// The package's version in Debian.
    pub(crate) debian_version: &'static str,
    /// The suite that offers it.
    pub(crate) suite: &'static str,
    /// SHA-256 of the `.deb` file, in hexadecimal.
    pub(crate) sha256: &'static str,
}

/// What Debian 12 ships.
pub(crate) const OLD: Pin = Pin {
    version: "1.0.2",
    debian_version: "1.0.2-2",
    suite: "bookworm",
    sha256: "9717b7aeef7b00f0df4c76045cd6dab2755cbe9fc99dbfe3cd114126880ec7f7",
};

/// The baseline: where the two differ, this one decides.
pub(crate) const BASELINE: Pin = Pin {
    version: "1.1.1",
    debian_version: "1.1.1-1",
    suite: "forky",
    sha256: "c544561da237a443c34982bc6be0bef39490406e08643d4ceb968f6177ac58c2",
};

/// Takes the baseline's place on a mirror that offers 1.1.1 no longer.
pub(crate) const STAND_IN: Pin = Pin {
    version: "1.1.0",
    debian_version: "1.1.0-8",
    suite: "trixie",
    sha256: "ac35080546f1a1581163b2ebcb9796b08eb4abca3d3643082b76dce505cbd6d8",
};

/// The source of one version, for its sample logs.
#[derive(Debug)]
pub(crate) struct SourcePin {
    /// Whose source it is.
    pub(crate) of: &'static Pin,
    /// SHA-256 of the `.orig.tar.gz` file, in hexadecimal.
    pub(crate) sha256: &'static str,
}

/// The baseline's source. Debian's mirrors do not keep that of 1.0.2.
pub(crate) const BASELINE_SOURCE: SourcePin = SourcePin {
    of: &BASELINE,
    sha256: "4be0ea0488e32de260058462a44a040f0542cd26a9fb6fa6d2514f9dd8ec1609",
};

/// The source of what takes the baseline's place.
pub(crate) const STAND_IN_SOURCE: SourcePin = SourcePin {
    of: &STAND_IN,
    sha256: "474fcc25afdaf929c74329d1e4d24420caabeea1ef2e041a267ce19269570bae",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pin_is_a_whole_sha256_of_its_own_version() {
        for pin in [OLD, BASELINE, STAND_IN] {
            assert_eq!(pin.sha256.len(), 64, "{pin:?}");
            assert!(
                pin.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{pin:?}"
            );
            assert!(pin.debian_version.starts_with(pin.version), "{pin:?}");
        }
        for pin in [BASELINE_SOURCE, STAND_IN_SOURCE] {
            assert_eq!(pin.sha256.len(), 64, "{pin:?}");
        }
    }
}
