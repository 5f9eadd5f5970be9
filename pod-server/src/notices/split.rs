//! What one notice has room for.

use std::collections::{BTreeMap, BTreeSet};

use pod_protocol::codec::MAX_ARRAY_ITEMS;
use pod_protocol::field::RecordType;
use pod_protocol::ids::GrantId;
use pod_protocol::notice::{MAX_NOTICE_GRANTS, MAX_NOTICE_NAME_BYTES};
use pod_protocol::request::{Name, Wanted};

use crate::book::released::Row;
use crate::fault::Fault;

/// Grants, and what was released under them: as much as one notice has room for.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) grants: Vec<GrantId>,
    names: BTreeMap<RecordType, BTreeSet<String>>,
    bytes: usize,
}

impl Part {
    fn takes_grant(&self, grant: &GrantId) -> bool {
        self.grants.contains(grant) || self.grants.len() < MAX_NOTICE_GRANTS
    }

    fn takes_name(&self, record_type: &RecordType, name: &str) -> bool {
        let room = self.bytes + record_type.as_str().len() + name.len() <= MAX_NOTICE_NAME_BYTES;
        room && match self.names.get(record_type) {
            Some(names) => names.contains(name) || names.len() < MAX_ARRAY_ITEMS,
            None => self.names.len() < MAX_ARRAY_ITEMS,
        }
    }

    fn add(&mut self, grant: GrantId, record_type: &RecordType, name: &str) {
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
        let is_new_type = !self.names.contains_key(record_type);
        if self.names.entry(record_type.clone()).or_default().insert(name.to_owned()) {
            self.bytes += name.len() + if is_new_type { record_type.as_str().len() } else { 0 };
        }
    }

    /// The names as a notice has them.
    pub(super) fn released(&self) -> Result<Vec<Wanted>, Fault> {
        let one = |(record_type, names): (&RecordType, &BTreeSet<String>)| {
            let names = names.iter().map(|name| name.parse::<Name>()).collect::<Result<_, _>>();
            let names = names.map_err(|_| Fault::Damaged { what: "a release" })?;
            Ok(Wanted { record_type: record_type.clone(), names })
        };
        self.names.iter().map(one).collect()
    }
}

/// Spreads what was released under grants over as few notices as have room for it. A grant with more names than one notice has
/// room for stands in several.
pub(super) fn split<'a>(rows: impl IntoIterator<Item = (GrantId, &'a Row)>) -> Vec<Part> {
    let (mut parts, mut part) = (Vec::new(), Part::default());
    for (grant, row) in rows {
        for (record_type, names) in &row.names {
            for name in names {
                if !part.takes_grant(&grant) || !part.takes_name(record_type, name) {
                    parts.push(std::mem::take(&mut part));
                }
                part.add(grant, record_type, name);
            }
        }
    }
    if !part.grants.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pod_protocol::ids::Principal;

    use super::*;

    fn row(record_type: &str, names: usize) -> Row {
        let mut row = Row::new([], Principal::new([1; 32]), Principal::new([2; 32]));
        let names = (0..names).map(|number| format!("name-{number}").parse().unwrap()).collect();
        row.add(&[Wanted { record_type: record_type.parse().unwrap(), names }]);
        row
    }

    fn grant(number: usize) -> GrantId {
        GrantId::new([u8::try_from(number).unwrap(); 32])
    }

    #[test]
    fn grants_of_one_service_share_a_notice() {
        let rows = [row("residence", 3), row("residence", 5), row("child-health", 1)];
        let parts = split(rows.iter().enumerate().map(|(number, row)| (grant(number), row)));
        assert_eq!(parts.len(), 1);
        let counts = |part: &Part| part.released().unwrap().iter().map(|one| one.names.len()).collect::<Vec<_>>();
        assert_eq!((parts[0].grants.len(), counts(&parts[0])), (3, vec![1, 5]));
    }

    #[test]
    fn what_has_no_room_goes_into_the_next() {
        let small = row("residence", 1);
        let many: Vec<_> = (0..MAX_NOTICE_GRANTS + 1).map(|number| (grant(number), &small)).collect();
        assert_eq!(split(many).iter().map(|part| part.grants.len()).collect::<Vec<_>>(), [MAX_NOTICE_GRANTS, 1]);
        let wide = row("residence", MAX_ARRAY_ITEMS + 1);
        let parts = split([(grant(1), &wide)]);
        assert!(parts.len() == 2 && parts.iter().all(|part| part.grants == [grant(1)]));
    }
}
