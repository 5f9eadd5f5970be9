//! What people are shown is what is signed: nothing empty, endless or hidden.

use pod_protocol::codec::Cbor;
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::refusal::ClaimFault;
use pod_protocol::value::Value;
use pod_protocol::words::{MAX_WORDS_BYTES, Words, WordsFault};

use crate::vectors::world::exists;

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
fn words_without_a_letter_or_a_digit_say_nothing() {
    for nothing in ["…", "--", "\u{a0}", "!?"] {
        assert_eq!(Words::new("a", nothing, "c"), Err(WordsFault::Empty), "{nothing}");
    }
    for something in ["7", "ä", "Ω!", "日"] {
        assert!(Words::new("a", something, "c").is_ok(), "{something}");
    }
}

/// Wallets show constants as they are.
#[test]
fn hidden_characters_are_refused_in_the_constants_of_questions() {
    let text = |text: &str| Value::Text(text.into());
    let read = |question: Question| {
        let predicate = Predicate { question, ..exists("?is", "diet") };
        Predicate::from_cbor(7, predicate.to_cbor()).map(drop)
    };
    let turned = "vegan\u{202e}!ton";
    assert_eq!(read(Question::Equal(text("végan — 素食"))), Ok(()));
    for question in [
        Question::Equal(text(turned)),
        Question::In(vec![text("vegan"), text(turned)]),
        Question::AtLeast(text(turned)),
        Question::AtMost(text("\u{200b}")),
        Question::Bucket(vec![text("a\n")]),
    ] {
        assert_eq!(read(question), Err(ClaimFault::OutOfRange { claim: 7 }));
    }
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
        '\0',
        '\n',
        '\u{7f}',
        '\u{9b}',
        '\u{ad}',
        '\u{200b}',
        '\u{200f}',
        '\u{202e}',
        '\u{2066}',
        '\u{2028}',
        '\u{feff}',
        '\u{34f}',
        '\u{115f}',
        '\u{1160}',
        '\u{180e}',
        '\u{200c}',
        '\u{200d}',
        '\u{2800}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{ffa0}',
        '\u{e0001}',
        '\u{e007f}',
        '\u{e0100}',
        '\u{e01ef}',
    ] {
        let text = format!("until {hidden}August");
        assert_eq!(Words::new("a", "b", &text), Err(WordsFault::Hidden), "{hidden:?}");
        let item = Cbor::Array(vec![Cbor::Text("a".into()), Cbor::Text("b".into()), Cbor::Text(text)]);
        assert_eq!(Words::from_claim(7, item), Err(ClaimFault::OutOfRange { claim: 7 }));
    }
}
