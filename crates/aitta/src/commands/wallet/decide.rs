//! Agreeing and denying.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pod_protocol::ids::{ObjectId, PodId, Principal};
use pod_wallet::commands::Order;
use pod_wallet::decide::{Choice, ChoiceFault, Decided, HolderChoice, agree, deny};
use pod_wallet::keys::Signer;
use pod_wallet::labels::Labels;
use pod_wallet::language::Language;
use pod_wallet::request_view::passing_on;
use pod_wallet::review::Review;
use pod_wallet::when::date;
use serde_json::{Value, json};

use super::super::names::names;
use super::opened::{Opened, not_enrolled};
use super::requests::{fetch, review, review_with};
use super::target::{Naming, pod_at};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Agree to an access request: one grant for each organisation named.
#[derive(Debug, Args)]
pub(super) struct Grant {
    /// The access request: a link or a file.
    #[arg(value_name = "LINK|FILE")]
    request: String,
    /// An organisation that holds the data, and about whom when it is not yourself: ORGANISATION or ORGANISATION=NAME, where
    /// the name is a child's, or a pod's id. Several may be given.
    #[arg(long = "at", value_name = "ORGANISATION[=NAME]", required = true)]
    organisations: Vec<String>,
    /// Something optional that you agree to, as TYPE:FIELD. Nothing optional is shared unless it is named.
    #[arg(long, value_name = "TYPE:FIELD")]
    optional: Vec<String>,
    /// The last day, YYYY-MM-DD, if earlier than asked.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Date>,
    /// How often in a row it may be passed on, if less often than asked; 0 is not at all.
    #[arg(long, value_name = "N")]
    depth: Option<u64>,
    /// Leave out what goes beyond the service's registration.
    #[arg(long)]
    leave_out_over_asked: bool,
    /// Show what would be signed; sign and send nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Deny an access request.
#[derive(Debug, Args)]
pub(super) struct Deny {
    /// The access request: a link or a file.
    #[arg(value_name = "LINK|FILE")]
    request: String,
    /// Do not ask again.
    #[arg(long)]
    for_good: bool,
}

impl Grant {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let optional = names(&self.optional)?;
        let mut opened = Opened::open(dir, edge).await?;
        let holders = self.holders(&opened)?;
        let request = fetch(&opened, &self.request).await?;
        let review = review(&opened, &request).await?;
        let choice = Choice {
            optional,
            holders: holders
                .iter()
                .map(|(pod, signer)| HolderChoice { pod: *pod, signer, record_types: None })
                .collect(),
            until_secs: self.until.map(day_after).transpose()?,
            depth: self.depth,
            leave_out_over_asked: self.leave_out_over_asked,
        };
        let decided =
            agree(&review, &choice, edge.now_secs(), &*edge.random).map_err(|fault| not_signed(&opened, fault))?;
        let grants: Vec<Value> = decided.grants.iter().map(|grant| describe(&opened, grant)).collect();
        if self.dry_run {
            let words = format!("Would be signed, and was not:\n{}", grants_in_words(&grants));
            output.result(words, &json!({ "dry_run": true, "grants": grants }));
            return Ok(Exit::Done);
        }
        send(&mut opened, &review, &decided).await?;
        let words = format!("Agreed:\n{}", grants_in_words(&grants));
        output.result(words, &json!({ "request": review.request().id(), "grants": grants }));
        Ok(Exit::Done)
    }

    fn holders(&self, opened: &Opened) -> Result<Vec<(PodId, Signer)>, Failure> {
        let one = |at: &String| {
            let (organisation, person) = match at.split_once('=') {
                Some((organisation, person)) => (organisation, Some(person)),
                None => (at.as_str(), None),
            };
            let (holder, pod) = pod_at(opened, organisation, person, Naming::At)?;
            Ok((pod, opened.state.signer(&opened.root, &holder, opened.edge.now_secs()).map_err(not_enrolled)?))
        };
        self.organisations.iter().map(one).collect()
    }
}

impl Deny {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let request = fetch(&opened, &self.request).await?;
        // What is denied need not be put into words.
        let review = review_with(&opened, &Labels::new(), &request)?;
        let decided =
            deny(&review, self.for_good, edge.now_secs(), &*edge.random).map_err(|fault| not_signed(&opened, fault))?;
        send(&mut opened, &review, &decided).await?;
        output
            .result("Denied.", &json!({ "request": review.request().id(), "denied": true, "for_good": self.for_good }));
        Ok(Exit::Done)
    }
}

