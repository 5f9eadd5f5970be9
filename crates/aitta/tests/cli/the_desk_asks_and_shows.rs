//! `aitta service desk`: a request, the answer to it, and what was released, as a browser sees them.

use std::path::Path;

use crate::family::Family;
use crate::town::{Town, content, says, text, town};
use crate::world::{Answer, Daemon, aitta, command};

const USAGE: i32 = 2;
const REFUSED: i32 = 3;
const CONFIGURATION: i32 = 5;
const WALLET: &str = "http://localhost:7777";

/// Somebody at the desk, with the key that was printed.
struct Browser {
    desk: Daemon,
    cookies: String,
    language: &'static str,
}

impl Browser {
    fn at(desk: Daemon) -> Self {
        let mut browser = Self { desk, cookies: String::new(), language: "en" };
        let open = browser.desk.said["open"].as_str().unwrap().to_owned();
        let opened = browser.get(open.strip_prefix(&browser.desk.address).unwrap());
        assert_eq!((opened.status, opened.header("location")), (303, "/"), "{opened:?}");
        browser.keep(&opened);
        browser
    }

    fn keep(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        self.cookies = format!("{}; {}", self.cookies, cookie.split(';').next().unwrap());
    }

    fn get(&self, path: &str) -> Answer {
        self.desk.ask("GET", path, &[("cookie", &self.cookies), ("accept-language", self.language)], "")
    }

    fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    fn post(&self, path: &str, origin: &str, form: &str) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.desk.ask("POST", path, &[("cookie", &self.cookies), ("origin", origin), kind], form)
    }

    /// What stands in the forms of a page.
    fn form(&self, page: &str) -> String {
        let body = self.page(page);
        let token = body.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        token.unwrap_or_else(|| panic!("a form in {body}")).to_owned()
    }

    /// Sends the form of a page.
    fn send(&self, page: &str, to: &str, more: &str) -> Answer {
        self.post(to, &self.desk.address, &format!("form={}{more}", self.form(page)))
    }

    /// Makes a request; its page.
    fn make(&self, place: usize) -> String {
        let made = self.send("/new", "/requests", &format!("&ask={place}"));
        assert_eq!(made.status, 303, "{made:?}");
        made.header("location").to_owned()
    }

    /// Looks until the page stands like this; what it shows then.
    fn until(&self, page: &str, state: &str) -> String {
        for _ in 0..100_000 {
            let body = self.page(page);
            if body.contains(&format!("data-state=\"{state}\"")) {
                return body;
            }
        }
        panic!("not {state}: {}", self.page(page));
    }
}

/// As `decodeURIComponent` reads it.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        plain.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        plain += &part[2..];
    }
    plain
}

/// What the citizen's wallet opens, as it stands on the page.
fn link(page: &str) -> String {
    let href = page.split("<a href=\"http://localhost:7777/#/request/").nth(1).unwrap();
    decoded(href.split('"').next().unwrap())
}

fn desk_args<'a>(service: &'a str, listen: &'a str, asks: &[&'a str]) -> Vec<&'a str> {
    let args = ["service", "--service", service, "desk", "--listen", listen, "--wallet", WALLET, "--ask"];
    [&args[..], asks].concat()
}

fn open_desk(town: &Town) -> Browser {
    let other = town.ask_file("other", "").replace(".toml", "-2.toml");
    std::fs::write(&other, town.read("other.toml").replace("Library.", "The <b>other</b> one.")).unwrap();
    open_desk_of(&town.path("desk"), &[&town.ask_file("first", ""), &other])
}

fn open_desk_of(service: &str, asks: &[&str]) -> Browser {
    let args = [desk_args(service, "http://127.0.0.1:0", asks), vec!["--json"]].concat();
    Browser::at(Daemon::start(command(&args)))
}

