//! Which logins were used, and how often each citizen asked in the last 24 hours.
//!
//! Durable before the answer leaves: after a crash a login has been used once too often at most in the books, never in
//! truth. It knows keyed digests alone, and nothing of what was asked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pod_crypto::{Secret32, hmac_sha256};
use pod_store::{Batch, Store};

use super::tables::{ASKS, PAGE_ROWS};
use super::token::Login;
use crate::fault::{Failure, Refused};
use crate::problems;
use crate::startup::StartupError;

/// How long an ask counts: longer than any login can be used, so that none is used twice.
const WINDOW_SECS: u64 = 24 * 3600;
/// Most asks remembered, about 200 bytes each: a fifth of the country's people in one day. Beyond it wallets wait, rather
/// than logins being forgotten.
pub const MAX_ASKS_REMEMBERED: usize = 1_000_000;
/// Most forgotten asks that one commit removes.
const MAX_FORGOTTEN_AT_ONCE: usize = 4096;

type Digest = [u8; 32];

/// Used logins.
pub(super) struct Ledger {
    store: Arc<dyn Store>,
    key: Secret32,
    book: Mutex<Book>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Book {
    /// By when it is forgotten and the login; the subject.
    asks: BTreeMap<(u64, Digest), Digest>,
    logins: HashSet<Digest>,
    by_subject: HashMap<Digest, u32>,
}

impl Book {
    fn add(&mut self, until: u64, login: Digest, subject: Digest) {
        self.asks.insert((until, login), subject);
        self.logins.insert(login);
        *self.by_subject.entry(subject).or_default() += 1;
    }

    /// Takes out what is over, the oldest first.
    fn forget(&mut self, now_secs: u64) -> Vec<(u64, Digest)> {
        let over: Vec<(u64, Digest)> =
            self.asks.keys().take_while(|(until, _)| *until <= now_secs).take(MAX_FORGOTTEN_AT_ONCE).copied().collect();
        for ask in &over {
            let Some(subject) = self.asks.remove(ask) else { continue };
            self.logins.remove(&ask.1);
            if let Some(count) = self.by_subject.get_mut(&subject) {
                *count -= 1;
                if *count == 0 {
                    self.by_subject.remove(&subject);
                }
            }
        }
        over
    }
}

impl Ledger {
    /// Reads what the store remembers.
    pub(super) fn load(store: Arc<dyn Store>, key: Secret32, now_secs: u64) -> Result<Self, StartupError> {
        let mut book = Book::default();
        let mut from = Bound::Unbounded;
        loop {
            let rows = store.range(ASKS, from.as_ref().map(Vec::as_slice), Bound::Unbounded, PAGE_ROWS)?;
            let Some((last, _)) = rows.last() else { break };
            from = Bound::Excluded(last.clone());
            let mut over = Batch::new();
            for (row_key, value) in rows {
                let (until, login, subject) =
                    read_row(&row_key, &value).ok_or(StartupError::Damaged { what: "a used login" })?;
                if until <= now_secs {
                    over.delete(ASKS, row_key);
                } else {
                    book.add(until, login, subject);
                }
            }
            if !over.is_empty() {
                store.commit(over)?;
            }
        }
        tracing::debug!(asks = book.asks.len(), now_secs, "used logins read");
        Ok(Self { store, key, book: Mutex::new(book) })
    }

    /// Uses a login: once, and `limit` times a day for one subject. Durable when it returns.
    pub(super) fn spend(&self, login: &Login, limit: u32, now_secs: u64) -> Result<(), Failure> {
        let subject = self.digest(&[b"subject", login.issuer.as_bytes(), login.subject.as_bytes()]);
        let login = match &login.id {
            Some(id) => self.digest(&[b"id", login.issuer.as_bytes(), id.as_bytes()]),
            None => {
                let issued = login.issued.to_be_bytes();
                self.digest(&[b"time", login.issuer.as_bytes(), login.subject.as_bytes(), &issued])
            }
        };
        let until = now_secs.saturating_add(WINDOW_SECS);
        let mut batch = Batch::new();
        let outcome = {
            let mut book = self.book();
            for (until, login) in book.forget(now_secs) {
                batch.delete(ASKS, row_key(until, &login));
            }
            // In memory first: two calls with one login cannot both come here.
            check(&book, &login, &subject, limit).map(|()| book.add(until, login, subject))
        };
        if outcome.is_ok() {
            batch.put(ASKS, row_key(until, &login), subject);
        }
        // What was forgotten is gone from the store too, also when this ask is refused.
        if !batch.is_empty() {
            self.store.commit(batch)?;
        }
        Ok(outcome?)
    }

    /// How many asks are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.book().asks.len()
    }

    /// Whether the store can be read.
    pub(super) fn probe(&self) -> Result<(), pod_store::StoreError> {
        self.store.range(ASKS, Bound::Unbounded, Bound::Unbounded, 1).map(drop)
    }

    /// Each part with its length before it, so that no two lists of parts are the same bytes.
    fn digest(&self, parts: &[&[u8]]) -> Digest {
        let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
        let framed: Vec<&[u8]> =
            lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), *part]).collect();
        hmac_sha256(&*self.key, &framed)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(book: &Book, login: &Digest, subject: &Digest, limit: u32) -> Result<(), Refused> {
    if book.logins.contains(login) {
        return Err(Refused::saying(&problems::TOKEN_USED, "each login counts for one question"));
    }
    let asked = book.by_subject.get(subject).copied().unwrap_or_default();
    if asked >= limit {
        let detail =
            format!("{asked} questions were asked in the last 24 hours, and {limit} are allowed: ask tomorrow");
        return Err(Refused::saying(problems::limit(), detail));
    }
    if book.asks.len() >= MAX_ASKS_REMEMBERED {
        return Err(Refused::saying(problems::limit(), "too many people ask today: ask later"));
    }
    Ok(())
}

fn row_key(until: u64, login: &Digest) -> Vec<u8> {
    [until.to_be_bytes().as_slice(), login].concat()
}

fn read_row(key: &[u8], value: &[u8]) -> Option<(u64, Digest, Digest)> {
    let (until, login) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*until), login.try_into().ok()?, value.try_into().ok()?))
}
