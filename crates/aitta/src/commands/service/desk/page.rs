//! What people see: pages of plain HTML, in the language of their browser. Nothing from elsewhere.

use std::fmt::Write as _;

use pod_http::{HeaderName, HeaderValue, Outgoing, StatusCode, Title, escape_html, header};
use pod_protocol::field::{FieldPath, RecordType};
use pod_protocol::ids::Principal;
use pod_protocol::value::Value;
use pod_protocol::words::Words;
use pod_wallet::Language;
use pod_wallet::labels::Labels;
use pod_wallet::review::{ReviewedName, Summary};
use pod_wallet::when::{date, date_and_time};
use qrcode::{Color, EcLevel, QrCode};

use super::View;
use super::case::{Brought, Case, Decision, Fetched, Found, Trouble as Failed};
use super::guard::Visitor;
use super::words::{self, say};
use crate::output::visible;

const HTML: &str = "text/html; charset=utf-8";
/// A page shows personal data: it is kept nowhere and told to nobody. `same-origin` sends others no referrer either, and unlike
/// `no-referrer` lets the browser say where a form comes from.
const HEADERS: [(HeaderName, HeaderValue); 9] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        ),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::VARY, HeaderValue::from_static("accept-language, cookie")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];
/// Modules of light around a QR code (ISO/IEC 18004).
const QUIET: usize = 4;
const LANGUAGES: [(Language, &str); 3] =
    [(Language::Fi, "Suomi"), (Language::Sv, "Svenska"), (Language::En, "English")];

/// Something that a visitor is told instead of a page: a stable code, what it is, and what to do.
pub(super) struct Trouble {
    code: &'static str,
    what: Title,
    more: Option<Title>,
}

impl Trouble {
    /// Without the key of this run.
    pub(super) const NOT_OPEN: Self =
        Self { code: "desk-key", what: words::NOT_OPEN, more: Some(words::NOT_OPEN_MORE) };
    /// A form of another page.
    pub(super) const NOT_FROM_HERE: Self =
        Self { code: "desk-form", what: words::NOT_FROM_HERE, more: Some(words::NOT_FROM_HERE_MORE) };
    /// No such page.
    pub(super) const NOTHING_HERE: Self = Self { code: "not-found", what: words::NOTHING_HERE, more: None };
    /// A fault of this program.
    pub(super) const BROKEN: Self = Self { code: "internal", what: words::BROKEN, more: None };
    /// Too many requests are remembered.
    pub(super) const FULL: Self = Self { code: "desk-full", what: words::NOT_MADE, more: Some(words::FULL) };
}

/// Sends the browser to another page of the desk.
pub(super) fn see_other(path: &str) -> Outgoing {
    let mut outgoing = outgoing(StatusCode::SEE_OTHER, HTML, String::new());
    outgoing.headers.extend(HeaderValue::from_str(path).map(|path| (header::LOCATION, path)));
    outgoing
}

/// A file of the desk's own.
pub(super) fn file(content_type: &'static str, content: &'static str) -> Outgoing {
    outgoing(StatusCode::OK, content_type, content.to_owned())
}

fn outgoing(status: StatusCode, content_type: &'static str, body: String) -> Outgoing {
    let mut outgoing = Outgoing::new(status, content_type, body);
    outgoing.headers.extend(HEADERS);
    outgoing
}

/// A visitor is turned down.
pub(super) fn refusal(status: StatusCode, trouble: &Trouble, language: Language) -> Outgoing {
    let title = say(&trouble.what, language);
    let more = trouble.more.as_ref().map(|more| format!("<p>{}</p>", say(more, language))).unwrap_or_default();
    let body = format!("<h1>{title}</h1>{more}{}", code_line(trouble.code, "", language));
    whole(status, title, "", &body, language)
}

/// A request could not be made.
pub(super) fn not_made(view: &View<'_>, visitor: &Visitor, failed: &Failed) -> Outgoing {
    let language = visitor.language;
    let title = say(&words::NOT_MADE, language);
    let body = format!("{}<h1>{title}</h1>{}", back(language), code_line(&failed.code, &failed.message, language));
    whole(StatusCode::BAD_GATEWAY, title, &view.name(language), &body, language)
}