#[test]
fn from_the_request_to_the_refusal() {
    let town = town();
    let browser = open_desk(&town);
    let page = browser.make(0);
    let receipts = content(&town.path("desk/receipts")).len();
    let waiting = browser.until(&page, "waiting");
    for part in
        ["Waiting for the citizen’s answer", "<svg class=\"qr\"", "residence:called_name", "the citizen’s choice"]
    {
        assert!(waiting.contains(part), "{part}: {waiting}");
    }
    assert!(browser.page("/").contains("Library."));

    let given = town.wallet(&["grant", &link(&waiting), "--at", "helsinki"]).done().json();
    let agreed = browser.until(&page, "agreed");
    for part in
        ["<bdi>Jouko</bdi>", "<bdi>Lähteenmäki</bdi>", "<code>called_name</code>", "Called name", "<dd>quic</dd>"]
    {
        assert!(agreed.contains(part), "{part}: {agreed}");
    }
    for part in ["<code>address", "<svg", "data-state=\"waiting\""] {
        assert!(!agreed.contains(part), "{part}: {agreed}");
    }
    let kept = content(&town.path("desk/receipts"));
    let shown = |(name, _): &(String, Vec<u8>)| agreed.contains(Path::new(name).file_stem().unwrap().to_str().unwrap());
    assert!(kept.len() > receipts && kept.iter().any(shown), "the receipt on the page is kept");

    // Again, and once more after the citizen took it back.
    let fetch = format!("{page}/fetch");
    assert_eq!(browser.send(&page, &fetch, "").header("location"), page);
    assert!(browser.page(&page).contains("<bdi>Jouko</bdi>"));
    town.wallet(&["revoke", &text(&given, "/grants/0/id")]).done();
    assert_eq!(browser.send(&page, &fetch, "").status, 303);
    let refused = browser.page(&page);
    assert!(refused.contains("data-state=\"ended\""), "{refused}");
    assert!(refused.contains("<code>denied</code>") && refused.contains("took the consent back"), "{refused}");
    assert!(!refused.contains("Jouko"), "{refused}");
}

#[test]
fn a_no_is_told_and_nothing_is_fetched() {
    let town = town();
    let browser = open_desk(&town);
    let page = browser.make(1);
    let waiting = browser.page(&page);
    assert!(waiting.contains("<h1>The &lt;b&gt;other&lt;/b&gt; one.</h1>"), "{waiting}");
    assert!(browser.page("/").contains("Waiting for the citizen’s answer"));
    town.wallet(&["deny", &link(&waiting)]).done();
    // The list learns of it too.
    let listed = (0..100_000).map(|_| browser.page("/")).find(|list| list.contains("The citizen did not agree"));
    assert!(listed.is_some(), "{}", browser.page("/"));
    let denied = browser.until(&page, "denied");
    assert!(!denied.contains("<h2>What was received</h2>"), "{denied}");
}

#[test]
fn who_is_away_is_named_and_what_came_before_is_gone() {
    let (family, node) = Family::begin();
    family.ask();
    let browser = open_desk_of(&family.world.path("service"), &[&family.world.path("ask.toml")]);
    let (asked, waits) = (browser.make(0), browser.make(0));
    let (wallet, link) = (family.world.path("wallet"), link(&browser.page(&asked)));
    aitta(&["wallet", "--wallet", &wallet, "grant", &link, "--at", "helsinki"]).done();
    assert!(browser.until(&asked, "agreed").contains("<bdi>Jouko</bdi>"));
    node.kill();
    browser.send(&asked, &format!("{asked}/fetch"), "");
    let away = browser.until(&asked, "agreed");
    assert!(away.contains("The holder was not reached") && away.contains("<code>not-reached</code>"), "{away}");
    assert!(!away.contains("Jouko"), "{away}");
    // The same organisation keeps the decisions.
    let failed = (0..100_000).map(|_| browser.page(&waits)).find(|page| page.contains("could not be looked up"));
    assert!(failed.is_some_and(|page| page.contains("data-state=\"waiting\"") && page.contains("not-reached")));
    let made = browser.send("/new", "/requests", "&ask=0");
    assert_eq!(made.status, 502, "{made:?}");
    assert!(made.body.contains("<code>not-reached</code>"), "{made:?}");
}

#[test]
fn who_takes_long_is_named_and_the_page_does_not_wait() {
    let (family, node) = Family::begin();
    family.ask();
    let browser = open_desk_of(&family.world.path("service"), &[&family.world.path("ask.toml")]);
    let asked = browser.make(0);
    let (wallet, link) = (family.world.path("wallet"), link(&browser.page(&asked)));
    aitta(&["wallet", "--wallet", &wallet, "grant", &link, "--at", "helsinki"]).done();
    assert!(browser.until(&asked, "agreed").contains("<bdi>Jouko</bdi>"));
    node.freeze();
    browser.send(&asked, &format!("{asked}/fetch"), "");
    let fetching = browser.page(&asked);
    for part in ["data-state=\"fetching\"", "<h3>Helsinki</h3><p>The holder is still being asked.</p>"] {
        assert!(fetching.contains(part), "{part}: {fetching}");
    }
    assert!(!fetching.contains("Jouko"), "{fetching}");
    node.thaw();
    assert!(browser.until(&asked, "agreed").contains("<bdi>Jouko</bdi>"));
}

