//! The stories' own means: a check that cannot fail would make every story worthless.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use skts_tests::hardware::Card;
use skts_tests::machine::{self, Machine};
use skts_tests::process::{Running, leashed};
use skts_tests::programs::have;
use skts_tests::proxy::{Fault, Proxy};
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::search::{Secret, find};

/// A service that answers every request with `ok`.
fn echo_service() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut seen = [0u8; 4096];
            let _ = stream.read(&mut seen);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
    });
    Ok(address)
}

fn ask(proxy: &Proxy, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(proxy.address().trim_start_matches("http://"))?;
    let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_proxy_does_what_is_planned_to_the_call_it_is_planned_for() -> Result<()> {
    let proxy = Proxy::start(&echo_service()?)?;
    ensure!(ask(&proxy, "/a")?.ends_with("ok"));
    proxy.plan("/b", Fault::LoseReply);
    proxy.plan("/b", Fault::LoseRequest);
    proxy.plan("/b", Fault::Busy(7));
    ensure!(
        ask(&proxy, "/a")?.ends_with("ok"),
        "a call that was not meant was lost"
    );
    ensure!(ask(&proxy, "/b").unwrap_or_default().is_empty());
    ensure!(ask(&proxy, "/b").unwrap_or_default().is_empty());
    ensure!(ask(&proxy, "/b")?.contains("retry-after: 7"));
    ensure!(ask(&proxy, "/b")?.ends_with("ok"));
    let calls = proxy.calls_to("/b");
    let statuses: Vec<_> = calls.iter().map(|call| call.status).collect();
    ensure!(
        statuses == [Some(200), None, None, Some(200)],
        "{statuses:?}"
    );
    ensure!(calls.iter().all(|call| call.body == b"abc"));
    proxy.cut(true);
    ensure!(ask(&proxy, "/a").unwrap_or_default().is_empty());
    proxy.cut(false);
    ensure!(ask(&proxy, "/a")?.ends_with("ok"));
    Ok(())
}

#[test]
fn a_held_call_waits_until_it_is_released() -> Result<()> {
    let proxy = Proxy::start(&echo_service()?)?;
    proxy.plan("/held", Fault::HoldReply);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| ask(&proxy, "/held"));
        proxy.wait_held()?;
        std::thread::sleep(Duration::from_millis(100));
        ensure!(!call.is_finished(), "the call was not held");
        proxy.release();
        ensure!(
            call.join()
                .is_ok_and(|answer| answer.is_ok_and(|text| text.ends_with("ok")))
        );
        Ok(())
    })
}

#[test]
fn a_secret_is_found_in_every_form_and_nowhere_else() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let secrets = [Secret::new("password", b"73914628")];
    let file = folder.path().join("below/file");
    std::fs::create_dir(folder.path().join("below"))?;
    for leak in [
        "password=73914628;".to_owned(),
        hex::encode(b"73914628"),
        // The three alignments inside a longer base64 text.
        "NzM5MTQ2Mjg=".to_owned(),
        "eDczOTE0NjI4eQ==".to_owned(),
        "eHg3MzkxNDYyOHl5".to_owned(),
    ] {
        std::fs::write(&file, &leak)?;
        ensure!(
            find(&secrets, folder.path())?.len() == 1,
            "not found in {leak}"
        );
    }
    std::fs::write(&file, "7391462 8 73914 NzM5MTQ2")?;
    ensure!(find(&secrets, folder.path())?.is_empty());
    Ok(())
}

#[test]
fn a_program_and_what_it_started_end_with_their_handle() -> Result<()> {
    let mut command = leashed("sh");
    command
        .args(["-c", "sleep 1000 & echo $!; wait"])
        .stdout(Stdio::piped());
    let mut running = Running::start("sh", &mut command)?;
    let mut line = [0u8; 16];
    let mut read = 0;
    if let Some(stdout) = running.child().stdout.as_mut() {
        read = stdout.read(&mut line)?;
    }
    let below = String::from_utf8_lossy(&line[..read]).trim().to_owned();
    ensure!(Path::new(&format!("/proc/{below}")).exists());
    drop(running);
    let gone = skts_tests::clock::wait_for(Duration::from_secs(2), "the end", || {
        let state = std::fs::read_to_string(format!("/proc/{below}/stat")).unwrap_or_default();
        Ok((state.is_empty() || state.contains(") Z ")).then_some(()))
    });
    ensure!(gone.is_ok(), "the program below lives on");
    Ok(())
}

#[test]
fn another_machine_id_is_seen_by_one_program_only() -> Result<()> {
    if machine::check().is_err() || !have(&["unshare", "mount"])? {
        have(&["a kernel that allows private mounts"])?;
        return Ok(());
    }
    let here = std::fs::read_to_string("/etc/machine-id")?;
    let folder = tempfile::tempdir()?;
    let cat = Path::new("/bin/cat");
    let other = Machine::other("0123456789abcdef0123456789abcdef").wrap(cat, folder.path())?;
    let seen = Command::new(other).arg("/etc/machine-id").output()?;
    ensure!(seen.stdout == b"0123456789abcdef0123456789abcdef\n");
    let none = Machine::without_id().wrap(cat, &folder.path().join("none"))?;
    ensure!(
        Command::new(none)
            .arg("/etc/machine-id")
            .output()?
            .stdout
            .is_empty()
    );
    ensure!(
        std::fs::read_to_string("/etc/machine-id")? == here,
        "the machine itself was changed"
    );
    Ok(())
}

