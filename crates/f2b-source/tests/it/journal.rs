//! systemd's own tools.
