//! The grants of this person, whichever device gave them, and what became of the data under those that were taken back.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use pod_protocol::ids::{GrantId, PodId, Principal};
use pod_wallet::language::Language;
use pod_wallet::notices::KnownNotice;
use pod_wallet::on_record::{OnRecord, RecordedGrant};
use pod_wallet::state::GivenGrant;
use pod_wallet::when::date;
use serde_json::{Value, json};

use super::opened::Opened;
use super::standing::Standing;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Show the grants given, on this device and on others, as holders have them on record. Of those that were taken back: which services
/// had data, when they were told, and what they answered, or that they have not. Ends with 7 when a holder could not be asked: what
/// is remembered stands in for it.
#[derive(Debug, Args)]
pub(super) struct Grants {
    /// The language of what is said about services.
    #[arg(long, default_value = "en")]
    lang: Language,
}

impl Grants {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let missing = ask_holders(&mut opened).await?;
        let now_secs = edge.now_secs();
        let (mut lines, mut list) = (Vec::new(), Vec::new());
        for known in known(&opened) {
            let notices = notices(&opened, &known, now_secs, self.lang);
            lines.push(known.line(&opened, now_secs));
            lines.extend(notices.iter().map(|one| format!("    {}", one["sentence"].as_str().unwrap_or_default())));
            list.push(known.json(&opened, now_secs, &notices));
        }
        let not_shown: Vec<Value> = opened.state.on_record().iter().filter_map(|one| not_shown(&opened, one)).collect();
        lines.extend(not_shown.iter().map(not_shown_line));
        lines.extend(missing.iter().map(|(name, why)| format!("{name} was not asked: {why}.")));
        let words = if lines.is_empty() { "No grants.".to_owned() } else { lines.join("\n") };
        let not_asked: Vec<Value> =
            missing.iter().map(|(name, why)| json!({ "organisation": name, "why": why })).collect();
        output.result(words, &json!({ "grants": list, "not_shown": not_shown, "not_asked": not_asked }));
        Ok(if missing.is_empty() { Exit::Done } else { Exit::Partly })
    }
}

/// A grant that the wallet knows: given here, on record at a holder, or both.
struct Known<'a> {
    id: GrantId,
    holder: Principal,
    pod: PodId,
    expires_secs: u64,
    given: Option<&'a GivenGrant>,
    recorded: Option<&'a RecordedGrant>,
}

/// Those of this device first, in the order in which they were given.
fn known(opened: &Opened) -> Vec<Known<'_>> {
    let given = opened.state.grants();
    let on_record = || opened.state.on_record().iter().flat_map(|at| at.grants.iter().map(move |grant| (at, grant)));
    let here: BTreeSet<GrantId> = given.iter().map(|grant| grant.id).collect();
    let of_given = given.iter().map(|grant| Known {
        id: grant.id,
        holder: grant.holder,
        pod: grant.pod,
        expires_secs: grant.expires_secs,
        given: Some(grant),
        recorded: on_record().map(|(_, recorded)| recorded).find(|recorded| recorded.id == grant.id),
    });
    let elsewhere = on_record().filter(|(_, recorded)| !here.contains(&recorded.id)).map(|(at, recorded)| Known {
        id: recorded.id,
        holder: at.holder,
        pod: at.pod,
        expires_secs: recorded.expires_secs,
        given: None,
        recorded: Some(recorded),
    });
    of_given.chain(elsewhere).collect()
}

