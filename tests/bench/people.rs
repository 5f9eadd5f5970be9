//! More people for the measured city: 12,000 pods, as many as four cities together have in the registers.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Pods in the measured node.
const PEOPLE: usize = 12_000;
/// The check character of an identity code: the nine digits modulo 31.
const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
/// Individual numbers that are given to nobody.
const NUMBERS: std::ops::Range<u32> = 900..1000;

/// Appends people who do not exist to Helsinki's residents, until there are [`PEOPLE`].
pub(crate) fn add_to(residents: &Path) {
    let text = fs::read_to_string(residents).unwrap();
    let known = text.lines().count() - 1;
    let mut rows = String::new();
    let days = (0..).map(|day| (day % 28 + 1, day / 28 % 12 + 1, 30 + day / 336));
    let codes = days.flat_map(|(day, month, year)| NUMBERS.map(move |number| (day, month, year, number)));
    let fresh = codes.map(|born| (code(born), born)).filter(|(code, _)| !text.contains(code.as_str()));
    for (code, (day, month, year, _)) in fresh.take(PEOPLE.saturating_sub(known)) {
        let born = format!("{day:02}.{month:02}.19{year:02}");
        write!(rows, "{code};Mitattu;Aino;Aino;{born};fi;091;Mittatie 1;00100;HELSINKI;E;;;\r\n").unwrap();
    }
    OpenOptions::new().append(true).open(residents).unwrap().write_all(rows.as_bytes()).unwrap();
}

fn code((day, month, year, number): (u32, u32, u32, u32)) -> String {
    let digits = format!("{day:02}{month:02}{year:02}{number}");
    let check = CHECK[digits.parse::<usize>().unwrap() % CHECK.len()] as char;
    format!("{day:02}{month:02}{year:02}-{number}{check}")
}
