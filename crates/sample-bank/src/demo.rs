//! Customers added by hand, and the documented set of the demonstration.

use crate::bank::{Bank, BankError};
use crate::rules::entries;
use crate::rules::transfer_password::{AskedPositions, TransferPassword};
use crate::storage::StorageError;
use crate::storage::accounts::{self, BillKey};
use crate::storage::customers::{self, CustomerRow};

/// A customer to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// 契約者ID, ten digits.
    pub contract_id: String,
    /// Name as shown.
    pub name: String,
    /// ログインパスワード, 6 to 12 ASCII characters. Secret.
    pub login_password: String,
    /// 資金移動用パスワード, ten digits. Secret.
    pub transfer_password: String,
    /// 確認用パスワード, 6 to 12 letters and digits; a 信用組合 asks for it. Secret.
    pub confirmation_password: Option<String>,
    /// Balance, yen.
    pub balance_yen: i64,
    /// メールアドレス.
    pub mail: String,
    /// 電話番号, 10 or 11 digits.
    pub phone: String,
}

/// Why a customer was not added.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// A field does not hold what it should.
    #[error("{field} is not what it should be")]
    Field {
        /// The field.
        field: &'static str,
    },
    /// The contract has a customer.
    #[error("there is a customer with this contract id")]
    Exists,
    /// The bank failed.
    #[error(transparent)]
    Bank(#[from] BankError),
}

impl From<StorageError> for CustomerError {
    fn from(error: StorageError) -> Self {
        Self::Bank(error.into())
    }
}

impl From<sqlx::Error> for CustomerError {
    fn from(error: sqlx::Error) -> Self {
        StorageError::from(error).into()
    }
}

/// A sample customer, whose passwords are written down here for everybody.
#[derive(Debug, Clone, Copy)]
pub struct SampleCustomer {
    /// 契約者ID.
    pub contract_id: &'static str,
    /// Name.
    pub name: &'static str,
    /// ログインパスワード.
    pub login_password: &'static str,
    /// 資金移動用パスワード.
    pub transfer_password: &'static str,
    /// 確認用パスワード.
    pub confirmation_password: &'static str,
    /// Balance, yen.
    pub balance_yen: i64,
}

/// The customers of the demonstration.
pub const SAMPLES: [SampleCustomer; 3] = [
    SampleCustomer {
        contract_id: "1000000011",
        name: "見本　太郎",
        login_password: "mihon11",
        transfer_password: "3141592653",
        confirmation_password: "kakunin11",
        balance_yen: 300_000,
    },
    SampleCustomer {
        contract_id: "1000000022",
        name: "見本　花子",
        login_password: "mihon22",
        transfer_password: "2718281828",
        confirmation_password: "kakunin22",
        balance_yen: 50_000,
    },
    SampleCustomer {
        contract_id: "1000000033",
        name: "見本　次郎",
        login_password: "mihon33",
        transfer_password: "1414213562",
        confirmation_password: "kakunin33",
        balance_yen: 8_000,
    },
];

/// Daily limit of a new customer, yen.
const FIRST_LIMIT_YEN: i64 = 200_000;

/// Bills of the demonstration: collector, number, check digits, payee, yen.
const BILLS: [(&str, &str, &str, &str, i64); 2] = [
    ("58021", "20260001", "123456", "見本市水道局", 4_320),
    ("58021", "20260002", "654321", "見本市税務課", 12_500),
];

impl Bank {
    /// Adds a customer.
    ///
    /// # Errors
    /// [`CustomerError`].
    pub async fn add_customer(&self, new: &NewCustomer) -> Result<(), CustomerError> {
        let field = |field| CustomerError::Field { field };
        let customer = CustomerRow {
            contract_id: entries::contract_id(&new.contract_id)
                .map_err(|_| field("contract id"))?,
            subscriber_ref: self.entropy.hex::<16>(),
            name: entries::name(&new.name).map_err(|_| field("name"))?,
            login_password: self.stretch(
                &entries::login_password(&new.login_password)
                    .map_err(|_| field("login password"))?,
            )?,
            transfer_password: TransferPassword::parse(&new.transfer_password)
                .ok_or(field("transfer password"))?,
            confirmation_password: match &new.confirmation_password {
                None => None,
                Some(password) => Some(
                    self.stretch(
                        &entries::confirmation_password(password)
                            .map_err(|_| field("confirmation password"))?,
                    )?,
                ),
            },
            released_on: None,
            asked: AskedPositions::pick(|end| self.entropy.below(end)),
            transfer_fails: 0,
            balance_yen: new.balance_yen,
            daily_limit_yen: FIRST_LIMIT_YEN,
            mail: entries::mail_address(&new.mail).map_err(|_| field("mail"))?,
            phone: entries::phone(&new.phone).map_err(|_| field("phone"))?,
            token: None,
        };
        let mut transaction = self.storage.write().await?;
        let added = customers::add(&mut transaction, &customer).await?;
        transaction.commit().await?;
        if added {
            Ok(())
        } else {
            Err(CustomerError::Exists)
        }
    }

    /// Adds the sample customers and bills that are not there yet.
    ///
    /// # Errors
    /// [`CustomerError`].
    pub async fn add_samples(&self) -> Result<(), CustomerError> {
        for sample in SAMPLES {
            let added = self
                .add_customer(&NewCustomer {
                    contract_id: sample.contract_id.to_owned(),
                    name: sample.name.to_owned(),
                    login_password: sample.login_password.to_owned(),
                    transfer_password: sample.transfer_password.to_owned(),
                    confirmation_password: Some(sample.confirmation_password.to_owned()),
                    balance_yen: sample.balance_yen,
                    mail: format!("{}@mihon.example", sample.contract_id),
                    phone: "0312345678".to_owned(),
                })
                .await;
            match added {
                Ok(()) | Err(CustomerError::Exists) => {}
                Err(error) => return Err(error),
            }
        }
        let mut transaction = self.storage.write().await?;
        for (collector, number, check_digits, payee, amount_yen) in BILLS {
            let key = BillKey {
                collector: collector.to_owned(),
                number: number.to_owned(),
                check_digits: check_digits.to_owned(),
            };
            accounts::add_bill(&mut transaction, &key, payee, amount_yen).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
