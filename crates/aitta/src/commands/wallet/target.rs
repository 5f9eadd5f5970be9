//! Whom a command is about: an organisation, and whose pod there.

use pod_protocol::ids::{PodId, Principal};
use pod_wallet::state::{EnrolledPod, Relation};

use super::opened::Opened;
use crate::failure::Failure;
use crate::output::visible;

/// How a command names whom it is about.
#[derive(Clone, Copy)]
pub(super) enum Naming {
    /// `--for NAME`
    For,
    /// `--at ORGANISATION=NAME`
    At,
}

/// The organisation's id and the pod of `person` there: one's own when nobody is named, a child's by name or pod id.
pub(super) fn pod_at(
    opened: &Opened,
    organisation: &str,
    person: Option<&str>,
    naming: Naming,
) -> Result<(Principal, PodId), Failure> {
    let principal = opened.joined.organisation(organisation)?;
    let enrolled = opened.state.organisation(&principal).ok_or_else(|| {
        Failure::usage(format!("this wallet is not enrolled at {organisation}"))
            .advise(format!("Run `aitta wallet enrol {organisation}` first."))
    })?;
    let wanted = |pod: &&EnrolledPod| match person {
        None => pod.relation == Relation::Own,
        Some(name) => pod.label.as_deref() == Some(name) || pod.pod.to_string() == name,
    };
    let mut found = enrolled.pods.iter().filter(wanted);
    match (found.next(), found.next()) {
        (Some(pod), None) => Ok((principal, pod.pod)),
        (found, _) => {
            let advice = match naming {
                Naming::For => {
                    let known: Vec<String> = enrolled.pods.iter().map(describe).collect();
                    format!("Name one of these with --for: {}.", known.join("; "))
                }
                Naming::At => {
                    let known: Vec<String> = enrolled.pods.iter().map(|pod| at(organisation, pod)).collect();
                    format!("Write one of these after --at: {}.", known.join(", "))
                }
            };
            let many = if found.is_some() { "several pods fit" } else { "no pod fits" };
            let whom = person.unwrap_or("yourself");
            Err(Failure::usage(format!("{many} `{whom}` at {organisation}")).advise(advice))
        }
    }
}

/// A pod as `--at` takes it.
fn at(organisation: &str, pod: &EnrolledPod) -> String {
    match (pod.relation, &pod.label) {
        (Relation::Own, _) => organisation.to_owned(),
        (Relation::Guardian, Some(label)) if !label.contains(' ') => format!("{organisation}={label}"),
        (Relation::Guardian, _) => format!("{organisation}={}", pod.pod),
    }
}

/// A pod in words.
pub(super) fn describe(pod: &EnrolledPod) -> String {
    match (pod.relation, &pod.label) {
        (Relation::Own, _) => format!("yourself ({})", pod.pod),
        (Relation::Guardian, Some(label)) => format!("{} ({})", visible(label), pod.pod),
        (Relation::Guardian, None) => pod.pod.to_string(),
    }
}
