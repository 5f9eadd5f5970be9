//! Records at rest, sealed with a key for each pod.
