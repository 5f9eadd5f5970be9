//! The sink dies in the middle; the same import goes on where the last commit was, and the result is the same.

use pod_import::{ImportError, Options, Plan, import};

use crate::world::{CODES, Case, MemorySink, batches_of, catalogue, registers};

#[test]
fn the_same_import_goes_on_after_the_last_commit() {
    let catalogue = catalogue("helsinki");
    let plan = Plan::folder(&catalogue, &registers().join("helsinki")).unwrap();
    let mut whole = MemorySink::default();
    let expected = import(&plan, &mut whole, &mut |_| {}, &batches_of(50)).unwrap();

    let mut sink = MemorySink { batches_until_killed: Some(3), ..MemorySink::default() };
    let killed = import(&plan, &mut sink, &mut |_| {}, &batches_of(50)).unwrap_err();
    assert!(matches!(killed, ImportError::Sink { .. }));
    assert_eq!(sink.records_applied, 150);

    sink.batches_until_killed = None;
    let resumed = import(&plan, &mut sink, &mut |_| {}, &batches_of(50)).unwrap();
    assert!(sink.records == whole.records);
    assert_eq!(resumed.total.done_before, 150);
    assert_eq!(resumed.total.created, expected.total.created - 150);
    assert_eq!((resumed.total.rows, resumed.people), (expected.total.rows, expected.people));
    assert_eq!(sink.records_applied, whole.records_applied, "no record was applied twice");
}

#[test]
fn refused_rows_before_the_checkpoint_are_in_the_report_again() {
    let catalogue = catalogue("helsinki");
    let day_two = registers().join("helsinki/residents_day2.csv");
    let plan = Plan::files(&catalogue, &[day_two]).unwrap();
    // 13 batches of 5 rows: the first four refused rows lie before the kill.
    let mut sink = MemorySink { batches_until_killed: Some(13), ..MemorySink::default() };
    import(&plan, &mut sink, &mut |_| {}, &batches_of(5)).unwrap_err();
    sink.batches_until_killed = None;
    let report = import(&plan, &mut sink, &mut |_| {}, &batches_of(5)).unwrap();
    assert_eq!((report.total.refused, report.refused.len(), report.total.done_before), (7, 7, 60));
}

#[test]
fn killed_at_every_batch_nothing_is_lost_or_done_twice() {
    let catalogue = catalogue("oulu");
    let plan = Plan::folder(&catalogue, &registers().join("oulu")).unwrap();
    let mut whole = MemorySink::default();
    import(&plan, &mut whole, &mut |_| {}, &Options::default()).unwrap();
    let rows = batches_of(whole.records.len() / 9);
    let mut sink = MemorySink::default();
    let mut lives = 0;
    loop {
        // One batch a life; a file that is finished is compared again, which takes more than one batch.
        sink.batches_until_killed = Some(1 + lives);
        lives += 1;
        if import(&plan, &mut sink, &mut |_| {}, &rows).is_ok() {
            break;
        }
    }
    assert!(lives > 3);
    assert!(sink.records == whole.records);
}

#[test]
fn a_file_that_changed_since_starts_over() {
    let case = Case::new(
        "things.csv",
        "format = \"csv\"\ndelimiter = \",\"\nencoding = \"utf-8\"\nsubject = \"id\"\ncolumns = [{ from = \"name\", to = \"name\", kind = \"text\" }]",
    );
    let text = |name: &str| format!("id,name\n{},{name}\n{},b\n{},c\n", CODES[0], CODES[1], CODES[2]);
    let path = case.write("things.csv", text("a").as_bytes());
    let catalogue = case.catalogue();
    let plan = Plan::files(&catalogue, &[path]).unwrap();
    let mut sink = MemorySink { batches_until_killed: Some(2), ..MemorySink::default() };
    import(&plan, &mut sink, &mut |_| {}, &batches_of(1)).unwrap_err();

    case.write("things.csv", text("changed").as_bytes());
    sink.batches_until_killed = None;
    let report = import(&plan, &mut sink, &mut |_| {}, &batches_of(1)).unwrap();
    let total = report.total;
    assert_eq!((total.done_before, total.updated, total.unchanged, total.created), (0, 1, 1, 1));
    assert_eq!(sink.json(CODES[0], "thing")["name"], "changed");
}

#[test]
fn rows_that_a_wrong_catalogue_refused_come_in_with_the_corrected_one() {
    let case = |format: &str| {
        let columns = format!("columns = [{{ from = \"day\", to = \"day\", kind = \"date\", format = \"{format}\" }}]");
        let file = "format = \"csv\"\ndelimiter = \",\"\nencoding = \"utf-8\"\nsubject = \"id\"";
        Case::new("things.csv", &format!("{file}\n{columns}"))
    };
    let (wrong, right) = (case("%d.%m.%Y"), case("%Y-%m-%d"));
    let rows: String = CODES.iter().map(|code| format!("{code},2026-08-01\n")).collect();
    let path = wrong.write("things.csv", format!("id,day\n{rows}").as_bytes());

    let catalogue = wrong.catalogue();
    let plan = Plan::files(&catalogue, std::slice::from_ref(&path)).unwrap();
    let mut sink = MemorySink { batches_until_killed: Some(2), ..MemorySink::default() };
    import(&plan, &mut sink, &mut |_| {}, &batches_of(1)).unwrap_err();

    let catalogue = right.catalogue();
    let plan = Plan::files(&catalogue, &[path]).unwrap();
    sink.batches_until_killed = None;
    let total = import(&plan, &mut sink, &mut |_| {}, &batches_of(1)).unwrap().total;
    assert_eq!((total.created, total.done_before, total.refused), (4, 0, 0));
}
