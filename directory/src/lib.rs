//! The thin directory: organisations, blinded holder entries, and the blinder.
