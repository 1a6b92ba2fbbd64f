//! The sample bank in the story: where it is, and its pages by plain forms, without a browser.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use skts_tests::bank::{Customer, Effective, STAFF_PASSWORD, SampleBank, Style, TARO};
use skts_tests::clock;
use skts_tests::issuer::{Issuer, SHINKIN};
use skts_tests::sandbox::Sandbox;
use skts_tests::skts::Skts;

use crate::tell::{done, grouped, heading, say};

const PERIOD_SECS: u64 = 30;

/// Starts the internet bank of `style`'s institution, with devices to hold, and says where its pages
/// are and who its customer is.
pub(crate) fn open(sandbox: &Sandbox, issuer: &Issuer, style: Style) -> Result<SampleBank> {
    let service = issuer.address();
    let bank = SampleBank::start(sandbox, issuer, &service, style, Effective::AtOnce)?;
    bank.make_devices(sandbox, issuer)?;
    let address = bank.address();
    let (name, passwords) = match style {
        Style::Shinkin => (
            "見本信用金庫",
            format!("資金移動用パスワード {}", TARO.transfer_password),
        ),
        Style::Shinkumi => (
            "見本信用組合",
            format!("確認用パスワード {}", TARO.confirmation_password),
        ),
    };
    say(&format!(
        "{name}インターネットバンキング · the bank's pages: {address}/"
    ));
    say(&format!(
        "    契約者ID {}  ログインパスワード {}  {passwords}",
        TARO.contract_id, TARO.login_password
    ));
    say(&format!(
        "    メール受信箱 · its customers' mail: {address}/demo/inbox"
    ));
    say(&format!(
        "    ハードウェアトークン · hardware tokens to hold: {address}/demo/card"
    ));
    say(&format!(
        "    窓口 · its counter: {address}/staff  {STAFF_PASSWORD}"
    ));
    Ok(bank)
}

/// 利用開始 and 振込 at the bank's own pages, with the codes of a phone of its customer's.
pub(crate) fn walk(bank: &SampleBank, phone: &Skts<'_>) -> Result<()> {
    heading(
        "見本信用金庫の画面：利用開始と振込",
        "At the bank's pages: register, then transfer",
    );
    phone.provision(SHINKIN)?.success()?;
    let serial = phone.serials()?.pop().context("no token")?;
    let mut visitor = Visitor::new(bank)?;

    let page = visitor.get("/procedures/start")?;
    let page = visitor.submit(&page, &identity(TARO))?;
    page.is("OTS002")?;
    let [first, second] = page.asked(TARO)?;
    clock::leave_room(PERIOD_SECS, 4);
    let code = phone.code(&serial)?;
    say(&format!(
        "シリアル番号 {serial}  ワンタイムパスワード {}",
        grouped(&code)
    ));
    let form = [
        ("serial", serial.as_str()),
        ("code", &code),
        ("at_login", "no"),
        ("digit_first", &first),
        ("digit_second", &second),
    ];
    visitor.submit(&page, &form)?.is("OTS003")?;
    done("利用開始：登録が完了しました · the bank has registered the token");

    let page = visitor.get("/procedures/login")?;
    visitor.submit(&page, &identity(TARO))?.is("HOM001")?;
    let page = visitor.get("/procedures/transfer")?;
    let order = [
        ("bank", "見本信用組合"),
        ("branch", "本店"),
        ("account", "1234567"),
        ("payee", "ミホン　ハナコ"),
        ("amount", "1200"),
    ];
    let page = visitor.submit(&page, &order)?;
    page.is("TRF002")?;
    let page = visitor.submit(&page, &[("code", &code)])?;
    page.is("TRF002")?;
    ensure!(page.body.contains("使用済み"), "a used code was taken");
    done("振込：使用済みのパスワードでは実行されません · a used code transfers nothing");
    let left = clock::secs_left(PERIOD_SECS);
    say(&format!(
        "次のパスワードまで {left} 秒 · {left} s until the next code"
    ));
    std::thread::sleep(Duration::from_secs(left));
    let code = phone.code(&serial)?;
    visitor.submit(&page, &[("code", &code)])?.is("TRF003")?;
    ensure!(
        visitor.get("/home")?.body.contains("298,800円"),
        "the money did not move"
    );
    done(&format!(
        "振込：{} で受け付けました · the transfer is accepted",
        grouped(&code)
    ));
    Ok(())
}

fn identity(customer: Customer) -> [(&'static str, &'static str); 2] {
    [
        ("contract_id", customer.contract_id),
        ("login_password", customer.login_password),
    ]
}

/// Cookies, redirects and forms: what the pages need of a browser.
struct Visitor<'b> {
    agent: ureq::Agent,
    base: &'b str,
    cookies: BTreeMap<String, String>,
}

struct Page {
    body: String,
}

impl<'b> Visitor<'b> {
    fn new(bank: &'b SampleBank) -> Result<Self> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        Ok(Self {
            agent,
            base: bank.address(),
            cookies: BTreeMap::new(),
        })
    }

    fn get(&mut self, path: &str) -> Result<Page> {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let request = self.agent.get(format!("{}{path}", self.base));
            let reply = request.header("cookie", self.cookies()).call()?;
            match self.led_to(&reply) {
                Some(to) => path = to,
                None => return read(reply),
            }
        }
        bail!("led in circles at {path}")
    }

    /// Sends the form of `page`, filled in.
    fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Result<Page> {
        let form = page.step_form()?;
        let hidden = [
            ("csrf", between(form, "name=\"csrf\" value=\"", "\"")?),
            ("form", between(form, "name=\"form\" value=\"", "\"")?),
        ];
        let action = format!("{}{}", self.base, between(form, "action=\"", "\"")?);
        let all = hidden.iter().chain(fields).copied();
        let request = self.agent.post(action).header("cookie", self.cookies());
        let reply = request.send_form(all)?;
        match self.led_to(&reply) {
            Some(to) => self.get(&to),
            None => read(reply),
        }
    }

    fn cookies(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// Keeps the cookies of `reply`, and says where it leads.
    fn led_to(&mut self, reply: &ureq::http::Response<ureq::Body>) -> Option<String> {
        for cookie in reply.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap_or_default().split(';').next();
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let to = reply.headers().get("location")?;
        to.to_str().ok().map(str::to_owned)
    }
}

fn read(mut reply: ureq::http::Response<ureq::Body>) -> Result<Page> {
    let body = reply.body_mut().read_to_string()?;
    Ok(Page { body })
}

impl Page {
    /// Asserts that this is the screen `id`.
    fn is(&self, id: &str) -> Result<()> {
        ensure!(
            self.body.contains(&format!("画面ID：{id}")),
            "not the screen {id}:\n{}",
            self.body
        );
        Ok(())
    }

    /// From the beginning of the step's form; a page may have the one for ログアウト before it.
    fn step_form(&self) -> Result<&str> {
        let at = self.body.find("name=\"form\"").context("no form")?;
        let start = self.body[..at].rfind("<form").context("no form")?;
        Ok(&self.body[start..])
    }

    /// The two asked digits of the 資金移動用パスワード.
    fn asked(&self, customer: Customer) -> Result<[String; 2]> {
        let digit = |field| {
            let label = format!("<label for=\"{field}\">");
            let label = between(&self.body, &label, "</label>")?;
            let position = between(label, "左から", "桁目")?;
            customer.transfer_digit(position.parse()?)
        };
        Ok([digit("digit_first")?, digit("digit_second")?])
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Result<&'t str> {
    let rest = text.split_once(start).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(end));
    found
        .map(|(found, _)| found)
        .with_context(|| format!("no {start} in the page"))
}
