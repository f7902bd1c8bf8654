//! A running server, of the original or of ours, with all its files in one
//! throw-away folder.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    Oracle, ours, place, resolver,
    seal::{Sealed, sealed, sealed_script},
    shims::Shims,
};

/// A server answers within this time or the test fails.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// A server has ended this long after `stop`, or the test fails.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// The pause between two looks at a server.
const PAUSE: Duration = Duration::from_millis(50);

/// What a client must be told to reach a server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The configuration folder, for `-c`.
    pub configuration: PathBuf,
    /// The control socket, for `-s`.
    pub socket: PathBuf,
    /// The file with the process's number, for `-p`.
    pub pidfile: PathBuf,
}

/// A running server; dropping it ends it and all its children.
#[derive(Debug)]
pub struct Server {
    /// How to reach it.
    pub endpoint: Endpoint,
    /// Its log, level INFO.
    pub log: PathBuf,
    /// Its database.
    pub database: PathBuf,
    sealed: Sealed,
    output: PathBuf,
}

impl Server {
    /// Starts an original's server on a copy of its own configuration with a
    /// `jail.local` of the test, and waits until all its jails run.
    ///
    /// The folder must exist; everything goes below `original` in it. Debian's
    /// `jail.d` is left out, so that only the jails of the test run.
    ///
    /// # Errors
    /// It does not come up within half a minute, or with an error; all that it
    /// said is in the text.
    pub fn of_original(oracle: &Oracle, folder: &Path, jail_local: &str) -> Result<Self> {
        let [python, _] = oracle.program("fail2ban-server");
        Self::of_original_by(sealed(python), oracle, folder, jail_local)
    }

    /// Starts an original's server as [`Self::of_original`] does, which meets
    /// another program wherever it runs `/bin/sh`.
    ///
    /// # Errors
    /// As [`Self::of_original`].
    pub fn of_original_with_shell(
        oracle: &Oracle,
        folder: &Path,
        jail_local: &str,
        shell: &Path,
    ) -> Result<Self> {
        let [python, _] = oracle.program("fail2ban-server");
        let mut command =
            sealed_script("mount --bind \"$1\" \"$(readlink -f /bin/sh)\"; shift; exec \"$@\"");
        command.arg(shell).arg(python);
        Self::of_original_by(command, oracle, folder, jail_local)
    }

    fn of_original_by(
        mut command: Command,
        oracle: &Oracle,
        folder: &Path,
        jail_local: &str,
    ) -> Result<Self> {
        let folder = folder.join("original");
        let endpoint = prepare(&folder, &oracle.configuration(), jail_local)?;
        let [_, script] = oracle.program("fail2ban-server");
        oracle.prepare(command.arg(script));
        let mut server = Self::start(command, endpoint, &folder)?;
        // Printed when the whole configuration has been carried out.
        server.wait_until(START_DEADLINE, |server| {
            Ok(server.said()?.contains("Server ready")
                && oracle.client(&server.endpoint, &["ping"])?.code == 0)
        })?;
        Ok(server)
    }

    /// Starts our server on a copy of our own configuration with a
    /// `jail.local` of the test, and waits until the named jails are there.
    ///
    /// # Errors
    /// It is not built, or does not come up within half a minute.
    pub fn of_ours(folder: &Path, jail_local: &str, jails: &[&str]) -> Result<Self> {
        let folder = folder.join("ours");
        let endpoint = prepare(&folder, &place::our_configuration()?, jail_local)?;
        let mut server = Self::start(
            sealed(place::our_program("fail2ban-server")?),
            endpoint,
            &folder,
        )?;
        server.wait_until(START_DEADLINE, |server| {
            for jail in jails {
                if ours::client(&server.endpoint, &["status", jail])?.code != 0 {
                    return Ok(false);
                }
            }
            Ok(ours::client(&server.endpoint, &["ping"])?.code == 0)
        })?;
        Ok(server)
    }

