//! `bantime.formula` and `factor`: an expression is refused or has a number.
#![no_main]

use f2b_core::{Dice, Formula, Given, Increment, Span};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let given = Given {
        time: 600,
        count: 3,
        factor: 1.5,
    };
    match Formula::parse(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(formula) => {
            if let Ok(value) = formula.value(given, &mut Dice::seeded(1)) {
                assert!(value.is_finite());
            }
            let increment = Increment {
                is_on: true,
                formula: Some(formula),
                ..Increment::default()
            };
            let from = Span::from_seconds(600);
            assert!(increment.bantime(from, 3, &mut Dice::seeded(1)) >= from);
        }
    }
});
