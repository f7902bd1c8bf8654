//! The SQLite file of bans, positions and tallies.
