//! All that a person decides about is put to them, in their language: also to whom it would be passed on.

use pod_protocol::access_request::AccessRequest;
use pod_wallet::Language;

use crate::world::{DAY, HELSINKI, TURKU, World, request};

/// Passed on once, to Turku; kept for too long; with a field too many, and one that nobody explains.
fn told(language: Language) -> String {
    let mut asked = AccessRequest {
        depth: 1,
        delegatees: vec![HELSINKI],
        holders: Some(vec![HELSINKI, TURKU]),
        retention_secs: 500 * DAY - 1,
        ..request()
    };
    asked.items[0].required.push("diagnoses".parse().unwrap());
    asked.items[0].optional.push("blood_group".parse().unwrap());
    let review = World::new().review(&asked);
    review.summary().in_words(language).replace(&review.summary().id.to_string(), "ID")
}

#[test]
fn in_finnish() {
    assert_eq!(
        told(Language::Fi),
        "\
Espoon varhaiskasvatus (Espoo) pyytää:
  To cook what your child can eat fi
  Lapsen terveys:
    - Allergiat [tarvitaan] (child-health:allergies)
    - Diagnoosit [tarvitaan] (child-health:diagnoses)  ! palvelua ei ole rekisteröity tähän
    - Ruokavalio [saat valita] (child-health:diet)
    - blood_group [saat valita] (child-health:blood_group)  ! palvelua ei ole rekisteröity tähän
  Asukastiedot:
    - Onko ikä 2026-08-01 vähintään 7 vuotta (Syntymäaika)? [saat valita] (residence:?seven)
  Tarkoitus dpv:ServiceProvision; säilytetään 500 päivää.
  Lupa olisi voimassa 200 päivää; vastaa ennen 24.8.2026.
  Pyydetään näiltä: Helsinki, turku.
  Saa antaa eteenpäin kerran, vain näille: Helsinki.
  ! pyytää liikaa: palvelua ei ole rekisteröity tietojen child-health kenttään diagnoses (over-ask-field)
  ! pyytää liikaa: palvelua ei ole rekisteröity tietojen child-health kenttään blood_group (over-ask-field)
  ! pyytää liikaa: palvelu säilyttäisi tiedot 500 päivää; rekisteröity aika on 365 päivää (over-ask-retention)
  ! ei voida näyttää, joten siihen ei voi suostua: minkään tiedonhaltijan luettelo ei kerro, mikä tietojen child-health \
kenttä blood_group on (unknown-field)
  Tunnus ID"
    );
}

#[test]
fn in_swedish() {
    assert_eq!(
        told(Language::Sv),
        "\
Esbo småbarnspedagogik (Esbo) ber om:
  To cook what your child can eat sv
  Barnets hälsa:
    - Allergier [behövs] (child-health:allergies)
    - Diagnoser [behövs] (child-health:diagnoses)  ! tjänsten är inte registrerad för detta
    - Kost [du får välja] (child-health:diet)
    - blood_group [du får välja] (child-health:blood_group)  ! tjänsten är inte registrerad för detta
  Invånaruppgifter:
    - Är åldern 2026-08-01 minst 7 år (Födelsedatum)? [du får välja] (residence:?seven)
  Ändamål dpv:ServiceProvision; sparas i 500 dagar.
  Tillståndet skulle gälla i 200 dagar; svara före 24.8.2026.
  Begärs av: Helsingfors, turku.
  Får föras vidare en gång, endast till: Helsingfors.
  ! ber om för mycket: tjänsten är inte registrerad för fältet diagnoses i child-health (over-ask-field)
  ! ber om för mycket: tjänsten är inte registrerad för fältet blood_group i child-health (over-ask-field)
  ! ber om för mycket: tjänsten skulle spara uppgifterna i 500 dagar; den registrerade tiden är 365 dagar \
(over-ask-retention)
  ! kan inte visas och därför inte heller godkännas: ingen innehavares katalog säger vad blood_group i child-health är \
(unknown-field)
  Id ID"
    );
}

#[test]
fn in_english() {
    assert_eq!(
        told(Language::En),
        "\
Espoo early education (Espoo) asks:
  To cook what your child can eat
  Child health:
    - Allergies [needed] (child-health:allergies)
    - Diagnoses [needed] (child-health:diagnoses)  ! not registered for this
    - Diet [your choice] (child-health:diet)
    - blood_group [your choice] (child-health:blood_group)  ! not registered for this
  Residence:
    - Is the age on 2026-08-01 at least 7 years (Birth date)? [your choice] (residence:?seven)
  Purpose dpv:ServiceProvision; kept for 500 days.
  Would count for 200 days; answer before 24 August 2026.
  Asked of: Helsinki, turku.
  May be passed on once, only to: Helsinki.
  ! asks for too much: the service is not registered for the field diagnoses of child-health (over-ask-field)
  ! asks for too much: the service is not registered for the field blood_group of child-health (over-ask-field)
  ! asks for too much: the service would keep the data for 500 days and is registered for 365 (over-ask-retention)
  ! cannot be shown, so cannot be agreed to: no holder's catalogue says what blood_group of child-health is (unknown-field)
  Id ID"
    );
}

#[test]
fn nothing_is_passed_on_and_everybody_asked_unless_it_says_so() {
    let review = World::new().review(&request());
    for (language, lines) in [
        (Language::Fi, ["  Pyydetään kaikilta, joilla tietoja on.", "  Ei saa antaa eteenpäin."]),
        (Language::Sv, ["  Begärs av alla som har uppgifterna.", "  Får inte föras vidare."]),
        (Language::En, ["  Asked of everybody who holds it.", "  May not be passed on."]),
    ] {
        let words = review.summary().in_words(language);
        for line in lines {
            assert!(words.lines().any(|told| told == line), "{line}: {words}");
        }
    }
}