impl Known<'_> {
    fn line(&self, opened: &Opened, now_secs: u64) -> String {
        let (holder, until) = (opened.joined.name_of(&self.holder), date(self.expires_secs, Language::En));
        let to = match (self.organisation(), self.recorded) {
            (Some(organisation), _) => opened.joined.name_of(&organisation),
            (None, Some(recorded)) => format!("the key {}, of which nobody knows whose it is,", recorded.key.kid()),
            (None, None) => "nobody".to_owned(),
        };
        let how = match (self.parent(), self.given) {
            (Some(parent), _) => format!(", passed on below {parent}"),
            (None, None) => ", given on another device".to_owned(),
            (None, Some(_)) => String::new(),
        };
        format!("{}  {holder} to {to}, until {until}: {}{how}", self.id, self.state(now_secs))
    }

    fn json(&self, opened: &Opened, now_secs: u64, notices: &[Value]) -> Value {
        let service = self.given.map(|given| given.service);
        let service = service.or_else(|| self.recorded?.to.map(|to| to.service));
        json!({
            "id": self.id, "holder": opened.joined.name_of(&self.holder), "pod": self.pod,
            "organisation": self.organisation().map(|one| opened.joined.name_of(&one)), "service": service,
            "key": self.recorded.map(|recorded| recorded.key), "given_here": self.given.is_some(),
            "passed_on_below": self.parent(), "state": self.state(now_secs), "expires_secs": self.expires_secs,
            "request": self.given.map(|given| given.request), "notices": notices,
        })
    }

    fn organisation(&self) -> Option<Principal> {
        self.given.map(|given| given.organisation).or_else(|| self.recorded?.to.map(|to| to.organisation))
    }

    fn parent(&self) -> Option<GrantId> {
        self.recorded?.parent
    }

    fn state(&self, now_secs: u64) -> &'static str {
        let revoked = |revoked_secs: Option<u64>| revoked_secs.is_some();
        if self.given.is_some_and(|given| revoked(given.revoked_secs))
            || self.recorded.is_some_and(|recorded| revoked(recorded.revoked_secs))
        {
            return "taken back";
        }
        if self.expires_secs <= now_secs {
            return "ended";
        }
        if self.recorded.is_some_and(|recorded| recorded.is_over) {
            return "no longer in force";
        }
        if self.given.is_some_and(|given| !given.deposited) { "not delivered yet" } else { "active" }
    }
}

/// What a holder lists and this wallet does not show as its person's.
fn not_shown(opened: &Opened, one: &OnRecord) -> Option<Value> {
    let organisation = opened.joined.name_of(&one.holder);
    let found = json!({
        "organisation": organisation, "pod": one.pod, "not_believed": one.refused, "of_others": one.of_others,
    });
    (one.refused + one.of_others > 0).then_some(found)
}

fn not_shown_line(one: &Value) -> String {
    format!(
        "{} lists {} grants that are not believed, since this person did not sign them or they are about somebody else, and {} of another \
         wallet.",
        one["organisation"].as_str().unwrap_or_default(),
        one["not_believed"],
        one["of_others"]
    )
}

/// Asks every holder what it has on record; those that were not reached, and why.
async fn ask_holders(opened: &mut Opened) -> Result<Vec<(String, String)>, Failure> {
    let mut missing = Vec::new();
    for (holder, name) in opened.enrolled() {
        if let Err(failure) = ask(opened, holder).await {
            missing.push((name, failure.message));
        }
        opened.save()?;
    }
    Ok(missing)
}

async fn ask(opened: &mut Opened, holder: Principal) -> Result<(), Failure> {
    let pods = opened.state.organisation(&holder).map(|at| at.pods.clone()).unwrap_or_default();
    if !pods.is_empty() {
        // Another device may have been added since.
        opened.refresh(&holder).await?;
    }
    for pod in pods {
        Standing::take_in(opened, holder, pod.pod).await?;
    }
    Ok(())
}

fn notices(opened: &Opened, grant: &Known<'_>, now_secs: u64, language: Language) -> Vec<Value> {
    let registry = opened.joined.registry();
    let one = |known: &KnownNotice| match known.check(registry) {
        Ok(checked) => json!({
            "id": known.told.id, "service": checked.notice.service, "grants": checked.notice.grants,
            "released": checked.notice.released.iter().map(|one| json!({
                "record_type": one.record_type, "names": one.names,
            })).collect::<Vec<_>>(),
            "state": checked.state(now_secs).code(), "told_secs": checked.told_secs,
            "awaited_until_secs": checked.notice.awaited_until_secs,
            "answered_secs": checked.answer.as_ref().map(|(secs, _)| secs),
            "outcome": checked.answer.as_ref().map(|(_, outcome)| outcome.code()),
            "ground": checked.answer.as_ref().and_then(|(_, outcome)| outcome.ground()),
            "contradicted_secs": checked.contradicted_secs,
            "sentence": checked.sentence(registry, now_secs).in_language(language),
        }),
        Err(refusal) => json!({
            "id": known.told.id, "state": "not-believed", "code": refusal.code(),
            "sentence": format!("What the holder says of the notice {} does not hold: {refusal}.", known.told.id),
        }),
    };
    let about = |known: &&KnownNotice| known.holder == grant.holder && known.grants.contains(&grant.id);
    opened.state.notices().iter().filter(about).map(one).collect()
}
