//! Where the directory and the blinder are, and how often the node calls them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use pod_client::directory::MAX_MIRRORS;
use pod_http::Origin;
use pod_protocol::holder_entry::MAX_ENTRY_LIFETIME_SECS;
use pod_protocol::ids::{Principal, from_base64url};
use pod_protocol::tlog::head::USUAL_WITNESSES;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};

use crate::view::RevocationBound;

/// Ten looks within the longest bound.
const REFRESH: Duration = Duration::from_secs(30);
/// Looking into an empty queue costs microseconds.
const PUBLISH: Duration = Duration::from_secs(5);
/// A quarter passes between two renewals, so that a holder that closes down is forgotten within some months.
const ENTRY_LIFETIME_DAYS: u64 = 90;
/// The first epoch of a blinder's key.
const FIRST_EPOCH: u16 = 1;

/// The tables `[directory]` and `[blinder]` of a node's configuration.
///
/// ```
/// let config: pod_server::upkeep::UpkeepConfig = toml::from_str(r#"
///     [directory]
///     url = "https://directory.aitta.example"
///
///     [blinder]
///     url = "https://blinder.example:8443"
///     principal = "ai:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"
///     public = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"
/// "#).unwrap();
/// assert_eq!(config.blinder.unwrap().epoch, 1);
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpkeepConfig {
    /// The directory; without one the node stays with the registry on disk, and wallets do not find it.
    pub directory: Option<DirectoryConfig>,
    /// The blinder; without one wallets do not find the people whose data the node holds.
    pub blinder: Option<BlinderConfig>,
}

/// The directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct DirectoryConfig {
    /// `https://HOST[:PORT]`, or `http://127.0.0.1:PORT` on this machine.
    pub url: Origin,
    /// Mirrors of the directory, asked in this order when it is away or lies.
    pub mirrors: Vec<Origin>,
    /// How many other organisations must have seen what it shows; 2.
    pub witnesses: usize,
    /// Whether this node cosigns what the directory shows, for others; it does.
    pub witness: bool,
    /// The folder for what proves that somebody lied; none keeps nothing.
    pub evidence: Option<PathBuf>,
    /// Between two looks at the log; 30 s.
    pub refresh: Duration,
    /// How old the last look may be when delegated grants count; 300 s, and no longer.
    pub revocation_bound: RevocationBound,
    /// Between two looks at the queue of holder entries; 5 s.
    pub publish: Duration,
    /// How long a holder entry counts; 90 days. It is renewed after two thirds of that.
    pub entry_lifetime_days: u64,
}

/// The table `[directory]` as it is written; each value is good, and not yet whether they go together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "origin")]
    url: Origin,
    #[serde(default, deserialize_with = "origins")]
    mirrors: Vec<Origin>,
    #[serde(default = "witnesses")]
    witnesses: usize,
    #[serde(default = "witness")]
    witness: bool,
    #[serde(default = "refresh", rename = "refresh_secs", deserialize_with = "seconds")]
    refresh: Duration,
    #[serde(default, rename = "revocation_bound_secs", deserialize_with = "bound")]
    revocation_bound: RevocationBound,
    #[serde(default = "publish", rename = "publish_secs", deserialize_with = "seconds")]
    publish: Duration,
    #[serde(default = "entry_lifetime_days", deserialize_with = "lifetime")]
    entry_lifetime_days: u64,
}

impl TryFrom<Written> for DirectoryConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { url, mirrors, witnesses, witness, refresh, revocation_bound, publish, entry_lifetime_days } =
            written;
        let (refresh_secs, bound_secs) = (refresh.as_secs(), revocation_bound.secs());
        if refresh_secs >= bound_secs {
            return Err(format!(
                "refresh_secs = {refresh_secs} must be less than revocation_bound_secs = {bound_secs}: delegated grants would be refused in between"
            ));
        }
        Ok(Self {
            url,
            mirrors,
            witnesses,
            witness,
            evidence: None,
            refresh,
            revocation_bound,
            publish,
            entry_lifetime_days,
        })
    }
}

/// The blinder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlinderConfig {
    /// `https://HOST[:PORT]`, or `http://127.0.0.1:PORT` on this machine.
    #[serde(deserialize_with = "origin")]
    pub url: Origin,
    /// Who it is.
    pub principal: Principal,
    /// Its public key, as `GET /v1/blinder` tells it: 43 characters of base64url. Every answer is proven against it.
    #[serde(deserialize_with = "public_key")]
    pub public: [u8; 32],
    /// The epoch for which tags are made; 1.
    #[serde(default = "first_epoch")]
    pub epoch: u16,
}

fn witnesses() -> usize {
    USUAL_WITNESSES
}

fn witness() -> bool {
    true
}

fn refresh() -> Duration {
    REFRESH
}

fn publish() -> Duration {
    PUBLISH
}

fn entry_lifetime_days() -> u64 {
    ENTRY_LIFETIME_DAYS
}

fn first_epoch() -> u16 {
    FIRST_EPOCH
}

/// Reads a text, and what it means.
struct Text<T>(fn(&str) -> Result<T, String>);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

fn origin<'de, D: Deserializer<'de>>(from: D) -> Result<Origin, D::Error> {
    from.deserialize_str(Text(|text| text.parse::<Origin>().map_err(|error| error.to_string())))
}

fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Origin>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    if texts.len() > MAX_MIRRORS {
        return Err(D::Error::custom(format!("more than {MAX_MIRRORS} mirrors")));
    }
    texts.iter().map(|text| text.parse::<Origin>().map_err(D::Error::custom)).collect()
}

fn public_key<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
    from.deserialize_str(Text(|text| {
        let bytes = from_base64url(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| {
            "not the blinder's public key: write the 43 characters that its `GET /v1/blinder` gives as `public`"
                .to_owned()
        })
    }))
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(D::Error::custom("must be at least 1 second")),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

fn bound<'de, D: Deserializer<'de>>(from: D) -> Result<RevocationBound, D::Error> {
    RevocationBound::of_secs(u64::deserialize(from)?).ok_or_else(|| {
        let longest = RevocationBound::LONGEST_SECS;
        D::Error::custom(format!("must be 1 to {longest} seconds: citizens are told that no holder takes longer"))
    })
}

fn lifetime<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    const MAX_DAYS: u64 = MAX_ENTRY_LIFETIME_SECS / 86_400;
    let days = u64::deserialize(from)?;
    if (1..=MAX_DAYS).contains(&days) {
        Ok(days)
    } else {
        Err(D::Error::custom(format!("must be 1 to {MAX_DAYS} days")))
    }
}
