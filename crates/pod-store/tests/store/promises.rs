//! What every engine keeps.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;
use std::thread;

use pod_store::{Batch, Engine, MAX_BATCH_OPERATIONS, MAX_KEY_BYTES, MAX_VALUE_BYTES, Store, StoreError, Table};

use crate::bench::{A, B, Bench, Numbers};

/// Makes a test of every story on every engine.
macro_rules! on_every_engine {
    ($($story:ident),+ $(,)?) => {
        on_every_engine!(@ redb Redb $($story)+);
        on_every_engine!(@ memory Memory $($story)+);
        #[cfg(feature = "engine-sled")]
        on_every_engine!(@ sled Sled $($story)+);
    };
    (@ $module:ident $engine:ident $($story:ident)+) => {
        mod $module {
            $(#[test]
            fn $story() {
                super::$story(&crate::bench::Bench::new(pod_store::Engine::$engine));
            })+
        }
    };
}

on_every_engine!(
    a_batch_changes_several_tables,
    the_last_operation_on_a_key_wins,
    ranges_are_ordered_bounded_and_within_their_table,
    prefixes_end_where_they_should,
    a_conflict_writes_nothing,
    preconditions_speak_of_the_store_before_the_batch,
    what_is_over_a_limit_is_refused_and_nothing_written,
    the_largest_value_comes_back,
    an_unnamed_table_is_refused,
    writers_who_race_each_learn_their_own_conflict,
    readers_never_see_half_a_batch,
    agrees_with_a_map_through_many_random_batches,
    all_is_there_after_opening_again,
);

fn put(store: &dyn Store, table: Table, key: &[u8], value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(table, key, value);
    store.commit(batch).unwrap();
}

