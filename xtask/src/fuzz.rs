//! `cargo xtask fuzz TARGET SECONDS`: throws made-up input at a reader of outside bytes.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{say, tool, tree};

/// What the compiler has to add so that libFuzzer sees which code an input reaches; the stable
/// compiler can, so that nobody needs another one.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing -Ccodegen-units=1";

/// Builds a target and runs it; what it finds stays in the build folder.
///
/// *Errors*: there is no such target, or it found something.
pub(crate) fn run(name: &str, seconds: &str) -> Result<()> {
    let folder = tree::root()?.join("fuzz");
    if !folder.join(format!("fuzz_targets/{name}.rs")).is_file() {
        bail!("there is no fuzz target `{name}` (hint: fuzz/fuzz_targets holds them)");
    }
    let seconds: u32 = seconds
        .parse()
        .with_context(|| format!("`{seconds}` is no number of seconds"))?;
    let host = host()?;
    tool::run(
        tree::cargo()?
            .current_dir(&folder)
            .env("RUSTFLAGS", FLAGS)
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .args(["build", "--release", "--target", &host, "--bin", name]),
    )?;
    let found = folder.join("target/found").join(name);
    fs::create_dir_all(&found).with_context(|| format!("make {}", found.display()))?;
    let program = folder.join("target").join(host).join("release").join(name);
    let mut command = Command::new(program);
    command
        .arg(&found)
        .arg(folder.join("corpus").join(name))
        .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=8192"])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/mistake-", found.display()));
    let dictionary = folder.join(format!("dictionaries/{name}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    tool::run(&mut command)?;
    say::err(&format!("fuzz: {name}: {seconds} s without a finding"))?;
    Ok(())
}

/// Returns this machine's target triple. It has to be named: without a name the flags would go to
/// build scripts as well.
fn host() -> Result<String> {
    let told = tool::read(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("find `host:` in what `rustc -vV` says")
}
