use super::*;

const GOOD: &str = r#"guide = "000"
chapter = 4
title = "利用開始"
face = "pc"
style = "shinkin"
[[step]]
title = "t"
says = "s"
alt = "a"
screen = "LGI001"
do = [{ go = "/" }]
callouts = [
  { mark = "①", on = "serial" },
]
"#;

fn of(text: &str) -> Result<Vec<Walk>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a-walk.toml");
    fs::write(&path, text)?;
    read(&path, &BTreeMap::new())
}

#[track_caller]
fn refused(from: &str, to: &str, line: usize, words: &str) {
    assert!(GOOD.contains(from), "{from}");
    let error = of(&GOOD.replace(from, to)).unwrap_err().to_string();
    assert!(error.contains(&format!("a-walk.toml:{line}: ")), "{error}");
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_walk_knows_its_pictures_names() {
    let walk = &of(GOOD).unwrap()[0];
    assert_eq!(walk.picture(2), "guide/000-04-利用開始-2");
    assert_eq!(
        (walk.steps[0].line, walk.steps[0].callouts[0].line),
        (6, 13)
    );
}

#[test]
fn a_walk_on_another_face_is_a_chapter_of_its_own() {
    let also = "style = \"shinkin\"\nalso = [{ face = \"feature\", chapter = 9, title = \"別\" }]";
    let walks = of(&GOOD.replace("style = \"shinkin\"", also)).unwrap();
    let names = walks.iter().map(|walk| walk.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a-walk", "a-walk@feature"]);
    assert_eq!(walks[1].picture(1), "guide/000-09-別-1");
    assert_eq!(walks[1].face, Face::Feature);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    refused("chapter = 4", "chaptre = 4", 2, "unknown field `chaptre`");
    refused(
        "\"pc\"",
        "\"tv\"",
        4,
        "unknown variant `tv`, expected one of `pc`",
    );
    refused("chapter = 4", "chapter = \"four\"", 2, "expected u8");
    refused("\"000\"", "\"0\"", 1, "guide: three digits");
    refused(
        "\"利用開始\"",
        "\"利用 開始\"",
        3,
        "title: it is part of file names",
    );
    refused("says = \"s\"", "says = \"\"", 6, "says: one line of words");
    refused(
        "on = \"serial\"",
        "an = \"serial\"",
        13,
        "unknown field `an`",
    );
    refused("go = \"/\"", "goto = \"/\"", 11, "unknown field `goto`");
    refused("go = \"/\"", "go = \"/\", click = \"x\"", 11, "one act");
    refused("go = \"/\"", "type = \"x\"", 11, "into");
    refused(
        "go = \"/\"",
        "type = \"{kode}\", into = \"code\"",
        11,
        "{kode}",
    );
    refused("alt = \"a\"\n", "", 6, "missing field `alt`");
    refused("go = \"/\"", "use = \"nothing\"", 11, "nothing");
}
