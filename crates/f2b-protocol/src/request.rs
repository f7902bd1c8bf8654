//! What a command asks for.
//!
//! Parsing answers as the original does: what is missing, malformed or unknown
//! has the original's exception, checked in the original's order. What only the
//! server can judge (is there such a jail, does this rule compile, how long is
//! `1d`) is left to it.

mod get;
mod multi;
mod set;
mod word;

use crate::{Command, Exception, Value};

pub use get::{JailOption, ServerOption};
pub use set::{LogPosition, Setting};

/// Holds one command that this version carries out.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `ping`: answers `pong`.
    Ping,
    /// `version`.
    Version,
    /// `echo …`: answers the list of its words.
    Echo(Vec<Value>),
    /// `server-status`: answers `Server ready` once the server serves.
    ServerStatus,
    /// `config-error MSG`: logs the message as an error, answers nothing.
    ConfigError(String),
    /// `status`.
    Status,
    /// `status J [flavor]`.
    JailStatus {
        /// Which jail.
        jail: String,
        /// How much to tell.
        flavor: StatusFlavor,
    },
    /// `stop` without a jail: ends the server.
    Stop,
    /// `stop J`: answers nothing.
    StopJail {
        /// Which jail.
        jail: String,
    },
    /// `stop --all`: answers nothing; the server goes on.
    StopAllJails,
    /// `sleep SECONDS`: answers nothing, after that time.
    Sleep {
        /// How long, in seconds.
        seconds: f64,
    },
    /// `reload J|--all OPTIONS STREAM`: answers `OK`.
    Reload(Reload),
    /// `add J [backend]`: answers the name.
    AddJail {
        /// Name of the new jail.
        jail: String,
        /// Backend as written, `auto` if there is none.
        backend: String,
    },
    /// `start J`.
    StartJail {
        /// Which jail.
        jail: String,
    },
    /// `set J banip IP…`: answers how many were banned anew.
    BanIp {
        /// Which jail.
        jail: String,
        /// What to ban, as written.
        ids: Vec<String>,
    },
    /// `set J unbanip [--report-absent] IP…`: answers how many were unbanned.
    UnbanIp {
        /// Which jail.
        jail: String,
        /// What to unban, as written.
        ids: Vec<String>,
        /// Whether what was not banned is an error, after the others were done.
        report_absent: bool,
    },
    /// `set J attempt IP [LINE…]`: answers 1, or 0 if it is ignored.
    Attempt {
        /// Which jail.
        jail: String,
        /// Who, as written.
        id: String,
        /// The lines that tell of it; each counts.
        lines: Vec<String>,
    },
    /// `get J banip [SEP|--with-time]`: answers the list of bans by end of ban.
    /// A separator is the client's business.
    BanList {
        /// Which jail.
        jail: String,
        /// Whether each entry tells begin, duration and end.
        with_time: bool,
    },
    /// `get J banned [IP…]`: without words the list of bans, with one word 1 or
    /// 0, with more a list of these.
    Banned {
        /// Which jail.
        jail: String,
        /// What to look for.
        ids: Vec<String>,
    },
    /// `banned`: answers all bans by jail; with words the jails that have banned each of them.
    BannedAnywhere(Vec<String>),
    /// `unban IP…`, or `unban --all`: answers how many were unbanned.
    UnbanAnywhere {
        /// What to unban; `None` for everything.
        ids: Option<Vec<String>>,
    },
    /// `stats`, `statistics`, `statistic`: answers backend and counts of each jail.
    Statistics,
    /// `status --all [flavor]`.
    StatusOfAll(StatusFlavor),
    /// `flushlogs`: answers `rolled over` or `flushed`.
    FlushLogs,
    /// `get OPTION`: answers its value.
    GetServer(ServerOption),
    /// `get J OPTION…`: answers its value.
    GetJail {
        /// Which jail.
        jail: String,
        /// What to tell.
        option: JailOption,
    },
    /// `set OPTION VALUE`: answers the new value.
    SetServer(ServerSetting),
    /// `set J OPTION VALUE…`: answers the new value.
    SetJail {
        /// Which jail.
        jail: String,
        /// What to set.
        setting: Setting,
    },
    /// `multi-set J OPTION LIST` for options of which a list can be set at once:
    /// answers `True`.
    MultiSetJail {
        /// Which jail.
        jail: String,
        /// What to set, in order.
        settings: Vec<Setting>,
    },
    /// `server-stream [command…]`: answers nothing.
    ServerStream(Vec<Command>),
    /// `stockade-status [J]`: ours; answers a tree of dictionaries.
    StockadeStatus {
        /// Which jail, or the whole server.
        jail: Option<String>,
    },
    /// `stockade-supplement DICT`: ours; what the stream cannot say.
    Supplement(Vec<(Value, Value)>),
}

