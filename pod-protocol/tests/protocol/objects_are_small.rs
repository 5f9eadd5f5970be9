//! What an object weighs, since requests and grants travel with every call.

use pod_protocol::Verified;
use pod_protocol::grant::{Grant, Permission};
use pod_protocol::ids::ObjectId;

use crate::vectors::world::{World, fields, of, wanted};

#[test]
fn grants_requests_and_receipts() {
    let world = World::new();
    let permissions = vec![
        Permission::Raw(of("resident"), fields(&["first_names", "last_name", "address"])),
        Permission::Raw(of("daycare"), fields(&["allergies", "phone", "diet"])),
    ];
    let root = Grant { permissions, legal_basis: None, ..world.root() };
    let root = Verified::sign(&world.anna, root);
    let asked = vec![wanted("resident", &["first_names", "address"])];
    let request = Verified::sign(&world.espoo, world.request(vec![root.id()], asked.clone()));
    let mut receipt = world.receipt(request.id(), ObjectId::new([1; 32]), b"data");
    receipt.items[0].released = asked;
    let receipt = Verified::sign(&world.helsinki, receipt);
    let sizes = [
        ("a root grant of two types and six fields", root.bytes().len(), 450),
        ("a request with one item", request.bytes().len(), 400),
        // Four ids and digests (136), the signature (66), two principals (98) and the header (55): 380 is out of reach.
        ("a receipt with one item", receipt.bytes().len(), 430),
    ];
    for (what, bytes, most) in sizes {
        println!("{what}: {bytes} bytes, at most {most}");
        assert!(bytes <= most, "{what}: {bytes} bytes, more than {most}");
    }
}
