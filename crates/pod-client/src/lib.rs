//! Typed calls to nodes, directories and blinders, for services and wallets.
