//! What reading a journal costs.

use std::fs;
use std::path::Path;

/// Prints what a running server and its `journalctl` have used: time of the processor, and memory at its peak.
pub(super) fn print(server: &Path, what: &str) {
    println!("{what}:");
    let own = server.display().to_string();
    for process in fs::read_dir("/proc").unwrap() {
        let process = process.unwrap().path();
        let read = |name: &str| fs::read_to_string(process.join(name)).unwrap_or_default();
        let words = read("cmdline").replace('\0', " ");
        let first = words.split(' ').next().unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        let is_ours = name == "fail2ban-server" && words.contains(&own);
        let is_reader = name == "journalctl" && words.contains("service9");
        if !is_ours && !is_reader {
            continue;
        }
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let stat = read("stat");
        let ticks = stat.rsplit(')').next().unwrap_or_default();
        let ticks: Vec<&str> = ticks.split_whitespace().collect();
        // Hundredths of a second, as everywhere; children that have ended count for their parent.
        let millis = |places: [usize; 2]| -> u64 {
            let used = places.map(|place| ticks[place].parse::<u64>().unwrap());
            10 * used.iter().sum::<u64>()
        };
        println!(
            "  {name}: {} ms, ended children {} ms, {}",
            millis([11, 12]),
            millis([13, 14]),
            peak.unwrap_or_default().trim()
        );
    }
}
