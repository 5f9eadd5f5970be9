//! A holder does not answer while its citizen takes back a service's grants and a lost device's key: both go by way of the directory's
//! log, count when the holder is there again, and are done when it says so itself.

use serde_json::{Value as Json, json};

use crate::family::Family;
use crate::town::text;
use crate::world::{Ran, aitta};

const PARTLY: i32 = 7;
const REFUSED: i32 = 3;
/// Commands of half a second each, until something is heard of: a minute.
const MOST_TRIES: usize = 120;

struct Away {
    family: Family,
    code: String,
}

impl Away {
    fn wallet(&self, device: &str, args: &[&str]) -> Ran {
        aitta(&[&["wallet", "--wallet", &self.family.world.path(device), "--json"], args].concat())
    }

    fn service(&self, args: &[&str]) -> Ran {
        aitta(&[&["service", "--service", &self.family.world.path("service"), "--json"], args].concat())
    }

    /// A second device of the citizen; the id of its key.
    fn tablet(&self) -> String {
        let federation = self.family.world.path("directory/federation.toml");
        self.wallet("tablet", &["init", "--federation", &federation, "--another-device"]).done();
        let shown = self.wallet("tablet", &["devices", "show"]).done().json();
        let code = self.family.world.write("tablet-code", &text(&shown, "/device_code"));
        self.wallet("wallet", &["devices", "add", "--code", &code]).done();
        self.wallet("tablet", &["enrol", "helsinki", "--login-as", &self.code]).done();
        let devices = self.wallet("wallet", &["devices"]).done().json()["devices"].clone();
        let other = devices.as_array().unwrap().iter().find(|one| one["this_device"] == false).unwrap();
        text(other, "/key")
    }

    /// A grant that the service has used.
    fn granted(&self) -> String {
        let ask = self.family.world.path("ask.toml");
        self.family.ask();
        let asked = self.service(&["ask", &ask]).done().json();
        let given = self.wallet("wallet", &["grant", &text(&asked, "/link"), "--at", "helsinki"]).done().json();
        self.service(&["collect", &text(&asked, "/request")]).done();
        let grant = text(&given, "/grants/0/id");
        self.service(&["fetch", "--grant", &grant]).done();
        grant
    }

    fn until_refused(&self, ask: impl Fn() -> Ran) {
        let refused = (0..MOST_TRIES).any(|_| ask().code == REFUSED);
        assert!(refused, "it is never heard of");
    }
}

/// That it stands in the log, which the wallet checked, and nothing more is promised.
fn is_posted(ran: &Ran) {
    let told = ran.json();
    assert_eq!((ran.code, &told["done"], &told["missing"]), (PARTLY, &json!([]), &json!([])), "{ran:?}");
    assert_eq!(
        (&told["posted"][0]["organisation"], &told["posted"][0]["posted"]["proven"]),
        (&json!("helsinki"), &json!(true))
    );
}

#[test]
fn what_is_taken_back_meanwhile_counts_when_it_is_there_again() {
    let (family, node) = Family::begin();
    let code = family.world.path("code");
    let away = Away { family, code };
    let (tablet, other, grant) = (away.tablet(), away.granted(), away.granted());
    let service: toml::Table = away.family.world.read("service/service.toml").parse().unwrap();
    let service = service["principal"].as_str().unwrap();

    node.kill();
    is_posted(&away.wallet("wallet", &["revoke", "--service", service]));
    let both = away.wallet("wallet", &["devices", "revoke", &tablet]);
    let told = both.json();
    assert_eq!((both.code, &told["posted"][0]["task"]), (PARTLY, &json!("revoke-device")), "{both:?}");
    // The other task waits for the holder's word; its revocation is not posted again.
    assert_eq!((told["posted"].as_array().unwrap().len(), &told["missing"][0]["task"]), (1, &json!("revoke-service")));

    let _node = away.family.serve_node();
    for grant in [&other, &grant] {
        away.until_refused(|| away.service(&["fetch", "--grant", grant]));
    }
    away.until_refused(|| away.wallet("tablet", &["log", "helsinki"]));
    let finished = away.wallet("wallet", &["finish"]).done().json();
    let words: Vec<&Json> = finished["done"].as_array().unwrap().iter().map(|one| &one["task"]).collect();
    assert_eq!(words, [&json!("revoke-service"), &json!("revoke-device")]);
    away.wallet("wallet", &["log", "helsinki"]).done();
}
