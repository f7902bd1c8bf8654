//! Starts processes; nobody else does.
