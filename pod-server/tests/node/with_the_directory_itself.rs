//! The same once more with the directory and the blinder themselves: what they take, and what a wallet finds there.

use std::path::Path;
use std::sync::Arc;

use pod_crypto::SystemRandom;
use pod_crypto::blind::{BlinderKey, Blinding};
use pod_directory::blinder::BlinderSeed;
use pod_directory::{Running, Surroundings, blinder, directory};
use pod_http::{Origin, Request, refuse_key_log};
use pod_import::Options;
use pod_protocol::bucket::bucket_of;
use pod_protocol::holder_entry::{HolderHandle, blind_info, tag_and_key};
use pod_protocol::ids::base64url;
use pod_protocol::statement::Role;
use pod_protocol::tlog::map::ProvenBucket;
use pod_server::upkeep::{Blinder, BlinderConfig, DirectoryConfig, Upkeep, UpkeepConfig};

use crate::city::{City, START_SECS, all_codes, anchor, file, principal, seed, whole};
use crate::neighbours::{Directory, client, eventually, member};

const EPOCH: u16 = 1;

fn around() -> Surroundings {
    Surroundings {
        clock: Arc::new(|| START_SECS + 2),
        random: Arc::new(SystemRandom),
        key_log: refuse_key_log(|_| None).unwrap(),
        machine: pod_http::Machine::this(),
    }
}

fn anchor_toml() -> String {
    let anchor = anchor();
    format!("[anchor]\nprincipal = \"{}\"\nkey = \"{}\"\n", anchor.principal, base64url(&anchor.key.to_bytes()))
}

fn origin(running: &Running) -> Origin {
    running.addresses()[0].to_string().parse().unwrap()
}

async fn directory_in(folder: &Path) -> Running {
    let text = format!(
        "listen = [\"http://127.0.0.1:0\"]\n{}[log]\nprincipal = \"{}\"\nkey_file = \"directory.key\"\nwitnesses = 0\n\
         [storage]\npath = \"directory\"\n",
        anchor_toml(),
        principal("directory"),
    );
    let config = pod_directory::config::DirectoryConfig::from_toml(&folder.join("directory.toml"), &text).unwrap();
    directory::start(config, pod_crypto::SigningKey::from_seed(&seed("directory")), around()).await.unwrap()
}

async fn blinder_in(folder: &Path, directory: &Origin) -> Running {
    BlinderSeed::from_bytes(seed("blinder")).create_file(&folder.join("blinder.seed")).unwrap();
    let text = format!(
        "listen = [\"http://127.0.0.1:0\"]\nprincipal = \"{}\"\nepoch = {EPOCH}\nseed_file = \"blinder.seed\"\n{}\
         [directory]\nurl = \"{directory}\"\n[provider]\nissuer = \"http://127.0.0.1:9\"\nclient_id = \"blinder\"\n\
         [storage]\npath = \"blinder\"\n",
        principal("blinder"),
        anchor_toml(),
    );
    let config = pod_directory::config::BlinderConfig::from_toml(&folder.join("blinder.toml"), &text).unwrap();
    blinder::start(config, around()).await.unwrap()
}

/// What a wallet with this identity code finds of Oulu: tag, whole bucket, signature, handle.
async fn found(city: &City, directory: &Origin, code: &str) -> Option<HolderHandle> {
    let (oulu, blinder) = (principal("oulu"), BlinderKey::from_seed(&seed("blinder")).unwrap());
    let (blinding, blinded) = Blinding::blind(code.as_bytes(), &SystemRandom).unwrap();
    let info = blind_info(&oulu, EPOCH);
    let evaluation = blinder.evaluate(&blinded, &info, &SystemRandom).unwrap();
    let (tag, key) = tag_and_key(&blinding.finalize(&info, &evaluation, &blinder.public()).unwrap());

    let get = async |path: String| client().send(directory, Request::get(path)).await.unwrap().success().unwrap().body;
    let buckets: serde_json::Value = serde_json::from_slice(&get("/v1/buckets".to_owned()).await).unwrap();
    let bits = u8::try_from(buckets["bits"].as_u64().unwrap()).unwrap();
    let bucket = get(format!("/v1/buckets/{bits}/{}", bucket_of(&tag, bits))).await;
    let entry = ProvenBucket::from_bytes(&bucket).unwrap().bucket.find(&tag).next()?.clone();
    let holder = entry.unverified().holder;
    let entry = city.node.registry().verify_by_organisation(entry, &holder).unwrap();
    Some(HolderHandle::open(&key, &oulu, &tag, entry.sealed.as_ref().unwrap()).unwrap())
}

#[tokio::test]
async fn everybody_is_found_in_a_bucket_of_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", &folder.path().join("oulu"));
    let directory = directory_in(folder.path()).await;
    let at = origin(&directory);
    let members =
        [member("directory", Role::Directory), member("oulu", Role::Holder), member("blinder", Role::Blinder)];
    for statement in members {
        let request = Request::post("/v1/statements", "application/cose", statement);
        client().send(&at, request).await.unwrap().success().unwrap();
    }
    let blinder = blinder_in(folder.path(), &at).await;
    let public = BlinderKey::from_seed(&seed("blinder")).unwrap().public();
    let config = BlinderConfig { url: origin(&blinder), principal: principal("blinder"), public, epoch: EPOCH };
    let asked = Blinder::new(config, client());
    let report = city.import_with(Some(asked), whole("oulu"), Options::default()).await;
    assert_eq!((report.findable.without_tag, report.findable.why), (0, None));

    city.wait(1);
    let config = DirectoryConfig { url: at.clone(), ..Directory::away(folder.path()).config() };
    let upkeep = Upkeep::start(&city.node, &UpkeepConfig { directory: Some(config), blinder: None }, &client());
    eventually("the registry is there", || city.node.registry().is_member(&principal("oulu"))).await;
    eventually("everybody is published", || city.count("node-unpublished") == 0).await;
    let vault = city.vault();
    let mut people = 0;
    for code in all_codes(&file("oulu")) {
        let handle = found(&city, &at, &code).await;
        assert_eq!(handle.map(|handle| handle.pod), vault.find(&code).unwrap());
        people += 1;
        if people >= 300 {
            break;
        }
    }
    assert!(people > 100);
    upkeep.finish().await;
}
