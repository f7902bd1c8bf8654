//! From start to end of the server: opens what it needs, starts the threads, and takes it all down
//! in order.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use f2b_protocol::{Answer, Command, Value};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::enforcement::Enforcement;
use crate::engine::{Engine, Surroundings};
use crate::event::Event;
use crate::guard;
use crate::kernel::Kernel;
use crate::log::{Log, LogLevel, LogTarget, LogTargetError};
use crate::process;
use crate::reader;
use crate::shell::Workers;
use crate::socket::{self, SocketError};
use crate::storage::{Database, Writer};
use crate::supervisor::{self, Pulse};
use crate::text;
use crate::watch::Watches;

/// What a server needs to begin.
#[derive(Debug)]
pub struct Options {
    /// Path of the control socket.
    pub socket: PathBuf,
    /// Path of the pid file.
    pub pidfile: PathBuf,
    /// Whether a socket that nobody answers on is removed.
    pub force: bool,
    /// Where the log goes until a command says otherwise.
    pub log_target: LogTarget,
    /// Which lines it takes until a command says otherwise.
    pub log_level: LogLevel,
    /// Where syslog listens, if not at its usual place.
    pub syslog_socket: Option<PathBuf>,
    /// The commands that configure it; `None` for a server that waits for them on its socket.
    pub stream: Option<Vec<Command>>,
    /// Whether it lets go of its standard streams and of `SIGHUP` once it is there.
    pub background: bool,
    /// What its main thread is called.
    pub name: Option<String>,
    /// Called once it is there.
    pub ready: fn(),
    /// Reads the configuration anew when `SIGHUP` asks for it; `None` if that cannot be read, which was
    /// said then.
    pub reread: Reread,
}

/// Reads a configuration.
pub struct Reread(pub Box<dyn Fn() -> Option<Vec<Command>> + Send + Sync>);

impl std::fmt::Debug for Reread {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Reread")
    }
}

/// Why a server could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogTargetError),
    /// The control socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The folder of the pid file.
    #[error("make the folder of the pid file, {path}")]
    PidFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The pid file.
    #[error("write the pid file {path}")]
    PidFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Every jail is wrong.
    #[error("no jail can be started:\n{}", .reasons.join("\n"))]
    NoJail {
        /// Why, jail by jail, each with its place.
        reasons: Vec<String>,
    },
    /// The system refuses a thread or a descriptor.
    #[error("start the server's threads")]
    Threads(#[source] std::io::Error),
}

impl RunError {
    /// Returns what a person can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Log(LogTargetError::Open { .. }) => Some(
                "name a file that the server's user may write, or STDOUT, with `--logtarget` or as `logtarget` in fail2ban.local",
            ),
            Self::Log(LogTargetError::Options(_)) => Some(
                "a target is a file, STDOUT, STDERR, SYSOUT, SYSLOG or SYSTEMD-JOURNAL; options stand behind it in brackets: `SYSLOG[facility=auth]`",
            ),
            Self::Log(LogTargetError::Stalled | LogTargetError::Syslog { .. }) => {
                Some("use STDOUT, STDERR or a file")
            }
            Self::Log(LogTargetError::Thread(_)) => {
                Some("raise the limit on threads of the server")
            }
            Self::Socket(error) => error.hint(),
            Self::PidFolder { .. } => {
                Some("only the last folder of the path is made; make the others, or use `-p`")
            }
            Self::PidFile { .. } => Some("name a file with `-p` that the server's user may write"),
            Self::NoJail { .. } => Some("`stockade check` shows every mistake with its place"),
            Self::Threads(_) => Some("raise the limits on threads and open files of the server"),
        }
    }
}

/// How many events may wait for the engine. One may be a quarter MiB of lines.
const EVENTS: usize = 64;

/// How many batches may wait for the kernel, and again for the database.
const BATCHES: usize = 1_024;

/// How long the client that asked for the stop may take to be told of it.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs a server until it is told to stop.
///
/// # Errors
/// [`RunError`] if it cannot begin. What goes wrong later is logged, and the rest goes on.
pub fn run(options: Options) -> Result<(), RunError> {
    // Whatever is made from here on is for the server's user alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if let Some(name) = &options.name {
        process::name(name);
    }
    if let Some(listener) = socket::inherited().map_err(SocketError::Inherited)? {
        return run_on(listener, None, options);
    }
    let listener = socket::open(&options.socket, options.force)?;
    let socket = options.socket.clone();
    // Nobody will answer on it: left behind it would keep the next server from starting.
    run_on(listener, Some(&socket), options).inspect_err(|_reason| {
        std::fs::remove_file(&socket).ok();
    })
}

