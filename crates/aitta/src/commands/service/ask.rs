//! Asking: an access request is signed, published, and handed to the citizen as a link.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::service::ask;
use pod_crypto::{Zeroizing, random_array};
use pod_protocol::Verified;
use pod_protocol::access_request::{AccessRequest, Ask as Asked};
use pod_protocol::cose::Payload as _;
use pod_protocol::field::{FieldPath, PredicateId, Purpose, RecordType};
use pod_protocol::ids::{Cti, Principal, Thumbprint};
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::value::Value;
use pod_protocol::words::Words;
use serde::Deserialize;
use serde_json::json;

use super::opened::Opened;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Seconds of a day.
const DAY_SECS: u64 = 24 * 3600;
/// How long a citizen has to answer, unless the file says otherwise.
const ANSWER_WITHIN_DAYS: u64 = 30;

/// Publish an access request, and print the link for the citizen.
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// What is asked, as TOML: purpose, reason in three languages, and for each record type the required and optional fields
    /// and questions. `docs/operating/ask-citizens.md` explains it.
    file: PathBuf,
    /// Put it into the inbox of the person whose identity code this file holds; `-` to type it.
    #[arg(long, value_name = "FILE")]
    identity_code: Option<PathBuf>,
    /// Show what would be published; publish nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    purpose: Purpose,
    reason: Words,
    retention_days: u64,
    validity_days: u64,
    #[serde(default)]
    answer_within_days: Option<u64>,
    /// Short names of holders; wherever such records are, unless named.
    #[serde(default)]
    holders: Option<Vec<String>>,
    /// How often the grant may be passed on, and to whom.
    #[serde(default)]
    depth: u64,
    #[serde(default)]
    delegatees: Vec<String>,
    ask: Vec<WrittenAsk>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAsk {
    #[serde(rename = "type")]
    record_type: RecordType,
    #[serde(default)]
    required: Vec<FieldPath>,
    #[serde(default)]
    optional: Vec<FieldPath>,
    #[serde(default)]
    question: Vec<WrittenQuestion>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuestion {
    /// `?` and a name.
    id: PredicateId,
    field: FieldPath,
    /// Exactly one of these.
    #[serde(default)]
    equals: Option<String>,
    #[serde(default)]
    at_least: Option<String>,
    #[serde(default)]
    at_most: Option<String>,
    /// Years of age on a day.
    #[serde(default)]
    age: Option<Age>,
    #[serde(default)]
    exists: bool,
    #[serde(default)]
    optional: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Age {
    years: i64,
    on: String,
}

impl Ask {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::open(dir, edge).await?;
        let request = self.request(&opened, edge)?;
        // What goes beyond the registration is not refused: the citizen sees it flagged. Its sender should see it first.
        let flagged: Vec<String> = opened
            .registry
            .over_asking(&request)
            .map_err(|refusal| {
                Failure::of(Exit::Refused, refusal.code(), refusal)
                    .advise("The organisation registers the service with `aitta node publish-profile`.")
            })?
            .iter()
            .map(ToString::to_string)
            .collect();
        let signed = Verified::sign(&opened.kept.identity.key, request);
        let node = opened.joined.node(&opened.kept.identity.organisation)?;
        let link = node.url(&format!("/v1/access-requests/{}", signed.id()));
        if !self.dry_run {
            let code = self.identity_code.as_deref().map(read_code).transpose()?;
            let code = code.map(|code| code.to_string());
            ask(&opened.joined.caller, &node, &opened.registry, &opened.kept.identity, &signed, code).await?;
        }
        let warnings: String =
            flagged.iter().map(|flag| format!("\n! The citizen will see a warning: {flag}.")).collect();
        let json = json!({ "request": signed.id(), "link": link, "over_asked": flagged, "dry_run": self.dry_run });
        output.result(format!("{link}{warnings}"), &json);
        Ok(Exit::Done)
    }

    fn request(&self, opened: &Opened, edge: &Edge) -> Result<AccessRequest, Failure> {
        let shown = self.file.display();
        let wrong = || Failure::usage(format!("{shown} is no access request"));
        const ADVICE: &str = "docs/operating/ask-citizens.md has an example.";
        let text = fs::read_to_string(&self.file).map_err(|source| wrong().because(source).advise(ADVICE))?;
        let written: Written = toml::from_str(&text).map_err(|source| wrong().because(source).advise(ADVICE))?;
        let named = |names: &[String]| -> Result<Vec<Principal>, Failure> {
            names.iter().map(|name| opened.joined.organisation(name)).collect()
        };
        let now_secs = edge.now_secs();
        let identity = &opened.kept.identity;
        let request = AccessRequest {
            service: identity.principal,
            organisation: identity.organisation,
            expires: now_secs + written.answer_within_days.unwrap_or(ANSWER_WITHIN_DAYS) * DAY_SECS,
            issued: now_secs,
            cti: Cti::new(random_array(&*edge.random)),
            confirmation: Thumbprint::of(&identity.key.public_key()),
            items: written.ask.into_iter().map(asked).collect::<Result<_, _>>()?,
            purpose: written.purpose,
            retention_secs: written.retention_days * DAY_SECS,
            validity_secs: written.validity_days * DAY_SECS,
            reason: written.reason,
            holders: written.holders.as_deref().map(named).transpose()?,
            depth: written.depth,
            delegatees: named(&written.delegatees)?,
        };
        // The rules of an access request as a whole stand in its reader.
        AccessRequest::from_cbor(request.to_cbor()).map_err(|fault| wrong().because(fault).advise(ADVICE))
    }
}

fn asked(written: WrittenAsk) -> Result<Asked, Failure> {
    let (mut required_predicates, mut optional_predicates) = (Vec::new(), Vec::new());
    for question in written.question {
        let optional = question.optional;
        let predicate = predicate(question)?;
        if optional { optional_predicates.push(predicate) } else { required_predicates.push(predicate) }
    }
    Ok(Asked {
        record_type: written.record_type,
        required: written.required,
        optional: written.optional,
        required_predicates,
        optional_predicates,
    })
}

fn predicate(written: WrittenQuestion) -> Result<Predicate, Failure> {
    let mut questions = Vec::new();
    questions.extend(written.equals.map(|value| Question::Equal(Value::Text(value))));
    questions.extend(written.at_least.map(|value| Question::AtLeast(Value::Text(value))));
    questions.extend(written.at_most.map(|value| Question::AtMost(Value::Text(value))));
    questions.extend(written.age.map(|age| Question::AgeAtLeast { years: age.years, day: age.on }));
    questions.extend(written.exists.then_some(Question::Exists));
    match <[Question; 1]>::try_from(questions) {
        Ok([question]) => Ok(Predicate { id: written.id, field: written.field, question }),
        Err(_) => Err(Failure::usage(format!("the question {} must ask exactly one thing", written.id))
            .advise("Write one of equals, at_least, at_most, age or exists.")),
    }
}

fn read_code(path: &Path) -> Result<Zeroizing<String>, Failure> {
    crate::commands::wallet::secret_text(path)
}
