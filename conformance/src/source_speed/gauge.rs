//! What a process uses, as the kernel tells.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

/// What a process uses now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    /// Seconds of processor time, those of children that have ended included.
    pub(crate) cpu: f64,
    /// Memory that is really there, in MiB.
    pub(crate) memory: f64,
    /// The most that it was.
    pub(crate) peak: f64,
    pub(crate) descriptors: usize,
    /// Watches of all its inotify queues.
    pub(crate) watches: usize,
}

impl Usage {
    /// Asks about a process.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn of(id: u32) -> Result<Self> {
        let status = read(&format!("/proc/{id}/status"))?;
        let mebibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.split_whitespace().next());
            let kibibytes: Option<f64> = kibibytes.and_then(|number| number.parse().ok());
            kibibytes.unwrap_or_default() / 1024.0
        };
        let mut descriptors = 0;
        let mut watches = 0;
        for entry in fs::read_dir(format!("/proc/{id}/fd")).context("list descriptors")? {
            descriptors += 1;
            let Ok(entry) = entry else { continue };
            let target = fs::read_link(entry.path()).unwrap_or_default();
            if target.to_string_lossy().contains("inotify") {
                let number = entry.file_name();
                let path = format!("/proc/{id}/fdinfo/{}", number.to_string_lossy());
                let told = read(&path)?;
                watches += told
                    .lines()
                    .filter(|line| line.starts_with("inotify "))
                    .count();
            }
        }
        Ok(Self {
            cpu: processor(&read(&format!("/proc/{id}/stat"))?)?,
            memory: mebibytes("VmRSS:"),
            peak: mebibytes("VmHWM:"),
            descriptors,
            watches,
        })
    }

    /// Returns the same with the processor time since an earlier look.
    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            cpu: self.cpu - before.cpu,
            ..self
        }
    }
}

/// Returns how far a process has read a file, by descriptor that is open now.
///
/// # Errors
/// The process has ended.
pub(crate) fn places(id: u32, file: &Path) -> Result<Vec<(String, u64)>> {
    let mut places = Vec::new();
    for entry in fs::read_dir(format!("/proc/{id}/fd")).context("list descriptors")? {
        let Ok(entry) = entry else { continue };
        if !fs::read_link(entry.path()).is_ok_and(|target| target == file) {
            continue;
        }
        let number = entry.file_name().to_string_lossy().into_owned();
        // It may be closed by now.
        let told = fs::read_to_string(format!("/proc/{id}/fdinfo/{number}")).unwrap_or_default();
        let place = told.lines().find_map(|line| line.strip_prefix("pos:"));
        if let Some(place) = place.and_then(|place| place.trim().parse().ok()) {
            places.push((number, place));
        }
    }
    Ok(places)
}

/// Returns the seconds of processor time of the calling thread.
///
/// # Errors
/// The kernel does not tell.
pub(crate) fn own_thread() -> Result<f64> {
    processor(&read("/proc/thread-self/stat")?)
}

/// Reads the four times of `/proc/PID/stat`: own and of ended children, in user and system.
fn processor(stat: &str) -> Result<f64> {
    let behind = stat.rsplit_once(')').context("read /proc/PID/stat")?.1;
    let fields = behind.split_whitespace().skip(11).take(4);
    let ticks: Result<Vec<f64>, _> = fields.map(str::parse).collect();
    // The kernel counts hundredths for programs, whatever its own clock is.
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_use_is_seen() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(
            usage.memory > 0.5 && usage.peak >= usage.memory,
            "{usage:?}"
        );
        assert!(usage.descriptors >= 3, "{usage:?}");
    }

    #[test]
    fn a_name_with_a_bracket_does_not_shift_the_times() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 100 50 25 25 20 0 1";
        assert!((processor(stat).unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_place_in_an_open_file_is_seen() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"12345").unwrap();
        let places = places(std::process::id(), file.path()).unwrap();
        let places: Vec<u64> = places.into_iter().map(|(_, place)| place).collect();
        assert_eq!(places, [5]);
    }
}
