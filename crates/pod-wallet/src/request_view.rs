//! An access request in plain words, in the language of whoever decides: who asks, for what, for how long, of whom, and to
//! whom it would be passed on.

use crate::language::{Language, pick};
use crate::review::{Flag, Named, ReviewedName, ReviewedType, Summary};
use crate::when::date;
use crate::wording::days;

impl Summary {
    /// The whole of it, a line for each thing.
    #[must_use]
    pub fn in_words(&self, language: Language) -> String {
        let (service, organisation) = (named(&self.service, language), named(&self.organisation, language));
        let asks = pick(language, "pyytää", "ber om", "asks");
        let mut lines =
            vec![format!("{service} ({organisation}) {asks}:"), indented(self.reason.in_language(language.code()))];
        for of in &self.types {
            lines.push(format!("  {}:", of.words.in_language(language)));
            lines.extend(of.names.iter().map(|name| name_line(of, name, language)));
        }
        lines.extend(
            [self.use_made(language), self.validity(language), self.asked_of(language)].map(|one| indented(&one)),
        );
        let delegatees: Vec<String> = self.delegatees.iter().map(|one| named(one, language)).collect();
        lines.push(indented(&passing_on(self.depth, &delegatees, language)));
        let too_much = pick(language, "pyytää liikaa", "ber om för mycket", "asks for too much");
        lines.extend(self.over_asked.iter().map(|flag| warning(too_much, flag, language)));
        let hidden = pick(
            language,
            "ei voida näyttää, joten siihen ei voi suostua",
            "kan inte visas och därför inte heller godkännas",
            "cannot be shown, so cannot be agreed to",
        );
        lines.extend(self.problems.iter().map(|flag| warning(hidden, flag, language)));
        lines.push(format!("  {} {}", pick(language, "Tunnus", "Id", "Id"), self.id));
        lines.join("\n")
    }

    fn use_made(&self, language: Language) -> String {
        let (purpose, kept) = (&self.purpose, days(self.retention_secs, language));
        match language {
            Language::Fi => format!("Tarkoitus {purpose}; säilytetään {kept}."),
            Language::Sv => format!("Ändamål {purpose}; sparas i {kept}."),
            Language::En => format!("Purpose {purpose}; kept for {kept}."),
        }
    }

    fn validity(&self, language: Language) -> String {
        let (valid, before) = (days(self.validity_secs, language), date(self.answer_before_secs, language));
        match language {
            Language::Fi => format!("Lupa olisi voimassa {valid}; vastaa ennen {before}."),
            Language::Sv => format!("Tillståndet skulle gälla i {valid}; svara före {before}."),
            Language::En => format!("Would count for {valid}; answer before {before}."),
        }
    }

    fn asked_of(&self, language: Language) -> String {
        match &self.holders {
            None => pick(
                language,
                "Pyydetään kaikilta, joilla tietoja on.",
                "Begärs av alla som har uppgifterna.",
                "Asked of everybody who holds it.",
            )
            .to_owned(),
            Some(holders) => {
                let holders: Vec<String> = holders.iter().map(|one| named(one, language)).collect();
                let asked = pick(language, "Pyydetään näiltä", "Begärs av", "Asked of");
                format!("{asked}: {}.", holders.join(", "))
            }
        }
    }
}

/// How often in a row a grant may be passed on, and to whom alone.
#[must_use]
pub fn passing_on(depth: u64, organisations: &[String], language: Language) -> String {
    let to = organisations.join(", ");
    match (depth, language) {
        (0, Language::Fi) => "Ei saa antaa eteenpäin.".to_owned(),
        (0, Language::Sv) => "Får inte föras vidare.".to_owned(),
        (0, Language::En) => "May not be passed on.".to_owned(),
        (1, Language::Fi) => format!("Saa antaa eteenpäin kerran, vain näille: {to}."),
        (1, Language::Sv) => format!("Får föras vidare en gång, endast till: {to}."),
        (1, Language::En) => format!("May be passed on once, only to: {to}."),
        (more, Language::Fi) => format!("Saa antaa eteenpäin {more} kertaa peräkkäin, vain näille: {to}."),
        (more, Language::Sv) => format!("Får föras vidare {more} gånger i följd, endast till: {to}."),
        (more, Language::En) => format!("May be passed on {more} times in a row, only to: {to}."),
    }
}

/// That there is nothing to decide.
#[must_use]
pub fn nothing_waits(language: Language) -> &'static str {
    pick(language, "Mikään pyyntö ei odota.", "Ingen förfrågan väntar.", "Nothing waits.")
}

/// That something waits which is no acceptable access request, with the code that says why.
#[must_use]
pub fn not_acceptable(id: Option<&str>, code: &str, language: Language) -> String {
    let words = pick(
        language,
        "! Tätä pyyntöä ei voi hyväksyä, joten siihen ei pidä vastata",
        "! Den här förfrågan är inte godtagbar, så den ska inte besvaras",
        "! This request is not acceptable, so it is not to be answered",
    );
    format!("{words}: {code}\n  {} {}", pick(language, "Tunnus", "Id", "Id"), id.unwrap_or("-"))
}

fn name_line(of: &ReviewedType, name: &ReviewedName, language: Language) -> String {
    let need = if name.required {
        pick(language, "tarvitaan", "behövs", "needed")
    } else {
        pick(language, "saat valita", "du får välja", "your choice")
    };
    let warning = if name.over_asked {
        pick(
            language,
            "  ! palvelua ei ole rekisteröity tähän",
            "  ! tjänsten är inte registrerad för detta",
            "  ! not registered for this",
        )
    } else {
        ""
    };
    format!("    - {} [{need}] ({}:{}){warning}", name.words.in_language(language), of.record_type, name.name)
}

fn warning(what: &str, flag: &Flag, language: Language) -> String {
    format!("  ! {what}: {} ({})", flag.words.in_language(language), flag.code)
}

fn named(one: &Named, language: Language) -> String {
    one.words.in_language(language).to_owned()
}

fn indented(text: &str) -> String {
    format!("  {text}")
}
