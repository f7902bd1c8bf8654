//! The kernel's notices, and a wait that something else ends.
