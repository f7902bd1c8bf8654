//! The programs fail2ban-server, fail2ban-client and stockade.