#[test]
fn what_was_made_here_is_there_after_a_start_and_data_is_not() {
    let town = town();
    let browser = open_desk(&town);
    let (asked, waits) = (browser.make(0), browser.make(0));
    town.wallet(&["grant", &link(&browser.page(&asked)), "--at", "helsinki"]).done();
    browser.until(&asked, "agreed");
    browser.desk.kill();
    let browser = open_desk(&town);
    assert!(browser.page("/").contains(&format!("href=\"{waits}\"")));
    browser.until(&waits, "waiting");
    let agreed = browser.until(&asked, "agreed");
    assert!(agreed.contains("Nothing was fetched since this site was started"), "{agreed}");
    assert!(!agreed.contains("Jouko"), "{agreed}");
    browser.send(&asked, &format!("{asked}/fetch"), "");
    assert!(browser.page(&asked).contains("<bdi>Jouko</bdi>"));
    for (name, bytes) in content(&town.path("desk")) {
        assert!(!bytes.windows(5).any(|part| part == b"Jouko"), "{name} holds what was fetched");
    }
}

#[test]
fn only_who_has_the_key_and_only_from_its_own_pages() {
    let town = town();
    let browser = open_desk(&town);
    let page = browser.make(0);
    let refused = |answer: &Answer, status: u16, code: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.contains(&format!("<code>{code}</code>")), "{answer:?}");
    };
    let wrong = format!("/?key={}", "A".repeat(43));
    for path in ["/", "/new", &page, "/nowhere", &wrong, "/?key=", "/?lang=fi"] {
        refused(&browser.desk.ask("GET", path, &[], ""), 403, "desk-key");
        refused(&browser.desk.ask("GET", path, &[("cookie", "aitta-desk=x")], ""), 403, "desk-key");
    }
    let fetch = format!("{page}/fetch");
    let form = format!("form={}&ask=0", browser.form("/new"));
    for path in ["/requests", &fetch] {
        refused(&browser.desk.ask("POST", path, &[("origin", &browser.desk.address)], &form), 403, "desk-key");
        for origin in ["https://elsewhere.example", "null"] {
            refused(&browser.post(path, origin, &form), 403, "desk-form");
        }
        refused(&browser.post(path, &browser.desk.address, "ask=0"), 403, "desk-form");
        refused(&browser.post(path, &browser.desk.address, "form=x&ask=0"), 403, "desk-form");
    }
    refused(&browser.post("/requests", &browser.desk.address, &form.replace("ask=0", "ask=9")), 400, "desk-form");
    refused(&browser.get("/requests/AAAA"), 404, "not-found");
    refused(&browser.get("/nowhere"), 404, "not-found");
    for path in ["/", &page, "/desk.js", "/desk.css", "/desk.svg"] {
        let answer = browser.get(path);
        assert!(
            answer.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'; "),
            "{path}"
        );
        for (name, value) in
            [("cache-control", "no-store"), ("referrer-policy", "same-origin"), ("x-frame-options", "DENY")]
        {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
}

#[test]
fn in_the_language_of_whoever_reads() {
    let town = town();
    let mut browser = open_desk(&town);
    browser.language = "sv-FI, fi;q=0.5";
    let body = browser.page("/");
    assert!(body.contains("<html lang=\"sv\">") && body.contains("Förfrågningar"), "{body}");
    let switched = browser.get("/new?lang=fi");
    assert_eq!((switched.status, switched.header("location")), (303, "/new"));
    browser.keep(&switched);
    let body = browser.page("/new");
    assert!(body.contains("<html lang=\"fi\">") && body.contains("Kirjasto."), "{body}");
    // Nobody is sent elsewhere.
    assert_eq!(browser.get("//elsewhere.example/?lang=fi").header("location"), "/");
}

#[test]
fn where_it_does_not_open() {
    let town = town();
    let (desk, stranger, ask) = (town.path("desk"), town.path("stranger"), town.ask_file("first", ""));
    let here = "http://127.0.0.1:0";
    says(&desk_args(&desk, "https://0.0.0.0:443", &[&ask]), CONFIGURATION, "unix:/PATH");
    says(&desk_args(&desk, "http://0.0.0.0:80", &[&ask]), CONFIGURATION, "behind a proxy");
    says(&desk_args(&desk, here, &[&town.path("missing.toml")]), USAGE, "ask-citizens.md");
    says(&desk_args(&stranger, here, &[&ask]), REFUSED, "aitta node publish-profile");
    let mut args = desk_args(&desk, here, &[&ask]);
    args[7] = "localhost";
    says(&args, USAGE, "as a browser shows it");
}
