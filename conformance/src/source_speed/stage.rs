//! A server that is measured: a plain child, so that what it uses can be asked of the kernel.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{gauge::Usage, state::State};
use crate::{Endpoint, Oracle, place, run, server};

/// A server starts within this time.
const START: Duration = Duration::from_secs(120);

/// Between two looks at a server that starts or ends.
const PAUSE: Duration = Duration::from_millis(20);

/// How many lines of a log are shown when something went wrong.
const LAST: usize = 20;

/// A server that is measured; dropping it ends it.
pub(crate) struct Stage {
    endpoint: Endpoint,
    child: Child,
    output: PathBuf,
    log: PathBuf,
}

/// What a server is started with.
pub(crate) struct Wanted<'texts> {
    /// The original, or ours.
    pub(crate) program: Option<&'texts Oracle>,
    /// The configuration that is copied.
    pub(crate) configuration: &'texts Path,
    /// Its `jail.local`.
    pub(crate) jails: &'texts str,
    /// Further files, by their path in the configuration.
    pub(crate) files: &'texts [(&'texts str, &'texts str)],
    /// How many descriptors it may have open: soft and hard limit, as `1024:4096`.
    pub(crate) descriptors: Option<&'texts str>,
}

impl Stage {
    /// Starts a server in a folder of its own and waits until it says that it is ready.
    ///
    /// # Errors
    /// It does not come up; all that it said is in the text.
    pub(crate) fn start(folder: &Path, wanted: &Wanted<'_>) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let endpoint = server::prepare(folder, wanted.configuration, wanted.jails)?;
        for (name, text) in wanted.files {
            fs::write(endpoint.configuration.join(name), text)?;
        }
        // It ends with this process, whatever becomes of it.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(limits) = wanted.descriptors {
            command.arg("prlimit").arg(format!("--nofile={limits}"));
        }
        match wanted.program {
            Some(oracle) => oracle.prepare(command.args(oracle.program("fail2ban-server"))),
            None => {
                command.arg(place::our_program("fail2ban-server")?);
            }
        }
        let (output, log) = (folder.join("output"), folder.join("server.log"));
        let said = File::create(&output)?;
        command.arg("-f").arg("-c").arg(&endpoint.configuration);
        command.arg("-s").arg(&endpoint.socket);
        command.arg("-p").arg(&endpoint.pidfile);
        command.args(["--loglevel", "INFO", "--logtarget"]);
        command.arg(&log).current_dir(folder).stdin(Stdio::null());
        command.stderr(said.try_clone()?).stdout(said);
        let child = command.spawn().context("start a server")?;
        let mut stage = Self {
            endpoint,
            child,
            output,
            log,
        };
        stage.wait_until_ready()?;
        Ok(stage)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        loop {
            let said = fs::read_to_string(&self.output)?;
            if said.contains("Server ready") {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the server ended with {status}:\n{said}{}",
                    self.last_words()
                );
            }
            if begin.elapsed() > START {
                bail!("the server is not ready:\n{said}{}", self.last_words());
            }
            thread::sleep(PAUSE);
        }
    }

    /// Returns the process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns what it uses.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.id()).with_context(|| format!("look at a server\n{}", self.last_words()))
    }

    /// Asks ours how it is.
    ///
    /// # Errors
    /// It does not answer.
    pub(crate) fn state(&self) -> Result<State> {
        let mut command = run::bounded(place::our_program("stockade")?);
        command.arg("-s").arg(&self.endpoint.socket);
        let run = run::run(command.args(["status", "--json"]))?;
        // 1 is a server that runs and has something to tell, as that a jail bans nobody.
        if run.code > 1 {
            let (code, said) = (run.code, run.stderr);
            bail!(
                "`stockade status`: exit code {code}: {said}{}",
                self.last_words()
            );
        }
        serde_json::from_str(&run.stdout).context("understand `stockade status --json`")
    }

    /// Returns the end of its log.
    pub(crate) fn last_words(&self) -> String {
        let logged = self.logged();
        let mut last: Vec<&str> = logged.lines().rev().take(LAST).collect();
        last.reverse();
        last.join("\n")
    }

    /// Returns its log; empty while there is none.
    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Stops it and waits for its end.
    ///
    /// # Errors
    /// It ends with another code than 0.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = self.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}:\n{}", self.last_words());
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Has `nft` change the firewall of this network.
///
/// # Errors
/// It is not there or refuses.
pub(crate) fn nft(words: &[&str]) -> Result<()> {
    let done = Command::new("nft").args(words).status();
    if !done.context("run `nft`")?.success() {
        bail!("`nft {}` failed (hint: run as root)", words.join(" "));
    }
    Ok(())
}
