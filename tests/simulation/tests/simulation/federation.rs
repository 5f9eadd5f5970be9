//! Who is in the federation, with all keys, and what its registry says. All of it comes from the seed.

use std::sync::Arc;

use pod_client::service::ServiceIdentity;
use pod_crypto::hpke::{SealPrivateKey, SealPublicKey};
use pod_crypto::{SeededRandom, SigningKey, random_array, sha256};
use pod_protocol::ids::{Cti, PodId, Principal};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::tlog::post::seal_key;
use pod_protocol::words::Words;
use pod_protocol::{Payload, Verified};
use pod_wallet::keys::Signer;

use crate::dice::derived;
use crate::history::START_SECS;
use crate::planted::Planted;

pub const DAY: u64 = 24 * 3600;
pub const PURPOSE: &str = "dpv:ServiceProvision";
pub const OTHER_PURPOSE: &str = "dpv:ResearchAndDevelopment";
/// The organisations that hold pods.
pub const HOLDERS: [&str; 2] = ["helsinki", "turku"];
/// Where they answer, as the federation names it.
pub const HOLDER_PORTS: [u16; 2] = [8101, 8102];
pub const DIRECTORY_PORT: u16 = 8100;
/// The organisations that ask: espoo passes grants on, processors gets them, and nobody gives any to kela but at the end.
pub const ASKERS: [&str; 3] = ["espoo", "processors", "kela"];
pub const ESPOO: usize = 0;
pub const PROCESSORS: usize = 1;
pub const KELA: usize = 2;
/// What services are registered for and citizens grant.
pub const FIELDS: [(&str, &[&str]); 2] = [
    (
        "residence",
        &["given_names", "family_name", "birth_date", "address", "address.street", "contact", "contact.email"],
    ),
    ("library-card", &["card_number", "home_library", "notices"]),
];
/// Of whom holders hold something. The last one has no library card.
pub const CITIZENS: usize = 5;

pub struct Member {
    pub name: &'static str,
    pub principal: Principal,
    seed: [u8; 32],
}

impl Member {
    fn new(seed: u64, name: &'static str) -> Self {
        let principal = Principal::new(sha256(&[b"principal", name.as_bytes()]));
        Self { name, principal, seed: derived(seed, name) }
    }

    pub fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }
}

/// Somebody whose data the holders have.
pub struct Citizen {
    pub code: String,
    pub family_name: String,
    pub street: String,
    pub email: String,
    /// Their pod and their key at each holder.
    pub pods: Vec<PodId>,
    pub signers: Vec<Signer>,
}

impl Citizen {
    /// What must not leave while they are under non-disclosure.
    pub fn protected(&self) -> [&str; 2] {
        [&self.street, &self.email]
    }
}

pub struct Federation {
    pub anchor: Member,
    /// Who runs the directory.
    pub directory: Member,
    pub holders: Vec<Member>,
    pub askers: Vec<Member>,
    pub services: Vec<Arc<ServiceIdentity>>,
    random: SeededRandom,
    planted: Planted,
}

impl Federation {
    pub fn new(seed: u64, planted: Planted) -> Self {
        let askers: Vec<Member> = ASKERS.iter().map(|name| Member::new(seed, name)).collect();
        let service = |owner: &Member| {
            Arc::new(ServiceIdentity {
                principal: Principal::new(sha256(&[b"service", owner.name.as_bytes()])),
                organisation: owner.principal,
                key: SigningKey::from_seed(&derived(seed, &format!("service of {}", owner.name))),
            })
        };
        Self {
            anchor: Member::new(seed, "anchor"),
            directory: Member::new(seed, "registrar"),
            holders: HOLDERS.iter().map(|name| Member::new(seed, name)).collect(),
            services: askers.iter().map(service).collect(),
            askers,
            random: SeededRandom::new(derived(seed, "statements")),
            planted,
        }
    }

    pub fn trust(&self) -> Anchor {
        Anchor { principal: self.anchor.principal, key: self.anchor.key().public_key() }
    }

    pub fn holder_of(&self, principal: &Principal) -> usize {
        self.holders.iter().position(|holder| holder.principal == *principal).unwrap()
    }

