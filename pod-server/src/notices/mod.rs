//! Services that had data under a grant that was taken back are told so, and say what they did; the citizen sees both
//! (`docs/protocol/notice.md`).
//!
//! | File | What |
//! |---|---|
//! | `taken_back` | at the holder: from what was taken back to the notices, in one step with it or from a mark that is |
//! | `split` | what one notice has room for |
//! | `sent` | at the holder: the notices of a pod, who was told when, and what they answered |
//! | `received` | at the service's organisation: what waits for its services, and their receipts |
//! | `queue` | what is yet to be delivered, to services' organisations and back to holders |
//! | `record` | what of it stands in the pod's log |

pub(crate) mod queue;
pub(crate) mod received;
mod record;
pub(crate) mod sent;
mod split;
pub(crate) mod taken_back;

pub use received::take;
pub use sent::answer;
