//! Durable, atomic key-value storage: trait Store and its engines.
