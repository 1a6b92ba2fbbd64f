//! A browser of the plainest kind: cookies, redirects, forms.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;

pub(crate) const PC: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0";
pub(crate) const SMARTPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)";
pub(crate) const FEATURE: &str = "DoCoMo/2.0 P903i(c100;TB;W24H12)";

/// A page as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// Fails with the page if it is not the screen of `id`.
    #[track_caller]
    pub(crate) fn is(&self, id: &str) -> &Self {
        assert!(
            self.has(&format!("画面ID：{id}")),
            "not {id} but {} {}:\n{}",
            self.status,
            self.path,
            self.body
        );
        self
    }

    /// Fails with the page if it does not say `text`.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.has(text), "does not say {text}:\n{}", self.body);
        self
    }

    /// Whether it shows a fault.
    pub(crate) fn has_faults(&self) -> bool {
        self.has("role=\"alert\"")
    }

    /// The step's form: where it goes, and its hidden values.
    pub(crate) fn form(&self) -> (String, Vec<(String, String)>) {
        let at = self
            .body
            .find("name=\"form\"")
            .expect("no form on the page");
        let start = self.body[..at].rfind("<form").unwrap();
        let form = &self.body[start..];
        let action = between(form, "action=\"", "\"");
        let hidden = ["csrf", "form"].map(|name| {
            let value = between(form, &format!("name=\"{name}\" value=\""), "\"");
            (name.to_owned(), value)
        });
        (action, hidden.to_vec())
    }

    /// The two positions asked for.
    pub(crate) fn asked(&self) -> [usize; 2] {
        ["digit_first", "digit_second"].map(|name| {
            let label = between(&self.body, &format!("<label for=\"{name}\">"), "</label>");
            between(&label, "左から", "桁目").parse().unwrap()
        })
    }
}

pub(crate) fn between(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    let to = text[from..].find(end).unwrap() + from;
    text[from..to].to_owned()
}

/// One browser with its cookies.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    user_agent: &'static str,
}

impl Browser {
    pub(crate) fn new(router: &Router, user_agent: &'static str) -> Self {
        Self {
            router: router.clone(),
            cookies: BTreeMap::new(),
            user_agent,
        }
    }

    /// The same browser, its requests going to another process.
    pub(crate) fn at(&self, router: &Router) -> Self {
        Self {
            router: router.clone(),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let page = self.send("GET", path, None).await;
        self.follow(page).await
    }

    /// Sends fields as they are.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.post_only(path, fields).await;
        self.follow(page).await
    }

    /// The same without following where it leads.
    pub(crate) async fn post_only(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        self.send("POST", path, Some(body.join("&"))).await
    }

    /// Fills in the form of `page` and sends it.
    pub(crate) async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let (action, hidden) = page.form();
        let hidden = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        self.post(&action, &all).await
    }

    async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..5 {
            if page.status != StatusCode::SEE_OTHER {
                return page;
            }
            let to = page.headers[header::LOCATION].to_str().unwrap().to_owned();
            page = self.send("GET", &to, None).await;
        }
        panic!("led in circles at {}", page.path);
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::USER_AGENT, self.user_agent)
            .header(header::COOKIE, cookies.join("; "));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Page {
            status: parts.status,
            path: path.to_owned(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
