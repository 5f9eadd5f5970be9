//! Registers in, records out: catalogues, mappings, formats and refused rows.
