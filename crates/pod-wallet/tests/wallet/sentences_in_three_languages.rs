//! The log in plain words, in Finnish, Swedish and English.

use pod_wallet::Language;
use pod_wallet::decide::{Choice, HolderChoice, agree};
use pod_wallet::log_page::{Opened, ReleasedNames, WithheldName};
use pod_wallet::log_view::{LogNames, sentence};
use pod_wallet::state::{EnrolledPod, Relation, WalletState};
use pod_wallet::when::{date, date_and_time};

use crate::tree::opened;
use crate::world::{ESPOO, HELSINKI, NOW, POD, SERVICE, World, request};

/// 2026-08-01 06:15 UTC: a quarter past nine in Helsinki.
const MORNING: u64 = 1_785_564_900;

fn state(world: &World, label: Option<&str>) -> WalletState {
    let mut state = WalletState::new();
    let relation = if label.is_some() { Relation::Guardian } else { Relation::Own };
    let pods = vec![EnrolledPod { pod: POD, relation, until_secs: None, label: label.map(str::to_owned) }];
    state.enrol("helsinki", &world.log_at(HELSINKI), pods);
    state
}

fn disclosure() -> Opened {
    Opened {
        service: Some(SERVICE),
        organisation: Some(ESPOO.to_string()),
        purpose: Some("dpv:ServiceProvision".into()),
        released: vec![ReleasedNames { record_type: "child-health".into(), names: vec!["allergies".into()] }],
        withheld: vec![WithheldName {
            record_type: "residence".into(),
            name: "address".into(),
            reason: "non-disclosure".into(),
        }],
        outcome: Some("released".into()),
        ..opened("disclosure", MORNING)
    }
}

fn told(world: &World, state: &WalletState, opened: &Opened) -> [String; 3] {
    let names = LogNames { registry: &world.registry, labels: &world.labels, state, holder: &HELSINKI, pod: &POD };
    let sentence = sentence(opened, &names);
    Language::ALL.map(|language| sentence.in_language(language).to_owned())
}

#[test]
fn a_disclosure_about_a_child() {
    let world = World::new();
    assert_eq!(
        told(&world, &state(&world, Some("Aino")), &disclosure()),
        [
            "Espoon varhaiskasvatus (Espoo) luki 1.8.2026 klo 9.15 henkilöstä Aino: allergiat (lapsen terveys); \
         ei annettu: kotiosoite, turvakiellon vuoksi.",
            "Esbo småbarnspedagogik (Esbo) läste 1.8.2026 kl. 9.15 om Aino: allergier (barnets hälsa); \
         undanhållet: hemadress, på grund av spärrmarkering.",
            "Espoo early education (Espoo) read Aino’s allergies (child health) on 1 August 2026 at 9:15; \
         withheld: home address, because of non-disclosure.",
        ]
    );
}

#[test]
fn a_child_whose_name_no_register_tells() {
    let world = World::new();
    let mut state = WalletState::new();
    let pods = vec![EnrolledPod { pod: POD, relation: Relation::Guardian, until_secs: None, label: None }];
    state.enrol("helsinki", &world.log_at(HELSINKI), pods);
    let nothing = Opened { released: vec![], withheld: vec![], ..disclosure() };
    assert_eq!(
        told(&world, &state, &nothing),
        [
            "Espoon varhaiskasvatus (Espoo) kysyi 1.8.2026 klo 9.15 tietoja lapsesta eikä saanut mitään.",
            "Esbo småbarnspedagogik (Esbo) frågade 1.8.2026 kl. 9.15 efter uppgifter om barnet och fick ingenting.",
            "Espoo early education (Espoo) asked for the child’s data on 1 August 2026 at 9:15 and got nothing.",
        ]
    );
    let actor = Some(world.log_at(HELSINKI).principal().to_string());
    let command = Opened { purpose: Some("revoke".into()), actor, ..opened("command", MORNING) };
    assert_eq!(
        told(&world, &state, &command)[2],
        "You (for the child), 1 August 2026 at 9:15: took a permission back."
    );
}

#[test]
fn somebody_elses_wallet_that_was_turned_down() {
    let world = World::new();
    let refused = Opened {
        purpose: Some("enrol".into()),
        outcome: Some("confirmation-failed".into()),
        actor: Some(ESPOO.to_string()),
        ..opened("refusal", MORNING)
    };
    assert_eq!(
        told(&world, &state(&world, None), &refused),
        [
            "Joku yritti 1.8.2026 klo 9.15 ottaa käyttöön lompakon, jolla saa tietoja sinusta, eikä onnistunut: \
             kirjautumisen koodi oli liian monta kertaa väärä.",
            "Någon försökte 1.8.2026 kl. 9.15 ta i bruk en plånbok för uppgifter om dig och lyckades inte: \
             inloggningens kod var fel för många gånger.",
            "Somebody tried to enrol a wallet for your data on 1 August 2026 at 9:15 and did not succeed: \
             the code of the login was wrong too often.",
        ]
    );
}

