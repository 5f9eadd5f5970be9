//! One organisation's node: holds pods, checks grants, answers and records.
