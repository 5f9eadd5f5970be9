//! The life of a server as its tasks see it: serving, draining, cut.

use tokio::sync::watch;

/// How far the server's end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Accepting and answering.
    Serving,
    /// Finishing what has begun.
    Draining,
    /// Every connection ends now.
    Cut,
}

#[derive(Debug)]
pub(crate) struct StageSender(watch::Sender<Stage>);

impl StageSender {
    pub(crate) fn new() -> (Self, StageReceiver) {
        let (sender, receiver) = watch::channel(Stage::Serving);
        (Self(sender), StageReceiver(receiver))
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.0.send_replace(stage);
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StageReceiver(watch::Receiver<Stage>);

impl StageReceiver {
    /// Waits until the server has come to `stage`. A server that is gone counts as cut.
    pub(crate) async fn reached(&mut self, stage: Stage) {
        let _ = self.0.wait_for(|now| *now >= stage).await;
    }

    /// Whether the stage changed since this receiver last looked; one atomic read.
    pub(crate) fn changed(&self) -> bool {
        self.0.has_changed().unwrap_or(true)
    }

    /// Marks the present stage as seen and returns it.
    pub(crate) fn look(&mut self) -> Stage {
        if self.0.has_changed().is_err() {
            return Stage::Cut;
        }
        *self.0.borrow_and_update()
    }
}
