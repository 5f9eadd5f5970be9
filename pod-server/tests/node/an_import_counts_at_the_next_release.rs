//! What a register says from today on counts at the very next release, while the node is serving.

use std::path::PathBuf;

use pod_import::Options;
use pod_protocol::Verified;
use pod_protocol::grant::Grant;
use pod_server::import::{Files, ImportReport, Importer};
use serde_json::{Value, json};

use crate::people::{data, item, outcomes, wanted};
use crate::scene::{ANNA, EETU, Scene};

/// Has the serving node import the register's newest row about Eetu.
pub async fn import(scene: &Scene, protected: bool, guardians: &str) {
    let report = import_row(scene, protected, "15.06.2008", guardians).await;
    assert_eq!(report.rows.total.refused, 0, "{report}");
}

async fn import_row(scene: &Scene, protected: bool, born: &str, guardians: &str) -> ImportReport {
    let flag = if protected { "K" } else { "E" };
    let text = format!(
        "\u{feff}hetu;sukunimi;etunimet;kutsumanimi;syntymäaika;äidinkieli;kotikunta;katuosoite;postinumero;postitoimipaikka;turvakielto;sähköposti;puhelin;huoltajat\r\n\
         {EETU};Virtanen;Eetu;Eetu;{born};fi;091;Kaivokatu 1;00100;HELSINKI;{flag};;;{guardians}\r\n"
    );
    let path: PathBuf = scene.folder.path().join("residents.csv");
    std::fs::write(&path, text).unwrap();
    let importer = Importer::new(scene.node(), None);
    importer.run(Files::Files(vec![path]), Options::default(), |_| {}).await.unwrap()
}

/// What the service gets of Eetu's residence, by its first record.
async fn fetched(scene: &Scene, grant: &Verified<Grant>) -> Result<Value, &'static str> {
    let names = vec![wanted("residence", &["given_names", "address"])];
    let answer = scene.fetch(&scene.early, vec![item(&[grant], names)]).await.unwrap();
    match outcomes(&answer)[0] {
        "released" => Ok(data(&answer, 0)["residence"][0].clone()),
        other => Err(other),
    }
}

#[tokio::test]
async fn who_is_protected_from_today_on_is_protected_at_once() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    import(&scene, false, ANNA).await;
    let before = fetched(&scene, &grant).await.unwrap();
    assert_eq!(before["address"]["street"], "Kaivokatu 1");

    import(&scene, true, ANNA).await;
    assert_eq!(fetched(&scene, &grant).await, Ok(json!({ "given_names": "Eetu" })));
    import(&scene, false, ANNA).await;
    assert_eq!(fetched(&scene, &grant).await, Ok(before));
}

#[tokio::test]
async fn a_row_that_is_refused_for_something_else_protects_all_the_same() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    import(&scene, false, ANNA).await;
    let before = fetched(&scene, &grant).await.unwrap();

    let report = import_row(&scene, true, "32.13.2008", ANNA).await;
    assert_eq!((report.rows.total.refused, report.rows.refused[0].why.as_str()), (1, "birth date does not parse"));
    assert_eq!(fetched(&scene, &grant).await, Ok(json!({ "given_names": "Eetu" })));

    // The other direction needs a whole row.
    assert_eq!(import_row(&scene, false, "32.13.2008", ANNA).await.rows.total.refused, 1);
    assert_eq!(fetched(&scene, &grant).await, Ok(json!({ "given_names": "Eetu" })));
    import(&scene, false, ANNA).await;
    assert_eq!(fetched(&scene, &grant).await, Ok(before));
}

#[tokio::test]
async fn who_is_no_guardian_any_more_decides_nothing_any_more() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    import(&scene, false, ANNA).await;
    assert!(fetched(&scene, &grant).await.is_ok());
    import(&scene, false, "").await;
    assert_eq!(fetched(&scene, &grant).await, Err("denied"));
}