    /// Starts a server of either on a tree of the test: files by their path below the configuration
    /// folder, `{folder}` in a text stands for the server's own folder. Waits until all jails run.
    ///
    /// # Errors
    /// It does not come up within half a minute, or with an error.
    pub fn on_tree(program: Option<&Oracle>, folder: &Path, tree: &[(&str, &str)]) -> Result<Self> {
        Self::on_tree_inside(program, folder, tree, "")
    }

    /// Starts a server as [`Self::on_tree`] does, on a host of the test's own ([`resolver`]); the system
    /// waits so many seconds for a name.
    ///
    /// # Errors
    /// As [`Self::on_tree`].
    pub fn on_host(
        program: Option<&Oracle>,
        folder: &Path,
        tree: &[(&str, &str)],
        seconds: u32,
    ) -> Result<Self> {
        Self::on_tree_inside(program, folder, tree, &resolver::prepare(seconds))
    }

    /// Starts a server of either, on a copy of an original's configuration with these files over it, among
    /// recording programs.
    ///
    /// # Errors
    /// As [`Self::on_tree`], or the recording program is not built.
    pub fn among(
        shims: &Shims,
        program: Option<&Oracle>,
        tree: &Oracle,
        folder: &Path,
        files: &[(&str, &str)],
    ) -> Result<Self> {
        let script = shims.script(folder)?;
        Self::on_copy(program, tree, folder, files, &script)
    }

    /// Starts a server of either, on a copy of an original's configuration with these files over it; a
    /// shell script runs before it in its sealed place.
    ///
    /// # Errors
    /// As [`Self::on_tree`].
    pub fn on_copy(
        program: Option<&Oracle>,
        tree: &Oracle,
        folder: &Path,
        files: &[(&str, &str)],
        script: &str,
    ) -> Result<Self> {
        let own = folder.join(own_folder(program));
        prepare(&own, &tree.configuration(), "")?;
        Self::on_tree_inside(program, folder, files, script)
    }

