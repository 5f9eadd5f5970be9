//! Which services had data under grants that were taken back, when they were told, and what they answered, in plain words. What
//! the holder and the service signed is checked; when somebody was told is the holder's word.

use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{GrantId, ObjectId, PodId, Principal};
use pod_protocol::notice::{Notice, NoticeOutcome, NoticeReceipt};
use pod_protocol::refusal::Refusal;
use pod_protocol::registry::Registry;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::language::{Language, Sentence};
use crate::when::{date, date_and_time};

/// A notice as a holder tells it, in answer to the command `standing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldNotice {
    /// Its id.
    pub id: ObjectId,
    /// The signed notice.
    pub notice: Blob,
    /// When the service's organisation took it.
    #[serde(default)]
    pub told_secs: Option<u64>,
    /// The first answer.
    #[serde(default)]
    pub answer: Option<ToldAnswer>,
    /// The first answer that says something else.
    #[serde(default)]
    pub contradiction: Option<ToldAnswer>,
}

/// An answer as a holder tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldAnswer {
    /// When it came.
    pub time_secs: u64,
    /// The signed receipt.
    pub receipt: Blob,
}

/// A notice that the wallet remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNotice {
    /// The holder.
    pub holder: Principal,
    /// The pod.
    pub pod: PodId,
    /// The grants of this wallet that it follows from: those that it names, or those above them.
    pub grants: Vec<GrantId>,
    /// What the holder tells.
    pub told: ToldNotice,
}

/// How a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// The service's organisation was not reached yet.
    Undelivered,
    /// It was told, and an answer is awaited.
    Awaited,
    /// It was told, and the time for an answer is over.
    Overdue,
    /// It answered.
    Answered,
}

impl NoticeState {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Undelivered => "undelivered",
            Self::Awaited => "awaited",
            Self::Overdue => "overdue",
            Self::Answered => "answered",
        }
    }
}

/// A notice whose signatures hold.
#[derive(Clone, Debug)]
pub struct CheckedNotice {
    /// What it says.
    pub notice: Notice,
    /// When the service's organisation took it.
    pub told_secs: Option<u64>,
    /// When the answer came, and what it says.
    pub answer: Option<(u64, NoticeOutcome)>,
    /// When another answer came that says something else.
    pub contradicted_secs: Option<u64>,
}

impl KnownNotice {
    /// Checks what was signed: the notice by the holder, the answers by the service, about this notice.
    ///
    /// # Errors
    /// Those of decoding and of the registry; [`Refusal::Key`] when it is another's, or about another notice.
    pub fn check(&self, registry: &Registry) -> Result<CheckedNotice, Refusal> {
        let signed = Signed::<Notice>::decode(&self.told.notice)?;
        let issued_secs = signed.unverified().issued;
        let notice = registry.verify_signed_at(signed, &self.holder, issued_secs)?;
        if notice.id() != self.told.id || notice.issuer != self.holder {
            return Err(Refusal::Key);
        }
        let read = |answer: &ToldAnswer| receipt(registry, &notice, answer).map(|outcome| (answer.time_secs, outcome));
        let answer = self.told.answer.as_ref().map(read).transpose()?;
        let contradicted = self.told.contradiction.as_ref().map(read).transpose()?;
        Ok(CheckedNotice {
            told_secs: self.told.told_secs,
            answer,
            contradicted_secs: contradicted.map(|(time_secs, _)| time_secs),
            notice: notice.into_claims(),
        })
    }
}

fn receipt(registry: &Registry, notice: &Verified<Notice>, answer: &ToldAnswer) -> Result<NoticeOutcome, Refusal> {
    let signed = Signed::<NoticeReceipt>::decode(&answer.receipt)?;
    let receipt = registry.verify_by_service(signed, &notice.service)?.0;
    if receipt.notice != notice.id() || receipt.audience != notice.issuer {
        return Err(Refusal::Key);
    }
    Ok(receipt.into_claims().outcome)
}

impl CheckedNotice {
    /// How it stands at this time.
    #[must_use]
    pub fn state(&self, now_secs: u64) -> NoticeState {
        match (&self.answer, self.told_secs) {
            (Some(_), _) => NoticeState::Answered,
            (None, None) => NoticeState::Undelivered,
            (None, Some(_)) if now_secs >= self.notice.awaited_until_secs => NoticeState::Overdue,
            (None, Some(_)) => NoticeState::Awaited,
        }
    }

    /// In plain words: who had what, when it was told, what it answered, or that it has not.
    #[must_use]
    pub fn sentence(&self, registry: &Registry, now_secs: u64) -> Sentence {
        Sentence::of(|language| {
            let who = who(registry, &self.notice, language);
            let what: Vec<String> = self.notice.released.iter().map(words).collect();
            let (had, mut said) = (had(&who, &what.join("; "), language), self.answer_words(now_secs, language));
            if let Some(secs) = self.contradicted_secs {
                let when = date(secs, language);
                said.push_str(&match language {
                    Language::Fi => format!(" {when} se vastasi toisin: molemmat vastaukset on säilytetty todisteena."),
                    Language::Sv => format!(" {when} svarade den något annat: båda svaren sparas som bevis."),
                    Language::En => {
                        format!(" On {when} it answered something else: both answers are kept as evidence.")
                    }
                });
            }
            format!("{had} {said}")
        })
    }

