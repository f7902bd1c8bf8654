//! Which journal a jail reads: the arguments of its backend, as options of `journalctl`.

mod spec;

pub use spec::{Spec, SpecError, split};

/// The arguments that there are.
pub const ARGUMENTS: [&str; 5] = [
    "journalpath",
    "journalfiles",
    "journalflags",
    "namespace",
    "rotated",
];

/// The variable of the environment that names the flags of a journal of which the configuration says nothing.
pub const DEFAULT_FLAGS: &str = "F2B_SYSTEMD_DEFAULT_FLAGS";

/// The names of systemd's own `SD_JOURNAL_…`, the first for bit 1.
const LOCAL_ONLY: u32 = 1;
const RUNTIME_ONLY: u32 = 2;
const SYSTEM: u32 = 4;
const CURRENT_USER: u32 = 8;
const OS_ROOT: u32 = 16;
const ALL_NAMESPACES: u32 = 32;
const INCLUDE_DEFAULT_NAMESPACE: u32 = 64;
const ALL_FLAGS: u32 = 127;

/// Where the journal of the running boot is.
const RUNTIME_FOLDER: &str = "/run/log/journal";

/// One journal; jails that name the same one share a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Which {
    path: Option<String>,
    /// Patterns of paths.
    files: Vec<String>,
    namespace: Option<String>,
    flags: Option<u32>,
}

/// An argument that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhichError {
    /// There is no such argument.
    #[error("the backend `systemd` has no argument `{0}` (hint: it has {known})", known = ARGUMENTS.join(", "))]
    Unknown(String),
    /// Flags that are no number, or one with bits that mean nothing.
    #[error(
        "`journalflags={0}` says nothing (hint: it is the sum of systemd's SD_JOURNAL_ flags, such as 1 for \
         local entries only and 4 for those of system services)"
    )]
    Flags(String),
    /// An argument without a value that needs one.
    #[error("`{0}=` is empty (hint: leave it out)")]
    Empty(&'static str),
    /// A folder and files at once.
    #[error(
        "`journalpath` and `journalfiles` exclude each other (hint: a pattern of files names their folder)"
    )]
    PathAndFiles,
    /// The flag for the root of a system, without that root.
    #[error(
        "`journalflags=16` needs a `journalpath` (hint: the folder that is the other system's root)"
    )]
    RootWithoutPath,
    /// Flags that choose among journals where there is no choice.
    #[error(
        "`journalflags={flags}` does not go with `{with}` (hint: that goes with {allowed} alone)"
    )]
    FlagsWith {
        /// The flags.
        flags: u32,
        /// The other argument.
        with: &'static str,
        /// The flags that go with it.
        allowed: &'static str,
    },
}

impl Which {
    /// Returns the journal that the arguments of a backend name; `default_flags` are for one that names neither
    /// flags nor a place.
    ///
    /// `rotated` is taken and says nothing: rotated files are always read.
    ///
    /// # Errors
    /// [`WhichError`], with a hint.
    pub fn of(
        arguments: &[(String, String)],
        default_flags: Option<&str>,
    ) -> Result<Self, WhichError> {
        let mut which = Self::default();
        for (name, value) in arguments {
            match name.as_str() {
                "journalpath" if value.is_empty() => return Err(WhichError::Empty("journalpath")),
                "journalpath" => which.path = Some(value.clone()),
                "journalfiles" => {
                    let files = value.split(|c: char| c.is_whitespace() || c == ',');
                    let files = files.filter(|file| !file.is_empty());
                    which.files = files.map(str::to_owned).collect();
                    if which.files.is_empty() {
                        return Err(WhichError::Empty("journalfiles"));
                    }
                }
                "journalflags" => which.flags = Some(flags(value)?),
                // As the original: an empty one is the journal without a name.
                "namespace" => {
                    which.namespace = Some(value.clone()).filter(|name| !name.is_empty());
                }
                "rotated" => {}
                _ => return Err(WhichError::Unknown(name.clone())),
            }
        }
        if let Some(text) = default_flags
            && which == Self::default()
        {
            which.flags = Some(flags(text)?);
        }
        which.judge()?;
        // As the original: a place is more than a name.
        if which.path.is_some() || !which.files.is_empty() {
            which.namespace = None;
        }
        Ok(which)
    }

    fn judge(&self) -> Result<(), WhichError> {
        let flags = self.flags.unwrap_or(0);
        let wrong = |with, allowed| {
            Err(WhichError::FlagsWith {
                flags,
                with,
                allowed,
            })
        };
        match (&self.path, self.files.is_empty()) {
            (Some(_), false) => Err(WhichError::PathAndFiles),
            (None, false) if flags != 0 => wrong("journalfiles", "0"),
            (Some(_), true) if flags & !(SYSTEM | CURRENT_USER | OS_ROOT) != 0 => {
                wrong("journalpath", "4, 8 and 16")
            }
            (None, true) if flags & OS_ROOT != 0 => Err(WhichError::RootWithoutPath),
            _ => Ok(()),
        }
    }

