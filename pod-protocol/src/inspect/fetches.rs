//! Requests and receipts in words.

use serde_json::{Value as Json, json};

use super::text::{list, time};
use super::{Describe, Description};
use crate::answer::Receipt;
use crate::ids::base64url;
use crate::request::{Binding, Request, Wanted};

impl Describe for Request {
    const TITLE: &'static str = "a request: a service asks a holder for what grants give";

    fn describe(&self) -> Description {
        let mut lines = vec![
            format!("{} asks the holder {}.", self.issuer, self.audience),
            format!("For: {}.", self.purpose),
            binding(&self.binding),
        ];
        for item in &self.items {
            let leaf = item.chain.last().map(ToString::to_string).unwrap_or_default();
            lines.push(format!("With the grant {leaf} ({} links): {}.", item.chain.len(), names(&item.wanted)));
        }
        lines.push(format!("Signed at {}; it is too late at {}.", time(self.issued), time(self.expires)));
        let items = self.items.iter().map(|item| json!({ "chain": item.chain, "wanted": wanted_json(&item.wanted) }));
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "expires": self.expires,
            "cti": self.cti, "nonce": self.nonce, "purpose": self.purpose, "items": items.collect::<Vec<_>>(),
            "binding": binding_json(&self.binding),
        });
        Description { lines, json }
    }
}

impl Describe for Receipt {
    const TITLE: &'static str = "a receipt: what a holder released, and where it wrote that down";

    fn describe(&self) -> Description {
        let mut lines = vec![
            format!("The holder {} answered {} at {}.", self.issuer, self.audience, time(self.issued)),
            format!("It answered the request {}.", self.request),
        ];
        for item in &self.items {
            let what = if item.released.is_empty() { String::new() } else { format!(" {}", names(&item.released)) };
            let entry = item.audit_index;
            lines.push(format!("Grant {}: {}{what}; log entry {entry}.", item.leaf, item.outcome.code()));
        }
        lines.push(format!("Its log then had {} entries.", self.tree_size));
        let items = self.items.iter().map(|item| {
            json!({
                "leaf": item.leaf, "outcome": item.outcome.code(), "released": wanted_json(&item.released),
                "digest": item.digest.map(|digest| base64url(&digest)), "audit_index": item.audit_index,
            })
        });
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "request": self.request,
            "items": items.collect::<Vec<_>>(), "tree_size": self.tree_size, "tree_root": base64url(&self.tree_root),
        });
        Description { lines, json }
    }
}

fn names(wanted: &[Wanted]) -> String {
    let one = |wanted: &Wanted| format!("{} of {}", list(&wanted.names), wanted.record_type);
    wanted.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn wanted_json(wanted: &[Wanted]) -> Json {
    let one = |wanted: &Wanted| {
        let names: Vec<String> = wanted.names.iter().map(ToString::to_string).collect();
        json!({ "type": wanted.record_type, "names": names })
    };
    wanted.iter().map(one).collect()
}

/// A binding in words.
pub(super) fn binding(binding: &Binding) -> String {
    match binding {
        Binding::Peer(_) => "It counts on the libp2p connection of one peer.".to_owned(),
        Binding::Exporter(_) => "It counts on one TLS connection.".to_owned(),
        Binding::Origin(origin) => format!("It counts at {origin}, once for its nonce."),
    }
}

/// A binding as JSON.
pub(super) fn binding_json(binding: &Binding) -> Json {
    match binding {
        Binding::Peer(key) => json!({ "peer": base64url(key) }),
        Binding::Exporter(exporter) => json!({ "exporter": base64url(exporter) }),
        Binding::Origin(origin) => json!({ "origin": origin }),
    }
}
