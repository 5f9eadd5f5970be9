//! The simulation is a test: see `tests/simulation/main.rs`, and `docs/campaigns/simulation.md` for what it shows.
