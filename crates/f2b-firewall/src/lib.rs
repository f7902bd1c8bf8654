//! Bans in nftables, over netlink.