#[test]
fn a_read_only_and_a_full_disk_refuse_a_file() -> Result<()> {
    if machine::check().is_err() {
        have(&["a kernel that allows private mounts"])?;
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk)?;
    for (name, machine) in [
        ("ro", Machine::with_read_only(&disk)),
        ("full", Machine::with_full_disk(&disk)),
    ] {
        let shell = machine.wrap(Path::new("/bin/sh"), &folder.path().join(name))?;
        let script = format!("head -c 8192 /dev/zero > {}/file", disk.display());
        ensure!(
            !Command::new(&shell)
                .args(["-c", &script])
                .output()?
                .status
                .success(),
            "{name}"
        );
    }
    std::fs::write(disk.join("file"), "here it can be written")?;
    Ok(())
}

#[test]
fn a_keyring_is_unlocked_locked_absent_or_without_a_collection_as_asked() -> Result<()> {
    if !have(&[
        "dbus-daemon",
        "dbus-send",
        "gnome-keyring-daemon",
        "secret-tool",
    ])? {
        return Ok(());
    }
    let store = |sandbox: &Sandbox| -> Result<bool> {
        let mut command = sandbox.command("timeout");
        command.args([
            "5",
            "secret-tool",
            "store",
            "--label=x",
            "service",
            "story",
            "username",
            "a",
        ]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(b"secret")?;
        }
        Ok(child.wait()?.success())
    };
    let mut open = Sandbox::new(Keyring::Unlocked)?;
    ensure!(store(&open)?, "an unlocked keyring took nothing");
    ensure!(open.keystore_names("story", "")? == ["a"]);
    open.restart_keyring()?;
    ensure!(
        open.keystore_names("story", "")? == ["a"],
        "the item did not outlive its keyring"
    );
    open.lock_keyring()?;
    ensure!(!store(&open)?, "a locked keyring took an item");
    open.restart_keyring()?;
    ensure!(store(&open)?);
    ensure!(open.delete_keystore_items("story", "a")? == 1);
    ensure!(open.keystore_names("story", "")?.is_empty());
    for kind in [
        Keyring::Locked,
        Keyring::Absent,
        Keyring::NoDefaultCollection,
        Keyring::NoBus,
    ] {
        ensure!(!store(&Sandbox::new(kind)?)?, "{kind:?} took an item");
    }
    let folder = open.path().to_owned();
    drop(open);
    ensure!(!folder.exists(), "the sandbox's folder is left behind");
    Ok(())
}

#[test]
fn a_cards_codes_are_those_of_rfc_6238() -> Result<()> {
    // Appendix B, SHA-1: the last six of its eight digits.
    let card = Card::of("AB1234567I", *b"12345678901234567890");
    for (unix_secs, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (20_000_000_000, "353130"),
    ] {
        ensure!(card.code_at(unix_secs)? == code, "{unix_secs}");
    }
    Ok(())
}

#[test]
fn the_eye_tells_a_blank_window_from_a_painted_one() -> Result<()> {
    use skts_tests::display::Display;
    use skts_tests::painted::Eye;
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{
        ConnectionExt, CreateGCAux, CreateWindowAux, Rectangle, WindowClass,
    };
    if !have(&["Xvfb"])? {
        return Ok(());
    }
    let display = Display::start()?;
    let (connection, screen) = x11rb::connect(Some(display.name()))?;
    let root = &connection.setup().roots[screen];
    let (window, ink) = (connection.generate_id()?, connection.generate_id()?);
    let white = CreateWindowAux::new().background_pixel(root.white_pixel);
    let class = WindowClass::INPUT_OUTPUT;
    connection.create_window(24, window, root.root, 0, 0, 400, 300, 0, class, 0, &white)?;
    connection.create_gc(
        ink,
        window,
        &CreateGCAux::new().foreground(root.black_pixel),
    )?;
    let draw = |x, y, width, height| -> Result<()> {
        connection.poly_fill_rectangle(
            window,
            ink,
            &[Rectangle {
                x,
                y,
                width,
                height,
            }],
        )?;
        connection.flush()?;
        Ok(())
    };
    let eye = Eye::open(display.name())?;
    let started = skts_tests::clock::now();
    let pause = |ms| std::thread::sleep(Duration::from_millis(ms));
    let sight = std::thread::scope(|scope| {
        let seen = scope.spawn(|| eye.watch(started, Duration::from_millis(900)));
        pause(100);
        connection.map_window(window)?;
        connection.flush()?;
        pause(150);
        // A heading, then what matters, then something small that keeps moving.
        draw(10, 10, 100, 20)?;
        pause(150);
        draw(50, 100, 200, 60)?;
        pause(200);
        draw(300, 250, 10, 10)?;
        seen.join()
            .map_err(|_| anyhow::anyhow!("the eye panicked"))?
    })?;
    let (mapped, painted) = (sight.mapped.as_millis(), sight.painted.as_millis());
    ensure!((90..200).contains(&mapped), "mapped after {mapped} ms");
    ensure!((390..500).contains(&painted), "painted after {painted} ms");

    // Of a change it tells when that was painted, whatever else is in the window.
    let moment = skts_tests::clock::now() + Duration::from_millis(100);
    let painted = std::thread::scope(|scope| {
        let seen = scope.spawn(|| eye.watch_change(moment, Duration::from_millis(500)));
        pause(250);
        draw(20, 200, 40, 40)?;
        seen.join()
            .map_err(|_| anyhow::anyhow!("the eye panicked"))?
    })?;
    let painted = painted.as_millis();
    ensure!((140..300).contains(&painted), "changed after {painted} ms");
    let moment = skts_tests::clock::now() + Duration::from_millis(50);
    ensure!(eye.watch_change(moment, Duration::from_millis(50)).is_err());
    Ok(())
}
