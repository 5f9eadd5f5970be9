//! The Aitta protocol: wire objects, rules and decisions, without IO, clock or randomness.
