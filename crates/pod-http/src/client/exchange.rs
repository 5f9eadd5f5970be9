//! One request and its whole answer.

use axum::http::{HeaderValue, Uri, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use tokio::time::timeout;

use super::ClientLimits;
use super::error::{ClientError, Step};
use super::message::{Request, Response};
use super::origin::Origin;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) sender: Sender,
    pub(crate) exporter: Option<[u8; 32]>,
    pub(crate) key_exchange: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Line {
    pub(crate) const fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// Whether the other end has not closed it, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => !sender.is_closed(),
            Sender::Http2(sender) => !sender.is_closed(),
        }
    }

    /// Another handle of the same connection; HTTP/1.1 connections belong to one request at a time.
    pub(crate) fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => Some(Self {
                sender: Sender::Http2(sender.clone()),
                exporter: self.exporter,
                key_exchange: self.key_exchange,
            }),
        }
    }
}

pub(crate) async fn send(
    line: &mut Line,
    origin: &Origin,
    request: Request,
    limits: &ClientLimits,
) -> Result<Response, ClientError> {
    let request = to_hyper(request, origin, line.is_http2())?;
    let mut step = Step::Send;
    let exchange = async {
        let answer = begin(line, origin, request).await?;
        step = Step::Response;
        receive(answer, origin, limits.response_bytes).await
    };
    let finished = timeout(limits.response, exchange).await;
    finished.unwrap_or_else(|_| Err(ClientError::Deadline { origin: origin.to_string(), step, after: limits.response }))
}

fn to_hyper(request: Request, origin: &Origin, http2: bool) -> Result<hyper::Request<Full<Bytes>>, ClientError> {
    let Request { method, path, headers, body } = request;
    let wrong = |source: axum::http::Error| ClientError::Request { path: path.clone(), source };
    let mut uri = Uri::builder().path_and_query(path.as_str());
    if http2 {
        uri = uri.scheme("https").authority(origin.authority());
    }
    let uri = uri.build().map_err(wrong)?;
    let mut out = hyper::Request::new(Full::new(body));
    *out.method_mut() = method;
    *out.uri_mut() = uri;
    *out.headers_mut() = headers;
    if !http2 {
        let host = HeaderValue::from_str(origin.authority()).map_err(|error| wrong(error.into()))?;
        out.headers_mut().insert(header::HOST, host);
    }
    Ok(out)
}

/// Sends the request and waits for the head of its answer.
async fn begin(
    line: &mut Line,
    origin: &Origin,
    request: hyper::Request<Full<Bytes>>,
) -> Result<hyper::Response<hyper::body::Incoming>, ClientError> {
    let not_sent = || ClientError::NotSent { origin: origin.to_string() };
    let sent = match &mut line.sender {
        Sender::Http1(sender) => {
            sender.ready().await.map_err(|_| not_sent())?;
            sender.try_send_request(request).await
        }
        Sender::Http2(sender) => {
            sender.ready().await.map_err(|_| not_sent())?;
            sender.try_send_request(request).await
        }
    };
    sent.map_err(|mut failed| {
        // hyper hands the request back exactly when it had not begun to write it.
        if failed.take_message().is_some() {
            return not_sent();
        }
        let source = failed.into_error().into();
        ClientError::Broken { origin: origin.to_string(), step: Step::Response, source }
    })
}

async fn receive(
    answer: hyper::Response<hyper::body::Incoming>,
    origin: &Origin,
    limit_bytes: usize,
) -> Result<Response, ClientError> {
    let (head, mut body) = answer.into_parts();
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ClientError::Broken {
            origin: origin.to_string(),
            step: Step::Response,
            source: error.into(),
        })?;
        let Ok(part) = frame.into_data() else { continue };
        if part.len() > limit_bytes.saturating_sub(first.len() + rest.len()) {
            return Err(ClientError::TooLarge { origin: origin.to_string(), limit_bytes });
        }
        // Most answers are one part, which is not copied.
        if first.is_empty() && rest.is_empty() {
            first = part;
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&part);
        }
    }
    let body = if rest.is_empty() { first } else { rest.freeze() };
    Ok(Response { status: head.status, headers: head.headers, body })
}
