//! Lines from log files and from the journal.
