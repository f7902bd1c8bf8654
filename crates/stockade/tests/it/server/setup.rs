//! What a server is started with.

use std::fs::{self, File};
use std::path::Path;

use kernel_kit::Kit;

use super::Server;

/// The tree that every server here starts from.
const TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");

/// What runs before the server, in the server's own mount namespace: no configuration of the machine
/// is in reach.
const PRELUDE: &str = "set -e\n\
    if [ -d /etc/fail2ban ]; then mount -t tmpfs tmpfs /etc/fail2ban; fi\n";

/// A server before it is started.
///
/// `{folder}` in any text given here stands for the server's folder.
#[derive(Debug)]
pub(crate) struct Setup {
    jail_local: String,
    server_local: String,
    prelude: String,
    wrapper: Vec<String>,
    words: Vec<String>,
    kit: Option<Kit>,
    has_log: bool,
}

impl Setup {
    /// Begins with this `jail.local`; the log of the jail should be `{folder}/auth.log`.
    pub(crate) fn new(jail_local: &str) -> Self {
        Self {
            jail_local: jail_local.to_owned(),
            server_local: String::new(),
            prelude: PRELUDE.to_owned(),
            wrapper: Vec::new(),
            words: ["-f", "-x", "start"].map(str::to_owned).into(),
            kit: None,
            has_log: true,
        }
    }

    /// Begins with the jail `sshd` on `{folder}/auth.log` and these options more, one a line.
    pub(crate) fn sshd(options: &str) -> Self {
        Self::new(&format!(
            "[sshd]\nlogpath = {{folder}}/auth.log\n{options}\n"
        ))
    }

    /// Adds lines to `[Definition]` of `fail2ban.local`.
    pub(crate) fn server_local(mut self, lines: &str) -> Self {
        self.server_local.push_str(lines);
        self
    }

    /// Adds shell commands that run before each start of the server, in its namespaces.
    pub(crate) fn prelude(mut self, commands: &str) -> Self {
        self.prelude.push_str(commands);
        self.prelude.push('\n');
        self
    }

    /// Puts words before the server's program: `setpriv --bounding-set -net_admin`.
    pub(crate) fn wrapper(mut self, words: &[&str]) -> Self {
        self.wrapper = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Says other words to the server than `-f -x start`; `-c FOLDER` always comes first.
    pub(crate) fn words(mut self, words: &[&str]) -> Self {
        self.words = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Takes these namespaces instead of a fresh pair.
    pub(crate) fn kit(mut self, kit: Kit) -> Self {
        self.kit = Some(kit);
        self
    }

    /// Leaves the log file away.
    pub(crate) fn without_log(mut self) -> Self {
        self.has_log = false;
        self
    }

    /// Writes everything down without starting the server.
    pub(crate) fn prepare(self) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap().to_owned();
        let filled = |text: &str| text.replace("{folder}", &place);
        copy(Path::new(TREE), &folder.path().join("config"));
        fs::write(
            folder.path().join("config/jail.local"),
            filled(&self.jail_local),
        )
        .unwrap();
        let server_local = format!(
            "[Definition]\nlogtarget = {place}/fail2ban.log\nsocket = {place}/fail2ban.sock\n\
             pidfile = {place}/fail2ban.pid\ndbfile = {place}/fail2ban.sqlite3\n{}\n",
            filled(&self.server_local)
        );
        fs::write(folder.path().join("config/fail2ban.local"), server_local).unwrap();
        if self.has_log {
            File::create(folder.path().join("auth.log")).unwrap();
        }
        Server {
            prelude: filled(&self.prelude) + "exec \"$@\"\n",
            wrapper: self.wrapper.iter().map(|word| filled(word)).collect(),
            words: self.words.iter().map(|word| filled(word)).collect(),
            kit: self.kit.unwrap_or_else(|| Kit::new().unwrap()),
            child: None,
            folder,
        }
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(self) -> Server {
        let mut server = self.prepare();
        server.start();
        server
    }
}

/// Copies a folder and what is in it, over what is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else {
            fs::copy(source, target).unwrap();
        }
    }
}
