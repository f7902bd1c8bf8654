//! Recording programs in the place of all that actions call, and a root folder to throw away.
//!
//! A server that runs among them finds no other programs than these and a few that work on text alone.
//! What actions write goes to copies of the system's folders that nobody else sees.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::{FileTypeExt as _, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::place;

/// What actions call that would reach out of a script: each is a recording program.
const PROGRAMS: &[&str] = &[
    "apf",
    "apprise",
    "conntrack",
    "csf",
    "curl",
    "dig",
    "firewall-cmd",
    "geoiplookup",
    "ip",
    "ip6tables",
    "ipfw",
    "ipset",
    "iptables",
    "jq",
    "mail",
    "mark",
    "nft",
    "nginx",
    "nsupdate",
    "perl",
    "pfctl",
    "sendmail",
    "shorewall",
    "shorewall6",
    "ss",
    "ssh",
    "ufw",
    "wget",
    "whois",
];

/// Recording programs that actions call by a path.
const PATHS: &[&str] = &[
    "/sbin/ipf",
    "/sbin/npfctl",
    "/usr/bin/nsupdate",
    "/usr/libexec/afctl",
    "/usr/sbin/sendmail",
];

/// What works on text and files alone, and runs as it is.
const TOOLS: &[&str] = &[
    "awk", "cat", "cut", "env", "fgrep", "grep", "head", "rm", "sed", "sh", "sleep", "tail",
    "touch", "tr", "truncate", "uname", "wc",
];

/// Where a recording program writes; in its environment.
const RECORD: &str = "RECORDING_SHIM";

/// One call of a recording program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its name and its arguments.
    pub words: Vec<String>,
    /// What it read, if somebody wrote to it.
    pub stdin: Option<String>,
    /// The words of the shell that runs the whole script, with the values that it was given; those of the
    /// program itself when the shell has become it.
    pub script: Vec<String>,
}

/// The recording programs of one server.
#[derive(Debug, Clone)]
pub struct Shims {
    folder: PathBuf,
    /// What runs before the server.
    before: String,
}

impl Shims {
    /// Makes them in a folder.
    ///
    /// # Errors
    /// Our recording program is not built, or the folder cannot be filled.
    pub fn new(folder: &Path) -> Result<Self> {
        let folder = folder.join("shims");
        let (programs, tools) = (folder.join("programs"), folder.join("tools"));
        for made in [&programs, &tools] {
            fs::create_dir_all(made).with_context(|| format!("create {}", made.display()))?;
        }
        let shim = place::our_program("shim")?;
        let link = |from: &Path, to: PathBuf| {
            symlink(from, &to).with_context(|| format!("link {}", to.display()))
        };
        for name in PROGRAMS {
            link(&shim, programs.join(name))?;
        }
        // No record for it: what it prints is the same at any time.
        link(&shim, programs.join("date"))?;
        for name in TOOLS {
            link(&Path::new("/usr/bin").join(name), tools.join(name))?;
        }
        let shims = Self {
            folder,
            before: String::new(),
        };
        fs::write(shims.record(), "").context("create the record of the shims")?;
        Ok(shims)
    }

    /// Leaves a program as it is.
    ///
    /// # Errors
    /// It is none of the recording programs.
    pub fn without(self, name: &str) -> Result<Self> {
        let path = self.folder.join("programs").join(name);
        let place = || format!("leave `{name}` as it is");
        fs::remove_file(&path).with_context(place)?;
        symlink(Path::new("/usr/bin").join(name), &path).with_context(place)?;
        Ok(self)
    }

    /// Runs a shell script before the server, where it will run.
    #[must_use]
    pub fn before(mut self, script: &str) -> Self {
        self.before = format!("{script}\n");
        self
    }

    fn record(&self) -> PathBuf {
        self.folder.join("record")
    }

