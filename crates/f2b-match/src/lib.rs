//! Finds the date of a line and the failure in it.