fn keys(rows: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<String> {
    rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect()
}

fn a_batch_changes_several_tables(bench: &Bench) {
    let store = bench.open();
    put(&*store, B, b"old", b"value");
    let mut batch = Batch::new();
    batch.put(A, b"k", b"in a").put(B, b"k", b"in b").delete(B, b"old").delete(A, b"never there");
    store.commit(batch).unwrap();
    assert_eq!(store.get(A, b"k").unwrap().unwrap(), b"in a");
    assert_eq!(store.get(B, b"k").unwrap().unwrap(), b"in b");
    assert_eq!(store.get(B, b"old").unwrap(), None);
    assert_eq!((store.count(A).unwrap(), store.count(B).unwrap()), (1, 1));
    store.commit(Batch::new()).unwrap();
}

fn the_last_operation_on_a_key_wins(bench: &Bench) {
    let store = bench.open();
    let mut batch = Batch::new();
    batch.put(A, b"x", b"1").delete(A, b"x").put(A, b"x", b"2");
    batch.put(A, b"y", b"1").delete(A, b"y");
    store.commit(batch).unwrap();
    assert_eq!(store.get(A, b"x").unwrap().unwrap(), b"2");
    assert_eq!(store.get(A, b"y").unwrap(), None);
}

fn ranges_are_ordered_bounded_and_within_their_table(bench: &Bench) {
    let store = bench.open();
    for key in ["d", "b", "", "a", "c"] {
        put(&*store, A, key.as_bytes(), b"");
        put(&*store, B, b"other", b"");
    }
    let range = |from, to, limit| keys(store.range(A, from, to, limit).unwrap());
    assert_eq!(range(Unbounded, Unbounded, 10), ["", "a", "b", "c", "d"]);
    assert_eq!(range(Unbounded, Unbounded, 2), ["", "a"]);
    assert_eq!(range(Included(b"b"), Excluded(b"d"), 10), ["b", "c"]);
    assert_eq!(range(Excluded(b"b"), Included(b"d"), 10), ["c", "d"]);
    assert_eq!(range(Excluded(b""), Unbounded, 10), ["a", "b", "c", "d"]);
    assert_eq!(range(Included(b"b"), Included(b"b"), 10), ["b"]);
    for (from, to) in [
        (Included(&b"b"[..]), Excluded(&b"b"[..])),
        (Excluded(b"b"), Included(b"b")),
        (Excluded(b"b"), Excluded(b"b")),
        (Included(b"c"), Included(b"b")),
    ] {
        assert_eq!(range(from, to, 10), [""; 0]);
    }
    assert_eq!(range(Unbounded, Unbounded, 0), [""; 0]);
}

fn prefixes_end_where_they_should(bench: &Bench) {
    let store = bench.open();
    let all: [&[u8]; 6] = [b"p", b"p\0", b"p\xff", b"p\xff\xff1", b"q", b"\xff\xff2"];
    for key in all {
        put(&*store, A, key, b"");
    }
    let found = |prefix: &[u8]| store.prefix(A, prefix, 10).unwrap().len();
    assert_eq!(found(b"p"), 4);
    assert_eq!(found(b"p\xff"), 2);
    assert_eq!(found(b"\xff\xff"), 1);
    assert_eq!(found(b""), 6);
    assert_eq!(found(b"r"), 0);
    assert_eq!(store.prefix(A, b"p", 3).unwrap().len(), 3);
}

fn a_conflict_writes_nothing(bench: &Bench) {
    let store = bench.open();
    put(&*store, A, b"k", b"1");
    let mut batches = vec![Batch::new(); 4];
    batches[0].require_absent(A, b"k");
    batches[1].require_equal(A, b"k", b"2");
    batches[2].require_equal(A, b"absent", b"");
    batches[3].require_equal(A, b"k", b"1").require_absent(B, b"free").require_absent(A, b"k");
    for batch in &mut batches {
        batch.put(A, b"k", b"changed").put(B, b"new", b"");
        assert!(matches!(store.commit(batch.clone()), Err(StoreError::Conflict)));
    }
    assert_eq!(store.get(A, b"k").unwrap().unwrap(), b"1");
    assert_eq!(store.count(B).unwrap(), 0);
}

fn preconditions_speak_of_the_store_before_the_batch(bench: &Bench) {
    let store = bench.open();
    let mut batch = Batch::new();
    batch.put(A, b"k", b"1").require_absent(A, b"k");
    store.commit(batch).unwrap();
    let mut batch = Batch::new();
    batch.delete(A, b"k").require_equal(A, b"k", b"1");
    store.commit(batch).unwrap();
    assert_eq!(store.get(A, b"k").unwrap(), None);
}

fn what_is_over_a_limit_is_refused_and_nothing_written(bench: &Bench) {
    let store = bench.open();
    let mut batches = vec![Batch::new(); 3];
    batches[0].put(A, b"fits", b"").put(A, vec![0; MAX_KEY_BYTES + 1], b"");
    batches[1].put(A, b"fits", b"").put(A, b"large", vec![0; MAX_VALUE_BYTES + 1]);
    for _ in 0..=MAX_BATCH_OPERATIONS {
        batches[2].delete(A, b"fits");
    }
    for batch in batches {
        assert!(matches!(store.commit(batch), Err(StoreError::TooLarge { .. })));
    }
    assert_eq!(store.count(A).unwrap(), 0);
    put(&*store, A, &[7; MAX_KEY_BYTES], b"the longest key");
    assert_eq!(store.count(A).unwrap(), 1);
}

fn the_largest_value_comes_back(bench: &Bench) {
    let value = Numbers::from_seed(1).bytes(MAX_VALUE_BYTES as u64);
    put(&*bench.open(), A, b"large", &value);
    if bench.lasts() {
        assert!(bench.open().get(A, b"large").unwrap().unwrap() == value);
    }
}

fn an_unnamed_table_is_refused(bench: &Bench) {
    let store = bench.open();
    let other = Table("other");
    let mut batch = Batch::new();
    batch.put(A, b"k", b"").require_absent(other, b"k");
    assert!(matches!(store.commit(batch), Err(StoreError::UnknownTable { table: "other" })));
    assert!(matches!(store.get(other, b"k"), Err(StoreError::UnknownTable { .. })));
    assert!(matches!(store.count(other), Err(StoreError::UnknownTable { .. })));
    assert_eq!(store.count(A).unwrap(), 0);
}

/// Adds one to the number at `key`, again and again until nobody came between.
fn add_one(store: &dyn Store, conflicts: &mut u64) {
    loop {
        let before = store.get(A, b"sum").unwrap();
        let sum = before.as_deref().map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
        let mut batch = Batch::new();
        match before {
            Some(bytes) => batch.require_equal(A, b"sum", bytes),
            None => batch.require_absent(A, b"sum"),
        };
        batch.put(A, b"sum", (sum + 1).to_be_bytes());
        match store.commit(batch) {
            Ok(()) => return,
            Err(StoreError::Conflict) => *conflicts += 1,
            Err(other) => panic!("{other}"),
        }
    }
}

fn writers_who_race_each_learn_their_own_conflict(bench: &Bench) {
    let store = bench.open();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut conflicts = 0;
                (0..5).for_each(|_| add_one(&*store, &mut conflicts));
            });
        }
    });
    assert_eq!(store.get(A, b"sum").unwrap().unwrap(), 40_u64.to_be_bytes());
}

