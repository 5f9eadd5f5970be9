use pod_http::{HeaderMap, HeaderName, HeaderValue, TraceId, TraceParent};

const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_good_one_is_taken_and_written_alike() {
    let parent: TraceParent = GOOD.parse().unwrap();
    assert!(parent.sampled);
    assert_eq!(parent.to_string(), GOOD);
    let later: TraceParent = GOOD.replacen("00", "01", 1).parse().unwrap();
    assert_eq!(later, parent);
    assert!(format!("{}-more", GOOD.replacen("00", "cc", 1)).parse::<TraceParent>().is_ok());
}

#[test]
fn bad_ones_are_not() {
    for text in [
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
        "00-ääääääääääääääääääääääääääääääää-b7ad6b7169203331-01",
    ] {
        assert!(text.parse::<TraceParent>().is_err(), "{text}");
    }
}

#[test]
fn a_request_without_a_good_one_gets_a_fresh_id() {
    let name = HeaderName::from_static("traceparent");
    let mut headers = HeaderMap::new();
    assert_eq!(TraceId::of(&headers, || [5; 16]).to_string(), "05".repeat(16));
    headers.append(name.clone(), HeaderValue::from_static(GOOD));
    assert_eq!(TraceId::of(&headers, || [5; 16]).to_string(), "0af7651916cd43dd8448eb211c80319c");
    // Two of them: neither is believed.
    headers.append(name, HeaderValue::from_static(GOOD));
    assert_eq!(TraceId::of(&headers, || [5; 16]).to_bytes(), [5; 16]);
}
