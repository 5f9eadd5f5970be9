//! The grants that this wallet gave, and what became of the data under those that were taken back.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use pod_protocol::ids::{PodId, Principal};
use pod_wallet::language::Language;
use pod_wallet::notices::KnownNotice;
use pod_wallet::state::GivenGrant;
use pod_wallet::when::date;
use serde_json::{Value, json};

use super::opened::Opened;
use super::standing::Standing;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Show the grants given. Of those that were taken back: which services had data, when they were told, and what they answered, or
/// that they have not. Ends with 7 when a holder could not be asked for news.
#[derive(Debug, Args)]
pub(super) struct Grants {
    /// The language of what is said about services.
    #[arg(long, default_value = "en")]
    lang: Language,
}

impl Grants {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let missing = ask_for_news(&mut opened).await?;
        let (mut lines, mut list) = (Vec::new(), Vec::new());
        for grant in opened.state.grants() {
            let (holder, to) = (opened.joined.name_of(&grant.holder), opened.joined.name_of(&grant.organisation));
            let until = date(grant.expires_secs, Language::En);
            let state = state(grant, edge.now_secs());
            lines.push(format!("{}  {holder} to {to}, until {until}: {state}", grant.id));
            let notices = notices(&opened, grant, edge.now_secs(), self.lang);
            lines.extend(notices.iter().map(|one| format!("    {}", one["sentence"].as_str().unwrap_or_default())));
            list.push(json!({
                "id": grant.id, "holder": holder, "organisation": to, "pod": grant.pod, "state": state,
                "expires_secs": grant.expires_secs, "request": grant.request, "notices": notices,
            }));
        }
        lines.extend(missing.iter().map(|(name, why)| format!("{name} was not asked for news: {why}.")));
        let words = if lines.is_empty() { "No grants.".to_owned() } else { lines.join("\n") };
        let not_asked: Vec<Value> =
            missing.iter().map(|(name, why)| json!({ "organisation": name, "why": why })).collect();
        output.result(words, &json!({ "grants": list, "not_asked": not_asked }));
        Ok(if missing.is_empty() { Exit::Done } else { Exit::Partly })
    }
}

fn state(grant: &GivenGrant, now_secs: u64) -> &'static str {
    match grant.revoked_secs {
        Some(_) => "taken back",
        None if grant.expires_secs <= now_secs => "ended",
        None if !grant.deposited => "not delivered yet",
        None => "active",
    }
}

/// Asks the holders that can have something new to tell; those that were not reached, and why.
async fn ask_for_news(opened: &mut Opened) -> Result<Vec<(String, String)>, Failure> {
    let of_news = opened.state.grants().iter().filter(|grant| opened.state.has_news_of(grant));
    let pods: BTreeSet<(Principal, PodId)> = of_news.map(|grant| (grant.holder, grant.pod)).collect();
    let mut missing = Vec::new();
    for (holder, pod) in pods {
        match Standing::ask(opened, holder, pod).await {
            Ok(mut standing) => {
                let (told, now_secs) = (std::mem::take(&mut standing.notices), opened.edge.now_secs());
                opened.state.told_notices((holder, pod), told, |told| standing.grants_of(told), now_secs);
                opened.save()?;
            }
            Err(failure) => missing.push((opened.joined.name_of(&holder), failure.message)),
        }
    }
    Ok(missing)
}

fn notices(opened: &Opened, grant: &GivenGrant, now_secs: u64, language: Language) -> Vec<Value> {
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
