//! Three hours of attacks in three minutes: the same log through two runs of an original and through ours,
//! all by one clock that runs faster (`faketime`).
//!
//! A line is stamped with the second it is due at and written a moment later. A pulse of one line a second
//! shows how far behind a server is; ours besides looks at its clock with each of them, for it sleeps by a
//! clock that is not faked. Where the original's two runs differ nothing is compared.

mod attack;
mod events;
mod judge;

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, anyhow, bail};

pub use attack::{HOURS, JAILS, Line, attack};
pub use events::{Event, Kind, Record, Run};
pub use judge::{Figures, judge};

use crate::{Oracle, Server, run};

/// How much faster than ours their clock goes.
pub const SPEED: u32 = 60;

/// The host that fails every second and is never banned.
pub(crate) const PULSE: &str = "198.18.0.1";

/// How long a server may take to read what is left when all has been written.
const PATIENCE: Duration = Duration::from_secs(120);

const SETTINGS: &str = "[Definition]\nloglevel = INFO\nlogtarget = {folder}/f2b.log\nsyslogsocket = auto\n\
    socket = {folder}/socket\npidfile = {folder}/pid\ndbfile = {folder}/database.sqlite3\n\
    dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = yes\n";

const FILTER: &str =
    "[Definition]\nfailregex = ^\\s*bad login from <ADDR>$\ndatepattern = {^LN-BEG}Epoch\n";

/// The server's own log as a log: whoever is banned in any other jail.
const AGAIN: &str = "[Definition]\n\
    failregex = ^,\\d+ fail2ban\\.actions\\s+\\[\\d+\\]:\\s+NOTICE\\s+\\[(?!again\\])[^\\]]+\\] Ban <ADDR>$\n\
    datepattern = ^%%Y-%%m-%%d %%H:%%M:%%S\n";

const QUIET: &str = "[Definition]\nactionban =\nactionunban =\n";

/// Where their clock begins: 2026-01-01 00:00:00, in seconds since 1970.
const BEGIN: f64 = 1_767_225_600.0;

/// A line is written so many of their seconds after its time; servers' clocks differ by less.
const LATE: f64 = 1.5;

/// How far a server's clock may be from the others', in their seconds.
const APART: f64 = 1.0;

/// How often a server is started until its clock is near enough.
const TRIES: usize = 10;

/// Starts a program whose clock goes on where theirs is: `$1` is when theirs began, by ours. Their second
/// must be whole, and a process's clock begins when it does.
const LAUNCH: &str = "\
import glob, math, os, sys, time
zero, speed = float(sys.argv[1]), int(sys.argv[2])
clock = math.ceil((time.time() - zero) * speed + 1)
os.environ['FAKETIME'] = time.strftime('@2026-01-01 %H:%M:%S', time.gmtime(clock)) + ' x%d' % speed
os.environ['LD_PRELOAD'] = glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
os.environ['TZ'] = 'UTC'
while (time.time() - zero) * speed < clock:
    pass
os.execvp(sys.argv[3], sys.argv[3:])
";

/// Their clock.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// When it began, by ours, in seconds since 1970.
    zero: f64,
}

impl Clock {
    /// Returns their time at a moment of ours.
    fn at(self, moment: SystemTime) -> f64 {
        let ours = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        BEGIN + (ours.as_secs_f64() - self.zero) * f64::from(SPEED)
    }

    /// Sleeps until it is some time by their clock.
    fn wait_until(self, time: f64) {
        let left = (time - self.at(SystemTime::now())) / f64::from(SPEED);
        thread::sleep(Duration::try_from_secs_f64(left).unwrap_or_default());
    }
}

/// Runs in the sealed place instead of the server, whose words follow.
///
/// Ours waits in ways that `faketime` does not know, so its own waits stay as they are.
fn script(folder: &Path, clock: Clock, is_ours: bool) -> String {
    let own = match is_ours {
        true => "export DONT_FAKE_MONOTONIC=1\n",
        false => "",
    };
    format!(
        "{own}exec /usr/bin/python3 {}/launch.py {} {SPEED} \"$@\"\n",
        folder.display(),
        clock.zero
    )
}

/// One server at work.
struct Player {
    server: Server,
    folder: PathBuf,
    logs: HashMap<&'static str, File>,
}

impl Player {
    /// Starts a server, again if its clock is too far from the others'.
    fn start(program: Option<&Oracle>, folder: &Path, clock: Clock) -> Result<Self> {
        for number in 0..TRIES {
            let player = Self::begin(program, &folder.join(number.to_string()), clock)?;
            if player.ahead(clock)?.abs() < APART {
                return Ok(player);
            }
        }
        bail!("this machine is too busy to start a server by a fast clock")
    }

