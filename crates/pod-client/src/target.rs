//! One server that is called: its origin, the path before ours, and what it is called in errors.

use pod_http::{Bytes, ClientError, HeaderValue, Origin, Request, Response, header};
use pod_net::{Kind, Peer};
use pod_protocol::Outward;
use pod_protocol::ids::Cti;
use pod_protocol::request::Binding;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::error::{CallError, Disbelief, RemoteRefusal};
use crate::way::{self, Carried, Tried, Way};

/// Media type of CBOR (RFC 8949 §9.5).
pub(crate) const CBOR: &str = "application/cbor";
/// Media type of COSE (RFC 9052 §11.3).
pub(crate) const COSE: &str = "application/cose";
/// Media type of bytes without more (RFC 2046 §4.5.1).
pub(crate) const OCTETS: &str = "application/octet-stream";
/// Media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// A kept connection can have been closed meanwhile: then one new one is opened. It cannot happen to that one.
const CONNECTIONS_TRIED: usize = 2;

/// What a request is bound to, known only once there is a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The binding to sign.
    pub binding: Binding,
    /// The nonce to sign, with a binding to an origin.
    pub nonce: Option<Cti>,
}

#[derive(Deserialize)]
struct NonceAnswer {
    nonce: Cti,
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) caller: Caller,
    pub(crate) whom: String,
    pub(crate) origin: Origin,
    base: String,
    /// The same server over libp2p, under each key that it may have.
    peers: Vec<Peer>,
}

/// What was sent and came back.
pub(crate) struct Sent<T> {
    /// The answer's body.
    pub(crate) body: Bytes,
    /// What the caller wanted to keep of what was signed.
    pub(crate) kept: T,
    /// What carried it.
    pub(crate) carried: Carried,
}

