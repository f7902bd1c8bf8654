//! `fail2ban-client`: see the library.

fn main() -> std::process::ExitCode {
    stockade::fail2ban_client()
}
