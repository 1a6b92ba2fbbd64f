//! 利用者認証: 契約者ID and ログインパスワード; and the two asked digits of the 資金移動用パスワード.

use super::form::{Reading, Sent, fault, whole};
use super::{At, Failure, words};
use crate::rules::entries;
use crate::rules::transfer_password::AskedPositions;
use crate::rules::tries::TRANSFER_PASSWORD_TRIES;
use crate::screen::Field;
use crate::storage::customers::{self, CustomerRow};
use crate::storage::runs::Fault;
use crate::storage::sessions;

/// The two fields.
pub(super) fn fields() -> Vec<Field> {
    vec![Field::contract_id(), Field::login_password()]
}

/// Who it is, or what to say. The same is said, after the same work, whether the contract does not
/// exist or the password is wrong.
pub(super) async fn identify(
    at: At<'_>,
    sent: &Sent,
) -> Result<Result<CustomerRow, Vec<Fault>>, Failure> {
    let mut reading = Reading::of(sent);
    let contract_id = reading.take("contract_id", entries::contract_id);
    let password = reading.take("login_password", entries::login_password);
    let (Some(contract_id), Some(password)) = (contract_id, password) else {
        return Ok(Err(reading.faults()));
    };
    let bank = at.bank;
    let mut transaction = bank.storage.write().await?;
    let may = sessions::count_login_try(&mut transaction, &contract_id, bank.now()).await?;
    transaction.commit().await?;
    if !may {
        return Ok(Err(whole(words::LOGIN_WAITS)));
    }
    let mut connection = bank.storage.read().await?;
    let customer = customers::of_contract(&mut connection, &contract_id).await?;
    drop(connection);
    let stretched = customer
        .as_ref()
        .map(|customer| customer.login_password.as_str());
    let right = bank.is_password(&password, stretched).await?;
    let Some(customer) = customer.filter(|_| right) else {
        return Ok(Err(whole(words::WRONG_LOGIN)));
    };
    let mut transaction = bank.storage.write().await?;
    sessions::clear_login_tries(&mut transaction, &contract_id).await?;
    transaction.commit().await?;
    Ok(Ok(customer))
}

/// The customer of a contract that a run names.
pub(super) async fn customer(at: At<'_>, contract_id: &str) -> Result<CustomerRow, Failure> {
    let mut connection = at.bank.storage.read().await?;
    customers::of_contract(&mut connection, contract_id)
        .await?
        .ok_or(Failure::NotFound)
}

/// The two asked digits.
pub(super) fn asked_fields(customer: &CustomerRow) -> Vec<Field> {
    vec![
        Field::asked_digit("digit_first", customer.asked.first()),
        Field::asked_digit("digit_second", customer.asked.second()),
    ]
}

/// Reads the two digits.
pub(super) fn take_asked(reading: &mut Reading<'_>) -> Option<(char, char)> {
    let first = reading.take("digit_first", entries::one_digit);
    let second = reading.take("digit_second", entries::one_digit);
    first.zip(second)
}

/// Whether the two digits are right. A wrong pair is counted, a right one changes the positions.
pub(super) async fn check_asked(
    at: At<'_>,
    contract_id: &str,
    (first, second): (char, char),
) -> Result<Option<Fault>, Failure> {
    let bank = at.bank;
    let mut transaction = bank.storage.write().await?;
    let customer = customers::of_contract(&mut transaction, contract_id)
        .await?
        .ok_or(Failure::NotFound)?;
    let open = customer.transfer_fails < TRANSFER_PASSWORD_TRIES;
    let right = customer
        .transfer_password
        .matches(customer.asked, first, second);
    let sentence = if open && right {
        let asked = AskedPositions::pick(|end| bank.entropy.below(end));
        customers::ask_other_positions(&mut transaction, contract_id, asked).await?;
        None
    } else if open {
        customers::count_transfer_failure(&mut transaction, contract_id).await?;
        Some(words::WRONG_TRANSFER_PASSWORD)
    } else {
        Some(words::TRANSFER_PASSWORD_LOCKED)
    };
    transaction.commit().await?;
    Ok(sentence.map(|sentence| fault("digit_first", sentence)))
}

/// Whether the 確認用パスワード is right. A try is counted before it is looked at, so that no number of
/// parallel tries gets more.
pub(super) async fn check_confirmation(
    at: At<'_>,
    contract_id: &str,
    password: &str,
) -> Result<Option<Fault>, Failure> {
    let bank = at.bank;
    let mut transaction = bank.storage.write().await?;
    let may = customers::count_transfer_failure(&mut transaction, contract_id).await?;
    transaction.commit().await?;
    let wrong = |sentence| Ok(Some(fault("confirmation_password", sentence)));
    if !may {
        return wrong(words::CONFIRMATION_LOCKED);
    }
    let customer = customer(at, contract_id).await?;
    let stretched = customer.confirmation_password.as_deref();
    if !bank.is_password(password, stretched).await? {
        return wrong(words::WRONG_CONFIRMATION);
    }
    let mut transaction = bank.storage.write().await?;
    customers::clear_transfer_failures(&mut transaction, contract_id).await?;
    transaction.commit().await?;
    Ok(None)
}
