//! A browser of the plainest kind, for pages without scripts: cookies, redirects, forms.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ureq::Agent;

/// A page as it arrived.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The HTTP status.
    pub status: u16,
    /// The HTML.
    pub html: String,
}

/// The browser, at one site.
#[derive(Clone, Debug)]
pub struct Forms {
    agent: Agent,
    site: String,
    cookies: BTreeMap<String, String>,
}

impl Sheet {
    /// Asserts that this is the screen `id` (画面ID) of the sample bank.
    ///
    /// # Errors
    /// When it is another one, with what it says.
    pub fn expect(&self, id: &str) -> Result<&Self> {
        let Self { status, html } = self;
        ensure!(
            html.contains(&format!("画面ID：{id}")),
            "not {id} but {status}: {html}"
        );
        Ok(self)
    }

    /// The positions of the two digits asked for, counted from 1.
    ///
    /// # Errors
    /// When none are asked for.
    pub fn asked(&self) -> Result<[usize; 2]> {
        let of = |name: &str| -> Result<usize> {
            let label = self.between(&format!("<label for=\"{name}\">"), "</label>")?;
            let (_, rest) = label.split_once("左から").context("no position")?;
            Ok(rest.split_once("桁目").context("no position")?.0.parse()?)
        };
        Ok([of("digit_first")?, of("digit_second")?])
    }

    fn between(&self, start: &str, end: &str) -> Result<&str> {
        let (_, rest) = self
            .html
            .split_once(start)
            .with_context(|| format!("no {start}"))?;
        Ok(rest.split_once(end).with_context(|| format!("no {end}"))?.0)
    }
}

impl Forms {
    /// A new browser at `site` (`http://127.0.0.1:PORT`).
    pub fn at(site: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self {
            agent: agent.into(),
            site: site.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// Goes to a page.
    ///
    /// # Errors
    /// When nothing answers.
    pub fn get(&mut self, path: &str) -> Result<Sheet> {
        self.send(path, None)
    }

    /// Fills in the form of `sheet` and sends it.
    ///
    /// # Errors
    /// When there is no form, or nothing answers.
    pub fn submit(&mut self, sheet: &Sheet, fields: &[(&str, &str)]) -> Result<Sheet> {
        let at = sheet
            .html
            .find("name=\"form\"")
            .context("no form on the page")?;
        let start = sheet.html[..at]
            .rfind("<form")
            .context("no form on the page")?;
        let form = Sheet {
            status: sheet.status,
            html: sheet.html[start..].to_owned(),
        };
        let action = form.between("action=\"", "\"")?;
        let mut body = Vec::new();
        for name in ["csrf", "form"] {
            let value = form.between(&format!("name=\"{name}\" value=\""), "\"")?;
            body.push(format!("{name}={value}"));
        }
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for (name, value) in fields {
            let value: String = encoded(value);
            body.push(format!("{name}={value}"));
        }
        self.send(action, Some(body.join("&")))
    }

    fn send(&mut self, path: &str, body: Option<String>) -> Result<Sheet> {
        let (mut path, mut body) = (path.to_owned(), body);
        for _ in 0..5 {
            let url = format!("{}{path}", self.site);
            let cookies = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let cookies = cookies.collect::<Vec<_>>().join("; ");
            let mut reply = match body.take() {
                Some(body) => self
                    .agent
                    .post(&url)
                    .header("cookie", cookies)
                    .content_type("application/x-www-form-urlencoded")
                    .send(body)?,
                None => self.agent.get(&url).header("cookie", cookies).call()?,
            };
            for cookie in reply.headers().get_all("set-cookie") {
                let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').context("no cookie")?;
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let status = reply.status().as_u16();
            if status != 303 {
                let html = reply.body_mut().read_to_string()?;
                return Ok(Sheet { status, html });
            }
            let location = reply.headers().get("location").context("led nowhere")?;
            path = location.to_str()?.to_owned();
        }
        bail!("led in circles at {path}")
    }
}