/// All requests made here.
pub(super) fn list(view: &View<'_>, visitor: &Visitor, cases: &[(&Case, Found)]) -> Outgoing {
    let language = visitor.language;
    let title = say(&words::REQUESTS, language);
    let mut body =
        format!("<h1>{title}</h1><p><a class=\"button\" href=\"/new\">{}</a></p>", say(&words::NEW, language));
    if cases.is_empty() {
        put(&mut body, format_args!("<p>{}</p>", say(&words::NONE_YET, language)));
    } else {
        body.push_str("<ul class=\"requests\">");
        for (case, found) in cases {
            let state = state_of(case, found, view.now_secs);
            put(
                &mut body,
                format_args!(
                    "<li><p><a href=\"/requests/{}\">{}</a></p><p>{} {} · {}</p></li>",
                    case.id,
                    shown(case.request.reason.in_language(language.code())),
                    say(&words::MADE, language),
                    date_and_time(case.request.issued, language),
                    say(state.title(), language),
                ),
            );
        }
        body.push_str("</ul>");
    }
    whole(StatusCode::OK, title, &view.name(language), &body, language)
}

/// What can be asked.
pub(super) fn new(view: &View<'_>, visitor: &Visitor) -> Outgoing {
    let language = visitor.language;
    let title = say(&words::NEW, language);
    let mut body = format!(
        "{}<h1>{title}</h1><form method=\"post\" action=\"/requests\">{}<h2>{}</h2>",
        back(language),
        form_token(visitor),
        say(&words::CHOOSE, language)
    );
    for (place, reason) in view.reasons.iter().enumerate() {
        let reason = shown(reason.in_language(language.code()));
        put(&mut body, format_args!("<button class=\"choice\" name=\"ask\" value=\"{place}\">{reason}</button>"));
    }
    body.push_str("</form>");
    whole(StatusCode::OK, title, &view.name(language), &body, language)
}

/// One request: what is asked, how it stands, and what came.
pub(super) fn request(
    view: &View<'_>,
    visitor: &Visitor,
    case: &Case,
    found: &Found,
    summary: Option<&Summary>,
    link: &str,
) -> Outgoing {
    let language = visitor.language;
    let title = shown(case.request.reason.in_language(language.code()));
    let state = state_of(case, found, view.now_secs);
    let mut body = format!(
        "{}<h1>{title}</h1><p>{} {}. {} {}.</p><p id=\"status\" role=\"status\" data-state=\"{}\">{}</p><div id=\"answer\">",
        back(language),
        say(&words::MADE, language),
        date_and_time(case.request.issued, language),
        say(&words::ANSWER_BEFORE, language),
        date(case.request.expires, language),
        state.name(),
        say(state.title(), language),
    );
    match state {
        State::Waiting => waiting(&mut body, found, link, language),
        State::Denied => put(&mut body, format_args!("<p>{}</p>", say(&words::DENIED_MORE, language))),
        State::Expired => {}
        State::Fetching | State::Agreed | State::Ended => received(&mut body, view, visitor, case, found),
    }
    body.push_str("</div>");
    if let Some(summary) = summary {
        asked(&mut body, summary, language);
    }
    whole(StatusCode::OK, &title, &view.name(language), &body, language)
}

/// How a request stands.
#[derive(Clone, Copy)]
enum State {
    Waiting,
    Denied,
    Expired,
    /// Agreed, and some holder has not answered yet.
    Fetching,
    Agreed,
    /// Agreed once, and no holder releases anything any more.
    Ended,
}

fn state_of(case: &Case, found: &Found, now_secs: u64) -> State {
    match found.decision {
        Decision::Agreed if found.is_fetching() => State::Fetching,
        Decision::Agreed if found.has_ended() => State::Ended,
        Decision::Agreed => State::Agreed,
        Decision::Denied => State::Denied,
        Decision::Waiting if case.request.expires <= now_secs => State::Expired,
        Decision::Waiting => State::Waiting,
    }
}

