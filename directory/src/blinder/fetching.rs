//! Fetching from somebody who may be slow: one fetch at a time for all who need it, in a task of its own, so that no caller
//! who goes away ends it for the others.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// What was begun last.
#[derive(Debug, Default)]
pub(super) struct Fetching(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    begun_at: Option<u64>,
    fetch: UnderWay,
}

/// A fetch, as those see it who wait for it.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Option<watch::Receiver<()>>);

impl Fetching {
    /// Begins a fetch, unless one is under way or was begun less than `retry_secs` ago. The fetch is responsible for its
    /// own outcome, and must not keep its owner alive.
    pub(super) fn begin(
        &self,
        now_secs: u64,
        retry_secs: u64,
        fetch: impl Future<Output = ()> + Send + 'static,
    ) -> UnderWay {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.begun_at.is_none_or(|begun| now_secs < begun || now_secs >= begun.saturating_add(retry_secs));
        if due && last.fetch.has_ended() {
            let (end, ended) = watch::channel(());
            *last = Last { begun_at: Some(now_secs), fetch: UnderWay(Some(ended)) };
            tokio::spawn(async move {
                // Dropped when the fetch ends, also by a panic: that is what the others wait for.
                let _end = end;
                fetch.await;
            });
        }
        last.fetch.clone()
    }
}

impl UnderWay {
    fn has_ended(&self) -> bool {
        self.0.as_ref().is_none_or(|ended| ended.has_changed().is_err())
    }

    /// Waits until it has ended.
    pub(super) async fn ended(self) {
        if let Some(mut ended) = self.0 {
            // Nothing is ever sent: it fails at the end.
            let _ended = ended.changed().await;
        }
    }
}