/// What `reload` takes up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reload {
    /// The one jail it is about; `None` for all of them.
    pub jail: Option<String>,
    /// `--restart`: jails end and begin anew.
    pub restart: bool,
    /// `--unban`: what they have banned is unbanned before.
    pub unban: bool,
    /// `--if-exists`: a jail that the server does not know is no error.
    pub if_exists: bool,
    /// The configuration.
    pub stream: Vec<Command>,
}

/// How much `status J` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusFlavor {
    /// Everything of the jail itself.
    Basic,
    /// Without the list of bans.
    Short,
    /// Also the networks, countries and registries of the banned; see [`JailStatus`].
    ///
    /// [`JailStatus`]: crate::status::JailStatus
    Cymru,
    /// The backend and the counts alone, as `stats` has them.
    Statistics,
    /// A word that is no flavour: logged as a warning, answered as basic. Holds
    /// the word.
    Unknown(String),
}

/// What `set OPTION VALUE` changes in the server.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerSetting {
    /// `loglevel`, in capitals.
    LogLevel(String),
    /// `logtarget`, options in brackets included.
    LogTarget(String),
    /// `syslogsocket`: `auto` or a path.
    SyslogSocket(String),
    /// `allowipv6`, as written; the reply is the value itself.
    AllowIpv6(Value),
    /// `dbfile`: a path, or `None` for no database.
    DbFile(Option<String>),
    /// `dbmaxmatches`.
    DbMaxMatches(i64),
    /// `dbpurgeage`.
    DbPurgeAge(TimeText),
    /// `thread {'stacksize': KiB}`; answers nothing.
    Thread {
        /// Size of a thread's stack in KiB; 0 and `None` leave it alone.
        stack_size_kib: Option<i64>,
    },
}

/// A span of time as a command says it: text in the original's notation, or a
/// number of seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeText {
    /// Text, as `1d 12h` or `600`.
    Text(String),
    /// Whole seconds.
    Seconds(i64),
    /// Seconds with a fraction.
    Fraction(f64),
}

/// Why a command is not a [`Request`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The answer is this exception.
    #[error("{0}")]
    Now(#[source] Exception),
    /// The answer is this exception if there is such a jail, and otherwise that
    /// there is none: the original looks for the jail first.
    #[error("{exception}")]
    AfterJail {
        /// Which jail.
        jail: String,
        /// What is wrong with the rest.
        #[source]
        exception: Exception,
    },
}

impl Refusal {
    /// Returns the exception to answer; the caller says whether a jail exists.
    pub fn into_exception(self, is_jail: impl FnOnce(&str) -> bool) -> Exception {
        match self {
            Self::AfterJail { jail, .. } if !is_jail(&jail) => Exception::unknown_jail(jail),
            Self::Now(exception) | Self::AfterJail { exception, .. } => exception,
        }
    }
}

impl From<Exception> for Refusal {
    fn from(exception: Exception) -> Self {
        Self::Now(exception)
    }
}

