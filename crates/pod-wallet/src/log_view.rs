//! Log entries in plain sentences: who looked at what, when, for what, and what was kept back and why.

use pod_protocol::cose::Signed;
use pod_protocol::field::{FieldPath, PredicateId, RecordType};
use pod_protocol::grant::Grant;
use pod_protocol::ids::{PodId, Principal};
use pod_protocol::registry::Registry;

use crate::labels::Labels;
use crate::language::{Language, Sentence, inside, pick};
use crate::log_page::{Opened, ReleasedNames};
use crate::state::{Relation, WalletState};
use crate::when::date_and_time;
use crate::wording::{command_words, question, refusal_words, withheld_words};

/// What is needed to name what entries are about.
#[derive(Clone, Copy, Debug)]
pub struct LogNames<'a> {
    /// Names of organisations and services.
    pub registry: &'a Registry,
    /// Names of record types and fields.
    pub labels: &'a Labels,
    /// What the children are called, and the questions in grants.
    pub state: &'a WalletState,
    /// The holder whose log it is.
    pub holder: &'a Principal,
    /// The pod.
    pub pod: &'a PodId,
}

/// One entry as a sentence.
#[must_use]
pub fn sentence(opened: &Opened, names: &LogNames<'_>) -> Sentence {
    Sentence::of(|language| Teller { names, opened, language }.tell())
}

struct Teller<'a> {
    names: &'a LogNames<'a>,
    opened: &'a Opened,
    language: Language,
}

/// Whom the log is about.
enum About<'a> {
    Oneself,
    Child(&'a str),
    /// A child whose name the holder does not tell: none of its registers has one.
    UnnamedChild,
}

