//! Cuts are silent, work each way by itself and for connections that exist; pauses stop a process with its connections.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use pod_testkit::lab::{Lab, now_nanos, pause};

use crate::{NEVER, PATIENCE, received, udp};

#[test]
fn each_way_by_itself() {
    let Some(lab) = Lab::begin() else { return };
    let (one, other) = (lab.host("one"), lab.host("other"));
    let (at_one, at_other) = (udp(&one, 4000), udp(&other, 4000));
    let arrives = |from: &std::net::UdpSocket, to: &std::net::UdpSocket, at| {
        from.send_to(b"word", (at, 4000)).unwrap();
        received(to, NEVER).is_some()
    };
    let both = || (arrives(&at_one, &at_other, other.address()), arrives(&at_other, &at_one, one.address()));
    assert_eq!(both(), (true, true));
    lab.cut_one_way(&one, &other);
    assert_eq!(both(), (false, true));
    lab.cut(&one, &other);
    assert_eq!(both(), (false, false));
    lab.heal();
    assert_eq!(both(), (true, true));
}

#[test]
fn an_open_connection_hangs_and_goes_on_when_it_is_healed() {
    let Some(lab) = Lab::begin() else { return };
    let (server, client) = (lab.host("server"), lab.host("client"));
    let listener = server.inside(|| TcpListener::bind((server.address(), 4000)).unwrap());
    let mut near = client.inside(|| TcpStream::connect((server.address(), 4000)).unwrap());
    let (mut far, _) = listener.accept().unwrap();
    lab.cut(&server, &client);
    near.write_all(b"word").unwrap();
    far.set_read_timeout(Some(NEVER)).unwrap();
    let mut word = [0; 4];
    let hangs = far.read_exact(&mut word).unwrap_err().kind();
    assert!(matches!(hangs, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{hangs}");
    lab.heal();
    far.set_read_timeout(Some(PATIENCE)).unwrap();
    far.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"word");
}

#[test]
fn a_paused_process_says_nothing_and_loses_nothing() {
    let Some(lab) = Lab::begin() else { return };
    let host = lab.host("host");
    let echo = || Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut child = host.inside(echo);
    let (mut into, mut out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let paused = pause(child.id());
    writeln!(into, "word").unwrap();
    let resumed_nanos = std::thread::scope(|scope| {
        let said = scope.spawn(|| {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            (line, now_nanos())
        });
        let resumed_nanos = now_nanos();
        drop(paused);
        let (line, said_nanos) = said.join().unwrap();
        assert_eq!(line, "word\n");
        assert!(said_nanos > resumed_nanos);
        resumed_nanos
    });
    assert!(resumed_nanos > 0);
    drop(into);
    assert!(child.wait().unwrap().success());
}
