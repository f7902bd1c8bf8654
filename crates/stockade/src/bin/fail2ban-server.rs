//! `fail2ban-server`: see the library.

fn main() -> std::process::ExitCode {
    stockade::fail2ban_server()
}