/// Runs it on a socket; `own` is its path if it is ours to remove.
fn run_on(listener: UnixListener, own: Option<&Path>, options: Options) -> Result<(), RunError> {
    let log = Log::open(options.log_target, options.syslog_socket, options.log_level)?;
    text::starting().iter().for_each(|line| log.write(line));
    if options.background {
        log.write(&text::daemon_started());
    }
    write_pid_file(&options.pidfile)?;
    let database = Database::default();
    let enforcement = Enforcement::new();
    let (events, incoming) = bounded(EVENTS);
    let (batches, for_kernel) = bounded(BATCHES);
    let (from_kernel, for_writer) = bounded(BATCHES);
    watch_signals(
        events.clone(),
        options.background,
        options.reread,
        log.clone(),
    )
    .map_err(RunError::Threads)?;
    let (reader, reading) =
        reader::reader(events.clone(), log.clone()).map_err(RunError::Threads)?;
    start("reader", move || reading.run())?;
    let watches = Watches::new(log.clone());
    let kernel = Kernel::new(enforcement.clone(), watches.clone());
    let kernel = start("kernel", move || kernel.run(&for_kernel, &from_kernel))?;
    let writer = Writer::new(database.clone(), log.clone());
    let writer = start("database", move || writer.run(&for_writer))?;
    let workers = Workers::default();
    let mut engine = Engine::new(Surroundings {
        workers: workers.clone(),
        watches,
        log: log.clone(),
        database: database.clone(),
        enforcement,
        reader,
        events: events.clone(),
        pulse: Pulse::of_environment(),
        batches,
    });
    if let Some(stream) = &options.stream {
        // Each mistake is logged, and its jail is marked.
        engine.configure(stream).ok();
        let reasons = engine.mistakes_of_all_jails();
        if !reasons.is_empty() {
            // Without a jail the kernel was not opened: bans of an earlier run stay in it.
            database.close(&log);
            remove(&options.pidfile, &log);
            log.flush();
            return Err(RunError::NoJail { reasons });
        }
    }
    let serving = log.clone();
    start("socket", move || {
        socket::serve(&listener, &events, &serving);
    })?;
    (options.ready)();
    supervisor::ready();
    if options.background {
        process::silence().map_err(RunError::Threads)?;
    }
    let ending = engine.run(&incoming);
    supervisor::stopping();
    drop(incoming);
    engine.stop();
    // Each thread ends when the one before it has; nothing that was decided is left behind.
    drop(engine);
    kernel.join().ok();
    writer.join().ok();
    workers.join();
    database.close(&log);
    if let Some(socket) = own {
        remove(socket, &log);
    }
    log.info("server", "Exiting Fail2ban");
    remove(&options.pidfile, &log);
    log.flush();
    if let Some(client) = ending.asked {
        client.send(Answer::Reply(Ok(Value::None)));
        // The process must not end before the answer is on its way.
        client.written.recv_timeout(FAREWELL).ok();
    }
    Ok(())
}

fn start(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<thread::JoinHandle<()>, RunError> {
    guard::start(name, work).map_err(RunError::Threads)
}

fn watch_signals(
    events: Sender<Event>,
    background: bool,
    reread: Reread,
    log: Log,
) -> Result<(), std::io::Error> {
    // One at a time: what was read last is what is sent last.
    let reread = Arc::new(Mutex::new(reread));
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGUSR1, SIGHUP])?;
    guard::start("signals", move || {
        for signal in signals.forever() {
            let event = match signal {
                SIGUSR1 => Event::ReopenLog,
                // The terminal that it was started from has gone.
                SIGHUP if background => continue,
                SIGHUP => {
                    let (events, reread) = (events.clone(), Arc::clone(&reread));
                    // Reading may take its time; other signals are not to wait for it.
                    let read = move || {
                        let reread = reread.lock().unwrap_or_else(PoisonError::into_inner);
                        events.send(Event::Reload((reread.0)())).ok();
                    };
                    if let Err(error) = guard::start("reload", read) {
                        log.error("server", format!("Reload: {error}"));
                    }
                    continue;
                }
                other => Event::Terminate(other),
            };
            if events.send(event).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

fn write_pid_file(path: &Path) -> Result<(), RunError> {
    let failed = |source| RunError::PidFile {
        path: path.to_owned(),
        source,
    };
    socket::make_folder(path).map_err(|(path, source)| RunError::PidFolder { path, source })?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)
}

fn remove(path: &Path, log: &Log) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            log.warning(
                "server",
                format!("{} could not be removed: {error}", path.display()),
            );
        }
        _ => {}
    }
}
