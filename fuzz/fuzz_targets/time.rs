//! The time grammar: `1d 12h`, `5*60`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = f2b_core::parse_time(text) {
        // Whatever it says, it says it.
        assert!(!error.to_string().is_empty());
    }
});
