//! The desktop's word that nobody is there any more: the app then locks itself.
//!
//! systemd-logind tells of the computer going to sleep (`Manager.PrepareForSleep`), of a request to lock
//! the session (`Session.Lock`) and of a screen that was locked (`Session.LockedHint`). Without logind
//! nothing is told, and the page's own time without a touch is what there is.

use std::sync::mpsc::Sender;

use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::OwnedObjectPath;
use zbus::{MatchRule, Message};

use crate::shell::Job;

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const ROOT: &str = "/org/freedesktop/login1";

/// Listens on a thread of its own for as long as the program runs.
pub(crate) fn watch(jobs: Sender<Job>) {
    // A system without a bus, or without logind, says nothing: there is nobody to tell of it.
    let _ = std::thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || listen(&jobs));
}

fn listen(jobs: &Sender<Job>) -> zbus::Result<()> {
    let bus = Connection::system()?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIN)?
        .path_namespace(ROOT)?
        .build();
    let told = MessageIterator::for_match_rule(rule, &bus, None)?;
    // After that, so that nothing told meanwhile is missed.
    let own_session = own_session(&bus);
    for message in told {
        if !says_nobody_is_there(&message?, own_session.as_ref()) {
            continue;
        }
        let lock: Job = Box::new(|desk| desk.lock());
        if jobs.send(lock).is_err() {
            break;
        }
    }
    Ok(())
}

/// The session this program runs in; none where logind does not know it.
fn own_session(bus: &Connection) -> Option<OwnedObjectPath> {
    let manager = Proxy::new(bus, LOGIN, ROOT, MANAGER).ok()?;
    manager.call("GetSessionByPID", &(std::process::id(),)).ok()
}

fn says_nobody_is_there(message: &Message, own_session: Option<&OwnedObjectPath>) -> bool {
    let header = message.header();
    let path = header.path().map(|path| path.as_str());
    // Another user's session is nothing to us; where our own is not known, every one may be it.
    let ours = own_session.is_none_or(|own| path == Some(own.as_str()));
    let interface = header.interface().map(|interface| interface.as_str());
    let member = header.member().map(|member| member.as_str());
    match (interface, member) {
        (Some(MANAGER), Some("PrepareForSleep")) => {
            matches!(message.body().deserialize::<bool>(), Ok(true))
        }
        (Some(SESSION), Some("Lock")) => ours,
        (Some("org.freedesktop.DBus.Properties"), Some("PropertiesChanged")) => {
            ours && locked_hint(message) == Some(true)
        }
        _ => false,
    }
}

fn locked_hint(message: &Message) -> Option<bool> {
    use std::collections::HashMap;
    use zbus::zvariant::Value;

    type Changed<'m> = (&'m str, HashMap<&'m str, Value<'m>>, Vec<&'m str>);
    let body = message.body();
    let (interface, changed, _): Changed<'_> = body.deserialize().ok()?;
    match changed.get("LockedHint") {
        Some(Value::Bool(locked)) if interface == SESSION => Some(*locked),
        _ => None,
    }
}
