//! What must hold in the Android project, which a tool makes and could make anew. It is read as the
//! build reads it; no test here has run it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};
use serde_json::Value;

const ANDROID: &str = "http://schemas.android.com/apk/res/android";
const TOOLS: &str = "http://schemas.android.com/tools";
/// What the keys of the vault need: StrongBox, and keys that wait for the unlocking.
const LEAST_SDK: u64 = 28;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("gen/android/app")
        .join(path)
}

fn text(path: &str) -> String {
    let path = project(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn main_file(path: &str) -> String {
    text(&format!("src/main/{path}"))
}

fn config() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tauri.conf.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn android<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute((ANDROID, name))
}

fn named<'a, 'i>(root: Node<'a, 'i>, tag: &str) -> Vec<Node<'a, 'i>> {
    let is = |node: &Node<'_, '_>| node.has_tag_name(tag);
    root.descendants().filter(is).collect()
}

/// What is wrong with a manifest.
fn faults(manifest: &str) -> Vec<String> {
    let document = Document::parse(manifest).unwrap();
    let root = document.root_element();
    let mut faults = Vec::new();
    let mut must = |holds: bool, fault: &str| {
        if !holds {
            faults.push(fault.to_owned());
        }
    };
    let permission = |node| (android(node, "name"), node.attribute((TOOLS, "node")));
    let permissions = named(root, "uses-permission").into_iter().map(permission);
    let expected = [
        (Some("android.permission.INTERNET"), None),
        (Some("android.permission.CAMERA"), None),
        (Some("android.permission.VIBRATE"), Some("remove")),
    ];
    must(permissions.eq(expected), "permissions");
    must(
        named(root, "uses-feature").into_iter().all(|node| {
            android(node, "required") == Some("false")
                && node.attribute((TOOLS, "replace")) == Some("android:required")
        }),
        "a phone without it has the app too",
    );
    let applications = named(root, "application");
    must(applications.len() == 1, "one application");
    let application = applications[0];
    for (name, value) in [
        ("allowBackup", "false"),
        ("fullBackupContent", "false"),
        ("dataExtractionRules", "@xml/data_extraction_rules"),
        ("usesCleartextTraffic", "false"),
        ("label", "@string/app_name"),
    ] {
        must(android(application, name) == Some(value), name);
    }
    must(android(application, "debuggable").is_none(), "debuggable");
    let (told, parts): (Vec<_>, Vec<_>) = application
        .children()
        .filter(Node::is_element)
        .partition(|node| node.has_tag_name("meta-data"));
    let scanner = |node: &Node<'_, '_>| android(*node, "value") == Some("barcode");
    must(told.len() == 1 && told.iter().all(scanner), "the scanner");
    let activity = |node: &&Node<'_, '_>| {
        node.has_tag_name("activity") && android(**node, "name") == Some(".MainActivity")
    };
    must(
        parts.len() == 1 && parts.iter().all(|node| activity(&node)),
        "nothing but the one activity",
    );
    for part in parts {
        for (name, fault) in [
            ("screenOrientation", "every orientation"),
            ("resizeableActivity", "every window size"),
        ] {
            must(android(part, name).is_none(), fault);
        }
        must(
            android(part, "windowSoftInputMode") == Some("adjustResize"),
            "the keyboard's room",
        );
        let filters: Vec<_> = named(part, "intent-filter")
            .into_iter()
            .map(|filter| {
                let inside = filter.children().filter(Node::is_element);
                let what = |node| android(node, "name").or(android(node, "scheme"));
                inside.filter_map(what).collect::<Vec<_>>()
            })
            .collect();
        let alone = |node: &Node<'_, '_>| node.attributes().count() == 1;
        must(named(part, "data").iter().all(alone), "the scheme alone");
        must(
            filters
                == [
                    &[
                        "android.intent.action.MAIN",
                        "android.intent.category.LAUNCHER",
                    ][..],
                    &[
                        "android.intent.action.VIEW",
                        "android.intent.category.DEFAULT",
                        "android.intent.category.BROWSABLE",
                        config()["identifier"].as_str().unwrap(),
                    ],
                ],
            "the launcher and the app's own links start it, and nobody else",
        );
    }
    faults
}

#[test]
fn the_manifest_lets_in_the_launcher_and_our_links_only_and_nothing_out() {
    assert_eq!(
        faults(&main_file("AndroidManifest.xml")),
        Vec::<String>::new()
    );
}

#[test]
fn a_manifest_made_anew_would_be_noticed() {
    let good = main_file("AndroidManifest.xml");
    let close = "</application>";
    for (from, to) in [
        ("allowBackup=\"false\"", "allowBackup=\"true\""),
        ("android:allowBackup=\"false\"", ""),
        (
            "usesCleartextTraffic=\"false\"",
            "usesCleartextTraffic=\"${usesCleartextTraffic}\"",
        ),
        (
            "android:dataExtractionRules=\"@xml/data_extraction_rules\"",
            "",
        ),
        (
            close,
            "<provider android:name=\"androidx.core.content.FileProvider\" /></application>",
        ),
        (
            close,
            "<activity android:name=\".Other\" android:exported=\"true\" /></application>",
        ),
        (
            "<category",
            "<category android:name=\"android.intent.category.LEANBACK_LAUNCHER\" /><category",
        ),
        (
            "android:scheme=\"jp.example.skts\"",
            "android:scheme=\"https\" android:host=\"bank.example\"",
        ),
        ("android.intent.action.VIEW", "android.intent.action.SEND"),
        (
            "<application",
            "<uses-permission android:name=\"android.permission.RECORD_AUDIO\" /><application",
        ),
        (" tools:node=\"remove\"", ""),
        ("android:required=\"false\"", "android:required=\"true\""),
        (
            "<meta-data",
            "<meta-data android:name=\"firebase\" android:value=\"true\" /><meta-data",
        ),
        (
            "android:exported",
            "android:screenOrientation=\"portrait\" android:exported",
        ),
    ] {
        let planted = good.replacen(from, to, 1);
        assert_ne!(planted, good, "{from}");
        assert_ne!(faults(&planted), Vec::<String>::new(), "{to}");
    }
}

/// The domains that each section leaves out, whole.
fn left_out(rules: &str) -> Vec<(String, BTreeSet<String>)> {
    let document = Document::parse(rules).unwrap();
    let sections = document.root_element().children().filter(Node::is_element);
    sections
        .map(|section| {
            let whole = |node: &Node<'_, '_>| {
                node.has_tag_name("exclude") && node.attribute("path") == Some(".")
            };
            assert_eq!(named(section, "include").len(), 0);
            let domains = section
                .children()
                .filter(whole)
                .filter_map(|node| node.attribute("domain"));
            let domains = domains.map(str::to_owned).collect();
            (section.tag_name().name().to_owned(), domains)
        })
        .collect()
}

#[test]
fn no_backup_and_no_other_phone_gets_any_of_the_data() {
    let every: BTreeSet<String> = [
        "root",
        "file",
        "database",
        "sharedpref",
        "external",
        "device_root",
        "device_file",
        "device_database",
        "device_sharedpref",
    ]
    .map(str::to_owned)
    .into();
    let rules = main_file("res/xml/data_extraction_rules.xml");
    let expected = ["cloud-backup", "device-transfer"].map(|name| (name.to_owned(), every.clone()));
    assert_eq!(left_out(&rules), expected);
    let planted = rules.replacen(
        "<exclude domain=\"sharedpref\"",
        "<exclude domain=\"none\"",
        1,
    );
    assert_ne!(left_out(&planted), expected);
}

/// The lines of code of a Kotlin file, without its comments.
fn code(kotlin: &str) -> Vec<String> {
    assert!(!kotlin.contains("/*"), "only // comments are understood");
    let lines = kotlin
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default().trim());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn shut_before_drawn(kotlin: &str) -> bool {
    let code = code(kotlin);
    let at = |wanted: &str| code.iter().position(|line| line == wanted);
    let begins = at("override fun onCreate(savedInstanceState: Bundle?) {");
    let flag = at("window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)");
    let recents = at("setRecentsScreenshotEnabled(false)");
    let drawn = at("super.onCreate(savedInstanceState)");
    // Without a condition: the first line.
    begins.is_some()
        && flag == begins.map(|line| line + 1)
        && recents.is_some()
        && recents < drawn
        && !code.iter().any(|line| line.contains("clearFlags"))
}

#[test]
fn the_window_is_shut_to_pictures_before_anything_is_drawn() {
    let kotlin = main_file("java/jp/example/skts/MainActivity.kt");
    assert!(shut_before_drawn(&kotlin));
    let flag = "    window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)\n";
    let without = kotlin.replace(flag, "");
    assert!(!shut_before_drawn(&without));
    assert!(!shut_before_drawn(
        &kotlin.replace(flag, &format!("    // {}\n", flag.trim()))
    ));
    let drawn = "    super.onCreate(savedInstanceState)\n";
    assert!(!shut_before_drawn(
        &without.replace(drawn, &format!("{drawn}{flag}"))
    ));
}

/// The number that a Gradle file sets `name` to.
fn set_to(gradle: &str, name: &str) -> Vec<u64> {
    let lines = gradle
        .lines()
        .filter_map(|line| line.trim().split_once(" = "));
    lines
        .filter(|(left, _)| *left == name)
        .map(|(_, right)| right.parse().unwrap())
        .collect()
}

#[test]
fn the_build_is_for_the_phones_whose_keystore_we_use() {
    let gradle = text("build.gradle.kts");
    assert_eq!(set_to(&gradle, "minSdk"), [LEAST_SDK]);
    assert_eq!(config()["bundle"]["android"]["minSdkVersion"], LEAST_SDK);
    // Google takes nothing older; from 36 on the back gesture is the dispatcher's.
    assert!(set_to(&gradle, "targetSdk")[0] >= 36);
    let identifier = config()["identifier"].as_str().unwrap().to_owned();
    for name in ["namespace", "applicationId"] {
        assert!(
            gradle.contains(&format!("{name} = \"{identifier}\"")),
            "{name}"
        );
    }
    let folder = format!("src/main/java/{}", identifier.replace('.', "/"));
    assert!(project(&folder).join("MainActivity.kt").exists());
    // What the debug build would otherwise open.
    assert!(!gradle.contains("usesCleartextTraffic"));
}

/// The texts or colours of a resource file by name.
fn resources(path: &str, tag: &str) -> Vec<(String, String)> {
    let text = main_file(path);
    let document = Document::parse(&text).unwrap();
    named(document.root_element(), tag)
        .into_iter()
        .map(|node| {
            let name = node.attribute("name").unwrap().to_owned();
            (name, node.text().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn the_app_has_its_name_in_both_languages() {
    let product = config()["productName"].as_str().unwrap().to_owned();
    let name = |text: String| vec![("app_name".to_owned(), text)];
    assert_eq!(resources("res/values/strings.xml", "string"), name(product));
    // As the page has it.
    let english = &resources("res/values-en/strings.xml", "string")[0].1;
    let page = include_str!("../../ui/src/lib/i18n/en.ts");
    assert!(
        page.contains(&format!("product: \"{english}\"")),
        "{english}"
    );
}

#[test]
fn the_ground_is_the_pages_own_by_day_and_by_night() {
    let ground = |path| {
        let colours = resources(path, "color");
        let page = colours.iter().find(|(name, _)| name == "page");
        page.unwrap().1.clone()
    };
    let (day, night) = (
        ground("res/values/colors.xml"),
        ground("res/values-night/colors.xml"),
    );
    let css = include_str!("../../ui/src/styles/tokens.css");
    let page = format!("--page: light-dark({day}, {night});");
    assert!(css.contains(&page), "{page}");
    let theme = main_file("res/values/themes.xml");
    let theme = Document::parse(&theme).unwrap();
    let items = named(theme.root_element(), "item");
    let background =
        |node: &&Node<'_, '_>| node.attribute("name") == Some("android:windowBackground");
    let background = items.iter().find(background).unwrap();
    assert_eq!(background.text(), Some("@color/page"));
}

#[test]
fn the_icon_is_drawn_in_every_shape_and_in_the_phones_colours() {
    let icon = main_file("res/mipmap-anydpi/ic_launcher.xml");
    let icon = Document::parse(&icon).unwrap();
    let layers: Vec<_> = icon
        .root_element()
        .children()
        .filter(Node::is_element)
        .collect();
    let layers: Vec<_> = layers
        .iter()
        .map(|node| (node.tag_name().name(), android(*node, "drawable").unwrap()))
        .collect();
    assert_eq!(
        layers,
        [
            ("background", "@color/icon_ground"),
            ("foreground", "@drawable/ic_launcher_foreground"),
            ("monochrome", "@drawable/ic_launcher_monochrome"),
        ]
    );
    let master = include_str!("../../icons/app.svg");
    let master = Document::parse(master).unwrap();
    let ground = named(master.root_element(), "svg")[0]
        .children()
        .find(|node| {
            node.has_tag_name((
                master.root_element().tag_name().namespace().unwrap(),
                "rect",
            ))
        })
        .unwrap();
    let colours = resources("res/values/colors.xml", "color");
    let expected = (
        "icon_ground".to_owned(),
        ground.attribute("fill").unwrap().to_owned(),
    );
    assert!(colours.contains(&expected), "{expected:?}");
    for layer in ["foreground", "monochrome"] {
        let drawing = main_file(&format!("res/drawable/ic_launcher_{layer}.xml"));
        let drawing = Document::parse(&drawing).unwrap();
        // The ring, what is left of it, and its three places.
        assert_eq!(named(drawing.root_element(), "path").len(), 5, "{layer}");
    }
}

#[test]
fn nothing_is_there_that_nothing_refers_to() {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.insert(
                    path.strip_prefix(project("src/main"))
                        .unwrap()
                        .display()
                        .to_string(),
                );
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&project("src/main/res"), &mut found);
    let expected = [
        "res/drawable/ic_launcher_foreground.xml",
        "res/drawable/ic_launcher_monochrome.xml",
        "res/mipmap-anydpi/ic_launcher.xml",
        "res/values-en/strings.xml",
        "res/values-night/colors.xml",
        "res/values/colors.xml",
        "res/values/strings.xml",
        "res/values/themes.xml",
        "res/xml/data_extraction_rules.xml",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}
