//! What the routes of both servers share: the table, the caller's language and trace, bodies, metrics.

mod asked;
mod etag;
mod metrics;
mod table;

pub(crate) use asked::{Asked, Media, cbor, health, json, no_content, readiness};
pub(crate) use etag::Tagged;
pub(crate) use metrics::{Outcome, metrics_router};
pub use table::Route;
pub(crate) use table::{Row, router, routes, row};
