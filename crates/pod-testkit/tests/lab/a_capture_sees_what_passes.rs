//! A capture sees every byte that passes a host, as it comes and as it goes, and nothing that passes elsewhere.

use pod_testkit::lab::{Lab, Mapping, shows};

use crate::{PATIENCE, received, udp};

#[test]
fn as_it_comes_and_as_it_goes_and_nothing_else() {
    let Some(lab) = Lab::begin() else { return };
    let nat = lab.nat("router", Mapping::EndpointIndependent);
    let (home, public, elsewhere) = (lab.host_behind(&nat, "home"), lab.host("public"), lab.host("elsewhere"));
    let (passes, beside) = (nat.router().capture(), elsewhere.capture());
    let (from, to) = (udp(&home, 4000), udp(&public, 5000));
    from.send_to(b"a word in clear", (public.address(), 5000)).unwrap();
    received(&to, PATIENCE).unwrap();
    let (passed, beside) = (passes.end(), beside.end());
    let source = |address: std::net::Ipv4Addr| [address.octets().as_slice(), &public.address().octets()].concat();
    assert!(shows(&passed, b"a word in clear"));
    assert!(shows(&passed, &source(home.address())) && shows(&passed, &source(home.public_address())));
    assert!(!shows(&beside, b"a word in clear"));
}
