//! Chance as an argument, so that a recorded day replays to the same effects.

/// A row of random numbers that its seed determines. It keeps secrets from nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Returns the row that belongs to a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns the next number, from 0 up to but without 1.
    pub fn roll(&mut self) -> f64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let roll = (mixed >> 11) as f64;
        roll / 9_007_199_254_740_992.0
    }
}
