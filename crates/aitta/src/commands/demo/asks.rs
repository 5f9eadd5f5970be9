//! What Espoo's early education asks at its admission desk.

/// Where it stands in the demonstration's folder.
pub(super) const DAY_CARE_FILE: &str = "ask-day-care.toml";
/// The phone number is not registered for the service: over-asked on purpose, for the wallet to warn of.
pub(super) const DAY_CARE: &str = r#"
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
"#;
