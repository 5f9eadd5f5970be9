//! Fixed phrases: codes and questions in words.

use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::registry::OverAsk;
use pod_protocol::value::Value;

use crate::language::{Language, pick};
use crate::review::Problem;

const DAY_SECS: u64 = 24 * 3600;

/// Why something was kept back.
pub(crate) fn withheld_words(reason: &str, language: Language) -> String {
    let words = match reason {
        "non-disclosure" => ["turvakiellon vuoksi", "på grund av spärrmarkering", "because of non-disclosure"],
        "restricted" => {
            ["koska käsittelyä on rajoitettu", "eftersom behandlingen är begränsad", "because you restricted its use"]
        }
        "objected" => ["koska käyttöä on vastustettu", "på grund av en invändning", "because you objected to this use"],
        "absent" => ["koska tietoa ei ole", "eftersom uppgiften inte finns", "because there is no such data"],
        "not-granted" => [
            "koska lupa ei kata sitä",
            "eftersom tillståndet inte omfattar det",
            "because the permission does not cover it",
        ],
        "revoked" => {
            ["koska lupa on peruttu", "eftersom tillståndet är återkallat", "because the permission was taken back"]
        }
        other => return format!("({other})"),
    };
    let [fi, sv, en] = words;
    pick(language, fi, sv, en).to_owned()
}

/// Why something was refused.
pub(crate) fn refusal_words(code: &str, language: Language) -> String {
    let words = match code {
        "revoked" => ["lupa on peruttu", "tillståndet är återkallat", "the permission was taken back"],
        "expired" | "not-yet-valid" => {
            ["lupa ei ole voimassa", "tillståndet gäller inte nu", "the permission is not in force"]
        }
        "not-granted" | "unknown-grant" | "unknown-pod" => {
            ["siihen ei ole lupaa", "det saknas tillstånd", "there is no permission for it"]
        }
        "purpose" => [
            "lupa on annettu muuhun tarkoitukseen",
            "tillståndet gäller ett annat ändamål",
            "the permission is for another purpose",
        ],
        "beyond-registration" => [
            "palvelulla ei ole oikeutta kysyä niitä",
            "tjänsten får inte fråga efter dem",
            "the service may not ask for this",
        ],
        "suspended" => ["palvelun toiminta on keskeytetty", "tjänsten är avstängd", "the service is suspended"],
        "objected" => ["käyttöä on vastustettu", "det finns en invändning", "you objected to this use"],
        "restricted" => {
            ["käsittelyä on rajoitettu", "behandlingen är begränsad", "you restricted the use of this data"]
        }
        "limit" => [
            "lupaa on jo käytetty niin usein kuin saa",
            "tillståndet är förbrukat",
            "the permission was used as often as it may be",
        ],
        "confirmation-wrong" => {
            ["kirjautumisen koodi oli väärä", "inloggningens kod var fel", "the code of the login was wrong"]
        }
        "confirmation-failed" => [
            "kirjautumisen koodi oli liian monta kertaa väärä",
            "inloggningens kod var fel för många gånger",
            "the code of the login was wrong too often",
        ],
        "other-wallet" => {
            ["toinen lompakko on jo käytössä", "en annan plånbok är redan i bruk", "another wallet is enrolled already"]
        }
        "other-person" => [
            "lompakko kuuluu toiselle henkilölle",
            "plånboken hör till en annan person",
            "the wallet is somebody else’s",
        ],
        code if code.starts_with("chain-") => {
            ["lupaketju ei pidä", "kedjan av tillstånd håller inte", "the chain of permissions does not hold"]
        }
        other => {
            let [fi, sv, en] = ["pyyntö ei kelvannut", "begäran godkändes inte", "the request was not acceptable"];
            return format!("{} ({other})", pick(language, fi, sv, en));
        }
    };
    let [fi, sv, en] = words;
    pick(language, fi, sv, en).to_owned()
}