/// Remembers, deposits each grant at its holder, then tells the service: in this order, so that a grant that the service knows
/// of is one that the holder has, and a crash loses no grant that was sent.
async fn send(opened: &mut Opened, review: &Review, decided: &Decided) -> Result<(), Failure> {
    opened.state.decided(review, decided, opened.edge.now_secs());
    opened.save()?;
    for (place, grant) in decided.grants.iter().enumerate() {
        opened
            .order(&Order::deposit(grant))
            .await
            .map_err(|failure| if place == 0 { failure } else { half(failure) })?;
        opened.save()?;
    }
    let request = review.request();
    let left = opened.joined.node(&request.organisation)?.leave_decision(&request.id(), decided.sealed.clone()).await;
    left.map_err(|error| if decided.grants.is_empty() { error.into() } else { half(error.into()) })
}

/// When some grants have arrived at their holders and the service does not know of them.
fn half(failure: Failure) -> Failure {
    failure.advise(
        "Agree again later; and take back with `aitta wallet revoke` what `aitta wallet grants` then shows twice.",
    )
}

/// Why nothing was signed, with organisations by their names and times as days.
fn not_signed(opened: &Opened, fault: ChoiceFault) -> Failure {
    let name = |holder: &Principal| opened.joined.name_of(holder);
    let message = match &fault {
        ChoiceFault::HolderNotAsked(holder) => format!("the request does not ask for anything of {}", name(holder)),
        ChoiceFault::HolderTwice(holder) => {
            format!("{} was named twice: decide about one person at a time", name(holder))
        }
        ChoiceFault::NothingThere(holder) => format!("{} has nothing of what is asked for", name(holder)),
        ChoiceFault::Until { latest_secs } => {
            format!("the end must be a day from today to {}", last_day(*latest_secs))
        }
        fault => fault.to_string(),
    };
    let failure = Failure::of(Exit::Refused, "not-signed", fault);
    Failure { message, ..failure }
        .advise("`aitta wallet requests` shows what is asked; name what you agree to, or deny.")
}

/// The last whole day before a moment, UTC; as `day_after` counts.
fn last_day(secs: u64) -> String {
    let at = i64::try_from(secs).ok().and_then(|secs| Timestamp::from_second(secs).ok());
    let day = at.and_then(|at| at.to_zoned(TimeZone::UTC).date().yesterday().ok());
    day.map_or_else(|| "the day asked for".to_owned(), |day| day.to_string())
}

/// Reads a day as it is given on the command line.
fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day that exists as YYYY-MM-DD, such as 2026-08-01".to_owned())
}

/// The first second after a day, UTC: two or three hours into the next one in Helsinki, so the day named is whole.
fn day_after(day: Date) -> Result<u64, Failure> {
    let secs = day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC)).map(|at| at.timestamp().as_second());
    secs.ok().and_then(|secs| u64::try_from(secs).ok()).ok_or_else(|| Failure::usage(format!("{day} is out of range")))
}

fn describe(opened: &Opened, grant: &pod_protocol::Verified<pod_protocol::grant::Grant>) -> Value {
    let permissions: Vec<Value> = grant.permissions.iter().map(permission).collect();
    let id: ObjectId = grant.id();
    let name = |principal: &Principal| opened.joined.name_of(principal);
    let organisations: Vec<String> = grant.limits.organisations.iter().flatten().map(name).collect();
    json!({
        "id": id, "holder": name(&grant.audience), "pod": grant.subject, "permissions": permissions,
        "purposes": grant.purposes, "expires_secs": grant.expires, "depth": grant.limits.depth,
        "organisations": organisations,
    })
}

fn permission(permission: &pod_protocol::grant::Permission) -> Value {
    use pod_protocol::grant::Permission;
    let names: Vec<String> = match permission {
        Permission::Raw(_, fields) => fields.iter().map(ToString::to_string).collect(),
        Permission::Derived(_, predicates) => predicates.iter().map(|one| one.id.to_string()).collect(),
    };
    json!({ "record_type": permission.record_type(), "names": names })
}

fn grants_in_words(grants: &[Value]) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |grant: &Value| {
        let fields: Vec<String> = grant["permissions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| {
                let names: Vec<String> = one["names"].as_array().into_iter().flatten().map(text).collect();
                format!("{}: {}", text(&one["record_type"]), names.join(", "))
            })
            .collect();
        let until = date(grant["expires_secs"].as_u64().unwrap_or_default(), Language::En);
        let organisations: Vec<String> = grant["organisations"].as_array().into_iter().flatten().map(text).collect();
        format!(
            "  {} may release {} until {until} (grant {}). {}",
            text(&grant["holder"]),
            fields.join("; "),
            text(&grant["id"]),
            passing_on(grant["depth"].as_u64().unwrap_or_default(), &organisations, Language::En)
        )
    };
    grants.iter().map(one).collect::<Vec<_>>().join("\n")
}
