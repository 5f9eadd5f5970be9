//! Demonstration only: an OpenID provider that believes whatever identity code is typed.
//!
//! It stands in for Suomi.fi in `aitta demo` and in tests, and speaks the same protocol: OpenID Connect Core 1.0 with the
//! authorization code flow, PKCE (RFC 7636, S256 alone), discovery, a key set, ES256 tokens, and the issuer in the answer
//! (RFC 9207). It is strict where a real provider is, so that whoever logs in here logs in there too: codes count once and
//! for a minute, redirect addresses are compared exactly, nodes authenticate, and only nodes learn the identity code.
//!
//! A wallet without a browser posts `identity_code=...` to the authorization URL itself and follows the redirect.

mod authorize;
mod client;
mod codes;
mod page;
mod ports;
mod provider;
mod token;

pub use client::{ClientKind, DemoClient};
pub use ports::free_port;
pub use provider::{Clock, DemoPerson, DemoProvider, DemoProviderError, IDENTITY_CODE_CLAIM, LOA, ProviderConfig};
