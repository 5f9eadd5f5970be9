//! What pod-crypto promises, held against published vectors and against the attacks that the vectors leave out.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod a_blinded_digest_hides_the_input;
mod a_login_token_is_believed_for_its_key;
mod a_sealed_text_opens_only_as_sealed;
mod a_signature_has_one_reading;
mod digests_match_the_standards;
mod randomness_repeats_only_when_seeded;
mod sealing_to_a_public_key;
mod secrets_stay_out_of_debug;
mod support;
