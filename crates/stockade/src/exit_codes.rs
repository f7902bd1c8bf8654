//! What programs tell the shell when they end.

use std::process::ExitCode;

/// Everything went well.
pub(crate) const SUCCESS: ExitCode = ExitCode::SUCCESS;

/// `fail2ban-*`: anything went wrong (contract B 1.2).
pub(crate) fn failure() -> ExitCode {
    ExitCode::from(255)
}

/// `fail2ban-regex`: the command line cannot be read.
pub(crate) fn usage() -> ExitCode {
    ExitCode::from(2)
}

/// `stockade`: something is not as it should be. `fail2ban-regex`: where the original ends with an
/// exception.
pub(crate) fn wanting() -> ExitCode {
    ExitCode::from(1)
}

/// `stockade`: the server cannot be asked.
pub(crate) fn unreachable() -> ExitCode {
    ExitCode::from(3)
}
