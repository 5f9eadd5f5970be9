//! The tables with the bounds that citizens are promised, 30 seconds and 5 minutes: `cargo xtask campaign partitions`. Takes some
//! minutes, and writes `docs/campaigns/partitions.md`.

use std::thread;

use super::passed_on_grants_need_a_recent_view as views;
use super::played::{LOOK_SECS, Measured};
use super::region::{Pace, Region};
use super::the_directorys_word_arrives as announced;
use super::what_was_taken_back_stays_so as taken_back;
use crate::world::repository;

/// Set by `cargo xtask campaign`.
const CAMPAIGN: &str = "AITTA_CAMPAIGN";
const PAGE: &str = "docs/campaigns/partitions.md";
const ABOUT: &str = "<!-- Written by `cargo xtask campaign partitions`. -->

# Partitions, with the bounds that citizens are promised

Real processes in a network of namespaces: a directory, four nodes that watch it, two services that fetch all the time (one over HTTPS under a grant
straight from the citizen, one over libp2p, behind a router, under what that one passed on), a citizen's wallet. A row breaks something,
for longer than the bound, and heals it.
`cargo xtask test` plays the same rows with a look each second and a bound of 8 seconds.
";

type Row = (&'static str, Measured);

#[test]
fn child_with_the_promised_bounds() {
    if std::env::var(CAMPAIGN).as_deref() != Ok("partitions") {
        return;
    }
    // One region is made after the other, and all rows are played at the same time.
    let watched = views::ROWS.iter().map(|row| {
        let mut region = begin();
        thread::spawn(move || (row.name, row.play(&mut region)))
    });
    let watched: Vec<_> = watched.collect();
    let announced = announced::ROWS.iter().map(|row| {
        let mut region = begin();
        thread::spawn(move || (row.name, row.play(&mut region)))
    });
    let announced: Vec<_> = announced.collect();
    let mut region = begin();
    let taken_back: Vec<Row> = taken_back::ROWS.iter().map(|row| (row.name, row.play(&mut region))).collect();
    let watched: Vec<Row> = watched.into_iter().map(|row| row.join().unwrap()).collect();
    let announced: Vec<Row> = announced.into_iter().map(|row| row.join().unwrap()).collect();
    let page = page(&watched, &announced, &taken_back);
    print!("{page}");
    std::fs::create_dir_all(repository().join("docs/campaigns")).unwrap();
    std::fs::write(repository().join(PAGE), page).unwrap();
}

fn begin() -> Region {
    Region::begin(Pace::PROMISED).expect("a campaign needs a laboratory")
}

fn page(watched: &[Row], announced: &[Row], taken_back: &[Row]) -> String {
    let Pace { refresh_secs, bound_secs, fetch_millis, .. } = Pace::PROMISED;
    let seconds = |secs: Option<f64>| secs.map_or_else(|| "–".to_owned(), |secs| format!("{secs:.1}"));
    let mut page = format!(
        "{ABOUT}\nA look at the directory each {refresh_secs} s, a bound of {bound_secs} s, a fetch each {fetch_millis} ms.\n\n\
         ## Passed-on grants\n\n\
         No fetch was released that began more than {bound_secs} s after the holder was cut off from the directory, and every one \
         counted again within {} s of healing. Seconds:\n\n\
         | what breaks | answers | carried by | last accepted fetch began after the break | counted again after healing |\n|---|---|---|---|---|\n",
        refresh_secs + LOOK_SECS,
    );
    for (name, measured) in watched {
        let (last, again) = (seconds(measured.last_accept_secs), seconds(measured.recovered_secs));
        page += &format!("| {name} | {} | {} | {last} | {again} |\n", measured.answers, measured.way);
    }
    page += &format!(
        "\n## What the directory says\n\nNo fetch was released that began more than {} s after the holder could hear it. Seconds:\n\n\
         | what is said | answers | last accepted fetch began after the holder could hear it |\n|---|---|---|\n",
        refresh_secs + LOOK_SECS,
    );
    for (name, measured) in announced {
        page += &format!("| {name} | {} | {} |\n", measured.answers, seconds(measured.last_accept_secs));
    }
    page += "\n## What was taken back\n\n\
             After the holder's acknowledgement nothing was released that began later, nor anything that the holder's log has after \
             the revocation. Where the holder was not reached it was posted to the directory's log, and nothing was released that \
             began more than a look after the holder could hear of it. Seconds:\n\n\
             | what is broken meanwhile | answers looked at | last accepted fetch began after the holder could hear of it |\n|---|---|---|\n";
    for (name, measured) in taken_back {
        page += &format!("| {name} | {} | {} |\n", measured.answers, seconds(measured.last_accept_secs));
    }
    page
}
