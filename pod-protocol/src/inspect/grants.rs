//! Grants, access requests and decisions in words.

use serde_json::{Value as Json, json};

use super::text::{list, span, time};
use super::{Describe, Description, signed};
use crate::access_request::{AccessRequest, Ask};
use crate::decision::{Decision, DecisionOutcome};
use crate::grant::{Grant, GrantLimits, Permission};
use crate::ids::base64url;
use crate::predicate::{Predicate, Question};
use crate::value::Value;

impl Describe for Grant {
    const TITLE: &'static str = "a grant: somebody may read fields of a pod";

    fn describe(&self) -> Description {
        let mut lines = vec![
            match &self.parent {
                None => format!("{} gives it.", self.issuer),
                Some(parent) => format!("{} passes on what it got with the grant {parent}.", self.issuer),
            },
            format!("It is about the pod {}, at the holder {} alone.", self.subject, self.audience),
            format!("The key {} may use it.", self.confirmation),
        ];
        lines.extend(self.permissions.iter().map(permission));
        lines.push(format!("For: {}.", list(&self.purposes)));
        lines.push(format!("It counts from {} until {}.", time(self.begins()), time(self.expires)));
        lines.extend(limits(&self.limits));
        lines.extend(self.legal_basis.iter().map(|basis| format!("The legal basis is {basis}.")));
        let json = json!({
            "issuer": self.issuer, "pod": self.subject, "holder": self.audience, "issued": self.issued,
            "not_before": self.not_before, "expires": self.expires, "cti": self.cti, "confirmation": self.confirmation,
            "parent": self.parent, "permissions": self.permissions.iter().map(permission_json).collect::<Vec<_>>(),
            "purposes": self.purposes, "key_event": self.key_event, "legal_basis": self.legal_basis,
            "limits": {
                "uses": self.limits.uses, "rate": self.limits.rate, "depth": self.limits.depth,
                "organisations": self.limits.organisations, "retention_secs": self.limits.retention_secs,
            },
        });
        Description { lines, json }
    }
}

fn limits(limits: &GrantLimits) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(limits.uses.map(|uses| format!("It can be used {uses} times in all.")));
    lines.extend(limits.rate.map(|(uses, secs)| format!("It can be used {uses} times in {}.", span(secs))));
    lines.extend(limits.retention_secs.map(|secs| format!("What is read may be kept for {}.", span(secs))));
    lines.push(match (limits.depth, &limits.organisations) {
        (0, _) => "It may not be passed on.".to_owned(),
        (depth, None) => format!("It may be passed on {depth} times, to members of the federation."),
        (depth, Some(organisations)) => format!("It may be passed on {depth} times, to {}.", list(organisations)),
    });
    lines
}

fn permission(permission: &Permission) -> String {
    match permission {
        Permission::Raw(of, fields) => format!("Of {of}, these fields: {}.", list(fields)),
        Permission::Derived(of, predicates) => {
            format!("Of {of}, answers alone: {}.", list(predicates.iter().map(question)))
        }
    }
}

fn permission_json(permission: &Permission) -> Json {
    match permission {
        Permission::Raw(of, fields) => json!({ "type": of, "fields": fields }),
        Permission::Derived(of, predicates) => {
            json!({ "type": of, "predicates": predicates.iter().map(predicate_json).collect::<Vec<_>>() })
        }
    }
}

/// A predicate as a question in words.
fn question(predicate: &Predicate) -> String {
    let values = |values: &[Value]| list(values.iter().map(|value| value.to_json()));
    let field = &predicate.field;
    let asked = match &predicate.question {
        Question::Equal(value) => format!("is {field} {}", value.to_json()),
        Question::In(list) => format!("is {field} one of {}", values(list)),
        Question::AtLeast(value) => format!("is {field} at least {}", value.to_json()),
        Question::AtMost(value) => format!("is {field} at most {}", value.to_json()),
        Question::AgeAtLeast { years, day } => format!("is somebody born on {field} at least {years} on {day}"),
        Question::Exists => format!("is there any {field}"),
        Question::CountAtLeast(count) => format!("are there at least {count} of {field}"),
        Question::Bucket(bounds) => format!("between which of {} is {field}", values(bounds)),
    };
    format!("{} ({asked}?)", predicate.id)
}