impl State {
    /// As the script reads it.
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Fetching => "fetching",
            Self::Agreed => "agreed",
            Self::Ended => "ended",
        }
    }

    const fn title(self) -> &'static Title {
        match self {
            Self::Waiting => &words::WAITING,
            Self::Denied => &words::DENIED,
            Self::Expired => &words::EXPIRED,
            Self::Fetching => &words::FETCHING,
            Self::Agreed => &words::AGREED,
            Self::Ended => &words::ENDED,
        }
    }
}

fn waiting(body: &mut String, found: &Found, link: &str, language: Language) {
    let say = |title| say(title, language);
    if let Some(failed) = &found.trouble {
        put(body, format_args!("<div class=\"warning\"><p>{}</p>", say(&words::LOOK_FAILED)));
        body.push_str(&code_line(&failed.code, &failed.message, language));
        body.push_str("</div>");
    }
    // By a form, as what it is: something that is done, and works without the script.
    put(body, format_args!("<form method=\"get\"><button>{}</button></form>", say(&words::LOOK_AGAIN)));
    put(body, format_args!("<h2>{}</h2><p>{}</p>", say(&words::FOR_THE_CITIZEN), say(&words::SCAN)));
    body.push_str(&qr(link, say(&words::QR)));
    put(body, format_args!("<p><a href=\"{}\">{}</a></p>", escape_html(link), say(&words::OPEN_LINK)));
    put(body, format_args!("<p><code>{}</code></p>", escape_html(link)));
}

fn asked(body: &mut String, summary: &Summary, language: Language) {
    put(body, format_args!("<h2>{}</h2>", say(&words::ASKED, language)));
    for of in &summary.types {
        put(body, format_args!("<h3>{}</h3><ul>", shown(of.words.in_language(language))));
        for name in &of.names {
            asked_name(body, &of.record_type, name, language);
        }
        body.push_str("</ul>");
    }
}

fn asked_name(body: &mut String, of: &RecordType, name: &ReviewedName, language: Language) {
    let need = if name.required { &words::NEEDED } else { &words::OPTIONAL };
    let over = match name.over_asked {
        true => format!("<br><strong>{}</strong>", say(&words::OVER_ASKED, language)),
        false => String::new(),
    };
    put(
        body,
        format_args!(
            "<li>{} ({}) <code>{}:{}</code>{over}</li>",
            shown(name.words.in_language(language)),
            say(need, language),
            shown(of.as_str()),
            shown(&name.name.to_string()),
        ),
    );
}

fn received(body: &mut String, view: &View<'_>, visitor: &Visitor, case: &Case, found: &Found) {
    let language = visitor.language;
    let say = |title| say(title, language);
    put(body, format_args!("<h2>{}</h2>", say(&words::RECEIVED)));
    if let Some(failed) = &found.trouble {
        put(body, format_args!("<div class=\"warning\"><p>{}</p>", say(&words::FETCH_FAILED)));
        body.push_str(&code_line(&failed.code, &failed.message, language));
        body.push_str("</div>");
    } else if found.fetched.is_empty() {
        put(body, format_args!("<p>{}</p>", say(&words::NOT_FETCHED)));
    }
    for fetched in &found.fetched {
        one_holder(body, view, fetched, language);
    }
    if found.is_fetching() {
        return put(body, format_args!("<form method=\"get\"><button>{}</button></form>", say(&words::SEE_AGAIN)));
    }
    put(
        body,
        format_args!(
            "<form method=\"post\" action=\"/requests/{}/fetch\">{}<button>{}</button></form>",
            case.id,
            form_token(visitor),
            say(&words::FETCH_AGAIN)
        ),
    );
}

