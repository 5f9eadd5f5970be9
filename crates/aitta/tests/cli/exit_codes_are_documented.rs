//! The codes in `--help` are those of docs/operating/exit-codes.md, with the same words.

use crate::world::{aitta, every_command, repository};

#[test]
fn help_and_document_agree() {
    let help = aitta(&["--help"]).done().out;
    let listed: Vec<(String, String)> = help
        .lines()
        .skip_while(|line| *line != "Exit codes:")
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(code, meaning)| (code.to_owned(), meaning.trim().to_owned()))
        .collect();
    assert_eq!(listed.len(), 8, "{help}");
    let document = std::fs::read_to_string(repository().join("docs/operating/exit-codes.md")).unwrap();
    for (code, meaning) in listed {
        assert!(document.contains(&format!("| {code} | {meaning} |")), "the document lacks {code}: {meaning}");
    }
}

#[test]
fn every_subcommand_has_help() {
    for command in every_command() {
        let help = aitta(&[&command[..], &["--help".to_owned()]].concat()).done();
        assert!(help.out.contains("--json"), "{command:?}: {help:?}");
    }
}
