//! What is written for the wallet and for the admission desk, each with its name in the demonstration's folder.

/// The wallet is Helsinki's: that is where the family logs in first.
pub(super) const THEME: (&str, &str) = (
    "theme.json",
    r##"{
  "names": { "fi": "Helsingin kaupunki", "sv": "Helsingfors stad", "en": "City of Helsinki" },
  "colours": {
    "light": { "accent": "#0000bf", "on_accent": "#ffffff" },
    "dark": { "accent": "#a9c1ff", "on_accent": "#10102e" }
  },
  "contact": {
    "fi": "Tämä on kokeilu: kukaan ei vastaa.",
    "sv": "Det här är ett prov: ingen svarar.",
    "en": "This is a demonstration: nobody answers."
  },
  "privacy_notice": "https://privacy.example/",
  "home": "helsinki"
}
"##,
);

/// What Espoo's early education asks at its admission desk. The phone number is not registered for the service: over-asked on purpose, for the wallet to warn of.
pub(super) const DAY_CARE: (&str, &str) = (
    "ask-day-care.toml",
    r#"
purpose = "dpv:ServiceProvision"
retention_days = 365
validity_days = 200

[reason]
fi = "Lapsesi aloittaa varhaiskasvatuksessa Espoossa. Tarvitsemme tiedot allergioista ja aiemmasta hoitopaikasta, jotta alku on turvallinen."
sv = "Ditt barn börjar i småbarnspedagogiken i Esbo. Vi behöver veta om allergier och den tidigare vårdplatsen för att starten ska bli trygg."
en = "Your child starts in early education in Espoo. We need to know about allergies and the earlier place of care for a safe start."

[[ask]]
type = "child-health"
required = ["allergies.substance", "allergies.severity"]
optional = ["vaccinations"]

[[ask]]
type = "early-education"
required = ["unit", "start_date"]
optional = ["special_diet"]

[[ask]]
type = "residence"
required = ["called_name", "contact.phone"]
"#,
);

/// Another use of the same data, to which a family may object.
pub(super) const MENUS: (&str, &str) = (
    "ask-menus.toml",
    r#"
purpose = "dpv:ServiceOptimisation"
retention_days = 30
validity_days = 30
reason = { fi = "Ruokalistojen suunnittelu.", sv = "Planering av matlistor.", en = "Planning menus." }

[[ask]]
type = "child-health"
required = ["allergies.substance"]
"#,
);