impl Request {
    /// Returns what the command asks for.
    ///
    /// *Errors*: why it cannot be carried out, as the exception to answer.
    pub fn parse(command: &Command) -> Result<Self, Refusal> {
        let (name, rest) = command
            .as_words()
            .split_first()
            .ok_or_else(Exception::missing_word)?;
        let Value::Str(name) = name else {
            return Err(Exception::invalid_command().into());
        };
        match name.as_str() {
            "ping" => Ok(Self::Ping),
            "version" => Ok(Self::Version),
            "echo" => Ok(Self::Echo(rest.to_vec())),
            // Ours: who answers, and how things are. The original takes no notice of the word.
            "server-status" if rest.first().and_then(Value::as_str) == Some("--json") => {
                Ok(Self::StockadeStatus { jail: None })
            }
            "server-status" => Ok(Self::ServerStatus),
            "config-error" => Ok(Self::ConfigError(word::first(rest)?.str())),
            "status" => status(rest),
            "stop" => match rest.first() {
                None => Ok(Self::Stop),
                Some(jail) if jail.as_str() == Some("--all") => Ok(Self::StopAllJails),
                Some(jail) => Ok(Self::StopJail {
                    jail: word::jail(jail)?,
                }),
            },
            "sleep" => Ok(Self::Sleep {
                seconds: word::float(word::first(rest)?)?,
            }),
            "reload" => reload(rest),
            "add" => add(rest),
            "start" => Ok(Self::StartJail {
                jail: word::jail(word::first(rest)?)?,
            }),
            "set" => set::parse(rest),
            "multi-set" => multi::parse(rest),
            "get" => get::parse(rest),
            "server-stream" => stream(word::first(rest)?),
            "stockade-status" => {
                let jail = rest.first().map(word::jail).transpose()?;
                Ok(Self::StockadeStatus { jail })
            }
            "stockade-supplement" => match word::first(rest)? {
                Value::Dict(pairs) => Ok(Self::Supplement(pairs.clone())),
                other => Err(Exception::no_attribute(other, "items").into()),
            },
            "unban" if rest.is_empty() => Err(Exception::invalid_command().into()),
            "unban" if word::first(rest)?.as_str() == Some("--all") => {
                Ok(Self::UnbanAnywhere { ids: None })
            }
            "unban" => Ok(Self::UnbanAnywhere {
                ids: Some(word::ids(rest)?),
            }),
            "banned" => Ok(Self::BannedAnywhere(word::ids(rest)?)),
            "flushlogs" => Ok(Self::FlushLogs),
            "stats" | "statistic" | "statistics" => Ok(Self::Statistics),
            _ => Err(Exception::invalid_command().into()),
        }
    }
}

fn status(rest: &[Value]) -> Result<Request, Refusal> {
    let (jail, flavor) = match rest {
        [] => return Ok(Request::Status),
        [jail] => (jail, None),
        [jail, flavor] => (jail, Some(flavor)),
        _ => return Err(Exception::general("Invalid command (no status)").into()),
    };
    let flavor = match flavor.map(Value::str).as_deref() {
        None | Some("basic") => StatusFlavor::Basic,
        Some("short") => StatusFlavor::Short,
        Some("stats") => StatusFlavor::Statistics,
        Some("cymru") => StatusFlavor::Cymru,
        Some(other) => StatusFlavor::Unknown(other.to_owned()),
    };
    if jail.as_str() == Some("--all") {
        return Ok(Request::StatusOfAll(flavor));
    }
    let jail = word::jail(jail)?;
    Ok(Request::JailStatus { jail, flavor })
}

fn add(rest: &[Value]) -> Result<Request, Refusal> {
    let jail = word::first(rest)?;
    if jail.as_str() == Some("--all") {
        return Err(Exception::general("Reserved name '--all'").into());
    }
    let jail = word::jail(jail)?;
    let backend = match rest.get(1) {
        None => "auto".to_owned(),
        Some(backend) => word::method_text(backend, "lower")?,
    };
    Ok(Request::AddJail { jail, backend })
}

fn reload(rest: &[Value]) -> Result<Request, Refusal> {
    let [jail, options, ..] = rest else {
        let missing = match rest.len() {
            0 => "2 required positional arguments: 'name' and 'opts'",
            _ => "1 required positional argument: 'opts'",
        };
        let text = format!("Server.reloadJails() missing {missing}");
        return Err(Exception::type_error(text).into());
    };
    let options = word::elements(options)?;
    let has = |option: &str| options.iter().any(|word| word.as_str() == Some(option));
    let name = word::jail(jail)?;
    let stream = word::at(rest, 2).and_then(commands);
    // As the original: an unknown jail goes before what is wrong behind it.
    let stream = match name == "--all" || has("--if-exists") {
        true => stream?,
        false => set::after_jail(jail, stream)?,
    };
    Ok(Request::Reload(Reload {
        restart: has("--restart"),
        unban: has("--unban"),
        if_exists: has("--if-exists"),
        stream,
        jail: Some(name).filter(|name| name != "--all"),
    }))
}

fn stream(stream: &Value) -> Result<Request, Refusal> {
    Ok(Request::ServerStream(commands(stream)?))
}

fn commands(stream: &Value) -> Result<Vec<Command>, Refusal> {
    let commands = word::elements(stream)?.into_iter();
    let commands: Result<Vec<_>, _> = commands.map(Command::from_value).collect();
    Ok(commands?)
}