/// What somebody did.
pub(crate) fn command_words(command: &str, language: Language) -> String {
    let words = match command {
        "deposit" => ["luvan antaminen", "gav ett tillstånd", "gave a permission"],
        "revoke" | "revocation" => ["luvan peruminen", "återkallade ett tillstånd", "took a permission back"],
        "restrict" => ["käsittelyn rajoittaminen", "ändrade begränsningen av behandlingen", "changed a restriction"],
        "object" => ["käytön vastustaminen", "ändrade en invändning", "changed an objection"],
        "read" => ["tietojen lukeminen", "läste uppgifterna", "read the data"],
        "log" => ["lokin lukeminen", "läste loggen", "read this log"],
        "export" => ["tietojen lataaminen", "laddade ned uppgifterna", "downloaded the data"],
        "inbox" => ["pyyntöjen hakeminen", "hämtade förfrågningar", "fetched the requests"],
        "standing" => ["lupien tarkistaminen", "såg över tillstånden", "looked at the permissions"],
        "key-event" => ["laitteiden muuttaminen", "ändrade enheterna", "changed the devices"],
        "recovery" => {
            ["palauttaminen palautuskoodilla", "återställning med koden", "began a recovery with the recovery code"]
        }
        "recovery-cancel" => ["palauttamisen peruminen", "avbröt en återställning", "cancelled a recovery"],
        "enrol" | "enrolment" => ["lompakon käyttöönotto", "tog plånboken i bruk", "enrolled the wallet"],
        other => return other.to_owned(),
    };
    let [fi, sv, en] = words;
    pick(language, fi, sv, en).to_owned()
}

/// Whole days, the last one begun: never fewer than are signed.
pub(crate) fn days(secs: u64, language: Language) -> String {
    let days = secs.div_ceil(DAY_SECS);
    let unit = match days {
        1 => pick(language, "päivän", "dag", "day"),
        _ => pick(language, "päivää", "dagar", "days"),
    };
    format!("{days} {unit}")
}

/// What goes beyond the service's registration.
pub(crate) fn over_ask_words(over: &OverAsk, language: Language) -> String {
    let (fi, sv) = match over {
        OverAsk::RecordType(of) => {
            (format!("palvelua ei ole rekisteröity tietoihin {of}"), format!("tjänsten är inte registrerad för {of}"))
        }
        OverAsk::Field(of, field) => (
            format!("palvelua ei ole rekisteröity tietojen {of} kenttään {field}"),
            format!("tjänsten är inte registrerad för fältet {field} i {of}"),
        ),
        OverAsk::Derived(of, id, field) => (
            format!("palvelua ei ole rekisteröity kysymään tietojen {of} kentästä {field} ({id})"),
            format!("tjänsten är inte registrerad för svar om {field} i {of} ({id})"),
        ),
        OverAsk::Purpose(purpose) => (
            format!("palvelua ei ole rekisteröity tarkoitukseen {purpose}"),
            format!("tjänsten är inte registrerad för ändamålet {purpose}"),
        ),
        OverAsk::Retention { asked_secs, registered_secs } => {
            let in_days = |language| (days(*asked_secs, language), days(*registered_secs, language));
            let ((asked_fi, registered_fi), (asked_sv, registered_sv)) = (in_days(Language::Fi), in_days(Language::Sv));
            (
                format!("palvelu säilyttäisi tiedot {asked_fi}; rekisteröity aika on {registered_fi}"),
                format!("tjänsten skulle spara uppgifterna i {asked_sv}; den registrerade tiden är {registered_sv}"),
            )
        }
    };
    pick(language, &fi, &sv, &over.to_string()).to_owned()
}

