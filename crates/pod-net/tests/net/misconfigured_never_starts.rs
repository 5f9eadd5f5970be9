//! What does not start, and why.

use pod_net::{Address, Net, NetConfig, NetLimits, NetStartError, Relaying, refuse_key_log};

use crate::world::{QUIC, Registry, Server, TCP, key};

#[test]
fn session_keys_are_never_written() {
    let refused = refuse_key_log(|name| (name == "SSLKEYLOGFILE").then(|| "/tmp/keys".into()));
    assert!(matches!(refused, Err(NetStartError::KeyLog)));
    assert!(refuse_key_log(|_| None).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_named() {
    for listen in [QUIC, TCP] {
        let server = Server::new(1, &[listen], &[], NetLimits::default()).await;
        let taken: Vec<Address> = server.net.addresses().to_vec();
        let allow = Registry::default().allow();
        let (limits, relaying) = (NetLimits::default(), Relaying::default());
        let config = NetConfig { key: &key(2), listen: &taken, allow, handler: None, relaying, limits };
        let error = Net::start(config, refuse_key_log(|_| None).unwrap()).await.unwrap_err();
        let NetStartError::Listen { address, .. } = &error else { panic!("{error}") };
        assert_eq!(*address, taken[0].to_string());
    }
}
