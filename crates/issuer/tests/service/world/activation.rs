//! Activations (K), from the bank's call to the token.

use axum::http::StatusCode;
use rand_core::OsRng;
use serde_json::json;
use skts_provisioning::confirm::Provisioned;
use skts_provisioning::device::{DeviceSigner, Evidence};
use skts_provisioning::ids::{ActivationPassword, ConsentVersion, RequestId, UserId};
use skts_provisioning::k::{KBegin, KParams, KPendingBegin, KPendingFinish};
use skts_provisioning::wire::{KBeginResponse, KFinishResponse, paths};

use super::{Device, PASSWORD, Token, World, evidence, new_id};

impl World {
    /// Issues an activation; returns its user ID.
    pub(crate) async fn activation(&self, institution: &str, subscriber: &str) -> UserId {
        let body = json!({
            "request_id": new_id(), "subscriber_ref": subscriber,
            "activation_password": PASSWORD,
        });
        let answer = self
            .bank(institution, paths::RP_ACTIVATION_ISSUE, &body)
            .await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        UserId::parse(answer.json()["user_id"].as_str().expect("a user id")).expect("12 digits")
    }

    pub(crate) fn k_begin(
        &self,
        institution: &str,
        user_id: &UserId,
        password: &str,
        device: &Device,
    ) -> KPendingBegin {
        let params = KParams {
            service_id: self.service_id(institution),
            user_id: user_id.clone(),
            institution_id: institution.to_owned(),
            consent_version: ConsentVersion(1),
            app_version: "0.1.0".to_owned(),
        };
        let password = ActivationPassword::parse(password).expect("4 to 8 digits");
        let id = RequestId::make(&mut OsRng);
        KBegin::start(params, &password, device.spki(), id, &mut OsRng).expect("begin")
    }

    /// Answers K1 and makes K2; none if the password is refused.
    pub(crate) async fn k_finish(
        &self,
        begin: &KPendingBegin,
        password: &str,
        device: &Device,
    ) -> Option<KPendingFinish> {
        self.k_finish_saying(begin, password, device, &evidence())
            .await
    }

    pub(crate) async fn k_finish_saying(
        &self,
        begin: &KPendingBegin,
        password: &str,
        device: &Device,
        evidence: &Evidence,
    ) -> Option<KPendingFinish> {
        let reply: KBeginResponse = self
            .device(paths::ACTIVATION_BEGIN, begin.body())
            .await
            .message();
        let password = ActivationPassword::parse(password).expect("4 to 8 digits");
        begin
            .finish(&password, &reply, device, evidence, &mut OsRng)
            .ok()
    }

    /// What a whole activation with that evidence is granted.
    pub(crate) async fn k_provisioned(
        &self,
        institution: &str,
        subscriber: &str,
        device: &Device,
        evidence: &Evidence,
    ) -> Provisioned {
        let user_id = self.activation(institution, subscriber).await;
        let begin = self.k_begin(institution, &user_id, PASSWORD, device);
        let finish = self.k_finish_saying(&begin, PASSWORD, device, evidence);
        self.k_open(&finish.await.expect("right password")).await
    }

    pub(crate) async fn k_open(&self, finish: &KPendingFinish) -> Provisioned {
        let reply: KFinishResponse = self
            .device(paths::ACTIVATION_FINISH, finish.body())
            .await
            .message();
        finish.open(&reply).expect("the grant opens")
    }

    /// A whole activation, confirmed, not yet registered.
    pub(crate) async fn set_up_k(
        &self,
        institution: &str,
        subscriber: &str,
        device: &Device,
    ) -> Token {
        let user_id = self.activation(institution, subscriber).await;
        let begin = self.k_begin(institution, &user_id, PASSWORD, device);
        let finish = self
            .k_finish(&begin, PASSWORD, device)
            .await
            .expect("right password");
        self.k_token(institution, &finish, device).await
    }

    /// The token that `finish` gives, confirmed.
    pub(crate) async fn k_token(
        &self,
        institution: &str,
        finish: &KPendingFinish,
        device: &Device,
    ) -> Token {
        self.confirmed(institution, self.k_open(finish).await, device)
            .await
    }
}