/// What cannot be shown, and why.
pub(crate) fn problem_words(problem: &Problem, language: Language) -> String {
    let (fi, sv, en) = match problem {
        Problem::RecordType(of) => (
            format!("minkään tiedonhaltijan luettelo ei kerro, mikä {of} on"),
            format!("ingen innehavares katalog säger vad {of} är"),
            format!("no holder's catalogue says what {of} is"),
        ),
        Problem::Field(of, field) => (
            format!("minkään tiedonhaltijan luettelo ei kerro, mikä tietojen {of} kenttä {field} on"),
            format!("ingen innehavares katalog säger vad {field} i {of} är"),
            format!("no holder's catalogue says what {field} of {of} is"),
        ),
        Problem::Question(of, id, field) => (
            format!("kysymys {id} koskee tietojen {of} kenttää {field}, jota mikään luettelo ei selitä"),
            format!("frågan {id} gäller {field} i {of}, som ingen katalog förklarar"),
            format!("the question {id} is about {field} of {of}, which no holder's catalogue explains"),
        ),
        Problem::Holder(holder) => (
            format!("pyyntö nimeää tiedonhaltijan {holder}, joka ei ole jäsen"),
            format!("den nämner innehavaren {holder}, som inte är medlem"),
            format!("it names the holder {holder}, which is no member"),
        ),
        Problem::Delegatee(one) => (
            format!("tiedot annettaisiin eteenpäin taholle {one}, joka ei ole jäsen"),
            format!("uppgifterna skulle föras vidare till {one}, som inte är medlem"),
            format!("the data would be passed on to {one}, which is no member"),
        ),
    };
    pick(language, &fi, &sv, &en).to_owned()
}

/// The question of a predicate in words; `label` is what its field is called.
#[must_use]
pub fn question(predicate: &Predicate, label: &str, language: Language) -> String {
    let one = |value: &Value| value_words(value, language);
    let several = |values: &[Value]| values.iter().map(one).collect::<Vec<_>>().join(", ");
    let (fi, sv, en) = match &predicate.question {
        Question::Equal(value) => {
            let value = one(value);
            (format!("Onko {label} {value}?"), format!("Är {label} {value}?"), format!("Is {label} {value}?"))
        }
        Question::In(values) => {
            let values = several(values);
            (
                format!("Onko {label} jokin näistä: {values}?"),
                format!("Är {label} något av: {values}?"),
                format!("Is {label} one of: {values}?"),
            )
        }
        Question::AtLeast(value) => {
            let value = one(value);
            (
                format!("Onko {label} vähintään {value}?"),
                format!("Är {label} minst {value}?"),
                format!("Is {label} at least {value}?"),
            )
        }
        Question::AtMost(value) => {
            let value = one(value);
            (
                format!("Onko {label} enintään {value}?"),
                format!("Är {label} högst {value}?"),
                format!("Is {label} at most {value}?"),
            )
        }
        Question::AgeAtLeast { years, day } => (
            format!("Onko ikä {day} vähintään {years} vuotta ({label})?"),
            format!("Är åldern {day} minst {years} år ({label})?"),
            format!("Is the age on {day} at least {years} years ({label})?"),
        ),
        Question::Exists => {
            (format!("Onko tietoa: {label}?"), format!("Finns uppgiften: {label}?"), format!("Is there any: {label}?"))
        }
        Question::CountAtLeast(count) => (
            format!("Onko tietoja vähintään {count}: {label}?"),
            format!("Finns det minst {count}: {label}?"),
            format!("Are there at least {count} of: {label}?"),
        ),
        Question::Bucket(bounds) => {
            let bounds = several(bounds);
            (
                format!("Mihin luokkaan {label} kuuluu (rajat {bounds})?"),
                format!("I vilken klass ligger {label} (gränser {bounds})?"),
                format!("In which range is {label} (bounds {bounds})?"),
            )
        }
    };
    pick(language, &fi, &sv, &en).to_owned()
}

fn value_words(value: &Value, language: Language) -> String {
    match value {
        Value::Bool(true) => pick(language, "kyllä", "ja", "yes").to_owned(),
        Value::Bool(false) => pick(language, "ei", "nej", "no").to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        other => other.to_json().to_string(),
    }
}
