//! `POST /v1/call`: a service's signed question. CBOR both ways; JSON for people with curl.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};
use pod_protocol::answer::{Answer, ItemAnswer};
use pod_protocol::ids::{base64url, from_base64url};
use pod_protocol::{Outward, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::edge::{Asked, Response, peer};
use super::forms::{self, CBOR, Form};
use super::problems::{MALFORMED, Turned};
use crate::fault::Fault;
use crate::request;

/// The JSON form of a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonCall {
    /// The call in its CBOR form, as base64url without padding.
    call: String,
}

/// Answers a call.
pub(super) async fn post(app: Arc<App>, asked: Asked) -> Response {
    let headers = &asked.incoming.headers;
    let sent = forms::of_body(headers)?;
    let wanted = forms::wanted(headers, sent)?;
    let message = match sent {
        Form::Cbor => asked.incoming.body.clone(),
        Form::Json => from_json(&asked.incoming.body)?.into(),
    };
    let answer = request::handle(&app.node, &peer(&asked.incoming), &message).await?;
    match wanted {
        Form::Cbor => Ok(Outgoing::new(StatusCode::OK, CBOR, answer)),
        Form::Json => Ok(forms::json(&to_json(&answer)?)),
    }
}

fn from_json(body: &[u8]) -> Result<Vec<u8>, Turned> {
    let wrong = |why: String| Turned::because(&MALFORMED, format!("{why}. Send {{\"call\": \"<base64url>\"}}."));
    let call: JsonCall =
        serde_json::from_slice(body).map_err(|error| wrong(format!("The body does not read: {error}")))?;
    from_base64url(&call.call).map_err(|fault| wrong(format!("`call` is {fault}")))
}

/// The same answer in JSON: the receipt as it was signed, the data with their salt, so that their digest can be checked.
fn to_json(answer: &[u8]) -> Result<Value, Turned> {
    let unreadable = |_: Refusal| Fault::Damaged { what: "an answer" };
    let answer = Answer::from_bytes(answer).map_err(unreadable)?;
    let items: Vec<Value> = answer.items.iter().map(item).collect::<Result<_, Fault>>()?;
    Ok(json!({ "receipt": base64url(&answer.receipt), "items": items }))
}

fn item(item: &ItemAnswer) -> Result<Value, Fault> {
    match item {
        ItemAnswer::Released { salt, .. } => {
            let data = item.data().map_err(|_: Outward| Fault::Damaged { what: "an answer" })?;
            Ok(json!({ "outcome": "released", "salt": base64url(salt), "data": data.to_json() }))
        }
        ItemAnswer::Refused(outward) => Ok(json!({ "outcome": outward.code(), "advice": outward.advice() })),
    }
}