    /// Starts a server as [`Self::on_tree`] does; a shell script runs before it in its sealed place, where
    /// it may leave a program running that the server meets.
    ///
    /// # Errors
    /// As [`Self::on_tree`].
    pub fn on_tree_inside(
        program: Option<&Oracle>,
        folder: &Path,
        tree: &[(&str, &str)],
        script: &str,
    ) -> Result<Self> {
        let folder = folder.join(own_folder(program));
        let configuration = folder.join("configuration");
        for (name, text) in tree {
            let path = configuration.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)
                    .with_context(|| format!("create {}", parent.display()))?;
            }
            let text = text.replace("{folder}", &folder.display().to_string());
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        }
        let endpoint = Endpoint {
            configuration,
            socket: folder.join("socket"),
            pidfile: folder.join("pid"),
        };
        let mut command = sealed_script(&format!("{script}exec \"$@\""));
        match program {
            Some(oracle) => oracle.prepare(command.args(oracle.program("fail2ban-server"))),
            None => {
                command.arg(place::our_program("fail2ban-server")?);
            }
        }
        let mut server = Self::start(command, endpoint, &folder)?;
        // Printed when the whole configuration has been carried out.
        server.wait_until(START_DEADLINE, |server| {
            Ok(server.said()?.contains("Server ready"))
        })?;
        Ok(server)
    }

    /// Starts a server in the foreground; both take the same words.
    fn start(mut command: Command, endpoint: Endpoint, folder: &Path) -> Result<Self> {
        let log = folder.join("server.log");
        let output = folder.join("output.txt");
        let file = File::create(&output).with_context(|| format!("create {}", output.display()))?;
        let same = file.try_clone().context("share a server's output file")?;
        command.arg("-f").arg("-c").arg(&endpoint.configuration);
        command
            .arg("-s")
            .arg(&endpoint.socket)
            .arg("-p")
            .arg(&endpoint.pidfile);
        command
            .args(["--loglevel", "INFO", "--logtarget"])
            .arg(&log);
        command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(same)
            .current_dir(folder);
        let sealed = Sealed::start(&mut command)?;
        Ok(Self {
            endpoint,
            log,
            database: folder.join("database.sqlite3"),
            sealed,
            output,
        })
    }

    /// Returns all that it wrote to its terminal so far.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn said(&self) -> Result<String> {
        fs::read_to_string(&self.output).with_context(|| format!("read {}", self.output.display()))
    }

    /// Returns its log so far.
    ///
    /// # Errors
    /// The file cannot be read; one that is not there yet is empty.
    pub fn logged(&self) -> Result<String> {
        if !self.log.exists() {
            return Ok(String::new());
        }
        fs::read_to_string(&self.log).with_context(|| format!("read {}", self.log.display()))
    }

    /// Waits until something holds that the server brings about.
    ///
    /// # Errors
    /// It does not hold in time, or the server ended meanwhile.
    pub fn wait_until(
        &mut self,
        deadline: Duration,
        mut holds: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result<()> {
        let begin = Instant::now();
        loop {
            if let Some(code) = self.sealed.ended()? {
                bail!("the server ended with code {code}:\n{}", self.everything()?);
            }
            if holds(self)? {
                return Ok(());
            }
            if begin.elapsed() > deadline {
                bail!(
                    "the server did not get there in {deadline:?}:\n{}",
                    self.everything()?
                );
            }
            thread::sleep(PAUSE);
        }
    }

    /// Stops it with a client of the original and waits for its end.
    ///
    /// # Errors
    /// The client complains, or the server goes on, or ends with a code other
    /// than 0.
    pub fn stop(self, client: &Oracle) -> Result<()> {
        let run = client.client(&self.endpoint, &["stop"])?;
        run.success().context("stop the server")?;
        self.wait_for_end()
    }

    /// Waits for the end of a server that was told to stop.
    ///
    /// # Errors
    /// It goes on, or ends with a code other than 0.
    pub fn wait_for_end(mut self) -> Result<()> {
        let begin = Instant::now();
        loop {
            match self.sealed.ended()? {
                Some(0) => return Ok(()),
                Some(code) => {
                    bail!("the server ended with code {code}:\n{}", self.everything()?)
                }
                None if begin.elapsed() > STOP_DEADLINE => {
                    bail!(
                        "the server goes on {STOP_DEADLINE:?} after `stop`:\n{}",
                        self.everything()?
                    )
                }
                None => thread::sleep(PAUSE),
            }
        }
    }

    fn everything(&self) -> Result<String> {
        Ok(format!("{}{}", self.said()?, self.logged()?))
    }
}

/// Returns the name of the folder that a server has of its own.
const fn own_folder(program: Option<&Oracle>) -> &'static str {
    match program {
        Some(_) => "original",
        None => "ours",
    }
}

/// Makes a server's folder: the copied configuration and what every test sets.
pub(crate) fn prepare(folder: &Path, configuration: &Path, jail_local: &str) -> Result<Endpoint> {
    let copy = folder.join("configuration");
    copy_folder(configuration, &copy)?;
    let jail_d = copy.join("jail.d");
    if jail_d.exists() {
        fs::remove_dir_all(&jail_d).with_context(|| format!("empty {}", jail_d.display()))?;
    }
    let database = folder.join("database.sqlite3");
    let definition = format!(
        "[Definition]\ndbfile = {}\nallowipv6 = auto\n",
        database.display()
    );
    // An action that does nothing: what is compared is who gets banned.
    let quiet = "[Definition]\nactionban =\nactionunban =\n".to_owned();
    for (name, text) in [
        ("jail.local", jail_local.to_owned()),
        ("fail2ban.local", definition),
        ("action.d/quiet.conf", quiet),
    ] {
        let path = copy.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(Endpoint {
        configuration: copy,
        socket: folder.join("socket"),
        pidfile: folder.join("pid"),
    })
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let what = || format!("copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(what)?;
    for entry in fs::read_dir(from).with_context(what)? {
        let entry = entry.with_context(what)?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).with_context(what)?;
        }
    }
    Ok(())
}
