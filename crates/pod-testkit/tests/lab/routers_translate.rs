//! Behind a router nobody is reached who did not call first; a hole can be punched where ports stay, and nowhere else.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use pod_testkit::lab::{Host, Lab, Mapping, Nat};

use rustix::net::sockopt::{Timeout, set_socket_reuseaddr, set_socket_reuseport, set_socket_timeout};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use crate::{NEVER, PATIENCE, received, udp};

/// The first word of one of them finds the other's router closed; TCP says it again after a second.
const TWO_TRIES: Duration = Duration::from_secs(3);
/// As often as a word may be lost on a machine at work.
const MANY: usize = 50;

/// Two homes with a router each, and a public host that both can call.
struct Town {
    homes: [(Nat, Host); 2],
    public: [Host; 2],
    lab: Lab,
}

impl Town {
    fn begin(mappings: [Mapping; 2]) -> Option<Self> {
        let lab = Lab::begin()?;
        let public = ["public", "elsewhere"].map(|name| lab.host(name));
        let home = |name: &str, mapping| {
            let nat = lab.nat(&format!("{name}-router"), mapping);
            let host = lab.host_behind(&nat, name);
            (nat, host)
        };
        let homes = [home("left", mappings[0]), home("right", mappings[1])];
        Some(Self { homes, public, lab })
    }
}

/// How a socket looks from a public host that it calls.
fn seen_by(socket: &UdpSocket, public: &Host) -> SocketAddr {
    let listening = udp(public, 5000);
    socket.send_to(b"hello", (public.address(), 5000)).unwrap();
    received(&listening, PATIENCE).unwrap().1
}

/// Each sends to where the public host saw the other, so often as hole punching does. Whether both hear the other.
fn punched(town: &Town, tries: usize) -> bool {
    let sockets = [0, 1].map(|home| udp(&town.homes[home].1, 4000));
    let seen = [0, 1].map(|home| seen_by(&sockets[home], &town.public[0]));
    let mut heard = [false; 2];
    for _ in 0..tries {
        for (socket, to) in sockets.iter().zip(seen.iter().rev()) {
            socket.send_to(b"punch", to).unwrap();
        }
        for (socket, heard) in sockets.iter().zip(&mut heard) {
            *heard = *heard || received(socket, NEVER).is_some();
        }
        if heard == [true; 2] {
            break;
        }
    }
    heard == [true; 2]
}

/// The same over TCP: both open to each other at the same time, from the port that the public host saw.
fn punched_over_tcp(town: &Town, within: Duration) -> bool {
    let public = &town.public[0];
    let listening = public.inside(|| TcpListener::bind((public.address(), 5000)).unwrap());
    let known = [0, 1].map(|home| {
        let calls = tcp(&town.homes[home].1, 4000, (public.address(), 5000).into(), PATIENCE).unwrap();
        (calls, listening.accept().unwrap())
    });
    thread::scope(|scope| {
        let opens = [0, 1].map(|home| {
            let (host, to) = (&town.homes[home].1, known[1 - home].1.1);
            scope.spawn(move || tcp(host, 4000, to, within))
        });
        opens.map(|open| open.join().unwrap()).iter().all(Option::is_some)
    })
}

/// A connection from a port of one's own choice, which others may have too.
fn tcp(host: &Host, port: u16, to: SocketAddr, within: Duration) -> Option<TcpStream> {
    let open = || {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        set_socket_reuseaddr(&socket, true).unwrap();
        set_socket_reuseport(&socket, true).unwrap();
        set_socket_timeout(&socket, Timeout::Send, Some(within)).unwrap();
        bind(&socket, &SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).unwrap();
        connect(&socket, &to).ok().map(|()| TcpStream::from(socket))
    };
    host.inside(open)
}

#[test]
fn everybody_is_called_and_nobody_calls() {
    for mapping in [Mapping::EndpointIndependent, Mapping::EndpointDependent] {
        let Some(town) = Town::begin([mapping; 2]) else { return };
        let [(router, home), (_, neighbour)] = &town.homes;
        let public = &town.public[0];
        let listening = public.inside(|| TcpListener::bind((public.address(), 5000)).unwrap());
        let _calls = home.inside(|| TcpStream::connect((public.address(), 5000)).unwrap());
        assert_eq!(listening.accept().unwrap().1.ip(), router.router().address());
        // Nobody gets in: not by the router's address, not by the host's own.
        let at_home = udp(home, 4000);
        for (from, to) in [(public, home.public_address()), (neighbour, home.public_address())] {
            udp(from, 4001).send_to(b"stranger", (to, 4000)).unwrap();
        }
        let no_way =
            public.inside(|| UdpSocket::bind("0.0.0.0:0").unwrap().send_to(b"stranger", (home.address(), 4000)));
        assert!(no_way.is_err(), "the public network knows no private addresses");
        assert_eq!(received(&at_home, NEVER), None);
    }
}

#[test]
fn ports_stay_or_change_with_the_peer() {
    for (mapping, stays) in [(Mapping::EndpointIndependent, true), (Mapping::EndpointDependent, false)] {
        let Some(town) = Town::begin([mapping; 2]) else { return };
        let socket = udp(&town.homes[0].1, 4000);
        let [one, other] = [0, 1].map(|public| seen_by(&socket, &town.public[public]));
        assert_eq!(one.ip(), other.ip());
        assert_eq!(one.port() == other.port(), stays, "{one} {other}");
        // An answer comes in, from whom was called and from nobody else.
        udp(&town.public[0], 5000).send_to(b"answer", one).unwrap();
        assert_eq!(received(&socket, PATIENCE).unwrap().0, b"answer");
        udp(&town.public[0], 5001).send_to(b"another port", one).unwrap();
        assert_eq!(received(&socket, NEVER), None);
    }
}

#[test]
fn holes_are_punched_where_ports_stay() {
    use Mapping::{EndpointDependent, EndpointIndependent};
    for (mappings, works) in [
        ([EndpointIndependent, EndpointIndependent], true),
        ([EndpointDependent, EndpointIndependent], false),
        ([EndpointDependent, EndpointDependent], false),
    ] {
        let Some(town) = Town::begin(mappings) else { return };
        let (tries, within) = if works { (MANY, PATIENCE) } else { (2, TWO_TRIES) };
        assert_eq!(punched(&town, tries), works, "{mappings:?}");
        assert_eq!(punched_over_tcp(&town, within), works, "{mappings:?} over TCP");
    }
}

#[test]
fn those_behind_a_router_are_cut_off_with_it() {
    let Some(town) = Town::begin([Mapping::EndpointIndependent; 2]) else { return };
    let [(router, home), _] = &town.homes;
    let public = &town.public[0];
    let (at_home, listening) = (udp(home, 4000), udp(public, 5000));
    town.lab.cut(router.router(), public);
    at_home.send_to(b"hello", (public.address(), 5000)).unwrap();
    assert_eq!(received(&listening, NEVER), None);
    town.lab.heal();
    at_home.send_to(b"hello", (public.address(), 5000)).unwrap();
    assert!(received(&listening, PATIENCE).is_some());
}
