//! What programs tell the shell when they end.

use std::process::ExitCode;

/// Everything went well.
pub(crate) const SUCCESS: ExitCode = ExitCode::SUCCESS;

/// `fail2ban-*`: anything went wrong (contract B 1.2).
pub(crate) fn failure() -> ExitCode {
    ExitCode::from(255)
}

/// `stockade`: something is not as it should be.
pub(crate) fn wanting() -> ExitCode {
    ExitCode::from(1)
}

/// `stockade`: the server cannot be asked.
pub(crate) fn unreachable() -> ExitCode {
    ExitCode::from(3)
}
