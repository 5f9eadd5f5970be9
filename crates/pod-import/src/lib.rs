//! Registers in, records out: catalogues, mappings, formats and refused rows.
//!
//! An organisation writes one **catalogue** (TOML): which record types it holds, and how each file that its systems
//! export maps to them. [`import()`] then reads the files row by row, in constant memory:
//!
//! ```text
//! bytes ── formats ──▶ row ── rows ──▶ ImportedRecord ── run ──▶ Sink (batch + checkpoint, atomically)
//!                       └──────────────▶ Refused (file, line, field, reason): refused alone, the rest goes in
//! ```
//!
//! | Step | Module |
//! |---|---|
//! | which record types, which columns | [`catalogue`] |
//! | bytes to rows: CSV, TSV, JSON lines; UTF-8, Windows-1252 | [`formats`] |
//! | a national identity code | [`identity`] |
//! | row to record, against its JSON Schema | [`rows`] |
//! | which files | [`plan`] |
//! | batches, checkpoints, outcome | [`run`], [`report`] |
//!
//! Architecture invariants: a national identity code never stands in a record's fields, in an error or in a report; no
//! sentence of a refusal repeats a value of the row; a file that changed since its checkpoint, or whose catalogue did,
//! starts over.

pub mod catalogue;
mod convert;
pub mod formats;
pub mod identity;
pub mod plan;
pub mod report;
pub mod rows;
pub mod run;

pub use catalogue::{Catalogue, CatalogueError};
pub use identity::{IdentityCode, IdentityError};
pub use plan::{Plan, PlanError, PlannedFile};
pub use report::{FileReport, Report};
pub use rows::{ImportedRecord, Refused};
pub use run::{Batch, Checkpoint, ImportError, Options, Outcome, Progress, Sink, import};
