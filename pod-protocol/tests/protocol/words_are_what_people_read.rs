//! What people are shown is what is signed: nothing empty, endless or hidden.

use pod_protocol::codec::Cbor;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::words::{MAX_WORDS_BYTES, Words, WordsFault};

#[test]
fn words_of_three_languages_are_taken() {
    let words = Words::new("Päiväkoti", "Daghem", "Day care").unwrap();
    assert_eq!((words.fi(), words.sv(), words.en()), ("Päiväkoti", "Daghem", "Day care"));
    assert_eq!((words.in_language("sv"), words.in_language("de")), ("Daghem", "Day care"));
    assert_eq!(Words::from_claim(1, words.to_cbor()), Ok(words.clone()));
    let json = serde_json::to_string(&words).unwrap();
    assert_eq!(json, r#"{"fi":"Päiväkoti","sv":"Daghem","en":"Day care"}"#);
    assert_eq!(serde_json::from_str::<Words>(&json).unwrap(), words);
}

#[test]
fn one_empty_language_is_too_few() {
    assert_eq!(Words::new("a", " ", "c"), Err(WordsFault::Empty));
    let item = Cbor::Array(["a", "", "c"].map(|text| Cbor::Text(text.into())).to_vec());
    assert_eq!(Words::from_claim(7, item), Err(ClaimFault::Empty { claim: 7 }));
    assert!(serde_json::from_str::<Words>(r#"{"fi":"a","sv":"b"}"#).is_err());
    assert!(serde_json::from_str::<Words>(r#"{"fi":"a","sv":"b","en":""}"#).is_err());
}

#[test]
fn texts_have_a_limit() {
    let longest = "ä".repeat(MAX_WORDS_BYTES / 2);
    assert!(Words::new(&longest, &longest, &longest).is_ok());
    assert_eq!(Words::new(&format!("{longest}a"), "b", "c"), Err(WordsFault::TooLong));
}

#[test]
fn hidden_characters_are_refused() {
    for hidden in [
        '\0', '\n', '\u{7f}', '\u{9b}', '\u{ad}', '\u{200b}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{2028}',
        '\u{feff}',
    ] {
        let text = format!("until {hidden}August");
        assert_eq!(Words::new("a", "b", &text), Err(WordsFault::Hidden), "{hidden:?}");
        let item = Cbor::Array(vec![Cbor::Text("a".into()), Cbor::Text("b".into()), Cbor::Text(text)]);
        assert_eq!(Words::from_claim(7, item), Err(ClaimFault::OutOfRange { claim: 7 }));
    }
}
