//! Every setting of a node.

use pod_http::{ListenAddress, Origin};
use pod_protocol::ids::{Principal, from_base64url};
use pod_protocol::statement::ShortName;
use pod_store::Engine;

use super::setting::{Kind, Need, Setting, any, parses};

const fn text(name: &'static str, need: Need, example: &'static str, about: &'static str) -> Setting {
    Setting { name, kind: Kind::Text, need, example, about, check: any }
}

const fn number(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, kind: Kind::Number, need: Default(default), example: default, about, check: any }
}

const fn flag(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, kind: Kind::Flag, need: Default(default), example: default, about, check: any }
}

const fn checked(setting: Setting, check: fn(&str) -> Result<(), String>) -> Setting {
    Setting { check, ..setting }
}

const fn list(setting: Setting) -> Setting {
    Setting { kind: Kind::List, ..setting }
}

/// A member's short name, or its principal.
fn member(text: &str) -> Result<(), String> {
    text.parse::<Principal>().map(drop).or_else(|_| parses::<ShortName>(text))
}

use Need::{Default, Optional, Required};

const PRINCIPAL: &str = r#""ai:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk""#;
const PUBLIC_KEY: &str = r#""_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg""#;

/// Every setting of a node, in the order of its file.
pub(super) static SETTINGS: &[Setting] = &[
    list(checked(
        text(
            "listen",
            Required,
            r#"["https://0.0.0.0:8443"]"#,
            "Where services and wallets come: https anywhere, plain http on 127.0.0.1 or unix:/PATH behind a proxy\non this machine.",
        ),
        parses::<ListenAddress>,
    )),
    list(checked(
        text(
            "origins",
            Required,
            r#"["https://pods.helsinki.example"]"#,
            "How services and wallets call this node, as they write it: `https://HOST[:PORT]`.",
        ),
        origin,
    )),
    text(
        "certificate",
        Optional,
        r#""certificate.pem""#,
        "The certificate chain for https, PEM. Read again on SIGHUP.",
    ),
    text("certificate_key", Optional, r#""certificate-key.pem""#, "Its private key, PEM, mode 0600."),
    checked(
        text(
            "metrics_listen",
            Optional,
            r#""http://127.0.0.1:9443""#,
            "Where Prometheus reads /metrics. Nowhere when it is not set.",
        ),
        parses::<ListenAddress>,
    ),
    text("data", Required, r#""/var/lib/aitta/node""#, "The folder of the store and the audit log."),
    text(
        "catalogue",
        Required,
        r#""catalogue.toml""#,
        "The organisation's catalogue: its record types, and how its registers map to them.",
    ),
    list(text(
        "roots",
        Optional,
        r#"["/etc/ssl/certs/ca-certificates.crt"]"#,
        "The authorities that are believed when this node calls others (directory, blinder, login provider), PEM.",
    )),
    list(checked(
        text(
            "p2p.listen",
            Optional,
            r#"["/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001"]"#,
            "Where other organisations and their services come over libp2p. Nowhere when it is not set: they use https.\nTheir firewalls' way to it stands in the profile's endpoints.",
        ),
        parses::<pod_net::Address>,
    )),
    number("p2p.connections", "2048", "Most connections of all of them together."),
    list(checked(
        text(
            "p2p.relay",
            Optional,
            r#"["turku"]"#,
            "For a node behind NAT: the members through whose nodes it is reached, by short name or principal, best first.\nThe profile then has an endpoint such as /ip4/192.0.2.1/udp/4001/quic-v1/p2p/THEIR-PEER-ID/p2p-circuit.",
        ),
        member,
    )),
    flag(
        "p2p.relays",
        "false",
        "Whether members behind NAT may be reached through this node. It sees who calls whom, when, and how much.",
    ),
    checked(text("organisation.principal", Required, PRINCIPAL, "Who this is in the registry."), parses::<Principal>),
    text(
        "organisation.key_file",
        Optional,
        r#""organisation.key""#,
        "The organisation's online signing key, mode 0600. In a container, AITTA_NODE_SECRET_ORGANISATION_KEY may\nhold its text instead.",
    ),
    list(text(
        "organisation.previous_key_files",
        Optional,
        r#"["organisation-2025.key"]"#,
        "Online keys that came before: they sign nothing, and open what was sealed for this node while its profile named\nthem. Keep one for a day after `aitta node retire-key`.",
    )),
    text(
        "organisation.node_keys_file",
        Optional,
        r#""node.keys""#,
        "The keys under which everything lies on disk, mode 0600. In a container, AITTA_NODE_SECRET_NODE_KEYS may\nhold them instead, as base64url of the file.",
    ),
    checked(
        text("storage.engine", Default(r#""redb""#), r#""redb""#, "redb, or sled in a program that was built with it."),
        parses::<Engine>,
    ),
    number("storage.cache_bytes", "67108864", "Memory for the store's own cache."),
    checked(
        text(
            "anchor.principal",
            Required,
            PRINCIPAL,
            "Whom the registry's statements begin with: whoever runs the federation gives you both values.",
        ),
        parses::<Principal>,
    ),
    checked(text("anchor.key", Required, PUBLIC_KEY, "Their public key."), signing_key),
    checked(
        text(
            "directory.url",
            Optional,
            r#""https://directory.example""#,
            "The directory. Without one the node stays with the registry on disk, and wallets do not find it.",
        ),
        parses::<Origin>,
    ),
    list(checked(
        text(
            "directory.mirrors",
            Optional,
            r#"["https://mirror.example"]"#,
            "Mirrors of the directory, asked in this order when it is away or lies.",
        ),
        parses::<Origin>,
    )),
    number("directory.witnesses", "2", "How many other organisations must have seen what the directory shows."),
    flag("directory.witness", "true", "Whether this node tells others what it saw of the directory's log."),
    number("directory.refresh_secs", "30", "Between two looks at the directory's log."),
    number(
        "directory.revocation_bound_secs",
        "300",
        "How old the last look may be when passed-on grants count: at most 300, which citizens are promised.",
    ),
    number("directory.publish_secs", "5", "Between two looks at the queue of holder entries."),
    number("directory.entry_lifetime_days", "90", "How long a holder entry counts; it is renewed in time."),
    checked(
        text(
            "blinder.url",
            Optional,
            r#""https://blinder.example:8443""#,
            "The blinder. Without one wallets do not find the people whose data this node holds.",
        ),
        parses::<Origin>,
    ),
    checked(text("blinder.principal", Optional, PRINCIPAL, "Who it is."), parses::<Principal>),
    checked(
        text("blinder.public", Optional, PUBLIC_KEY, "Its public key, as its GET /v1/blinder tells it."),
        public_key,
    ),
    number("blinder.epoch", "1", "The epoch for which tags are made."),
    text(
        "oidc.issuer",
        Optional,
        r#""https://login.example""#,
        "The login provider, exactly as it calls itself. Without one no wallet can enrol here.",
    ),
    text("oidc.client_id", Optional, r#""helsinki""#, "The id under which it knows this node."),
    text(
        "oidc.client_secret_file",
        Optional,
        r#""oidc.secret""#,
        "The file with the secret that it gave for that id, mode 0600.",
    ),
    text(
        "oidc.redirect_url",
        Optional,
        r#""https://pods.helsinki.example/v1/enrolments/callback""#,
        "This node's /v1/enrolments/callback as browsers call it, and as it is registered there.",
    ),
    list(text(
        "oidc.accepted_loa",
        Optional,
        r#"["http://ftn.ficora.fi/2017/loa2"]"#,
        "The levels of assurance (`acr`) that are good enough to read health records.",
    )),
    text(
        "oidc.identity_code_claim",
        Default(r#""urn:oid:1.2.246.21""#),
        r#""urn:oid:1.2.246.21""#,
        "The claim of the ID token that holds the national identity code.",
    ),
    list(text("oidc.scopes", Default(r#"["openid"]"#), r#"["openid"]"#, "The scopes that are asked for.")),
    checked(
        text(
            "log.level",
            Default(r#""info""#),
            r#""info""#,
            "error, warn, info, debug or trace; or a filter such as \"info,aitta::access=off\".",
        ),
        any,
    ),
    checked(text("log.format", Default(r#""text""#), r#""text""#, "text, or json for collectors."), log_format),
];

/// An origin as browsers and bindings write it (RFC 6454): no path, no slash at the end.
fn origin(text: &str) -> Result<(), String> {
    parses::<Origin>(text)?;
    if text.ends_with('/') { Err("an origin has no slash at its end".to_owned()) } else { Ok(()) }
}

fn public_key(text: &str) -> Result<(), String> {
    let bytes = from_base64url(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(|_| ()).ok_or_else(|| "is not 43 characters of base64url".to_owned())
}

/// An Ed25519 key that can be registered: weak points are refused.
fn signing_key(text: &str) -> Result<(), String> {
    public_key(text)?;
    super::public_key(text).map(|_| ()).ok_or_else(|| "is no Ed25519 key that can be trusted".to_owned())
}

fn log_format(text: &str) -> Result<(), String> {
    if matches!(text, "text" | "json") { Ok(()) } else { Err("is neither text nor json".to_owned()) }
}