    /// Memberships and profiles.
    pub fn statements(&self) -> Vec<Vec<u8>> {
        let mut statements = vec![self.membership_of_directory()];
        let all = || self.holders.iter().zip([Role::Holder; 2]).chain(self.askers.iter().zip([Role::Services; 3]));
        for (member, role) in all() {
            statements.push(self.membership(member, role, START_SECS - DAY, false));
        }
        for (holder, port) in self.holders.iter().zip(HOLDER_PORTS) {
            statements.push(self.profile(holder, port, Vec::new()));
        }
        for (owner, service) in self.askers.iter().zip(&self.services) {
            statements.push(self.profile(owner, 1, vec![entry(service)]));
        }
        statements
    }

    /// What the directory is a member by.
    pub fn membership_of_directory(&self) -> Vec<u8> {
        self.membership(&self.directory, Role::Directory, START_SECS - DAY, false)
    }

    /// A membership of one that asks, suspended or not.
    pub fn asker(&self, asker: usize, issued: u64, suspended: bool) -> Vec<u8> {
        self.membership(&self.askers[asker], Role::Services, issued, suspended)
    }

    fn membership(&self, member: &Member, role: Role, issued: u64, suspended: bool) -> Vec<u8> {
        let claims = Membership {
            issuer: self.anchor.principal,
            subject: member.principal,
            expires: START_SECS + 300 * DAY,
            issued,
            cti: Cti::new(random_array(&self.random)),
            name: member.name.parse().unwrap(),
            keys: vec![member.key().public_key()],
            roles: vec![role],
            depth: 0,
            suspended,
        };
        signed(&self.anchor.key(), claims)
    }

    fn profile(&self, member: &Member, port: u16, services: Vec<ServiceEntry>) -> Vec<u8> {
        let claims = Profile {
            issuer: member.principal,
            expires: START_SECS + 300 * DAY,
            issued: START_SECS - DAY,
            cti: Cti::new(random_array(&self.random)),
            names: words(member.name),
            endpoints: vec![origin(port).parse().unwrap()],
            catalogue: None,
            seal_key: services.is_empty().then(|| self.seal_key(member)),
            services,
        };
        signed(&member.key(), claims)
    }

    /// To which wallets seal what they post for a holder.
    fn seal_key(&self, member: &Member) -> SealPublicKey {
        match self.planted {
            Planted::SealedForNobody => SealPrivateKey::from_seed(member.principal.as_bytes()).public_key(),
            _ => seal_key(&member.key()).public_key(),
        }
    }

    /// The registry as it begins.
    pub fn registry(&self, statements: &[Vec<u8>]) -> Registry {
        let (registry, left_out) = Registry::build(&self.trust(), statements, START_SECS);
        assert_eq!(left_out, []);
        registry
    }
}

/// How the federation names who answers on a port.
pub fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn signed<T: Payload>(key: &SigningKey, claims: T) -> Vec<u8> {
    Verified::sign(key, claims).bytes().to_vec()
}

fn words(text: &str) -> Words {
    Words::new(text, text, text).unwrap()
}

fn entry(service: &ServiceIdentity) -> ServiceEntry {
    let fields = FIELDS.iter().map(|(of, fields)| RegisteredFields {
        record_type: of.parse().unwrap(),
        raw: fields.iter().map(|field| field.parse().unwrap()).collect(),
        derived: Vec::new(),
    });
    ServiceEntry {
        principal: service.principal,
        keys: vec![service.key.public_key()],
        seal_key: SealPrivateKey::from_seed(service.principal.as_bytes()).public_key(),
        names: words("service"),
        purposes: vec![PURPOSE.parse().unwrap(), OTHER_PURPOSE.parse().unwrap()],
        fields: fields.collect(),
        max_retention_secs: 400 * DAY,
    }
}

/// The identity code of person `number`: born on a day of their own in 1980, with a number that nobody real has.
pub fn identity_code(number: u64) -> String {
    let (date, serial) = (format!("{:02}{:02}80", 1 + number % 28, 1 + number % 12), 900 + number);
    let check = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let all: u64 = format!("{date}{serial}").parse().unwrap();
    format!("{date}-{serial}{}", char::from(check[(all % 31) as usize]))
}
