//! A customer's steps, as the page takes them.

use skts_authenticator::{ActivationForm, AppState, Authenticator, CONSENT_VERSION};

use crate::support::{PASSWORD, SELF, SERVICE_ID, USER_ID};

pub(crate) fn form(password: &str) -> ActivationForm {
    ActivationForm {
        service_id: SERVICE_ID.to_owned(),
        user_id: USER_ID.to_owned(),
        password: password.to_owned(),
    }
}

pub(crate) fn activate(app: &mut Authenticator, password: &str) -> AppState {
    app.activate(form(password), CONSENT_VERSION, &mut |_| ())
        .unwrap()
}

pub(crate) fn provision(app: &mut Authenticator) -> AppState {
    app.self_provision(SELF, CONSENT_VERSION, &mut |_| ())
        .unwrap()
}

pub(crate) fn resume(app: &mut Authenticator) -> AppState {
    app.resume(Some(PASSWORD.to_owned()), &mut |_| ()).unwrap()
}
