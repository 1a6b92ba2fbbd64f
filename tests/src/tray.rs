//! A desktop's panel, and an icon in its tray as the panel sees and uses it: by D-Bus.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{OwnedValue, Value};

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};
use crate::sandbox::Sandbox;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const PATIENCE: Duration = Duration::from_secs(30);

/// What the desktop needs for a tray.
pub const NEEDED: &[&str] = &["xfce4-panel", "xfconf-query"];

/// Where distributions keep the program that the panel asks for its settings.
const SETTINGS_PROGRAMS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd",
    "/usr/lib/aarch64-linux-gnu/xfce4/xfconf/xfconfd",
    "/usr/lib64/xfce4/xfconf/xfconfd",
    "/usr/lib/xfce4/xfconf/xfconfd",
];

/// A panel with a tray and nothing else.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="26"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"#;

/// A panel with a tray (Xfce's), on the sandbox's display and bus.
#[derive(Debug)]
pub struct Panel {
    // Dropped in this order.
    _panel: Running,
    _settings: Running,
}

impl Panel {
    /// Starts the panel and waits for its tray.
    ///
    /// # Errors
    /// When it does not come.
    pub fn start(sandbox: &Sandbox) -> Result<Self> {
        let bus = bus(sandbox)?;
        let folder = sandbox.join("home/.config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("xfce4-panel.xml"), SETTINGS)?;
        // The sandbox's bus starts nothing by itself.
        let program = SETTINGS_PROGRAMS
            .iter()
            .find(|path| Path::new(path).is_file());
        let settings = start(
            sandbox,
            program.context("xfconfd is in none of its usual places")?,
            &[],
        )?;
        wait_for(PATIENCE, "the panel's settings", || {
            Ok(has_owner(&bus, "org.xfce.Xfconf")?.then_some(()))
        })?;
        let panel = start(
            sandbox,
            "xfce4-panel",
            &["--disable-wm-check", "--sm-client-disable"],
        )?;
        wait_for(PATIENCE, "the panel's tray", || {
            Ok(has_owner(&bus, WATCHER)?.then_some(()))
        })?;
        Ok(Self {
            _panel: panel,
            _settings: settings,
        })
    }
}

/// An icon in the tray.
#[derive(Debug)]
pub struct TrayIcon {
    bus: Connection,
    owner: String,
    menu: String,
}

/// A line of an icon's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    id: i32,
    /// What it says; empty for a line between others.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
}

/// `(id, properties, children)`, as the menu's protocol has it.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl TrayIcon {
    /// The one icon in the tray; `None` while there is none.
    ///
    /// # Errors
    /// When there is no tray, or more than one icon.
    pub fn find(sandbox: &Sandbox) -> Result<Option<Self>> {
        let bus = bus(sandbox)?;
        let watcher = Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER)?;
        let items: Vec<String> = watcher.get_property("RegisteredStatusNotifierItems")?;
        ensure!(items.len() <= 1, "{items:?}");
        let Some(item) = items.first() else {
            return Ok(None);
        };
        let (owner, path) = item.split_at(item.find('/').context("no path")?);
        let icon = Proxy::new(&bus, owner, path, "org.kde.StatusNotifierItem")?;
        let menu: zbus::zvariant::OwnedObjectPath = icon.get_property("Menu")?;
        let (owner, menu) = (owner.to_owned(), menu.to_string());
        Ok(Some(Self { bus, owner, menu }))
    }

    /// Waits for the icon.
    ///
    /// # Errors
    /// When it does not come.
    pub fn wait(sandbox: &Sandbox) -> Result<Self> {
        wait_for(PATIENCE, "an icon in the tray", || Self::find(sandbox))
    }

    /// The menu, line by line.
    ///
    /// # Errors
    /// When it cannot be asked for.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let names: Vec<&str> = Vec::new();
        let (_, (_, _, lines)): (u32, Layout) =
            self.proxy()?.call("GetLayout", &(0_i32, -1_i32, names))?;
        lines.into_iter().map(entry).collect()
    }

    /// What the first line says.
    ///
    /// # Errors
    /// When it cannot be asked for.
    pub fn line(&self) -> Result<String> {
        let first = self.entries()?.into_iter().next();
        Ok(first.context("an empty menu")?.label)
    }

    /// Chooses the line that says `label`, as a click on it does.
    ///
    /// # Errors
    /// When there is none that can be chosen.
    pub fn choose(&self, label: &str) -> Result<()> {
        let entries = self.entries()?;
        let found = entries.iter().find(|entry| entry.label == label);
        let entry = found.with_context(|| format!("no {label} in {entries:?}"))?;
        ensure!(entry.enabled, "{label} cannot be chosen");
        let event = (entry.id, "clicked", Value::from(0_i32), 0_u32);
        Ok(self.proxy()?.call("Event", &event)?)
    }

    fn proxy(&self) -> zbus::Result<Proxy<'_>> {
        Proxy::new(
            &self.bus,
            self.owner.as_str(),
            self.menu.as_str(),
            "com.canonical.dbusmenu",
        )
    }
}

fn entry(line: OwnedValue) -> Result<Entry> {
    let (id, properties, _) = Layout::try_from(line)?;
    let label = properties.get("label").cloned().map(String::try_from);
    let enabled = properties.get("enabled").cloned().map(bool::try_from);
    Ok(Entry {
        id,
        // An underscore marks a key to press.
        label: label.transpose()?.unwrap_or_default().replace('_', ""),
        enabled: enabled.transpose()?.unwrap_or(true),
    })
}

fn start(sandbox: &Sandbox, program: &str, args: &[&str]) -> Result<Running> {
    let mut command = leashed(program);
    sandbox.dress(&mut command);
    command.args(args);
    log_to(&mut command, &sandbox.join("logs/panel.log"))?;
    Running::start(program, &mut command)
}

fn has_owner(bus: &Connection, name: &'static str) -> Result<bool> {
    let daemon = zbus::blocking::fdo::DBusProxy::new(bus)?;
    Ok(daemon.name_has_owner(name.try_into()?)?)
}

fn bus(sandbox: &Sandbox) -> Result<Connection> {
    let address = sandbox
        .environment()
        .get(std::ffi::OsStr::new("DBUS_SESSION_BUS_ADDRESS"))
        .and_then(|address| address.to_str())
        .context("the sandbox has no bus")?;
    Ok(connection::Builder::address(address)?.build()?)
}
