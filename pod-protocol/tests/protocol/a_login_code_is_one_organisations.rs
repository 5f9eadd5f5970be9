//! The code of a login is typed as people write it, and tells for which organisation and which wallet it is.

use pod_crypto::SeededRandom;
use pod_protocol::ids::Principal;
use pod_protocol::login_code::LoginCode;

const HELSINKI: Principal = Principal::new([1; 32]);
const ESPOO: Principal = Principal::new([2; 32]);
const LOG: Principal = Principal::new([3; 32]);
const OTHER_LOG: Principal = Principal::new([4; 32]);

fn code(seed: u8) -> LoginCode {
    LoginCode::generate(&SeededRandom::new([seed; 32]), &HELSINKI, &LOG)
}

#[test]
fn it_is_typed_as_people_write_it() {
    let code = code(1);
    let shown = code.grouped();
    assert_eq!(shown.len(), 14);
    for typed in [shown.clone(), shown.replace(' ', ""), shown.replace(' ', "-"), format!(" {shown}\n")] {
        assert!(code.is(&LoginCode::typed(&typed).unwrap()), "{typed}");
    }
}

#[test]
fn leading_noughts_are_kept_and_other_things_are_no_code() {
    assert_eq!(LoginCode::typed("0000 0000 0001").unwrap().grouped(), "0000 0000 0001");
    for text in ["", "1234 5678", "1234 5678 901", "1234 5678 90123", "1234 5678 901x", "１２３４５６７８９０１２"]
    {
        assert!(LoginCode::typed(text).is_none(), "{text}");
    }
}

#[test]
fn no_two_logins_have_the_same() {
    let random = SeededRandom::new([1; 32]);
    let again = || LoginCode::generate(&random, &HELSINKI, &LOG);
    assert!(!again().is(&again()));
}

/// Whoever stands between, and shows the login of another organisation as theirs, gets no code out of the wallet.
#[test]
fn it_is_of_one_organisation_and_of_one_key_log() {
    let mut passed = 0;
    for seed in 0..100 {
        let code = code(seed);
        assert!(code.is_of(&HELSINKI, &LOG));
        for (organisation, log) in [(ESPOO, LOG), (HELSINKI, OTHER_LOG), (ESPOO, OTHER_LOG), (LOG, HELSINKI)] {
            passed += usize::from(code.is_of(&organisation, &log));
        }
    }
    assert!(passed <= 1, "one in ten thousand passes: {passed} of 400");
}

/// The same in `wallet-app/tests/login-code.test.ts`.
#[test]
fn the_check_is_what_the_protocol_says() {
    let fitting = |random: &str, organisation: &Principal, log: &Principal| {
        let typed = |check: &u32| LoginCode::typed(&format!("{random}{check:04}")).unwrap();
        (0..10_000).filter(|check| typed(check).is_of(organisation, log)).collect::<Vec<_>>()
    };
    for (organisation, log, check) in
        [(HELSINKI, LOG, 9645), (ESPOO, LOG, 675), (HELSINKI, OTHER_LOG, 9708), (LOG, HELSINKI, 5609)]
    {
        assert_eq!(fitting("12345678", &organisation, &log), [check]);
    }
    assert_eq!(fitting("00000000", &HELSINKI, &LOG), [4827]);
}
