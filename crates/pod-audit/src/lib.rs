//! The durable, provable log of every disclosure and refusal.