    fn begin(program: Option<&Oracle>, folder: &Path, clock: Clock) -> Result<Self> {
        let own = folder.join(match program {
            Some(_) => "original",
            None => "ours",
        });
        let jails = attack::configuration();
        let names = JAILS.iter().chain(&["pulse", "server"]);
        let logs: Vec<String> = names.map(|name| format!("../{name}.log")).collect();
        let mut tree = vec![
            ("fail2ban.conf", SETTINGS),
            ("jail.conf", &jails),
            ("filter.d/demo.conf", FILTER),
            ("filter.d/again.conf", AGAIN),
            ("action.d/quiet.conf", QUIET),
            ("../launch.py", LAUNCH),
        ];
        tree.extend(logs.iter().map(|log| (log.as_str(), "")));
        let script = script(&own, clock, program.is_none());
        Ok(Self {
            server: Server::on_tree_inside(program, folder, &tree, &script)?,
            folder: own,
            logs: HashMap::new(),
        })
    }

    /// Returns how many of their seconds a server's clock is ahead: its last line beside when it was written.
    fn ahead(&self, clock: Clock) -> Result<f64> {
        let log = self.server.logged()?;
        let written = fs::metadata(&self.server.log).and_then(|log| log.modified());
        let written = written.context("ask when a log was written")?;
        let stamp = log.lines().last().and_then(events::stamp);
        let stamp = stamp.with_context(|| format!("a log without a time: {log}"))?;
        Ok(stamp - clock.at(written))
    }

    fn write(&mut self, line: &Line, due: i64) -> Result<()> {
        let path = self.folder.join(format!("{}.log", line.jail));
        let what = || format!("write {}", path.display());
        if !self.logs.contains_key(line.jail) {
            let file = OpenOptions::new().append(true).open(&path);
            self.logs.insert(line.jail, file.with_context(what)?);
        }
        let mut file = self.logs.get(line.jail).with_context(what)?;
        file.write_all(format!("{due} {}\n", line.text).as_bytes())
            .with_context(what)
    }

    /// Waits until the last line has been read, and takes what there is.
    fn end(mut self, base: i64, last: i64) -> Result<Run> {
        let last = format!("[pulse] Found {PULSE} - {}", events::moment(last)?);
        self.server
            .wait_until(PATIENCE, |server| Ok(server.logged()?.contains(&last)))?;
        let records = records(&self.folder.join("database.sqlite3"))?;
        Run::read(&self.server.logged()?, base, &records)
    }
}

/// Reads the newest ban of each host and jail out of a database.
fn records(database: &Path) -> Result<String> {
    let query = "SELECT jail || ' ' || ip || ' ' || timeofban || ' ' || CAST(bantime AS INT) || ' ' || bancount || ' ' || \
                 json_extract(CAST(data AS TEXT), '$.failures') || ' ' || \
                 json_array_length(CAST(data AS TEXT), '$.matches') FROM bips ORDER BY jail, ip";
    let mut command = run::bounded("sqlite3");
    command.arg("-readonly").arg(database).arg(query);
    run::run(&mut command)?.success().context("read a database")
}

/// Plays an attack to an original, twice, and to ours, all at once.
///
/// *Returns* the two runs of the original, then that of ours.
///
/// # Errors
/// A server does not start, ends, or does not get to the log's end.
pub fn play(oracle: &Oracle, folder: &Path, lines: &[Line]) -> Result<[Run; 3]> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let clock = Clock {
        zero: now.context("a clock before 1970")?.as_secs_f64(),
    };
    let mut players = [
        Player::start(Some(oracle), &folder.join("first"), clock)?,
        Player::start(Some(oracle), &folder.join("second"), clock)?,
        Player::start(None, &folder.join("ours"), clock)?,
    ];
    #[expect(clippy::cast_possible_truncation, reason = "a moment of our days")]
    let base = clock.at(SystemTime::now()) as i64 + 60;
    let mut last = base;
    for line in lines {
        last = base + i64::from(line.due);
        #[expect(clippy::cast_precision_loss, reason = "a moment of our days")]
        clock.wait_until(last as f64 + LATE);
        for player in &mut players {
            player.write(line, last)?;
        }
    }
    let runs: Result<Vec<Run>> = players
        .into_iter()
        .map(|player| player.end(base, last))
        .collect();
    runs?
        .try_into()
        .map_err(|_count| anyhow!("three servers took part"))
}
