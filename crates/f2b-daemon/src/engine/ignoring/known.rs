//! What is known of names and of files of addresses.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use f2b_core::{AddressFile, Known, Span, UnixTime};
use indexmap::IndexMap;
use rustix::io::Errno;

use crate::clock;
use crate::log::{Level, Line, Log};

/// How many names are kept, and how long; as the original.
const MOST_NAMES: usize = 1_000;
const NAME_LIFETIME: Span = Span::from_seconds(300);

/// How often a file is looked at again, and how long after it could not be read.
const FILE_PAUSE: Duration = Duration::from_secs(1);
const FILE_PAUSE_AFTER_ERROR: Duration = Duration::from_secs(60);

/// A file beyond this is not read.
const LARGEST_FILE: u64 = 64 << 20;

/// Names and files, as they were when they were asked for last.
#[derive(Debug)]
pub(crate) struct KnownHosts {
    names: IndexMap<Box<str>, (UnixTime, Vec<IpAddr>)>,
    itself: Option<(UnixTime, Vec<IpAddr>)>,
    files: HashMap<Box<str>, File>,
    allows_ipv6: bool,
    log: Log,
}

/// One file of addresses.
#[derive(Debug, Default)]
struct File {
    looked: Option<Instant>,
    pause: Duration,
    /// Inode, size, time of change.
    state: Option<(u64, u64, i64, i64)>,
    content: AddressFile,
    is_good: bool,
}

impl KnownHosts {
    pub(crate) fn new(log: Log, allows_ipv6: bool) -> Self {
        Self {
            names: IndexMap::new(),
            itself: None,
            files: HashMap::new(),
            allows_ipv6,
            log,
        }
    }

    /// Says whether addresses of IPv6 count at all.
    pub(crate) fn allow_ipv6(&mut self, allows: bool) {
        self.allows_ipv6 = allows;
    }

    /// Forgets all names, as a reload of everything does.
    pub(crate) fn forget_names(&mut self) {
        self.names.clear();
        self.itself = None;
    }

    /// Takes up the addresses of a name; none is an answer as well.
    pub(super) fn learn(&mut self, name: &str, mut addresses: Vec<IpAddr>, now: UnixTime) {
        addresses.retain(|address| address.is_ipv4() || self.allows_ipv6);
        self.names.shift_remove(name);
        while self.names.len() >= MOST_NAMES {
            self.names.shift_remove_index(0);
        }
        self.names.insert(name.into(), (now, addresses));
    }

    pub(super) fn learn_itself(&mut self, addresses: Vec<IpAddr>, now: UnixTime) {
        self.itself = Some((now, addresses));
    }

    /// Returns the addresses of this host, if they are known.
    pub(super) fn itself(&self) -> Option<&[IpAddr]> {
        let (time, addresses) = self.itself.as_ref()?;
        is_fresh(*time).then_some(addresses)
    }
}

impl Known for KnownHosts {
    fn addresses(&mut self, name: &str) -> Option<Vec<IpAddr>> {
        let (time, addresses) = self.names.get(name)?;
        is_fresh(*time).then(|| addresses.clone())
    }

    fn file(&mut self, path: &str) -> Option<&AddressFile> {
        let file = self.files.entry(path.into()).or_default();
        let now = clock::tick();
        if file.looked.is_none_or(|looked| now - looked >= file.pause) {
            file.looked = Some(now);
            file.pause = FILE_PAUSE;
            if let Err(reason) = file.read(path) {
                file.pause = FILE_PAUSE_AFTER_ERROR;
                file.is_good = false;
                file.state = None;
                let text = format!("Retrieving IPs set from '{path}' failed: {reason}");
                self.log.write(&Line::new(Level::Warning, "ipdns", text));
            }
        }
        file.is_good.then_some(&file.content)
    }
}

fn is_fresh(time: UnixTime) -> bool {
    time.plus(NAME_LIFETIME) > clock::now()
}

impl File {
    /// Reads the file, if it is another one than before. The reason why not is in the original's words.
    fn read(&mut self, path: &str) -> Result<(), String> {
        let told = |error: io::Error| {
            let code = error.raw_os_error().unwrap_or_default();
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            format!("[Errno {code}] {text}: '{path}'")
        };
        let metadata = std::fs::metadata(path).map_err(told)?;
        if metadata.is_dir() {
            return Err(told(Errno::ISDIR.into()));
        }
        if !metadata.is_file() {
            // Reading from a pipe could wait for ever.
            return Err(format!("no regular file: '{path}'"));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(format!("larger than {LARGEST_FILE} bytes: '{path}'"));
        }
        let (time, nanos) = (metadata.mtime(), metadata.mtime_nsec());
        let state = Some((metadata.ino(), metadata.len(), time, nanos));
        if state == self.state {
            return Ok(());
        }
        let bytes = std::fs::read(path).map_err(told)?;
        self.content = AddressFile::parse(&String::from_utf8_lossy(&bytes));
        self.state = state;
        self.is_good = true;
        Ok(())
    }
}
