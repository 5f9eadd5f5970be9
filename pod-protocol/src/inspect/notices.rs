//! Notices and the answers to them, in words.

use serde_json::json;

use super::text::{list, time};
use super::{Describe, Description};
use crate::notice::{Notice, NoticeCause, NoticeOutcome, NoticeReceipt};
use crate::request::Wanted;

impl Describe for Notice {
    const TITLE: &'static str = "a notice: grants no longer count, and what they gave is not to be used any more";

    fn describe(&self) -> Description {
        let why = match self.cause {
            NoticeCause::TakenBack => "They were taken back",
            NoticeCause::KeyRevoked => "A key that signed one of them was revoked",
        };
        let mut lines = vec![
            format!("{} tells the service {} of {}.", self.issuer, self.service, self.audience),
            format!("It is about {} grants: {}.", self.grants.len(), list(&self.grants)),
            format!("{why} at {}.", time(self.ended_secs)),
        ];
        let names = |wanted: &Wanted| list(wanted.names.iter().map(crate::request::Name::as_str));
        lines.extend(self.released.iter().map(|one| format!("They had given {} of {}.", names(one), one.record_type)));
        lines.push("The service is to stop using it, and to delete what the law does not have it keep.".to_owned());
        lines.push(format!(
            "Signed at {}; an answer is awaited until {}, and taken until {}.",
            time(self.issued),
            time(self.awaited_until_secs),
            time(self.expires)
        ));
        let released: Vec<_> = self
            .released
            .iter()
            .map(|one| {
                let names: Vec<&str> = one.names.iter().map(crate::request::Name::as_str).collect();
                json!({ "record_type": one.record_type, "names": names })
            })
            .collect();
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "expires": self.expires,
            "cti": self.cti, "service": self.service, "grants": self.grants, "ended": self.ended_secs,
            "cause": self.cause.code(), "released": released, "awaited_until": self.awaited_until_secs,
        });
        Description { lines, json }
    }
}

impl Describe for NoticeReceipt {
    const TITLE: &'static str = "an answer to a notice: what a service did with data under grants that no longer count";

    fn describe(&self) -> Description {
        let done = match &self.outcome {
            NoticeOutcome::Deleted => "It has deleted everything.".to_owned(),
            NoticeOutcome::Kept(ground) => format!("It uses it no more, and keeps what {ground} has it keep."),
            NoticeOutcome::Gone => "It had nothing of it any more.".to_owned(),
        };
        let lines = vec![
            format!("The service {} answers the notice {} of {}.", self.issuer, self.notice, self.audience),
            done,
            format!("Signed at {}.", time(self.issued)),
        ];
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "cti": self.cti,
            "notice": self.notice, "outcome": self.outcome.code(), "ground": self.outcome.ground(),
        });
        Description { lines, json }
    }
}
