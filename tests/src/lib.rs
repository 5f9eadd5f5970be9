//! What needs more than one part of Aitta: its tests are in `tests/`.
