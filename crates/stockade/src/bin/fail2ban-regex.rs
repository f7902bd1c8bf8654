//! `fail2ban-regex`: see the library.

fn main() -> std::process::ExitCode {
    stockade::fail2ban_regex()
}
