//! Where a mirror reads: the directory, or another mirror of it.

use std::time::Duration;

use pod_http::{Bytes, Client, ClientLimits, ClientProtocol, Machine as Host, Origin, Request, RootCertificates};
use pod_protocol::codec::OBJECT_LIMITS;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::tile::{Kind, MAX_BUNDLE_BYTES, TILE_WIDTH, Tile, unbundle};

use super::mirror::MirrorFault;
use crate::config::MirrorConfig;
use crate::startup::StartupError;

/// A bundle of the longest leaves is 16 MiB, which takes a while on a slow line.
const RESPONSE: Duration = Duration::from_secs(60);

/// Calls to where the log is read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    client: Client,
    origin: Origin,
    base: String,
}

impl Source {
    pub(super) fn new(config: &MirrorConfig, host: &Host) -> Result<Self, StartupError> {
        let roots = match config.roots.as_deref() {
            Some(file) => RootCertificates::none().with_file(file)?,
            None => RootCertificates::none(),
        };
        let limits = ClientLimits { response: RESPONSE, response_bytes: MAX_BUNDLE_BYTES, ..ClientLimits::default() };
        let client = Client::new(roots, ClientProtocol::Http1, limits)?.on(host.clone());
        Ok(Self { client, origin: config.origin.clone(), base: config.base.clone() })
    }

    /// As people write it.
    pub(super) fn url(&self) -> String {
        format!("{}{}", self.origin, self.base)
    }

    async fn get(&self, path: &str) -> Result<Bytes, MirrorFault> {
        let request = Request::get(format!("{}{path}", self.base));
        let away = |error| MirrorFault::Away { url: self.url(), source: error };
        let response = self.client.send(&self.origin, request).await.map_err(away)?;
        Ok(response.success().map_err(away)?.body)
    }

    /// The head that it shows.
    pub(super) async fn head(&self) -> Result<Head, MirrorFault> {
        let bytes = self.get("/v1/log/head").await?;
        if bytes.len() > OBJECT_LIMITS.bytes {
            return Err(MirrorFault::log(LogFault::Note));
        }
        Head::from_bytes(&bytes).map_err(|_| MirrorFault::log(LogFault::Note))
    }

    /// The leaves from `from` on, to the end of their bundle.
    pub(super) async fn leaves(&self, from: u64, size: u64) -> Result<Vec<Vec<u8>>, MirrorFault> {
        let shorter = || MirrorFault::log(LogFault::Leaves);
        let tile = Tile::of_log(Kind::Leaves, from / TILE_WIDTH, size).ok_or_else(shorter)?;
        let bytes = self.get(&format!("/v1/log/{tile}")).await?;
        let leaves = unbundle(&bytes, tile.width).map_err(MirrorFault::log)?;
        let skip = usize::try_from(from % TILE_WIDTH).unwrap_or(usize::MAX);
        Ok(leaves.into_iter().skip(skip).map(<[u8]>::to_vec).collect())
    }
}
