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
    let mut longer = receipt.clone();
    longer.items.push(receipt.items[0].clone());
    let (receipt, longer) = (Verified::sign(&world.helsinki, receipt), Verified::sign(&world.helsinki, longer));
    let sizes = [
        ("a root grant of two types and six fields", root.bytes().len(), 450),
        ("a request with one item", request.bytes().len(), 400),
        // Not 380, as once planned: docs/decisions/0017-size-of-receipts.md says byte by byte why.
        ("a receipt with one item", receipt.bytes().len(), 425),
        ("each further item of a receipt", longer.bytes().len() - receipt.bytes().len(), 105),
    ];
    for (what, bytes, most) in sizes {
        println!("{what}: {bytes} bytes, at most {most}");
        assert!(bytes <= most, "{what}: {bytes} bytes, more than {most}");
    }
}