fn readers_never_see_half_a_batch(bench: &Bench) {
    let store = bench.open();
    let rows_of = |value: u8| {
        let mut batch = Batch::new();
        for row in 0..40_u8 {
            batch.put(A, [row], [value]);
        }
        batch
    };
    store.commit(rows_of(0)).unwrap();
    let writer = Arc::clone(&store);
    let writing = thread::spawn(move || (1..=20).for_each(|n| writer.commit(rows_of(n)).unwrap()));
    let mut last = 0;
    while last < 20 {
        let rows = store.prefix(A, b"", 100).unwrap();
        assert_eq!(rows.len(), 40);
        assert!(rows.iter().all(|(_, value)| *value == rows[0].1), "all rows of one batch");
        assert!(rows[0].1[0] >= last, "time does not run backwards");
        last = rows[0].1[0];
    }
    writing.join().unwrap();
}

fn agrees_with_a_map_through_many_random_batches(bench: &Bench) {
    let seed = Numbers::fresh_seed();
    println!("seed {seed}");
    let mut numbers = Numbers::from_seed(seed);
    let mut model = BTreeMap::new();
    let mut store = bench.open();
    for round in 0..60 {
        let mut batch = Batch::new();
        for _ in 0..numbers.below(30) {
            let key = numbers.below(200).to_be_bytes()[6..].to_vec();
            if numbers.below(3) == 0 {
                batch.delete(A, key.clone());
                model.remove(&key);
            } else {
                let size = numbers.below(700);
                let value = numbers.bytes(size);
                batch.put(A, key.clone(), value.clone());
                model.insert(key, value);
            }
        }
        store.commit(batch).unwrap();
        if round % 20 == 19 && bench.lasts() {
            drop(store);
            store = bench.open();
        }
        let expected: Vec<_> = model.clone().into_iter().collect();
        assert!(store.range(A, Unbounded, Unbounded, 1_000).unwrap() == expected);
        assert_eq!(store.count(A).unwrap(), model.len() as u64);
    }
}

fn all_is_there_after_opening_again(bench: &Bench) {
    if bench.config.engine == Engine::Memory {
        put(&*bench.open(), A, b"k", b"1");
        assert_eq!(bench.open().get(A, b"k").unwrap(), None, "memory keeps nothing");
        return;
    }
    for round in 0..10_u8 {
        let store = bench.open();
        assert_eq!(store.count(A).unwrap(), u64::from(round));
        put(&*store, A, &[round], b"v");
    }
}
