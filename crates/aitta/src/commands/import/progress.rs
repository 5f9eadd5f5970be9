//! How far an import is: a bar where somebody watches, a line each few seconds' worth of rows elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

/// Rows between two lines where nobody watches: some seconds.
const ROWS_BETWEEN_LINES: u64 = 5000;

/// Shows progress. Shared with the thread that imports.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    file: Mutex<String>,
    said_rows: AtomicU64,
}

impl Shown {
    pub(super) fn new(somebody_watches: bool) -> Self {
        let bar = somebody_watches.then(|| {
            // The template is ours: were it wrong, the bar would look as it usually does.
            let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}");
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, file: Mutex::default(), said_rows: AtomicU64::new(0) }
    }

    /// Takes note of how far a file is.
    pub(super) fn at(&self, file: &str, rows_done: u64, bytes_done: u64, bytes_total: u64) {
        let mut current = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != file {
            file.clone_into(&mut current);
            self.said_rows.store(0, Ordering::Relaxed);
        }
        match &self.bar {
            Some(bar) => {
                bar.set_length(bytes_total);
                bar.set_position(bytes_done);
                bar.set_message(format!("{file}, row {rows_done}"));
            }
            None if rows_done >= self.said_rows.load(Ordering::Relaxed).saturating_add(ROWS_BETWEEN_LINES) => {
                self.said_rows.store(rows_done, Ordering::Relaxed);
                tracing::info!(file, rows_done, bytes_done, bytes_total, "importing");
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