    /// Returns a shell script that makes the throw-away root, with `writable` as it is, and sets what the
    /// programs find in their environment.
    pub(crate) fn script(&self, writable: &Path) -> Result<String> {
        let shim = place::our_program("shim")?;
        let (folder, writable) = (self.folder.display(), writable.display());
        let mut script = format!(
            "mount --bind '{writable}' '{writable}'\n\
             mount -t tmpfs tmpfs /run\n\
             for top in etc usr; do\n\
                 mkdir -p /run/new/$top /run/beside/$top\n\
                 mount -t overlay -o lowerdir=/$top,upperdir=/run/new/$top,workdir=/run/beside/$top \
                     overlay /$top\n\
             done\n\
             mount -t tmpfs tmpfs /var\n\
             mkdir -p /run/fail2ban /var/lib /var/log /usr/libexec /etc/symbiosis/firewall/blacklist.d \
                 /etc/nginx\n\
             ln -s /run /var/run\n\
             printf 'tcp 6 TCP\\n' > /etc/protocols\n"
        );
        for path in PATHS {
            script += &format!("ln -sf '{}' {path}\n", shim.display());
        }
        // Whatever else a script thinks of writing to is not there to be written to.
        script += "for top in / /tmp /home; do\n\
                       if mountpoint -q $top; then mount -o remount,bind,ro $top; fi\n\
                   done\n";
        script += &self.before;
        script +=
            &format!("export {RECORD}='{folder}/record' PATH='{folder}/programs:{folder}/tools'\n");
        Ok(script)
    }

    /// Returns the calls beyond a place in the record, in the order of their ends, and moves the place.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn calls(&self, from: &mut usize) -> Result<Vec<Call>> {
        let text = fs::read_to_string(self.record()).context("read the record of the shims")?;
        let news = text.get(*from..).context("go on in the record")?;
        // The last line may be half written.
        let whole = news.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let news = news.get(..whole).unwrap_or_default();
        *from = from.saturating_add(whole);
        let lines = news.lines().map(serde_json::from_str);
        lines
            .collect::<Result<_, _>>()
            .context("understand the record of the shims")
    }
}

/// What a recording program does: writes its call down, and prints what the rest of a script needs.
///
/// # Errors
/// It does not know where to, or cannot write there.
pub fn record(words: &[String]) -> Result<()> {
    let path = words.first().map(PathBuf::from).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let says = words.get(1..).unwrap_or_default();
    let answer = match &*name {
        "curl" => "{\"result\":[{\"id\":\"number-7\"}]}",
        "date" if says.iter().any(|word| word.contains("%s")) => "1234567",
        "date" => "DATE",
        "dig" => "\"abuse@example.org\"",
        "jq" => "number-7",
        "wget" => "Attack Report Insert Successful",
        "whois" => "WHOIS",
        _ => "",
    };
    let stdin = taken(&name)?;
    if name != "date" {
        let mut call = Call {
            words: words.to_vec(),
            stdin,
            script: leader()?,
        };
        if let Some(first) = call.words.first_mut() {
            *first = name.to_string();
        }
        let target = std::env::var_os(RECORD).context("ask where to write")?;
        let mut line = serde_json::to_string(&call)?;
        line.push('\n');
        // In one piece, so that two that end together do not mix.
        fs::OpenOptions::new()
            .append(true)
            .open(target)?
            .write_all(line.as_bytes())?;
    }
    if !answer.is_empty() {
        // The next of a pipe need not want it.
        writeln!(io::stdout(), "{answer}").ok();
    }
    Ok(())
}

/// Reads what somebody writes to the program.
fn taken(name: &str) -> Result<Option<String>> {
    // These read nothing, and may stand in a loop whose input is not theirs.
    if ["nft", "iptables", "ip6tables", "ipset"].contains(&name) {
        return Ok(None);
    }
    let kind = fs::metadata("/proc/self/fd/0").map(|stdin| stdin.file_type());
    if !kind.is_ok_and(|kind| kind.is_fifo()) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Returns the words of the process that leads this one's group: both servers give each script a group.
fn leader() -> Result<Vec<String>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(") ").context("read the own state")?;
    let group = fields.split(' ').nth(2).context("read the own group")?;
    let words = fs::read(format!("/proc/{group}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    Ok(words.split_terminator('\0').map(str::to_owned).collect())
}