impl Teller<'_> {
    fn tell(&self) -> String {
        match self.opened.kind.as_str() {
            "disclosure" => self.disclosure(),
            "refusal" => self.refusal(),
            "command" => self.command(),
            "import" => self.import(),
            "notice" => self.notice(),
            "notice-answer" => self.notice_answer(),
            _ => self.other(),
        }
    }

    fn pick<'t>(&self, fi: &'t str, sv: &'t str, en: &'t str) -> &'t str {
        pick(self.language, fi, sv, en)
    }

    fn when(&self) -> String {
        date_and_time(self.opened.time_secs, self.language)
    }

    fn about(&self) -> About<'_> {
        let enrolled = self.names.state.organisation(self.names.holder);
        let pod = enrolled.and_then(|at| at.pods.iter().find(|one| one.pod == *self.names.pod));
        match (self.names.state.pod_label(self.names.pod), pod.map(|pod| pod.relation)) {
            (Some(name), _) => About::Child(name),
            (None, Some(Relation::Guardian)) => About::UnnamedChild,
            (None, _) => About::Oneself,
        }
    }

    /// "your", "Aino's" or "the child's". Finnish and Swedish say it without bending the name.
    fn whose(&self) -> String {
        match (self.about(), self.language) {
            (About::Oneself, Language::Fi) => "sinusta".to_owned(),
            (About::Oneself, Language::Sv) => "om dig".to_owned(),
            (About::Oneself, Language::En) => "your".to_owned(),
            (About::UnnamedChild, Language::Fi) => "lapsesta".to_owned(),
            (About::UnnamedChild, Language::Sv) => "om barnet".to_owned(),
            (About::UnnamedChild, Language::En) => "the child’s".to_owned(),
            (About::Child(name), Language::Fi) => format!("henkilöstä {name}"),
            (About::Child(name), Language::Sv) => format!("om {name}"),
            (About::Child(name), Language::En) => format!("{name}’s"),
        }
    }

    fn disclosure(&self) -> String {
        let (who, when, whose) = (self.who(), self.when(), self.whose());
        let kept_back = self.withheld();
        if self.opened.released.iter().all(|of| of.names.is_empty()) {
            return match self.language {
                Language::Fi => format!("{who} kysyi {when} tietoja {whose} eikä saanut mitään{kept_back}."),
                Language::Sv => format!("{who} frågade {when} efter uppgifter {whose} och fick ingenting{kept_back}."),
                Language::En => format!("{who} asked for {whose} data on {when} and got nothing{kept_back}."),
            };
        }
        let what = self.released();
        match self.language {
            Language::Fi => format!("{who} luki {when} {whose}: {what}{kept_back}."),
            Language::Sv => format!("{who} läste {when} {whose}: {what}{kept_back}."),
            Language::En => format!("{who} read {whose} {what} on {when}{kept_back}."),
        }
    }

    fn refusal(&self) -> String {
        let (who, when, whose) = (self.who(), self.when(), self.whose());
        let why = refusal_words(self.opened.outcome.as_deref().unwrap_or("denied"), self.language);
        if self.opened.purpose.as_deref() == Some("enrol") {
            return match self.language {
                Language::Fi => {
                    format!(
                        "Joku yritti {when} ottaa käyttöön lompakon, jolla saa tietoja {whose}, eikä onnistunut: {why}."
                    )
                }
                Language::Sv => {
                    format!(
                        "Någon försökte {when} ta i bruk en plånbok för uppgifter {whose} och lyckades inte: {why}."
                    )
                }
                Language::En => {
                    format!("Somebody tried to enrol a wallet for {whose} data on {when} and did not succeed: {why}.")
                }
            };
        }
        if self.opened.purpose.as_deref() == Some("notice") {
            return match self.language {
                Language::Fi => format!("{who} vastasi {when} ilmoitukseen toisin kuin ennen."),
                Language::Sv => format!("{who} besvarade {when} en underrättelse annorlunda än tidigare."),
                Language::En => format!("{who} answered a notice on {when} otherwise than before."),
            };
        }
        match self.language {
            Language::Fi => format!("{who} kysyi {when} tietoja {whose} eikä saanut niitä: {why}."),
            Language::Sv => format!("{who} frågade {when} efter uppgifter {whose} och fick dem inte: {why}."),
            Language::En => format!("{who} asked for {whose} data on {when} and was refused: {why}."),
        }
    }

    /// A service was told that grants were taken back.
    fn notice(&self) -> String {
        let (who, when, what) = (self.who(), self.when(), self.released());
        match self.language {
            Language::Fi => format!("{who} sai {when} ilmoituksen lopettaa käyttö ja poistaa: {what}."),
            Language::Sv => format!("{who} underrättades {when} om att sluta använda och radera: {what}."),
            Language::En => format!("{who} was told on {when} to stop using, and to delete: {what}."),
        }
    }

    fn notice_answer(&self) -> String {
        let (who, when, what) = (self.who(), self.when(), self.released());
        let words = match self.opened.outcome.as_deref() {
            Some("deleted") => ["poistaneensa", "raderat", "deleted"],
            Some("kept") => {
                ["säilyttävänsä lain vaatimat", "sparat vad lagen kräver av", "kept what the law requires of"]
            }
            _ => ["ettei sillä enää ollut", "inte längre haft", "no longer had"],
        };
        let [fi, sv, en] = words;
        let done = self.pick(fi, sv, en);
        match self.language {
            Language::Fi => format!("{who} vastasi {when} {done}: {what}."),
            Language::Sv => format!("{who} svarade {when} att den {done}: {what}."),
            Language::En => format!("{who} answered on {when} that it {done}: {what}."),
        }
    }

    fn command(&self) -> String {
        let done = command_words(self.opened.purpose.as_deref().unwrap_or_default(), self.language);
        let actor = match (self.own_act(), self.language) {
            (true, Language::Fi) => "Sinä",
            (true, Language::Sv) => "Du",
            (true, Language::En) => "You",
            (false, Language::Fi) => "Edustaja",
            (false, Language::Sv) => "En företrädare",
            (false, Language::En) => "A representative",
        };
        let about = match (self.about(), self.language) {
            (About::Oneself, _) => String::new(),
            (About::UnnamedChild, Language::Fi) => " (lapsen puolesta)".to_owned(),
            (About::UnnamedChild, Language::Sv) => " (för barnet)".to_owned(),
            (About::UnnamedChild, Language::En) => " (for the child)".to_owned(),
            (About::Child(name), Language::Fi) => format!(" ({name})"),
            (About::Child(name), Language::Sv) => format!(" (för {name})"),
            (About::Child(name), Language::En) => format!(" (for {name})"),
        };
        format!("{actor}{about}, {}: {done}.", self.when())
    }

    /// Whether the wallet itself acted. An entry that names nobody is the subject's.
    fn own_act(&self) -> bool {
        let Some(actor) = self.opened.actor.as_deref() else { return true };
        let enrolled = self.names.state.organisation(self.names.holder);
        let first = enrolled.and_then(|enrolled| enrolled.events.first());
        let own = first.and_then(|event| Signed::<pod_protocol::key_event::KeyEvent>::decode(event).ok());
        own.is_some_and(|event| Principal::new(*event.id().as_bytes()).to_string() == actor)
    }

    fn import(&self) -> String {
        let (when, whose) = (self.when(), self.whose());
        let who = self.organisation().unwrap_or_else(|| self.holder());
        match self.language {
            Language::Fi => format!("{who} päivitti {when} rekistereistään tietoja {whose}."),
            Language::Sv => format!("{who} uppdaterade {when} uppgifter {whose} från sina register."),
            Language::En => format!("{who} updated {whose} data from its registers on {when}."),
        }
    }

    fn other(&self) -> String {
        let when = self.when();
        match self.language {
            Language::Fi => format!("Lokiin kirjattiin {when}: {}.", self.opened.kind),
            Language::Sv => format!("I loggen antecknades {when}: {}.", self.opened.kind),
            Language::En => format!("The log recorded on {when}: {}.", self.opened.kind),
        }
    }

    /// Who asked: the service and whose it is.
    fn who(&self) -> String {
        let service = self.opened.service.and_then(|service| self.names.registry.service(&service));
        let language = self.language.code();
        match (service, self.organisation()) {
            (Some(found), Some(organisation)) => {
                format!("{} ({organisation})", found.service.names.in_language(language))
            }
            (Some(found), None) => found.service.names.in_language(language).to_owned(),
            (None, Some(organisation)) => organisation,
            (None, None) => self
                .pick("Tuntematon palvelu", "En okänd tjänst", "A service that is not registered any more")
                .to_owned(),
        }
    }

    fn organisation(&self) -> Option<String> {
        let text = self.opened.organisation.as_deref().filter(|text| !text.is_empty())?;
        let registry = self.names.registry;
        let found = match text.parse::<Principal>() {
            Ok(principal) => registry.organisation(&principal),
            Err(_) => registry.organisation_named(text),
        };
        let names = found.and_then(|found| found.names());
        Some(names.map_or_else(|| text.to_owned(), |names| names.in_language(self.language.code()).to_owned()))
    }

    fn holder(&self) -> String {
        let found = self.names.registry.organisation(self.names.holder);
        match found.and_then(|found| found.names()) {
            Some(names) => names.in_language(self.language.code()).to_owned(),
            None => self.names.holder.to_string(),
        }
    }

    fn released(&self) -> String {
        let types: Vec<String> = self
            .opened
            .released
            .iter()
            .filter(|of| !of.names.is_empty())
            .map(|of| format!("{} ({})", self.list(of), self.type_name(&of.record_type)))
            .collect();
        types.join("; ")
    }

    fn list(&self, of: &ReleasedNames) -> String {
        let names: Vec<String> = of.names.iter().map(|name| self.name(&of.record_type, name)).collect();
        names.join(", ")
    }

    fn type_name(&self, record_type: &str) -> String {
        let known = record_type.parse::<RecordType>().ok();
        let words = known.as_ref().and_then(|of| self.names.labels.record_type(of));
        words.map_or_else(|| record_type.to_owned(), |words| inside(words.in_language(self.language.code())))
    }

    fn name(&self, record_type: &str, name: &str) -> String {
        let Ok(of) = record_type.parse::<RecordType>() else { return name.to_owned() };
        if let Ok(id) = name.parse::<PredicateId>() {
            let question = self.question(&of, &id).unwrap_or_else(|| name.to_owned());
            return format!("{} “{question}”", self.pick("vastaus kysymykseen", "svaret på frågan", "answer to"));
        }
        let known = name.parse::<FieldPath>().ok();
        let words = known.as_ref().and_then(|field| self.names.labels.field(&of, field));
        words.map_or_else(|| name.to_owned(), |words| inside(words.in_language(self.language.code())))
    }

    /// The question behind a predicate's id, from the wallet's own copy of the grant.
    fn question(&self, of: &RecordType, id: &PredicateId) -> Option<String> {
        let grant = self.opened.grant?;
        let given = self.names.state.grants().iter().find(|given| given.id == grant)?;
        let grant = Signed::<Grant>::decode(&given.bytes).ok()?;
        let predicate = grant.unverified().predicate(of, id)?;
        let label = self.name(of.as_str(), predicate.field.as_str());
        Some(question(predicate, &label, self.language))
    }

    /// "; withheld: address, because of non-disclosure", grouped by reason.
    fn withheld(&self) -> String {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for one in &self.opened.withheld {
            let name = self.name(&one.record_type, &one.name);
            match reasons.iter_mut().find(|(reason, _)| *reason == one.reason) {
                Some((_, names)) => names.push(name),
                None => reasons.push((&one.reason, vec![name])),
            }
        }
        let begin = self.pick("; ei annettu", "; undanhållet", "; withheld");
        let one = |(reason, names): (&str, Vec<String>)| {
            format!("{begin}: {}, {}", names.join(", "), withheld_words(reason, self.language))
        };
        reasons.into_iter().map(one).collect()
    }
}