    /// Returns the options of `journalctl` for it.
    ///
    /// Patterns of files are given as they are: `journalctl` expands them once, when it starts.
    #[must_use]
    pub fn options(&self) -> Vec<String> {
        let flags = self.flags.unwrap_or(LOCAL_ONLY);
        let has = |flag: u32| flags & flag != 0;
        if !self.files.is_empty() {
            let files = self.files.iter();
            return files.map(|file| format!("--file={file}")).collect();
        }
        let mut options = Vec::new();
        match &self.path {
            Some(path) if has(OS_ROOT) => options.push(format!("--root={path}")),
            Some(path) => options.push(format!("--directory={path}")),
            // There is no option for it alone. What is there is of this machine.
            None if has(RUNTIME_ONLY) => options.push(format!("--directory={RUNTIME_FOLDER}")),
            None => {
                if !has(LOCAL_ONLY) {
                    options.push("--merge".to_owned());
                }
                let with_default = has(INCLUDE_DEFAULT_NAMESPACE);
                match &self.namespace {
                    _ if has(ALL_NAMESPACES) => options.push("--namespace=*".to_owned()),
                    Some(name) if with_default && !name.starts_with(['+', '*']) => {
                        options.push(format!("--namespace=+{name}"));
                    }
                    Some(name) => options.push(format!("--namespace={name}")),
                    None => {}
                }
            }
        }
        let kinds = [(SYSTEM, "--system"), (CURRENT_USER, "--user")];
        let kinds = kinds.iter().filter(|(flag, _)| has(*flag));
        options.extend(kinds.map(|(_, option)| (*option).to_owned()));
        options
    }

    /// Returns the folder that is read, if one is named.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Returns the patterns of files that are read and nothing else, if it is such; new files that fit one are for
    /// another start of `journalctl`.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Tells whether it is the journal that a machine keeps by itself.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The number of flags; blanks around it do not count, as in Python.
fn flags(text: &str) -> Result<u32, WhichError> {
    let number: Option<u32> = text.trim().parse().ok();
    number
        .filter(|number| number & !ALL_FLAGS == 0)
        .ok_or_else(|| WhichError::Flags(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Which, WhichError> {
        let (_, arguments) = split(text).unwrap();
        Which::of(&arguments, None)
    }

    #[test]
    fn arguments_are_options_of_journalctl() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(of(text).unwrap().options(), expected, "{text}");
        };
        check("systemd", &[]);
        check("systemd[]", &[]);
        check("systemd[rotated=on]", &[]);
        check("systemd[journalflags=0]", &["--merge"]);
        check("systemd[journalflags=1]", &[]);
        check("systemd[journalflags= 5 ]", &["--system"]);
        check(
            "systemd[journalflags=12]",
            &["--merge", "--system", "--user"],
        );
        check("systemd[journalflags=3]", &["--directory=/run/log/journal"]);
        check("systemd[journalflags=33]", &["--namespace=*"]);
        check("systemd[namespace=a]", &["--namespace=a"]);
        check("systemd[namespace=a, journalflags=65]", &["--namespace=+a"]);
        check("systemd[journalpath=/a]", &["--directory=/a"]);
        check(
            "systemd[journalpath='/a b', journalflags=4, namespace=c]",
            &["--directory=/a b", "--system"],
        );
        check("systemd[journalpath=/a, journalflags=16]", &["--root=/a"]);
        check(
            "systemd[journalfiles=\"/a/*.journal, /b\", journalflags=0]",
            &["--file=/a/*.journal", "--file=/b"],
        );
    }

    #[test]
    fn the_same_journal_is_the_same_in_other_words() {
        assert_eq!(
            of("systemd[rotated=1,namespace=]").unwrap(),
            of("systemd").unwrap()
        );
        assert_ne!(
            of("systemd[journalflags=4]").unwrap(),
            of("systemd").unwrap()
        );
    }

    #[test]
    fn default_flags_are_for_who_names_nothing() {
        let with = |text: &str, flags: &str| {
            let (_, arguments) = split(text).unwrap();
            Which::of(&arguments, Some(flags)).map(|which| which.options())
        };
        assert_eq!(with("systemd", "5").unwrap(), ["--system"]);
        assert_eq!(
            with("systemd[journalpath=/a]", "1").unwrap(),
            ["--directory=/a"]
        );
        assert_eq!(with("systemd", "x"), Err(WhichError::Flags("x".to_owned())));
    }

    #[test]
    fn an_argument_that_says_nothing_is_refused_with_a_hint() {
        let check = |text: &str, expected: &str| {
            let error = of(text).unwrap_err().to_string();
            assert!(
                error.starts_with(expected) && error.contains("(hint: "),
                "{error}"
            );
        };
        check(
            "systemd[bogus=1]",
            "the backend `systemd` has no argument `bogus`",
        );
        check("systemd[journalflags=x]", "`journalflags=x` says nothing");
        check("systemd[journalflags=]", "`journalflags=` says nothing");
        check("systemd[journalflags=-1]", "`journalflags=-1` says nothing");
        check(
            "systemd[journalflags=128]",
            "`journalflags=128` says nothing",
        );
        check("systemd[journalpath=]", "`journalpath=` is empty");
        check("systemd[journalfiles=]", "`journalfiles=` is empty");
        check(
            "systemd[journalpath=/a, journalfiles=/b]",
            "`journalpath` and `journalfiles` exclude",
        );
        check(
            "systemd[journalfiles=/b, journalflags=4]",
            "`journalflags=4` does not go with `journalfiles`",
        );
        check(
            "systemd[journalpath=/b, journalflags=5]",
            "`journalflags=5` does not go with `journalpath`",
        );
        check(
            "systemd[journalflags=16]",
            "`journalflags=16` needs a `journalpath`",
        );
    }
}
