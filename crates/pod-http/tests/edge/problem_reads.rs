use std::collections::BTreeSet;

use pod_http::{HeaderMap, HeaderValue, Language, Problem, TraceId, header, refusals};

fn language(accept: &str) -> Language {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accept).unwrap());
    Language::preferred(&headers)
}

#[test]
fn as_rfc_9457_with_our_members() {
    let problem = Problem::new(&refusals::BODY_TOO_LARGE, TraceId::from_bytes([0xab; 16]))
        .with_detail("at most 5 bytes")
        .with_pointer("/items/3");
    let outgoing = problem.to_outgoing(Language::Swedish);
    assert_eq!(outgoing.status, 413);
    assert_eq!(outgoing.headers[header::CONTENT_TYPE], "application/problem+json");
    let json: serde_json::Value = serde_json::from_slice(&outgoing.body).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "type": "urn:aitta:problem:body-too-large",
            "title": "Begäran är för stor: dela upp den",
            "status": 413,
            "detail": "at most 5 bytes",
            "code": "body-too-large",
            "titles": {
                "fi": "Pyyntö on liian suuri: jaa se osiin",
                "sv": "Begäran är för stor: dela upp den",
                "en": "The request is too large: split it",
            },
            "trace_id": "abababababababababababababababab",
            "pointer": "/items/3",
        })
    );
    let bare = Problem::new(&refusals::BUSY, TraceId::from_bytes([1; 16])).to_json(Language::English);
    let json: serde_json::Value = serde_json::from_slice(&bare).unwrap();
    assert!(json.get("detail").is_none() && json.get("pointer").is_none());
}

#[test]
fn in_the_language_asked_for() {
    assert_eq!(language("sv-FI, fi;q=0.8"), Language::Swedish);
    assert_eq!(language("de, fi;q=0.5, en;q=0.4"), Language::Finnish);
    assert_eq!(language("fi;q=0, en;q=0.1"), Language::English);
    assert_eq!(language("de"), Language::English);
    assert_eq!(language(";;,q=,"), Language::English);
    assert_eq!(Language::preferred(&HeaderMap::new()), Language::English);
}

#[test]
fn our_own_codes_are_distinct_and_in_their_uris() {
    let codes: BTreeSet<_> = refusals::ALL.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), refusals::ALL.len());
    for kind in refusals::ALL {
        assert!(kind.type_uri.ends_with(kind.code) && (400..600).contains(&kind.status));
    }
}
