//! Holder entries, blind requests, buckets and tree heads in words.

use serde_json::json;

use super::text::{hex, time};
use super::{Describe, Description};
use crate::blind_request::BlindRequest;
use crate::bucket::Bucket;
use crate::holder_entry::HolderEntry;
use crate::ids::base64url;
use crate::tree_head::TreeHead;

impl Describe for HolderEntry {
    const TITLE: &'static str = "a holder entry: a holder has something of somebody, who alone can tell";

    fn describe(&self) -> Description {
        let lines = vec![
            format!("The holder is {}, the tag {}.", self.holder, hex(&self.tag)),
            match &self.sealed {
                Some(sealed) => format!("What it has is sealed ({} bytes).", sealed.len()),
                None => "It withdraws the holder's earlier entry under this tag (a tombstone).".to_owned(),
            },
            format!("Signed at {}; it counts until {}.", time(self.issued), time(self.expires)),
        ];
        let json = json!({
            "holder": self.holder, "issued": self.issued, "expires": self.expires, "tag": base64url(&self.tag),
            "sealed": self.sealed.as_deref().map(base64url),
        });
        Description { lines, json }
    }
}

impl Describe for BlindRequest {
    const TITLE: &'static str = "a blind request: a holder asks for its own tags";

    fn describe(&self) -> Description {
        let lines = vec![
            format!("{} asks the blinder {} for its tags of epoch {}.", self.issuer, self.audience, self.epoch),
            format!("It has {} inputs; who they are about cannot be seen.", self.inputs.len()),
            format!("Signed at {}; it counts until {}.", time(self.issued), time(self.expires)),
        ];
        let inputs: Vec<String> = self.inputs.iter().map(|input| base64url(input)).collect();
        let json = json!({
            "issuer": self.issuer, "audience": self.audience, "issued": self.issued, "expires": self.expires,
            "cti": self.cti, "epoch": self.epoch, "inputs": inputs,
        });
        Description { lines, json }
    }
}

impl Describe for Bucket {
    const TITLE: &'static str = "a bucket: the holder entries whose tags begin alike";

    fn describe(&self) -> Description {
        let lines = vec![
            format!("It is number {} of {}.", self.number, 1_u64 << self.bits.min(63)),
            format!("It has {} entries.", self.entries.len()),
        ];
        let entries: Vec<String> = self.entries.iter().map(|entry| base64url(entry.bytes())).collect();
        Description { lines, json: json!({ "bits": self.bits, "number": self.number, "entries": entries }) }
    }
}

impl Describe for TreeHead {
    const TITLE: &'static str = "a tree head: what a log has recorded";

    fn describe(&self) -> Description {
        let lines = vec![
            format!("{} says that its log had {} entries at {}.", self.origin, self.size, time(self.time_secs)),
            format!("The root over them is {}.", hex(&self.root)),
        ];
        let json = json!({
            "origin": self.origin, "size": self.size, "root": base64url(&self.root), "time": self.time_secs,
        });
        Description { lines, json }
    }
}
