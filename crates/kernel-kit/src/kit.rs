//! The namespaces of one test and the wire between them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::KitError;
use crate::namespace::{Namespace, check, present};

/// The server's IPv4 address on the wire.
pub const SERVER4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The server's IPv6 address on the wire.
pub const SERVER6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
/// The attacker's IPv4 addresses: four of one network, two of another.
pub const ATTACKERS4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(192, 0, 2, 11),
    Ipv4Addr::new(192, 0, 2, 12),
    Ipv4Addr::new(192, 0, 2, 13),
    Ipv4Addr::new(192, 0, 2, 14),
    Ipv4Addr::new(198, 51, 100, 11),
    Ipv4Addr::new(198, 51, 100, 12),
];
/// The attacker's IPv6 addresses.
pub const ATTACKERS6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x11),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x12),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x13),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x14),
];
/// The container's IPv4 address behind the server.
pub const CONTAINER4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 2);
/// The container's IPv6 address behind the server.
pub const CONTAINER6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 2);

/// Tells the kits of one process apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The namespaces of one test. All of them go away when it is dropped.
#[derive(Debug)]
pub struct Kit {
    server: Namespace,
    attacker: Namespace,
    container: Option<Namespace>,
}

impl Kit {
    /// Makes a server and an attacker with a wire between them.
    pub fn new() -> Result<Self, KitError> {
        present("ip")?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let named = |role: &str| Namespace::new(format!("stockade-test-{process}-{number}-{role}"));
        let (server, attacker) = (named("server")?, named("attacker")?);
        wire(&server, "eth0", &attacker)?;
        server.ip(&format!(
            "addr add {SERVER4}/24 dev eth0\n\
             addr add {SERVER6}/64 dev eth0 nodad\n\
             link set eth0 up\n\
             route add 198.51.100.0/24 dev eth0\n"
        ))?;
        let mut commands = String::new();
        for address in ATTACKERS4 {
            let length = if address.octets().starts_with(&[192]) {
                24
            } else {
                32
            };
            commands += &format!("addr add {address}/{length} dev eth0\n");
        }
        for address in ATTACKERS6 {
            commands += &format!("addr add {address}/64 dev eth0 nodad\n");
        }
        attacker.ip(&(commands + "link set eth0 up\n"))?;
        Ok(Self {
            server,
            attacker,
            container: None,
        })
    }

    /// Makes a container behind the server as well; the server forwards.
    pub fn with_container() -> Result<Self, KitError> {
        let mut kit = Self::new()?;
        let name = kit.server.name().replace("-server", "-container");
        let container = Namespace::new(name)?;
        wire(&kit.server, "eth1", &container)?;
        kit.server.ip("addr add 203.0.113.1/24 dev eth1\n\
             addr add 2001:db8:1::1/64 dev eth1 nodad\n\
             link set eth1 up\n")?;
        let forward = "echo 1 > /proc/sys/net/ipv4/ip_forward; \
                       echo 1 > /proc/sys/net/ipv6/conf/all/forwarding";
        kit.server.run("sh", &["-c", forward])?;
        container.ip(&format!(
            "addr add {CONTAINER4}/24 dev eth0\n\
             addr add {CONTAINER6}/64 dev eth0 nodad\n\
             link set eth0 up\n\
             route add default via 203.0.113.1\n\
             route add ::/0 via 2001:db8:1::1\n"
        ))?;
        kit.attacker.ip(&format!(
            "route add 203.0.113.0/24 via {SERVER4}\n\
             route add 2001:db8:1::/64 via {SERVER6}\n"
        ))?;
        kit.container = Some(container);
        Ok(kit)
    }

    /// Returns the namespace that is protected.
    #[must_use]
    pub fn server(&self) -> &Namespace {
        &self.server
    }

    /// Returns the namespace that attacks.
    #[must_use]
    pub fn attacker(&self) -> &Namespace {
        &self.attacker
    }

    /// Returns the namespace behind the server, where there is one.
    #[must_use]
    pub fn container(&self) -> Option<&Namespace> {
        self.container.as_ref()
    }
}

/// Lays a wire from a device of one namespace to `eth0` of another. Both ends
/// are made where they belong, so the host never sees them.
fn wire(from: &Namespace, device: &str, to: &Namespace) -> Result<(), KitError> {
    let mut command = Command::new("ip");
    command.args(["link", "add", device, "netns", from.name(), "type", "veth"]);
    command.args(["peer", "name", "eth0", "netns", to.name()]);
    check(&mut command, "")?;
    Ok(())
}
