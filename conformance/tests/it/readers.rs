//! Programs of others read our server as they read the original's, unmodified.

use std::fs;
use std::path::Path;
use std::process::Command;

use conformance::{Oracle, Server, Version, ours};

use crate::transcripts::begun;

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// Munin's plugin calls the client with `-c`; the socket is where the configuration says.
fn munin(client: &Path, server: &Server, word: &str) -> String {
    let libraries = ours::readers().unwrap().join("usr/share/munin");
    let mut plugin = Command::new("bash");
    plugin
        .arg(libraries.join("plugins/fail2ban"))
        .arg(word)
        .env("MUNIN_LIBDIR", &libraries)
        .env("client", client)
        .env("config_dir", &server.endpoint.configuration);
    output(&mut plugin)
}

/// Logwatch's part for fail2ban reads the log from its input.
fn logwatch(log: &str) -> String {
    let share = ours::readers().unwrap().join("usr/share/logwatch");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    fs::write(&file, log).unwrap();
    let mut service = Command::new("perl");
    service
        .arg("-I")
        .arg(share.join("lib"))
        .arg(share.join("scripts/services/fail2ban"))
        .env("LOGWATCH_DETAIL_LEVEL", "5")
        .stdin(fs::File::open(&file).unwrap());
    output(&mut service)
}

#[test]
fn munin_and_logwatch_see_the_same_as_with_the_original() {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let mut seen = Vec::new();
    for is_original in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let server = begun(
            Some(&oracle).filter(|_| is_original),
            &oracle,
            folder.path(),
        );
        let client = match is_original {
            true => oracle.client_script(folder.path()).unwrap(),
            false => ours::program("fail2ban-client").unwrap(),
        };
        let unban = ["set", "alpha", "unbanip", "192.0.2.10"];
        let unbanned = oracle.client(&server.endpoint, &unban).unwrap();
        assert_eq!(unbanned.stdout, "1\n");
        let config = munin(&client, &server, "config");
        let values = munin(&client, &server, "");
        assert_eq!(munin(&client, &server, "autoconf"), "yes\n");
        assert!(values.contains("alpha.value 1\n"), "{values}");
        let log = server.logged().unwrap();
        server.stop(&oracle).unwrap();
        let report = logwatch(&log);
        assert!(report.contains("alpha"), "{report}");
        seen.push((config, values, report));
    }
    assert_eq!(seen[0], seen[1]);
}