fn predicate_json(predicate: &Predicate) -> Json {
    let values = |values: &[Value]| Json::Array(values.iter().map(Value::to_json).collect());
    let (op, constant) = match &predicate.question {
        Question::Equal(value) => ("eq", value.to_json()),
        Question::In(list) => ("in", values(list)),
        Question::AtLeast(value) => ("ge", value.to_json()),
        Question::AtMost(value) => ("le", value.to_json()),
        Question::AgeAtLeast { years, day } => ("age_ge", json!([years, day])),
        Question::Exists => ("exists", Json::Null),
        Question::CountAtLeast(count) => ("count_ge", json!(count)),
        Question::Bucket(bounds) => ("bucket", values(bounds)),
    };
    json!({ "id": predicate.id, "op": op, "field": predicate.field, "constant": constant })
}

impl Describe for AccessRequest {
    const TITLE: &'static str = "an access request: a service asks a citizen for fields";

    fn describe(&self) -> Description {
        let mut lines = vec![
            format!("The service {} of the organisation {} asks.", self.service, self.organisation),
            format!("It says why: {}", self.reason.en()),
            format!("For: {}.", self.purpose),
        ];
        lines.extend(self.items.iter().flat_map(ask));
        lines.push(format!(
            "It would read for {} and keep what it reads for {}.",
            span(self.validity_secs),
            span(self.retention_secs)
        ));
        lines.push(match &self.holders {
            None => "It asks wherever the citizen has such records.".to_owned(),
            Some(holders) => format!("It asks at these holders: {}.", list(holders)),
        });
        if self.depth > 0 {
            lines.push(format!("It would pass it on {} times, to {}.", self.depth, list(&self.delegatees)));
        }
        lines.push(format!("Signed at {}; it can be answered until {}.", time(self.issued), time(self.expires)));
        let json = json!({
            "service": self.service, "organisation": self.organisation, "issued": self.issued, "expires": self.expires,
            "cti": self.cti, "confirmation": self.confirmation,
            "items": self.items.iter().map(ask_json).collect::<Vec<_>>(), "purpose": self.purpose,
            "retention_secs": self.retention_secs, "validity_secs": self.validity_secs, "reason": self.reason,
            "holders": self.holders, "depth": self.depth, "delegatees": self.delegatees,
        });
        Description { lines, json }
    }
}

fn ask(ask: &Ask) -> Vec<String> {
    let line =
        |what: &str, names: String| (!names.is_empty()).then(|| format!("Of {}, {what}: {names}.", ask.record_type));
    [
        line("required", list(&ask.required)),
        line("optional", list(&ask.optional)),
        line("required answers", list(ask.required_predicates.iter().map(question))),
        line("optional answers", list(ask.optional_predicates.iter().map(question))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ask_json(ask: &Ask) -> Json {
    let predicates = |list: &[Predicate]| Json::Array(list.iter().map(predicate_json).collect());
    json!({
        "type": ask.record_type, "required": ask.required, "optional": ask.optional,
        "required_predicates": predicates(&ask.required_predicates),
        "optional_predicates": predicates(&ask.optional_predicates),
    })
}

impl Describe for Decision {
    const TITLE: &'static str = "a decision: a citizen's answer to an access request";

    fn describe(&self) -> Description {
        let mut lines = vec![format!("It answers the access request {}.", self.request)];
        let outcome = match &self.outcome {
            DecisionOutcome::Denied { for_good } => {
                let again = if *for_good { ", and the service should not ask again" } else { "" };
                lines.push(format!("The citizen says no{again}."));
                json!({ "denied": { "for_good": for_good } })
            }
            DecisionOutcome::Granted(grants) => {
                lines.extend(
                    grants
                        .iter()
                        .map(|grant| format!("Yes, at the holder {} for the pod {}.", grant.holder, grant.pod)),
                );
                let grants = grants.iter().map(|grant| {
                    let claims = signed::<Grant>(&grant.grant, &[]).map_or(Json::Null, |inspection| inspection.json);
                    json!({
                        "holder": grant.holder, "pod": grant.pod, "grant": base64url(&grant.grant), "decoded": claims,
                    })
                });
                json!({ "granted": grants.collect::<Vec<_>>() })
            }
        };
        Description { lines, json: json!({ "request": self.request, "outcome": outcome }) }
    }
}
