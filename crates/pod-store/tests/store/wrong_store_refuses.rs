//! A store that this program should not open, or cannot, is refused with what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pod_store::{Batch, Engine, OpenError, StoreConfig, Table};

use crate::bench::{A, B, Bench, SCHEMA_VERSION, engines_on_disk};

fn refusal(config: &StoreConfig, tables: &[Table], schema_version: u32) -> OpenError {
    pod_store::open(config, tables, schema_version).expect_err("it does not open")
}

#[test]
fn another_schema_version_is_refused_and_nothing_changed() {
    for engine in engines_on_disk() {
        let bench = Bench::new(engine);
        drop(bench.open());
        let newer = refusal(&bench.config, &[A], SCHEMA_VERSION - 1);
        assert!(matches!(newer, OpenError::NewerSchema { found: 3, known: 2, .. }), "{newer:?}");
        assert!(newer.to_string().contains("start the newer release"));
        assert!(newer.to_string().contains(bench.path().to_str().unwrap()));
        let older = refusal(&bench.config, &[A], SCHEMA_VERSION + 1);
        assert!(matches!(older, OpenError::OlderSchema { found: 3, known: 4, .. }), "{older:?}");
        assert!(older.to_string().contains("start the release of aitta that wrote it"));
        bench.open();
    }
}

#[test]
fn new_tables_come_with_a_new_program_and_old_ones_stay() {
    for engine in engines_on_disk() {
        let bench = Bench::new(engine);
        let store = pod_store::open(&bench.config, &[A], SCHEMA_VERSION).unwrap();
        let mut batch = Batch::new();
        batch.put(A, b"k", b"v");
        store.commit(batch).unwrap();
        drop(store);
        assert_eq!(pod_store::open(&bench.config, &[B], 3).unwrap().count(B).unwrap(), 0);
        assert_eq!(bench.open().count(A).unwrap(), 1);
    }
}

#[test]
fn a_store_in_use_is_refused() {
    for engine in engines_on_disk() {
        let bench = Bench::new(engine);
        let _open = bench.open();
        let refused = refusal(&bench.config, &[A], SCHEMA_VERSION);
        assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    }
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    for engine in engines_on_disk() {
        let bench = Bench::new(engine);
        fs::write(bench.path(), "a letter, not a store; long enough to be read as a header").unwrap();
        let refused = refusal(&bench.config, &[A], SCHEMA_VERSION);
        assert!(matches!(refused, OpenError::NotAStore { .. }), "{refused:?}");
        assert!(fs::read_to_string(bench.path()).unwrap().starts_with("a letter"));

        let bench = Bench::new(engine);
        fs::create_dir(bench.path()).unwrap();
        let refused = refusal(&bench.config, &[A], SCHEMA_VERSION);
        assert!(matches!(refused, OpenError::NotAStore { .. }), "{refused:?}");
        assert_eq!(fs::read_dir(bench.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    let bench = Bench::new(Engine::Redb);
    drop(redb::Database::create(bench.path()).unwrap());
    let refused = refusal(&bench.config, &[A], SCHEMA_VERSION);
    assert!(matches!(refused, OpenError::NotAStore { .. }), "{refused:?}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    for engine in engines_on_disk() {
        let mut bench = Bench::new(engine);
        bench.config.path = bench.folder.path().join("missing/store");
        let refused = refusal(&bench.config, &[A], SCHEMA_VERSION);
        assert!(matches!(refused, OpenError::Io { .. }), "{refused:?}");
        assert!(refused.to_string().contains("storage.path"));
    }
}

#[test]
fn half_a_store_from_a_killed_process_is_cleared_away() {
    for engine in engines_on_disk() {
        let bench = Bench::new(engine);
        let half = bench.folder.path().join("store.creating");
        if engine == Engine::Sled {
            fs::create_dir(&half).unwrap();
            fs::write(half.join("conf"), "half").unwrap();
        } else {
            fs::write(&half, "half").unwrap();
        }
        bench.open();
        assert!(!half.exists());
    }
}

#[test]
fn only_this_user_reads_the_files() {
    for engine in engines_on_disk() {
        let bench = Bench::new(engine);
        let _open = bench.open();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&bench.path()), if engine == Engine::Sled { 0o700 } else { 0o600 });
        assert_eq!(mode(&bench.folder.path().join("store.lock")), 0o600);
    }
}

#[test]
fn engines_and_tables_go_by_names_that_exist() {
    assert_eq!(Engine::Redb.name().parse::<Engine>().unwrap(), Engine::Redb);
    #[cfg(feature = "engine-sled")]
    assert_eq!(Engine::Sled.name().parse::<Engine>().unwrap(), Engine::Sled);
    // What is kept in memory alone is lost at the next start: nobody writes that into a configuration.
    for other in ["rocksdb", Engine::Memory.name()] {
        let unknown = other.parse::<Engine>().unwrap_err();
        assert!(unknown.to_string().contains("write \"redb\""), "{unknown}");
    }

    let memory = Bench::new(Engine::Memory).config;
    let long = Table("a name of more than sixty-four bytes, which is more than a table may have");
    for tables in [&[Table("")][..], &[A, A], &[Table("a\0b")], &[long], &[Table("aitta:store")]] {
        let refused = refusal(&memory, tables, SCHEMA_VERSION);
        assert!(matches!(refused, OpenError::TableName { .. }), "{refused:?}");
    }
}

#[cfg(not(feature = "engine-sled"))]
#[test]
fn sled_in_a_program_without_it_says_how_to_get_it() {
    let opened = refusal(&Bench::new(Engine::Sled).config, &[A], SCHEMA_VERSION);
    for refused in [opened, Engine::Sled.name().parse::<Engine>().unwrap_err()] {
        assert!(matches!(refused, OpenError::EngineNotBuilt { engine: Engine::Sled }));
        assert!(refused.to_string().contains("--features engine-sled"), "{refused}");
    }
}
