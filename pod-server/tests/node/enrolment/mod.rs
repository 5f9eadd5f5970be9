//! Stories of citizens who log in and bind their wallets.

mod a_wallet_is_bound_by_one_login;
mod a_wallet_speaks_for_one_person;
mod an_attackers_enrolment_binds_nothing;
mod another_provider_logs_in;
mod codes_and_states_of_others;
mod enrolments_are_bounded;
mod guardians_until_eighteen;
mod the_code_is_typed_into_the_wallet;
mod the_operator_is_told;
mod the_provider_is_who_was_configured;
mod tokens_of_others_do_not_count;

mod crooked;
mod wallet;
mod world;
