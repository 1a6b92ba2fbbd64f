//! What must hold in the files that the Xcode project is made with. They are read as Xcode reads them;
//! no test here has built or run it.

use std::fs;
use std::path::{Path, PathBuf};

use plist::{Dictionary, Value};
use roxmltree::Document;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn json(path: &str) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(here(path)).unwrap()).unwrap()
}

fn property_list(path: &str) -> Dictionary {
    let value = Value::from_file(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    value.into_dictionary().unwrap()
}

fn strings<'a>(list: &'a Dictionary, key: &str) -> Vec<&'a str> {
    let values = list.get(key).and_then(Value::as_array).unwrap();
    values
        .iter()
        .map(|value| value.as_string().unwrap())
        .collect()
}

/// The keys by which an app asks for something, or opens itself to others.
fn asks_for(list: &Dictionary) -> Vec<&str> {
    let asks = |key: &&str| {
        key.ends_with("UsageDescription")
            || [
                "NSAppTransportSecurity",
                "UIFileSharingEnabled",
                "LSSupportsOpeningDocumentsInPlace",
                "UIBackgroundModes",
                "CFBundleURLTypes",
                "LSApplicationQueriesSchemes",
            ]
            .contains(key)
    };
    list.keys().map(String::as_str).filter(asks).collect()
}

#[test]
fn the_app_asks_for_the_camera_and_opens_itself_to_its_own_links_alone() {
    let info = property_list("Info.ios.plist");
    assert_eq!(
        asks_for(&info),
        ["NSCameraUsageDescription", "CFBundleURLTypes"]
    );
    let links = info.get("CFBundleURLTypes").and_then(Value::as_array);
    let [link] = links.unwrap().as_slice() else {
        panic!("one kind of link");
    };
    let link = link.as_dictionary().unwrap();
    let identifier = json("tauri.conf.json")["identifier"].clone();
    assert_eq!(
        strings(link, "CFBundleURLSchemes"),
        [identifier.as_str().unwrap()]
    );
    let mut planted = info.clone();
    for key in ["NSFaceIDUsageDescription", "NSAppTransportSecurity"] {
        planted.insert(key.to_owned(), Value::Boolean(true));
    }
    assert_eq!(asks_for(&planted).len(), 4);
    let entitlements = property_list("ios/app.entitlements");
    assert_eq!(
        entitlements.keys().collect::<Vec<_>>(),
        ["keychain-access-groups"]
    );
    let identifier = json("tauri.conf.json")["identifier"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        strings(&entitlements, "keychain-access-groups"),
        [format!("$(AppIdentifierPrefix){identifier}")]
    );
}

#[test]
fn it_runs_by_scenes_and_in_one_window() {
    let info = property_list("Info.ios.plist");
    let scenes = info.get("UIApplicationSceneManifest").unwrap();
    let several = scenes
        .as_dictionary()
        .unwrap()
        .get("UIApplicationSupportsMultipleScenes");
    assert_eq!(several, Some(&Value::Boolean(false)));
}

#[test]
fn it_has_its_name_and_what_the_camera_is_for_in_both_languages() {
    let info = property_list("Info.ios.plist");
    let text = |key: &str| info.get(key).and_then(Value::as_string).unwrap();
    assert_eq!(
        text("CFBundleDisplayName"),
        json("tauri.conf.json")["productName"]
    );
    assert_eq!(text("CFBundleDevelopmentRegion"), "ja");
    assert_eq!(strings(&info, "CFBundleLocalizations"), ["ja", "en"]);
    let english = fs::read_to_string(here("ios/en.lproj/InfoPlist.strings")).unwrap();
    // The form of a strings file is an old property list's.
    let of = |key: &str| {
        let begin = format!("{key} = \"");
        let line = english.lines().find_map(|line| line.strip_prefix(&begin));
        line.and_then(|rest| rest.strip_suffix("\";")).unwrap()
    };
    let name = of("CFBundleDisplayName");
    assert!(text("NSCameraUsageDescription").contains("QRコード"));
    assert!(of("NSCameraUsageDescription").contains("QR code"));
    assert_eq!(english.lines().count(), 2);
    let page = include_str!("../../ui/src/lib/i18n/en.ts");
    assert!(page.contains(&format!("product: \"{name}\"")), "{name}");
}

