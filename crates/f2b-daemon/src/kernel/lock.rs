//! One server to a table: two that share it would remove each other's bans.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use rustix::net::sockopt::socket_peercred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// The right to a table, held until this is dropped or the process is gone.
///
/// It is a listening socket with an abstract name. Such names belong to a network namespace, as
/// tables do, and the kernel takes them back however a process ends.
#[derive(Debug)]
pub(super) struct TableLock {
    /// Nobody connects but another server that asks who we are.
    _listener: Option<UnixListener>,
}

/// Takes the right to a table; an error is the process number of the server that has it.
pub(super) fn take(table: &str) -> Result<TableLock, i32> {
    let free = TableLock { _listener: None };
    let name = format!("stockade/inet/{table}");
    let Ok(address) = SocketAddr::from_abstract_name(&name) else {
        return Ok(free);
    };
    match UnixListener::bind_addr(&address) {
        Ok(listener) => Ok(TableLock {
            _listener: Some(listener),
        }),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match holder(&name) {
            Some(process) => Err(process),
            None => Ok(free),
        },
        // Without such sockets there is no telling; enforcing matters more.
        Err(_) => Ok(free),
    }
}

/// The process that holds the name. One of another user is no server: anybody may take the name, and
/// nobody may switch off enforcement by it. Nor may he let us wait for a place in his queue.
fn holder(name: &str) -> Option<i32> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let stream =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
    let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).ok()?;
    rustix::net::connect(&stream, &address).ok()?;
    let credentials = socket_peercred(&stream).ok()?;
    let ours = credentials.uid == rustix::process::geteuid();
    ours.then(|| credentials.pid.as_raw_nonzero().get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_belongs_to_one_server_until_it_ends() {
        let table = format!("test-{}", std::process::id());
        let first = take(&table).unwrap();
        assert_eq!(
            take(&table).unwrap_err(),
            i32::try_from(std::process::id()).unwrap()
        );
        drop(first);
        drop(take(&table).unwrap());
    }

    #[test]
    fn nobody_holds_it_up_with_a_full_queue() {
        let table = format!("test-full-{}", std::process::id());
        let name = format!("stockade/inet/{table}");
        let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap();
        let socket = |flags| {
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap()
        };
        let squatter = socket(SocketFlags::CLOEXEC);
        rustix::net::bind(&squatter, &address).unwrap();
        rustix::net::listen(&squatter, 0).unwrap();
        let mut waiting = Vec::new();
        loop {
            let one = socket(SocketFlags::NONBLOCK);
            if rustix::net::connect(&one, &address).is_err() {
                break;
            }
            waiting.push(one);
        }
        assert!(!waiting.is_empty());
        take(&table).unwrap();
    }
}