#[test]
fn a_disclosure_about_oneself_with_nothing_in_it() {
    let world = World::new();
    let nothing = Opened { released: vec![], withheld: vec![], ..disclosure() };
    assert_eq!(
        told(&world, &state(&world, None), &nothing),
        [
            "Espoon varhaiskasvatus (Espoo) kysyi 1.8.2026 klo 9.15 tietoja sinusta eikä saanut mitään.",
            "Esbo småbarnspedagogik (Esbo) frågade 1.8.2026 kl. 9.15 efter uppgifter om dig och fick ingenting.",
            "Espoo early education (Espoo) asked for your data on 1 August 2026 at 9:15 and got nothing.",
        ]
    );
}

#[test]
fn a_refusal_says_why() {
    let world = World::new();
    let refused = Opened { kind: "refusal".into(), outcome: Some("revoked".into()), ..disclosure() };
    assert_eq!(
        told(&world, &state(&world, None), &refused)[2],
        "Espoo early education (Espoo) asked for your data on 1 August 2026 at 9:15 and was refused: \
         the permission was taken back."
    );
    let odd = Opened { outcome: Some("cose-alg".into()), ..refused };
    assert!(told(&world, &state(&world, None), &odd)[0].ends_with("pyyntö ei kelvannut (cose-alg)."));
}

#[test]
fn an_own_act_and_that_of_a_representative() {
    let world = World::new();
    let state = state(&world, None);
    let own = world.log_at(HELSINKI);
    let mut with_own = WalletState::new();
    with_own.enrol("helsinki", &own, vec![]);
    let command = Opened {
        purpose: Some("revoke".into()),
        actor: Some(own.principal().to_string()),
        ..opened("command", MORNING)
    };
    assert_eq!(told(&world, &with_own, &command)[2], "You, 1 August 2026 at 9:15: took a permission back.");
    let other = Opened { actor: Some(ESPOO.to_string()), ..command };
    assert_eq!(told(&world, &state, &other)[1], "En företrädare, 1.8.2026 kl. 9.15: återkallade ett tillstånd.");
}

#[test]
fn an_import() {
    let world = World::new();
    let import = Opened { organisation: Some("helsinki".into()), ..opened("import", MORNING) };
    assert_eq!(
        told(&world, &state(&world, None), &import)[1],
        "Helsingfors uppdaterade 1.8.2026 kl. 9.15 uppgifter om dig från sina register."
    );
}

#[test]
fn a_derived_answer_is_told_as_its_question() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let review = world.review(&request());
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let optional = vec![("residence".parse().unwrap(), "?seven".parse().unwrap())];
    let choice = Choice { holders, optional, ..Choice::default() };
    let decided = agree(&review, &choice, NOW, &world.random).unwrap();
    let mut state = state(&world, Some("Aino"));
    state.decided(&review, &decided, NOW);
    let answer = Opened {
        released: vec![ReleasedNames { record_type: "residence".into(), names: vec!["?seven".into()] }],
        withheld: vec![],
        grant: Some(decided.grants[0].id()),
        ..disclosure()
    };
    assert_eq!(
        told(&world, &state, &answer)[2],
        "Espoo early education (Espoo) read Aino’s answer to “Is the age on 2026-08-01 at least 7 years (birth \
         date)?” (residence) on 1 August 2026 at 9:15."
    );
}

#[test]
fn times_are_helsinkis_own() {
    // Winter and summer, and the hour of the change on 2026-03-29 and 2026-10-25 (01:00 UTC).
    assert_eq!(date_and_time(1_767_225_600, Language::En), "1 January 2026 at 2:00");
    assert_eq!(date_and_time(1_774_745_999, Language::Fi), "29.3.2026 klo 2.59");
    assert_eq!(date_and_time(1_774_746_000, Language::Fi), "29.3.2026 klo 4.00");
    assert_eq!(date_and_time(1_792_889_999, Language::Sv), "25.10.2026 kl. 3.59");
    assert_eq!(date_and_time(1_792_890_000, Language::Sv), "25.10.2026 kl. 3.00");
    assert_eq!(date(1_709_164_800, Language::En), "29 February 2024");
}