/// The page is compiled for Safari 16 and later; a web view is as old as its system.
#[test]
fn it_is_for_the_systems_whose_web_view_shows_the_page() {
    let lowest = json("tauri.ios.conf.json")["bundle"]["iOS"]["minimumSystemVersion"].clone();
    let major: u32 = lowest
        .as_str()
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let build = include_str!("../../ui/vite.config.ts");
    assert!(build.contains(&format!("\"safari{major}\"")), "{major}");
}

#[test]
fn the_privacy_manifest_says_what_the_service_is_told() {
    let privacy = property_list("ios/PrivacyInfo.xcprivacy");
    assert_eq!(
        privacy.get("NSPrivacyTracking"),
        Some(&Value::Boolean(false))
    );
    assert!(strings(&privacy, "NSPrivacyTrackingDomains").is_empty());
    let collected = privacy
        .get("NSPrivacyCollectedDataTypes")
        .and_then(Value::as_array)
        .unwrap();
    let collected: Vec<_> = collected
        .iter()
        .map(|entry| {
            let entry = entry.as_dictionary().unwrap();
            assert_eq!(
                entry.get("NSPrivacyCollectedDataTypeLinked"),
                Some(&Value::Boolean(true))
            );
            assert_eq!(
                entry.get("NSPrivacyCollectedDataTypeTracking"),
                Some(&Value::Boolean(false))
            );
            assert_eq!(
                strings(entry, "NSPrivacyCollectedDataTypePurposes"),
                ["NSPrivacyCollectedDataTypePurposeAppFunctionality"]
            );
            let kind = entry
                .get("NSPrivacyCollectedDataType")
                .and_then(Value::as_string);
            kind.unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        collected,
        [
            "NSPrivacyCollectedDataTypeUserID",
            "NSPrivacyCollectedDataTypeDeviceID"
        ]
    );
    let used = privacy
        .get("NSPrivacyAccessedAPITypes")
        .and_then(Value::as_array)
        .unwrap();
    let used: Vec<_> = used
        .iter()
        .map(|entry| {
            let entry = entry.as_dictionary().unwrap();
            let kind = entry
                .get("NSPrivacyAccessedAPIType")
                .and_then(Value::as_string);
            (
                kind.unwrap().to_owned(),
                strings(entry, "NSPrivacyAccessedAPITypeReasons").join(" "),
            )
        })
        .collect();
    let used: Vec<_> = used
        .iter()
        .map(|(kind, why)| (kind.as_str(), why.as_str()))
        .collect();
    assert_eq!(
        used,
        [
            ("NSPrivacyAccessedAPICategoryFileTimestamp", "C617.1"),
            ("NSPrivacyAccessedAPICategorySystemBootTime", "35F9.1"),
        ]
    );
}

#[test]
fn the_start_has_the_pages_own_ground_by_day_and_by_night() {
    let set = json("ios/Page.colorset/Contents.json");
    let hex = |at: usize| {
        let components = &set["colors"][at]["color"]["components"];
        let part = |name: &str| components[name].as_str().unwrap()[2..].to_lowercase();
        format!("#{}{}{}", part("red"), part("green"), part("blue"))
    };
    assert!(set["colors"][0].get("appearances").is_none());
    assert_eq!(set["colors"][1]["appearances"][0]["value"], "dark");
    let css = include_str!("../../ui/src/styles/tokens.css");
    let page = format!("--page: light-dark({}, {});", hex(0), hex(1));
    assert!(css.contains(&page), "{page}");
    let launch = fs::read_to_string(here("ios/LaunchScreen.storyboard")).unwrap();
    let launch = Document::parse(&launch).unwrap();
    let ground = launch
        .descendants()
        .find(|node| node.attribute("key") == Some("backgroundColor"))
        .unwrap();
    assert_eq!(ground.attribute("name"), Some("Page"));
}

/// Width, height and colour type of a PNG's header.
fn header(png: &[u8]) -> (u32, u32, u8) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20), png[25])
}