fn one_holder(body: &mut String, view: &View<'_>, fetched: &Fetched, language: Language) {
    let say = |title| say(title, language);
    let holder = view.organisation(&fetched.holder, language);
    put(body, format_args!("<section><h3>{holder}</h3>"));
    match &fetched.brought {
        Brought::Asked => put(body, format_args!("<p>{}</p>", say(&words::HOLDER_ASKED))),
        Brought::Released(data) => released(body, view.labels(&fetched.holder), data, language),
        Brought::Refused(outward) => put(
            body,
            format_args!(
                "<div class=\"warning\"><p>{}</p>{}</div>",
                say(words::refusal(*outward)),
                code_line(outward.code(), "", language)
            ),
        ),
        Brought::Away(failed) => put(
            body,
            format_args!(
                "<div class=\"warning\"><p>{}</p>{}</div>",
                say(&words::HOLDER_AWAY),
                code_line(&failed.code, &failed.message, language)
            ),
        ),
    }
    if let Some(receipt) = &fetched.receipt {
        let way = fetched.way.map(|way| format!("<dt>{}</dt><dd>{way}</dd>", say(&words::CARRIED_BY)));
        put(
            body,
            format_args!(
                "<dl class=\"receipt\"><dt>{}</dt><dd><code>{}</code></dd><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{holder}</dd>{}</dl>",
                say(&words::RECEIPT),
                receipt.id,
                say(&words::AT),
                date_and_time(receipt.issued_secs, language),
                say(&words::FROM),
                way.unwrap_or_default(),
            ),
        );
    }
    body.push_str("</section>");
}

/// Data as `{type: [record, …]}`, with answers under their ids.
fn released(body: &mut String, labels: Option<&Labels>, data: &Value, language: Language) {
    let types = match data {
        Value::Map(types) if !types.is_empty() => types,
        _ => return put(body, format_args!("<p>{}</p>", say(&words::NOTHING_RELEASED, language))),
    };
    for (name, found) in types {
        let record_type = name.parse::<RecordType>().ok();
        let label = record_type.as_ref().and_then(|one| labels?.record_type(one));
        put(body, format_args!("<h4>{} <code>{}</code></h4>", labelled(label, name, language), shown(name)));
        let names = Names { labels, record_type: record_type.as_ref(), language };
        match found {
            Value::Array(records) => records.iter().for_each(|record| {
                body.push_str("<div class=\"record\">");
                names.value(body, record, "");
                body.push_str("</div>");
            }),
            answer => names.value(body, answer, ""),
        }
    }
}

/// What the fields of one record type are called.
struct Names<'a> {
    labels: Option<&'a Labels>,
    record_type: Option<&'a RecordType>,
    language: Language,
}

impl Names<'_> {
    /// A value with all below it; `path` is where it stands in its record.
    fn value(&self, body: &mut String, value: &Value, path: &str) {
        match value {
            Value::Map(fields) => {
                body.push_str("<dl>");
                for (name, value) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    let label = labelled(self.label(&path), name, self.language);
                    put(body, format_args!("<dt>{label} <code>{}</code></dt><dd>", shown(&path)));
                    self.value(body, value, &path);
                    body.push_str("</dd>");
                }
                body.push_str("</dl>");
            }
            Value::Array(items) => {
                body.push_str("<ul>");
                for item in items {
                    body.push_str("<li>");
                    self.value(body, item, path);
                    body.push_str("</li>");
                }
                body.push_str("</ul>");
            }
            Value::Null => body.push_str(say(&words::NO_VALUE, self.language)),
            Value::Bool(true) => body.push_str(say(&words::YES, self.language)),
            Value::Bool(false) => body.push_str(say(&words::NO, self.language)),
            Value::Int(number) => put(body, format_args!("{number}")),
            // Whatever direction it is written in, it stays within its place.
            Value::Text(text) => match self.called(path, text) {
                Some(words) => put(body, format_args!("{} <code>{}</code>", self.said(words), shown(text))),
                None => put(body, format_args!("<bdi>{}</bdi>", shown(text))),
            },
        }
    }

    fn label(&self, path: &str) -> Option<&Words> {
        self.labels?.field(self.record_type?, &path.parse::<FieldPath>().ok()?)
    }

    fn called(&self, path: &str, value: &str) -> Option<&Words> {
        self.labels?.value(self.record_type?, &path.parse::<FieldPath>().ok()?, value)
    }

    fn said(&self, words: &Words) -> String {
        shown(words.in_language(self.language.code()))
    }
}

fn labelled(label: Option<&Words>, name: &str, language: Language) -> String {
    shown(label.map_or(name, |words| words.in_language(language.code())))
}

/// A code for whoever helps, with what happened in words of the program.
fn code_line(code: &str, message: &str, language: Language) -> String {
    let message =
        if message.is_empty() { String::new() } else { format!(" <span lang=\"en\">{}</span>", shown(message)) };
    format!("<p>{}: <code>{}</code>{message}</p>", say(&words::CODE, language), shown(code))
}

