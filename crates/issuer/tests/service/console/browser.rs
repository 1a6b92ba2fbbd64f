//! A browser without scripts: it keeps cookies, reads forms off pages and sends them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode, header};
use skts_issuer::{NewStaff, StaffPassword, console_router};
use skts_provisioning::ids::ServiceId;
use tower::ServiceExt;

use crate::world::{Device, Token, World};

pub(crate) const STAFF: &str = "staff";
pub(crate) const PASSWORD: &str = "毎朝 correct horse 6時";

/// A page as it came.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) to: Option<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) policy: String,
    pub(crate) text: String,
}

impl Page {
    /// The mark of the form that goes to `address`.
    pub(crate) fn form(&self, address: &str) -> String {
        let from = self.text.find(&format!("action=\"{address}\""));
        let rest = &self.text[from.unwrap_or_else(|| panic!("no form to {address}: {self:?}"))..];
        let value = rest.split("name=\"form\" value=\"").nth(1).expect("a mark");
        value.split('"').next().expect("an end").to_owned()
    }
}

/// A member of the staff: password and token.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) token: Token,
}

pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn at(router: &Router) -> Self {
        Self {
            router: router.clone(),
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) async fn get(&mut self, address: &str) -> Page {
        let request = Request::get(address)
            .body(Body::empty())
            .expect("a request");
        self.send(request).await
    }

    /// Sends fields as they are.
    pub(crate) async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let request = Request::post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(pairs.join("&")))
            .expect("a request");
        self.send(request).await
    }

    /// Fills in the form to `address` that stands on `page`.
    pub(crate) async fn fill(
        &mut self,
        page: &str,
        address: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let form = self.get(page).await.form(address);
        let mut all = vec![("form", form.as_str())];
        all.extend(fields);
        self.post(address, &all).await
    }

    async fn send(&mut self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            let cookies = cookies.join("; ").parse().expect("a header");
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        self.take(response).await
    }

    async fn take(&mut self, response: Response<Body>) -> Page {
        let (parts, body) = response.into_parts();
        let header = |name| {
            let value = parts.headers.get(name)?;
            Some(value.to_str().expect("text").to_owned())
        };
        let (status, to) = (parts.status, header(header::LOCATION));
        let policy = header(header::CONTENT_SECURITY_POLICY).unwrap_or_default();
        let cookies: Vec<String> = parts
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().expect("text").to_owned())
            .collect();
        for cookie in &cookies {
            let (pair, rest) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            match rest.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        Page {
            status,
            to,
            cookies,
            policy,
            text,
        }
    }

    pub(crate) async fn sign_in(&mut self, name: &str, password: &str, code: &str) -> Page {
        let fields = [("name", name), ("password", password), ("code", code)];
        self.fill("/console/sign-in", "/console/sign-in", &fields)
            .await
    }
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn new_staff(name: &str, role: &str, institution: Option<&str>) -> NewStaff {
    NewStaff {
        name: name.to_owned(),
        role: role.parse().expect("a role"),
        institution_id: institution.map(str::to_owned),
    }
}

impl World {
    pub(crate) fn console(&self) -> Router {
        console_router(self.issuer.clone())
    }

    /// An account without a token.
    pub(crate) async fn account(&self, name: &str, role: &str, institution: Option<&str>) {
        let password = StaffPassword::choose(PASSWORD, name).expect("a password");
        let new = new_staff(name, role, institution);
        let added = self.issuer.add_staff(new, password, "staff").await;
        added.expect("an account");
    }

    /// A token for staff that is nobody's yet.
    pub(crate) async fn staff_token(&self) -> Token {
        let service = ServiceId::parse("99999999").expect("8 digits");
        self.set_up_s_at(STAFF, service, &Device::new()).await
    }

    /// An account with its token registered.
    pub(crate) async fn hire(&self, name: &str, role: &str, institution: Option<&str>) -> Person {
        let password = StaffPassword::choose(PASSWORD, name).expect("a password");
        self.hire_with(new_staff(name, role, institution), password)
            .await
    }

    /// The same, with any password.
    pub(crate) async fn hire_with(&self, new: NewStaff, password: StaffPassword) -> Person {
        let name = new.name.clone();
        let added = self.issuer.add_staff(new, password, "staff").await;
        added.expect("an account");
        let token = self.staff_token().await;
        let code = token.code(self.now());
        let done = self
            .issuer
            .register_staff_token(&name, &token.serial, &code);
        done.await.expect("a registered token");
        self.pass(60);
        Person { name, token }
    }

    /// A browser in which `person` has signed in.
    pub(crate) async fn seat(&self, router: &Router, person: &Person) -> Browser {
        let mut browser = Browser::at(router);
        self.pass(60);
        let code = person.token.code(self.now());
        let page = browser.sign_in(&person.name, PASSWORD, &code).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        browser
    }
}
