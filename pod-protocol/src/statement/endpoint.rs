//! Where an organisation's node answers.

use std::fmt;
use std::str::FromStr;

/// Longest endpoint, in bytes: a host name of 253 and a short path.
pub const MAX_ENDPOINT_BYTES: usize = 300;

/// Text that is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an endpoint: write https://HOST[:PORT][/PATH], http://127.0.0.1[:PORT][/PATH] or a multiaddr such as \
     /ip4/192.0.2.1/udp/4001/quic-v1; lower-case host, no user, query or fragment, at most {MAX_ENDPOINT_BYTES} bytes"
)]
pub struct EndpointFault;

/// An `https://` URL, an `http://127.0.0.1` URL for one machine alone, or a libp2p multiaddr.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(Box<str>);

impl Endpoint {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a libp2p multiaddr; otherwise it is a URL.
    #[must_use]
    pub fn is_multiaddr(&self) -> bool {
        self.0.starts_with('/')
    }
}

impl FromStr for Endpoint {
    type Err = EndpointFault;

    fn from_str(text: &str) -> Result<Self, EndpointFault> {
        let good = text.len() <= MAX_ENDPOINT_BYTES
            && match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
                (Some(rest), _) => url(rest, host),
                (_, Some(rest)) => url(rest, |host| host == "127.0.0.1"),
                _ => text.len() > 1 && text.starts_with('/') && text.bytes().all(plain),
            };
        if good { Ok(Self(text.into())) } else { Err(EndpointFault) }
    }
}

/// Judges what follows the scheme. Written out because readers of URLs disagree about users, backslashes and empty
/// hosts; none of these can occur here.
fn url(rest: &str, host: impl Fn(&str) -> bool) -> bool {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (name, port_good) = match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.ends_with(']') => (name, port(digits)),
        _ => (authority, true),
    };
    host(name) && port_good && path.bytes().all(plain)
}

fn host(name: &str) -> bool {
    let inside = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match inside {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            name.len() <= 253
                && name.split('.').all(|label| {
                    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                    (1..=63).contains(&label.len()) && label.bytes().all(plain)
                })
        }
    }
}

fn port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0') && digits.parse::<u16>().is_ok()
}

fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~:%".contains(&byte)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Endpoint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Endpoint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