fn back(language: Language) -> String {
    format!("<p><a href=\"/\">{}</a></p>", say(&words::BACK, language))
}

fn form_token(visitor: &Visitor) -> String {
    format!("<input type=\"hidden\" name=\"form\" value=\"{}\">", visitor.form)
}

/// A page around its body.
fn whole(status: StatusCode, title: &str, name: &str, body: &str, language: Language) -> Outgoing {
    let mut links = String::new();
    for (one, called) in LANGUAGES {
        let current = if one == language { " aria-current=\"true\"" } else { "" };
        let code = one.code();
        put(
            &mut links,
            format_args!("<li><a href=\"?lang={code}\" lang=\"{code}\" hreflang=\"{code}\"{current}>{called}</a></li>"),
        );
    }
    let separator = if name.is_empty() { "" } else { " – " };
    let html = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}{separator}{name}</title>\
         <link rel=\"icon\" href=\"/desk.svg\"><link rel=\"stylesheet\" href=\"/desk.css\"><script src=\"/desk.js\" defer></script></head><body>\
         <header><p>{name}</p><nav aria-label=\"{}\"><ul>{links}</ul></nav></header><main>{body}</main></body></html>",
        language.code(),
        say(&words::LANGUAGE, language),
    );
    outgoing(status, HTML, html)
}

/// A picture that a camera reads; nothing when the text is too long for one.
fn qr(text: &str, about: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return String::new() };
    let width = code.width();
    let mut path = String::new();
    for (place, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        put(&mut path, format_args!("M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET));
    }
    let side = width + 2 * QUIET;
    format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path d=\"{path}\"/></svg>",
        escape_html(about)
    )
}

fn put(body: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String does not fail.
    let _written = body.write_fmt(text);
}

/// What others wrote, harmless: nothing in it hides, turns the reading direction around, or is markup.
fn shown(text: &str) -> String {
    escape_html(&visible(text))
}

impl View<'_> {
    /// The service, and whose it is.
    fn name(&self, language: Language) -> String {
        let identity = &self.opened.kept.identity;
        let service = self.opened.registry.service(&identity.principal);
        let service = service.map(|found| shown(found.service.names.in_language(language.code()))).unwrap_or_default();
        format!("{service}, {}", self.organisation(&identity.organisation, language))
    }

    fn organisation(&self, principal: &Principal, language: Language) -> String {
        let names = self.opened.registry.organisation(principal).and_then(|one| one.names());
        names.map_or_else(
            || shown(&self.opened.joined.name_of(principal)),
            |names| shown(names.in_language(language.code())),
        )
    }

    fn labels(&self, holder: &Principal) -> Option<&Labels> {
        self.labels.get(holder)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_holder_says_is_text() {
        let mut body = String::new();
        let hostile = Value::Text("<img src=x>\u{202e}\"".to_owned());
        let data = Value::Map([("residence".to_owned(), Value::Array(vec![hostile]))].into_iter().collect());
        released(&mut body, None, &data, Language::En);
        assert!(body.contains("<bdi>&lt;img src=x&gt;\u{fffd}&quot;</bdi>"), "{body}");
    }

    #[test]
    fn a_record_is_shown_by_name_and_value() {
        let text = |text: &str| Value::Text(text.to_owned());
        let map = |entries: Vec<(&str, Value)>| {
            Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let allergy = map(vec![("substance", text("milk")), ("severe", Value::Bool(true))]);
        let record = map(vec![("allergies", Value::Array(vec![allergy])), ("diet", Value::Null)]);
        let mut body = String::new();
        released(&mut body, None, &map(vec![("child-health", Value::Array(vec![record]))]), Language::Fi);
        for part in ["<code>allergies.substance</code></dt><dd><bdi>milk</bdi>", "<dd>kyllä</dd>", "<dd>ei tietoa</dd>"]
        {
            assert!(body.contains(part), "{part}: {body}");
        }
        let mut body = String::new();
        released(&mut body, None, &map(Vec::new()), Language::Sv);
        assert!(body.contains("lämnas inte ut"), "{body}");
    }
}
