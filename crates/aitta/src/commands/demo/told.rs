//! How the story is told: numbered, in plain words, each refusal with its reason.

use std::cell::Cell;

/// Tells the steps to whoever watches.
#[derive(Debug)]
pub(super) struct Told {
    silent: bool,
    steps: Cell<u32>,
}

impl Told {
    /// Tells nothing when only the result is wanted.
    pub(super) fn new(silent: bool) -> Self {
        Self { silent, steps: Cell::new(0) }
    }

    /// A new part of the story.
    pub(super) fn part(&self, title: &str) {
        if !self.silent {
            println!("\n── {title}");
        }
    }

    /// A step that went as it must.
    pub(super) fn step(&self, text: &str) {
        self.steps.set(self.steps.get() + 1);
        if !self.silent {
            println!("{:>3}. {text}", self.steps.get());
        }
    }

    /// What was seen with it.
    pub(super) fn seen(&self, text: &str) {
        if !self.silent {
            for line in text.lines() {
                println!("       {line}");
            }
        }
    }

    /// How many steps were told.
    pub(super) fn steps(&self) -> u32 {
        self.steps.get()
    }
}