#[test]
fn the_icon_has_every_look_and_only_the_dark_one_lets_the_ground_through() {
    const RGB: u8 = 2;
    const RGBA: u8 = 6;
    let folder = here("../icons/ios/AppIcon.appiconset");
    let contents = json("../icons/ios/AppIcon.appiconset/Contents.json");
    let images = contents["images"].as_array().unwrap();
    let looks: Vec<_> = images
        .iter()
        .map(|image| {
            let name = image["filename"].as_str().unwrap();
            let look = image["appearances"][0]["value"].as_str().unwrap_or("any");
            (look, header(&fs::read(folder.join(name)).unwrap()))
        })
        .collect();
    assert_eq!(
        looks,
        [
            ("any", (1024, 1024, RGB)),
            ("dark", (1024, 1024, RGBA)),
            ("tinted", (1024, 1024, RGB)),
        ]
    );
}

/// With a stand-in for the one program that is missing here.
#[cfg(unix)]
#[test]
fn the_files_are_placed_where_the_generated_project_looks_for_them() {
    use std::os::unix::fs::PermissionsExt;

    let world = tempfile::tempdir().unwrap();
    let root = world.path();
    let copy = |from: PathBuf, to: PathBuf| {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    let mut folders = vec![PathBuf::from("ios")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(here(folder.to_str().unwrap())).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                copy(entry.path(), root.join("src-tauri").join(path));
            }
        }
    }
    let icons = "icons/ios/AppIcon.appiconset";
    for entry in fs::read_dir(here("..").join(icons)).unwrap() {
        let entry = entry.unwrap();
        copy(entry.path(), root.join(icons).join(entry.file_name()));
    }
    let project = root.join("src-tauri/gen/apple");
    for made in [
        "Assets.xcassets/AppIcon.appiconset/AppIcon-29x29@1x.png",
        "app_iOS/Info.plist",
    ] {
        let made = project.join(made);
        fs::create_dir_all(made.parent().unwrap()).unwrap();
        fs::write(made, "").unwrap();
    }
    let tools = root.join("tools");
    fs::create_dir(&tools).unwrap();
    let xcodegen = tools.join("xcodegen");
    fs::write(&xcodegen, "#!/bin/sh\necho \"$@\" > made\n").unwrap();
    fs::set_permissions(&xcodegen, fs::Permissions::from_mode(0o755)).unwrap();
    // Twice, as whoever has changed a file does.
    for _ in 0..2 {
        let run = std::process::Command::new("sh")
            .arg(root.join("src-tauri/ios/place"))
            .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
            .status();
        assert!(run.unwrap().success());
    }
    for (placed, from) in [
        ("app_iOS/app_iOS.entitlements", "ios/app.entitlements"),
        ("app_iOS/PrivacyInfo.xcprivacy", "ios/PrivacyInfo.xcprivacy"),
        (
            "app_iOS/en.lproj/InfoPlist.strings",
            "ios/en.lproj/InfoPlist.strings",
        ),
        ("LaunchScreen.storyboard", "ios/LaunchScreen.storyboard"),
        (
            "Assets.xcassets/Page.colorset/Contents.json",
            "ios/Page.colorset/Contents.json",
        ),
        (
            "Assets.xcassets/AppIcon.appiconset/AppIcon.png",
            "../icons/ios/AppIcon.appiconset/AppIcon.png",
        ),
    ] {
        let same = fs::read(project.join(placed)).unwrap() == fs::read(here(from)).unwrap();
        assert!(same, "{placed}");
    }
    let icons: Vec<_> = fs::read_dir(project.join("Assets.xcassets/AppIcon.appiconset"))
        .unwrap()
        .collect();
    assert_eq!(
        icons.len(),
        4,
        "nothing of the icon that was made with the project"
    );
    assert!(project.join("made").exists(), "the project is made anew");
}
