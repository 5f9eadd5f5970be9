//! A citizen's keys and decisions, without IO.
