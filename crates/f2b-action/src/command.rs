//! The commands that an action is made of.

/// One command of an action file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Command {
    /// `actionstart`.
    Start,
    /// `actionstop`.
    Stop,
    /// `actionflush`: all bans at once are lifted.
    Flush,
    /// `actionreload`.
    Reload,
    /// `actioncheck`: whether what `actionstart` made is still there.
    Check,
    /// `actionrepair`: what to do if not, instead of `actionstop` and `actionstart`.
    Repair,
    /// `actionban`.
    Ban,
    /// `actionprolong`: a ban ends later than was said.
    Prolong,
    /// `actionreban`: a ban is made again after a repair; `actionban` if there is none.
    Reban,
    /// `actionunban`.
    Unban,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 10] = [
        Self::Start,
        Self::Stop,
        Self::Flush,
        Self::Reload,
        Self::Check,
        Self::Repair,
        Self::Ban,
        Self::Prolong,
        Self::Reban,
        Self::Unban,
    ];

    /// Returns the name of its property.
    #[must_use]
    pub fn property(self) -> &'static str {
        match self {
            Self::Start => "actionstart",
            Self::Stop => "actionstop",
            Self::Flush => "actionflush",
            Self::Reload => "actionreload",
            Self::Check => "actioncheck",
            Self::Repair => "actionrepair",
            Self::Ban => "actionban",
            Self::Prolong => "actionprolong",
            Self::Reban => "actionreban",
            Self::Unban => "actionunban",
        }
    }
}