    fn answer_words(&self, now_secs: u64, language: Language) -> String {
        let told = |secs: u64| date_and_time(secs, language);
        match (&self.answer, self.told_secs) {
            (Some((secs, outcome)), _) => outcome_words(outcome, &told(*secs), language),
            (None, None) => {
                let since = told(self.notice.issued);
                match language {
                    Language::Fi => {
                        format!("Sille on yritetty ilmoittaa {since} alkaen, mutta sitä ei ole tavoitettu.")
                    }
                    Language::Sv => format!("Den har sökts sedan {since} men har inte nåtts."),
                    Language::En => format!("It has been tried since {since} and was not reached yet."),
                }
            }
            (None, Some(secs)) if self.state(now_secs) == NoticeState::Overdue => match language {
                Language::Fi => format!("Sille ilmoitettiin {}, eikä se ole vastannut sen jälkeen.", told(secs)),
                Language::Sv => format!("Den underrättades {} och har inte svarat sedan dess.", told(secs)),
                Language::En => format!("It was told on {} and has not answered since.", told(secs)),
            },
            (None, Some(secs)) => {
                let until = date(self.notice.awaited_until_secs, language);
                match language {
                    Language::Fi => format!("Sille ilmoitettiin {}; vastausta odotetaan {until} asti.", told(secs)),
                    Language::Sv => format!("Den underrättades {}; svar väntas till {until}.", told(secs)),
                    Language::En => format!("It was told on {}; an answer is awaited until {until}.", told(secs)),
                }
            }
        }
    }
}

fn had(who: &str, what: &str, language: Language) -> String {
    match language {
        Language::Fi => format!("{who} oli saanut: {what}."),
        Language::Sv => format!("{who} hade fått: {what}."),
        Language::En => format!("{who} had been given: {what}."),
    }
}

fn outcome_words(outcome: &NoticeOutcome, when: &str, language: Language) -> String {
    match (outcome, language) {
        (NoticeOutcome::Deleted, Language::Fi) => format!("Se vastasi {when} poistaneensa kaiken."),
        (NoticeOutcome::Deleted, Language::Sv) => format!("Den svarade {when} att den raderat allt."),
        (NoticeOutcome::Deleted, Language::En) => format!("It answered on {when} that it deleted everything."),
        (NoticeOutcome::Gone, Language::Fi) => format!("Se vastasi {when}, ettei sillä ollut enää mitään."),
        (NoticeOutcome::Gone, Language::Sv) => format!("Den svarade {when} att den inte hade något kvar."),
        (NoticeOutcome::Gone, Language::En) => format!("It answered on {when} that it had nothing any more."),
        (NoticeOutcome::Kept(ground), Language::Fi) => {
            format!("Se vastasi {when}, ettei se enää käytä tietoja, mutta säilyttää sen, mitä laki vaatii ({ground}).")
        }
        (NoticeOutcome::Kept(ground), Language::Sv) => {
            format!("Den svarade {when} att den inte använder uppgifterna mer, men sparar vad lagen kräver ({ground}).")
        }
        (NoticeOutcome::Kept(ground), Language::En) => {
            format!(
                "It answered on {when} that it uses nothing any more, and keeps what the law has it keep ({ground})."
            )
        }
    }
}

fn words(wanted: &pod_protocol::request::Wanted) -> String {
    let names: Vec<&str> = wanted.names.iter().map(pod_protocol::request::Name::as_str).collect();
    format!("{} ({})", names.join(", "), wanted.record_type)
}

fn who(registry: &Registry, notice: &Notice, language: Language) -> String {
    let language = language.code();
    let service = registry.service(&notice.service).map(|one| one.service.names.in_language(language).to_owned());
    let organisation = registry.organisation(&notice.audience).and_then(|one| one.names());
    let organisation = organisation.map(|names| names.in_language(language).to_owned());
    match (service, organisation) {
        (Some(service), Some(organisation)) => format!("{service} ({organisation})"),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => notice.service.to_string(),
    }
}

/// What a revocation at a holder means: now there, and within the holder's bound where the data was passed on.
#[must_use]
pub fn takes_effect(holder: &str, bound_secs: Option<u64>) -> Sentence {
    Sentence::of(|language| {
        let now = match language {
            Language::Fi => format!("Voimassa heti: {holder}"),
            Language::Sv => format!("Gäller genast: {holder}"),
            Language::En => format!("Takes effect now at {holder}"),
        };
        let Some(secs) = bound_secs else { return format!("{now}.") };
        let minutes = secs.div_ceil(60);
        match language {
            Language::Fi => format!("{now}; siellä, minne tietoja on annettu eteenpäin, {minutes} minuutin kuluessa."),
            Language::Sv => format!("{now}; där uppgifter förts vidare, inom {minutes} minuter."),
            Language::En => format!("{now}; where it was passed on, within {minutes} minutes."),
        }
    })
}
