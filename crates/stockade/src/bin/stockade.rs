//! `stockade`: see the library.

fn main() -> std::process::ExitCode {
    stockade::stockade()
}
