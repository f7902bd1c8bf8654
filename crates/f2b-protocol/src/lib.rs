//! The control socket's language.
