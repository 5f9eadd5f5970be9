//! With which number the program ends. Scripts read them: `docs/operating/exit-codes.md` says the same in more words.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done,
    /// A flag, an argument or an input file cannot be used as it is.
    Usage,
    /// Somebody said no: a node, a directory, a rule. The code says why.
    Refused,
    /// Somebody was not reached, or failed. Trying again later may help.
    NotReached,
    /// A setting, a key, a folder or an address on this side is wrong.
    Configuration,
    /// Evidence does not hold: a log was changed, or an answer is not what was signed.
    EvidenceBroken,
    /// Part of it was done, and what was not is named.
    Partly,
    /// A fault of this program or of the machine under it.
    Internal,
}

/// Every code with its meaning, as `--help` shows them.
pub(crate) const HELP: &str = "\
Exit codes:
  0   everything was done
  2   a flag, an argument or an input file cannot be used as it is
  3   refused by a node, a directory or a rule; the code says why
  4   not reached, or failed on the other side; trying later may help
  5   a setting, a key, a folder or an address on this side is wrong
  6   evidence does not hold: a log was changed, or an answer is not what was signed
  7   done in part; what was not done is named
  70  a fault of this program or of the machine under it";

impl Exit {
    /// The number.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::NotReached => 4,
            Self::Configuration => 5,
            Self::EvidenceBroken => 6,
            Self::Partly => 7,
            Self::Internal => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