impl Target {
    pub(crate) fn new(caller: &Caller, url: &str, whom: &str) -> Result<Self, CallError> {
        let address = |source| CallError::Address { whom: whom.to_owned(), source };
        let (origin, base) = match url.strip_prefix("unix:") {
            Some(_) => (url.parse().map_err(address)?, String::new()),
            None => Origin::of_url(url).map_err(address)?,
        };
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { caller: caller.clone(), whom: whom.to_owned(), origin, base, peers: Vec::new() })
    }

    /// The same server, called over libp2p where that works.
    pub(crate) fn with_peers(self, peers: Vec<Peer>) -> Self {
        Self { peers, ..self }
    }

    async fn through_peers<T>(&self, kind: Kind, make: &impl Fn(&Bound) -> (Vec<u8>, T)) -> Tried<T> {
        match &self.caller.net {
            Some(net) => way::through_peers(net, &self.peers, kind, &self.whom, make).await,
            None => Tried::NotSent(None),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.base)
    }

    fn way(&self, source: ClientError) -> CallError {
        CallError::Way { whom: self.whom.clone(), source: Box::new(source) }
    }

    pub(crate) fn unbelievable(&self, what: impl Into<Disbelief>) -> CallError {
        CallError::Unbelievable { whom: self.whom.clone(), what: what.into() }
    }

    /// The answer when it is a success, the refusal otherwise.
    pub(crate) fn success(&self, response: Response) -> Result<Response, CallError> {
        if response.status.is_success() {
            return Ok(response);
        }
        let refusal = Box::new(RemoteRefusal::of(&response));
        let whom = self.whom.clone();
        let theirs = response.status.is_server_error() || refusal.outward == Some(Outward::Unavailable);
        Err(if theirs { CallError::Failed { whom, refusal } } else { CallError::Refused { whom, refusal } })
    }

    /// Sends what is not bound to a connection; an answer of any status.
    pub(crate) async fn send(&self, mut request: Request) -> Result<Response, CallError> {
        request.path = format!("{}{}", self.base, request.path);
        self.caller.http.send(&self.origin, request).await.map_err(|source| self.way(source))
    }

    pub(crate) async fn get(&self, path: &str, accept: &'static str) -> Result<Bytes, CallError> {
        let request = Request::get(path).with_header(header::ACCEPT, HeaderValue::from_static(accept));
        Ok(self.success(self.send(request).await?)?.body)
    }

    pub(crate) async fn get_json<T: DeserializeOwned>(&self, path: &str, what: &'static str) -> Result<T, CallError> {
        self.json(&self.get(path, JSON).await?, what)
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &'static str,
        accept: &'static str,
        body: Vec<u8>,
    ) -> Result<Bytes, CallError> {
        let request =
            Request::post(path, content_type, body).with_header(header::ACCEPT, HeaderValue::from_static(accept));
        Ok(self.success(self.send(request).await?)?.body)
    }

    pub(crate) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &serde_json::Value,
        what: &'static str,
    ) -> Result<T, CallError> {
        self.json(&self.post(path, JSON, JSON, body.to_string().into_bytes()).await?, what)
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, body: &[u8], what: &'static str) -> Result<T, CallError> {
        serde_json::from_slice(body).map_err(|_| self.unbelievable(Disbelief::Shape(what)))
    }

    /// A nonce, and the origin to which it is bound.
    pub(crate) async fn nonce(&self) -> Result<Bound, CallError> {
        let body = self.post("/v1/nonce", JSON, JSON, Vec::new()).await?;
        let answer: NonceAnswer = self.json(&body, "a nonce")?;
        Ok(Bound { binding: Binding::Origin(self.origin.to_string()), nonce: Some(answer.nonce) })
    }

    /// Sends what counts on any connection.
    pub(crate) async fn send_anyhow(
        &self,
        kind: Kind,
        path: &str,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Bytes, CallError> {
        match self.through_peers(kind, &|_: &Bound| (body.clone(), ())).await {
            Tried::Answered(answer) => answer.map(|(body, (), _)| body),
            Tried::NotSent(_) => self.post(path, content_type, CBOR, body).await,
        }
    }

    /// Sends what is signed for the connection that it travels on: over libp2p where that works, else over HTTPS. Without TLS, or when the other end sees another
    /// connection than we do (a proxy), it is signed for the origin with a nonce.
    ///
    /// `make` signs and gives the body, and what the caller wants to keep of it; it may be asked more than once.
    pub(crate) async fn send_bound<T>(
        &self,
        kind: Kind,
        path: &str,
        content_type: &'static str,
        make: impl Fn(&Bound) -> (Vec<u8>, T),
    ) -> Result<Sent<T>, CallError> {
        let instead = match self.through_peers(kind, &make).await {
            Tried::Answered(answer) => {
                let (body, kept, way) = answer?;
                return Ok(Sent { body, kept, carried: Carried { way, instead: None } });
            }
            Tried::NotSent(why) => why,
        };
        let (body, kept) = self.send_over_https(path, content_type, make).await?;
        Ok(Sent { body, kept, carried: Carried { way: Way::Https, instead } })
    }

    async fn send_over_https<T>(
        &self,
        path: &str,
        content_type: &'static str,
        make: impl Fn(&Bound) -> (Vec<u8>, T),
    ) -> Result<(Bytes, T), CallError> {
        let request = |body: Vec<u8>, path: String| {
            Request::post(path, content_type, body).with_header(header::ACCEPT, HeaderValue::from_static(CBOR))
        };
        if let Some((response, kept)) = self.by_connection(path, &request, &make).await? {
            return Ok((self.success(response)?.body, kept));
        }
        let bound = self.nonce().await?;
        let (body, kept) = make(&bound);
        let response = self.send(request(body, path.to_owned())).await?;
        Ok((self.success(response)?.body, kept))
    }

    async fn by_connection<T>(
        &self,
        path: &str,
        request: &impl Fn(Vec<u8>, String) -> Request,
        make: &impl Fn(&Bound) -> (Vec<u8>, T),
    ) -> Result<Option<(Response, T)>, CallError> {
        let http = &self.caller.http;
        let mut connection = http.connection(&self.origin).await.map_err(|source| self.way(source))?;
        for _ in 1..=CONNECTIONS_TRIED {
            let Some(exporter) = connection.exporter() else { return Ok(None) };
            let (body, kept) = make(&Bound { binding: Binding::Exporter(exporter), nonce: None });
            match connection.send(request(body, format!("{}{path}", self.base))).await {
                Err(ClientError::NotSent { .. }) => {
                    connection = http.new_connection(&self.origin).await.map_err(|source| self.way(source))?;
                }
                Err(source) => return Err(self.way(source)),
                Ok(response) => {
                    let use_nonce = !response.status.is_success()
                        && RemoteRefusal::of(&response).outward == Some(Outward::UseNonce);
                    return Ok((!use_nonce).then_some((response, kept)));
                }
            }
        }
        Err(self.way(ClientError::NotSent { origin: self.origin.to_string() }))
    }
}
