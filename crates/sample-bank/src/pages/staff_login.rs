//! The login of who stands behind the counter.

use serde::{Deserialize, Serialize};

use super::form::{Sent, fault, whole};
use super::{At, Failure, Next, words};
use crate::screen::{Field, Form, Link, Screen};
use crate::storage::sessions;

/// The step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Password,
}

impl Step {
    pub(super) fn screen(&self) -> Screen {
        let mut password = Field::login_password();
        password.label = "窓口担当者のパスワード".to_owned();
        password.hint = "";
        Screen {
            id: "CTR000",
            title: "窓口担当者のログイン",
            form: Some(Form::of(vec![password], "ログイン")),
            links: vec![Link::to_login()],
            ..Screen::default()
        }
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        const SUBJECT: &str = "staff";
        let bank = at.bank;
        let mut transaction = bank.storage.write().await?;
        let may = sessions::count_login_try(&mut transaction, SUBJECT, bank.now()).await?;
        transaction.commit().await?;
        if !may {
            return Ok(Next::Again(whole(words::LOGIN_WAITS)));
        }
        let password = sent.value("login_password");
        let stretched = bank.staff_password.as_deref();
        if password.len() > 64 || !bank.is_password(password, stretched).await? {
            return Ok(Next::Again(vec![fault(
                "login_password",
                "パスワードが正しくありません。",
            )]));
        }
        let mut transaction = bank.storage.write().await?;
        sessions::clear_login_tries(&mut transaction, SUBJECT).await?;
        transaction.commit().await?;
        Ok(Next::SignInStaff)
    }
}
