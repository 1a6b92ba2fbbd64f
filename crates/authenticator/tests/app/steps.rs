//! A customer's steps, as the page takes them.

use skts_authenticator::{ActivationForm, AppState, Authenticator, CONSENT_VERSION};

use crate::support::{PASSWORD, SELF, SERVICE_ID, USER_ID, World};

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

/// An app with one token, and the token's id.
pub(crate) fn with_token(world: &World) -> (Authenticator, String) {
    let mut app = world.start();
    let AppState::SetUpDone { token, .. } = provision(&mut app) else {
        panic!()
    };
    app.acknowledge_set_up();
    (app, token.id)
}

pub(crate) fn resume(app: &mut Authenticator) -> AppState {
    app.resume(Some(PASSWORD.to_owned()), &mut |_| ()).unwrap()
}
