//! Who had data under a grant that was taken back, and what came of it, in Finnish, Swedish and English.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::ids::{Cti, ObjectId};
use pod_protocol::notice::{Notice, NoticeCause, NoticeOutcome, NoticeReceipt};
use pod_wallet::Language;
use pod_wallet::blob::Blob;
use pod_wallet::notices::{KnownNotice, NoticeState, ToldAnswer, ToldNotice, takes_effect};

use crate::world::{ESPOO, HELSINKI, POD, SERVICE, World, key};

/// 2026-08-01 06:15 UTC: a quarter past nine in Helsinki.
const MORNING: u64 = 1_785_564_900;
const DAY: u64 = 86_400;

fn notice() -> Verified<Notice> {
    let notice = Notice {
        issuer: HELSINKI,
        audience: ESPOO,
        expires: MORNING + 400 * DAY,
        issued: MORNING,
        cti: Cti::new([1; 16]),
        service: SERVICE,
        grants: vec![ObjectId::new([8; 32])],
        ended_secs: MORNING,
        cause: NoticeCause::TakenBack,
        released: vec![pod_protocol::request::Wanted {
            record_type: "child-health".parse().unwrap(),
            names: vec!["allergies".parse().unwrap()],
        }],
        awaited_until_secs: MORNING + 30 * DAY,
    };
    Verified::sign(&key(1), notice)
}

fn answer(by: &SigningKey, to: &Verified<Notice>, outcome: NoticeOutcome) -> ToldAnswer {
    let receipt = NoticeReceipt {
        issuer: SERVICE,
        audience: HELSINKI,
        issued: MORNING + DAY,
        cti: Cti::new([2; 16]),
        notice: to.id(),
        outcome,
    };
    ToldAnswer { time_secs: MORNING + DAY, receipt: Blob(Verified::sign(by, receipt).bytes().to_vec()) }
}

fn known(notice: &Verified<Notice>, told_secs: Option<u64>, answer: Option<ToldAnswer>) -> KnownNotice {
    let told =
        ToldNotice { id: notice.id(), notice: Blob(notice.bytes().to_vec()), told_secs, answer, contradiction: None };
    KnownNotice { holder: HELSINKI, pod: POD, grants: notice.grants.clone(), told }
}

fn said(world: &World, known: &KnownNotice, now_secs: u64) -> [String; 3] {
    let sentence = known.check(&world.registry).unwrap().sentence(&world.registry, now_secs);
    Language::ALL.map(|language| sentence.in_language(language).to_owned())
}

#[test]
fn told_awaited_and_never_answered() {
    let world = World::new();
    let notice = notice();
    let told = known(&notice, Some(MORNING + 60), None);
    assert_eq!(
        said(&world, &told, MORNING + DAY),
        [
            "Espoon varhaiskasvatus (Espoo) oli saanut: allergies (child-health). Sille ilmoitettiin 1.8.2026 klo 9.16; vastausta \
             odotetaan 31.8.2026 asti.",
            "Esbo småbarnspedagogik (Esbo) hade fått: allergies (child-health). Den underrättades 1.8.2026 kl. 9.16; svar väntas \
             till 31.8.2026.",
            "Espoo early education (Espoo) had been given: allergies (child-health). It was told on 1 August 2026 at 9:16; an \
             answer is awaited until 31 August 2026.",
        ]
    );
    let later = MORNING + 30 * DAY;
    assert!(
        said(&world, &told, later)[2].ends_with("It was told on 1 August 2026 at 9:16 and has not answered since.")
    );
    assert_eq!(told.check(&world.registry).unwrap().state(later), NoticeState::Overdue);
    let away = known(&notice, None, None);
    assert!(said(&world, &away, later)[0].ends_with("mutta sitä ei ole tavoitettu."));
    assert_eq!(away.check(&world.registry).unwrap().state(later), NoticeState::Undelivered);
}

#[test]
fn answered_and_answered_otherwise() {
    let world = World::new();
    let notice = notice();
    let service = key(90);
    let kept = NoticeOutcome::Kept("eu-gdpr:A6-1-c".parse().unwrap());
    let mut known = known(&notice, Some(MORNING), Some(answer(&service, &notice, kept)));
    assert!(said(&world, &known, MORNING)[1].ends_with("men sparar vad lagen kräver (eu-gdpr:A6-1-c)."));
    known.told.contradiction = Some(answer(&service, &notice, NoticeOutcome::Gone));
    assert!(said(&world, &known, MORNING)[2].ends_with("both answers are kept as evidence."));
}

#[test]
fn what_the_holder_did_not_get_from_the_service_is_not_believed() {
    let world = World::new();
    let notice = notice();
    let code = |known: KnownNotice| known.check(&world.registry).map(drop).unwrap_err().code();
    let forged = answer(&key(1), &notice, NoticeOutcome::Deleted);
    assert_eq!(code(known(&notice, Some(MORNING), Some(forged))), "key-unknown");
    let mut other = known(&notice, Some(MORNING), None);
    other.told.id = ObjectId::new([9; 32]);
    assert_eq!(code(other), "key-refused");
    let mut another = known(&notice, Some(MORNING), None);
    another.holder = ESPOO;
    assert_eq!(code(another), "key-refused");
}

#[test]
fn from_when_on_a_revocation_counts() {
    let sentence = takes_effect("Helsinki", Some(300));
    assert_eq!(sentence.en, "Takes effect now at Helsinki; where it was passed on, within 5 minutes.");
    assert_eq!(sentence.sv, "Gäller genast: Helsinki; där uppgifter förts vidare, inom 5 minuter.");
    assert_eq!(
        sentence.fi,
        "Voimassa heti: Helsinki; siellä, minne tietoja on annettu eteenpäin, 5 minuutin kuluessa."
    );
    assert_eq!(takes_effect("Helsinki", None).en, "Takes effect now at Helsinki.");
}
