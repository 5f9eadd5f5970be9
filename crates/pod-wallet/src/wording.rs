//! Fixed phrases: codes and questions in words.

use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::value::Value;

use crate::language::{Language, pick};

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
        "enrol" | "enrolment" => ["lompakon käyttöönotto", "tog plånboken i bruk", "enrolled the wallet"],
        other => return other.to_owned(),
    };
    let [fi, sv, en] = words;
    pick(language, fi, sv, en).to_owned()
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
