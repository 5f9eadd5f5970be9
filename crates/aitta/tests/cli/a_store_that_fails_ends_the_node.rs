//! A commit that fails ends the node (invariant 9): exit code 70, no answer to anybody afterwards, and all is well once there
//! is room again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::world::{Daemon, World, aitta, command_under, repository};

/// As large as a file may get: the sample registers need a store of 1.2 MB, and a log of 0.7 MB with the zeros written ahead.
const ROOM_BYTES: u64 = 768 * 1024;

/// From now on the process writes no file beyond the limit, as on a full disk.
fn fill_the_disk(node: &Daemon) {
    let limit = Rlimit { current: Some(ROOM_BYTES), maximum: Some(ROOM_BYTES) };
    prlimit(Pid::from_raw(i32::try_from(node.id()).unwrap()), Resource::Fsize, limit).unwrap();
}

/// Bytes of an answer; none when the other side has gone.
fn asks(connection: &mut TcpStream) -> std::io::Result<usize> {
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: node\r\n\r\n")?;
    connection.read(&mut [0; 4_096])
}

#[test]
fn nobody_is_answered_and_starting_again_is_safe() {
    let world = World::with_all();
    let config = world.path("node/node.toml");
    // A write beyond the limit is to be an error; the system would end the process with a signal.
    let node = Daemon::start(command_under("trap '' XFSZ", &["node", "serve", "--config", &config, "--json"]));
    let address = node.address.strip_prefix("http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&address).unwrap();
    assert!(asks(&mut connection).unwrap() > 0);

    fill_the_disk(&node);
    let registers = repository().join("demo/registers/helsinki");
    let import = || aitta(&["import", "--config", &config, "--json", registers.to_str().unwrap()]);
    // The node may be gone before its last word has left.
    let code = import().code;
    assert!(code == 70 || code == 4, "{code}");
    let (code, last) = node.ended();
    assert_eq!((code, last["error"]["code"].as_str()), (70, Some("store")), "{last}");
    assert!(!asks(&mut connection).is_ok_and(|bytes| bytes > 0), "who was connected already");
    assert!(TcpStream::connect(&address).is_err(), "who comes later");

    // It was not the log that failed: what was to be imported stands there.
    let recorded = aitta(&["audit", "head", &world.path("node/data/audit"), "--json"]).done().json();
    assert!(recorded["size"].as_u64() > Some(0));
    let whole = import().done().json();
    let total = |name: &str| whole["total"][name].as_u64().unwrap();
    assert_eq!(total("created") + total("unchanged"), total("rows"));
}
