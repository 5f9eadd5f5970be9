//! Memberships and profiles in words.

use serde_json::{Value as Json, json};

use super::text::{hex, list, span, time};
use super::{Describe, Description};
use crate::ids::{Thumbprint, base64url};
use crate::statement::{Membership, Profile, ServiceEntry};

impl Describe for Membership {
    const TITLE: &'static str = "a membership: an organisation belongs to the federation";

    fn describe(&self) -> Description {
        let mut lines = vec![
            format!("{} says that {} is the member \"{}\".", self.issuer, self.subject, self.name),
            format!("Its roles: {}.", list(&self.roles)),
            format!("It signs with the keys {}.", list(kids(&self.keys))),
        ];
        if self.depth > 0 {
            lines.push(format!("It may admit members, {} levels deep.", self.depth));
        }
        if self.suspended {
            lines.push("It is SUSPENDED: nothing that it or its services sign counts.".to_owned());
        }
        lines.push(format!("Signed at {}; it counts until {}.", time(self.issued), time(self.expires)));
        let json = json!({
            "issuer": self.issuer, "subject": self.subject, "issued": self.issued, "expires": self.expires,
            "cti": self.cti, "name": self.name.as_str(), "keys": keys(&self.keys),
            "roles": self.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(), "depth": self.depth,
            "suspended": self.suspended,
        });
        Description { lines, json }
    }
}

impl Describe for Profile {
    const TITLE: &'static str = "a profile: what an organisation says about itself";

    fn describe(&self) -> Description {
        let mut lines = vec![
            format!("{} is called \"{}\".", self.issuer, self.names.en()),
            format!("It answers at {}.", list(&self.endpoints)),
            match &self.catalogue {
                Some(digest) => format!("Its catalogue has the digest {}.", hex(digest)),
                None => "It has no catalogue: it holds no pods.".to_owned(),
            },
        ];
        lines.extend(self.services.iter().flat_map(service));
        lines.push(format!("Signed at {}; it counts until {}.", time(self.issued), time(self.expires)));
        let json = json!({
            "issuer": self.issuer, "issued": self.issued, "expires": self.expires, "cti": self.cti, "names": self.names,
            "endpoints": self.endpoints, "catalogue": self.catalogue.map(|digest| base64url(&digest)),
            "seal_key": self.seal_key.map(|key| base64url(&key.0)),
            "services": self.services.iter().map(service_json).collect::<Vec<_>>(),
        });
        Description { lines, json }
    }
}

fn service(service: &ServiceEntry) -> Vec<String> {
    let mut lines = vec![format!(
        "Service \"{}\" ({}), for {}, keeps data for {} at most, signs with the keys {}.",
        service.names.en(),
        service.principal,
        list(&service.purposes),
        span(service.max_retention_secs),
        list(kids(&service.keys))
    )];
    for fields in &service.fields {
        let part = |what: &str, names: String| (!names.is_empty()).then(|| format!("{what} {names}"));
        let parts = [part("fields", list(&fields.raw)), part("answers about", list(&fields.derived))];
        lines.push(format!("  of {}: {}.", fields.record_type, list(parts.into_iter().flatten())));
    }
    lines
}

fn service_json(service: &ServiceEntry) -> Json {
    let fields = service
        .fields
        .iter()
        .map(|fields| json!({ "type": fields.record_type, "raw": fields.raw, "derived": fields.derived }));
    json!({
        "principal": service.principal, "keys": keys(&service.keys), "seal_key": base64url(&service.seal_key.0),
        "names": service.names, "purposes": service.purposes, "fields": fields.collect::<Vec<_>>(),
        "max_retention_secs": service.max_retention_secs,
    })
}

fn kids(keys: &[pod_crypto::PublicKey]) -> impl Iterator<Item = crate::ids::Kid> {
    keys.iter().map(|key| Thumbprint::of(key).kid())
}

fn keys(keys: &[pod_crypto::PublicKey]) -> Json {
    keys.iter().map(|key| json!({ "public": base64url(&key.to_bytes()), "thumbprint": Thumbprint::of(key) })).collect()
}
