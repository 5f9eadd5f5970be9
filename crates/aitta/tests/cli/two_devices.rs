//! A family whose citizen can have a second device, and a service that gets grants.

use crate::family::Family;
use crate::town::text;
use crate::world::{Daemon, Ran, aitta};

pub struct TwoDevices {
    pub family: Family,
    code: String,
}

impl TwoDevices {
    /// With the node that serves.
    pub fn begin() -> (Self, Daemon) {
        let (family, node) = Family::begin();
        let code = family.world.path("code");
        (Self { family, code }, node)
    }

    pub fn wallet(&self, device: &str, args: &[&str]) -> Ran {
        aitta(&[&["wallet", "--wallet", &self.family.world.path(device), "--json"], args].concat())
    }

    pub fn service(&self, args: &[&str]) -> Ran {
        aitta(&[&["service", "--service", &self.family.world.path("service"), "--json"], args].concat())
    }

    /// A second device of the citizen; the id of its key.
    pub fn tablet(&self) -> String {
        self.another_device("tablet");
        let devices = self.wallet("wallet", &["devices"]).done().json()["devices"].clone();
        let other = devices.as_array().unwrap().iter().find(|one| one["this_device"] == false).unwrap();
        text(other, "/key")
    }

    /// A device more.
    pub fn another_device(&self, device: &str) {
        let federation = self.family.world.path("directory/federation.toml");
        self.wallet(device, &["init", "--federation", &federation, "--another-device"]).done();
        let shown = self.wallet(device, &["devices", "show"]).done().json();
        let code = self.family.world.write(&format!("{device}-code"), &text(&shown, "/device_code"));
        self.wallet("wallet", &["devices", "add", "--code", &code]).done();
        self.wallet(device, &["enrol", "helsinki", "--login-as", &self.code]).done();
    }

    /// The service's id.
    pub fn principal(&self) -> String {
        let service: toml::Table = self.family.world.read("service/service.toml").parse().unwrap();
        service["principal"].as_str().unwrap().to_owned()
    }

    /// A grant of the first device that the service has used.
    pub fn granted(&self) -> String {
        let ask = self.family.world.path("ask.toml");
        self.family.ask();
        let asked = self.service(&["ask", &ask]).done().json();
        let given = self.wallet("wallet", &["grant", &text(&asked, "/link"), "--at", "helsinki"]).done().json();
        self.service(&["collect", &text(&asked, "/request")]).done();
        let grant = text(&given, "/grants/0/id");
        self.service(&["fetch", "--grant", &grant]).done();
        grant
    }
}
