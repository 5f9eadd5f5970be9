//! What a command that failed says: what happened, why, what to do, and with which exit code the program ends.

use std::error::Error;

use pod_client::CallError;

use crate::exit::Exit;

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// Stable, for scripts: `not-reached`, `usage`, or the code that the other side gave.
    pub(crate) code: String,
    /// What happened, without the reasons below it.
    pub(crate) message: String,
    /// Why, each error with its own source.
    pub(crate) source: Option<Box<dyn Error + Send + Sync>>,
    /// What to do, one sentence.
    pub(crate) advice: Option<String>,
}

impl Failure {
    fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), message: message.into(), source: None, advice: None }
    }

    /// A flag, an argument or an input file that cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// A setting, key, folder or address that is wrong. Startup errors say themselves what to write instead.
    pub(crate) fn configuration(error: impl Error + Send + Sync + 'static) -> Self {
        Self::of(Exit::Configuration, "configuration", error)
    }

    /// As [`Failure::configuration`], in words of this program.
    pub(crate) fn configuration_says(message: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, "configuration", message)
    }

    /// A rule on this side says no; `code` says which.
    pub(crate) fn rule(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, code, message)
    }

    /// A fault of this program or the machine.
    pub(crate) fn internal(message: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..Self::new(Exit::Internal, "internal", message) }
    }

    /// Any error with an exit code and a stable code.
    pub(crate) fn of(exit: Exit, code: &str, error: impl Error + Send + Sync + 'static) -> Self {
        Self { source: error.source().map(chain), ..Self::new(exit, code, error.to_string()) }
    }

    /// As something wrong on this side: in a folder that `init` made, not in what the command line gave.
    pub(crate) fn on_this_side(self) -> Self {
        Self { exit: Exit::Configuration, code: "configuration".to_owned(), ..self }
    }

    /// What to do about it.
    pub(crate) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Why.
    pub(crate) fn because(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..self }
    }

    /// The reasons, from the nearest to the deepest, each once.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        let mut next: Option<&(dyn Error + 'static)> = self.source.as_deref().map(|source| source as _);
        while let Some(error) = next {
            let reason = error.to_string();
            // Some foreign errors repeat their source's words.
            if !reason.is_empty() && !reasons.contains(&reason) {
                reasons.push(reason);
            }
            next = error.source();
        }
        reasons
    }
}

/// A chain of reasons that outlives the error it was read from.
#[derive(Debug)]
struct Reason {
    text: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Reason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

fn chain(error: &(dyn Error + 'static)) -> Box<dyn Error + Send + Sync> {
    Box::new(Reason { text: error.to_string(), source: error.source().map(chain) })
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let exit = match &error {
            CallError::Ours { .. } => Exit::Usage,
            CallError::Address { .. } => Exit::Configuration,
            CallError::Refused { .. } => Exit::Refused,
            CallError::Unbelievable { .. } => Exit::EvidenceBroken,
            // Also what later versions of the client add: the other side did not give what was asked for.
            _ => Exit::NotReached,
        };
        let (code, advice) = (error.code().to_owned(), error.advice());
        Self::of(exit, &code, error).advise(advice)
    }
}

impl From<pod_net::NetStartError> for Failure {
    fn from(error: pod_net::NetStartError) -> Self {
        Self::configuration(error)
    }
}

impl From<pod_http::StartupError> for Failure {
    fn from(error: pod_http::StartupError) -> Self {
        Self::configuration(error)
    }
}
