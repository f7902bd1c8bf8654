//! Reads .conf and .local files into the command stream.
