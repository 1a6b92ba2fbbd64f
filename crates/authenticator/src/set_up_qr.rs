//! QR で入力: the two IDs of a set-up from a QR code or a link. Never a password: there is none in it.

pub use skts_provisioning::activation_qr::LINK_SCHEME;
use skts_provisioning::activation_qr::{ActivationQr, ActivationQrError};

use crate::authenticator::Authenticator;
use crate::error::{AppError, ErrorCode};
use crate::qr_image::{self, QrError};
use crate::views::SetUpIdsView;

impl Authenticator {
    /// Reads the IDs out of a picture of the bank's QR code.
    ///
    /// # Shapes and units
    /// - `picture`: a whole PNG or JPEG file, whatever somebody chose.
    ///
    /// # Errors
    /// `qr-unreadable`, `qr-none`, `qr-several`, `qr-other`, `unknown-institution`.
    pub fn ids_in_picture(&self, picture: &[u8]) -> Result<SetUpIdsView, AppError> {
        self.ids_in_text(&qr_image::text_of(picture)?)
    }

    /// The same for a picture that is decoded already, as clipboards give it.
    ///
    /// # Shapes and units
    /// - `rgba`: rows from the top, four bytes a pixel: `4 · width · height`.
    ///
    /// # Errors
    /// As [`ids_in_picture`](Self::ids_in_picture).
    pub fn ids_in_rgba(
        &self,
        rgba: &[u8],
        width: u32,
        height: u32,
    ) -> Result<SetUpIdsView, AppError> {
        self.ids_in_text(&qr_image::text_of_rgba(rgba, width, height)?)
    }

    /// The same for the text of such a code, which a camera's app may have copied.
    ///
    /// # Errors
    /// `qr-other`, `unknown-institution`.
    pub fn ids_in_text(&self, text: &str) -> Result<SetUpIdsView, AppError> {
        self.known(ActivationQr::parse(text))
    }

    /// The same for a link that opened the app, which begins with [`LINK_SCHEME`].
    ///
    /// # Errors
    /// As [`ids_in_text`](Self::ids_in_text).
    pub fn ids_in_link(&self, link: &str) -> Result<SetUpIdsView, AppError> {
        self.known(ActivationQr::parse_link(link))
    }

    /// The IDs, if they are an institution's of the list.
    fn known(
        &self,
        read: Result<ActivationQr, ActivationQrError>,
    ) -> Result<SetUpIdsView, AppError> {
        let read = read.map_err(|error| match error {
            ActivationQrError::Foreign
            | ActivationQrError::OtherPurpose
            | ActivationQrError::Damaged => ErrorCode::QrOther,
        })?;
        if self.institutions.by_service_id(&read.service_id).is_none() {
            return Err(ErrorCode::UnknownInstitution.into());
        }
        Ok(SetUpIdsView {
            service_id: read.service_id.as_str().to_owned(),
            user_id: read.user_id.as_str().to_owned(),
        })
    }
}

impl From<QrError> for AppError {
    fn from(error: QrError) -> Self {
        let code = match error {
            QrError::TooLarge | QrError::NoImage => ErrorCode::QrUnreadable,
            QrError::NoCode => ErrorCode::QrNone,
            QrError::Several => ErrorCode::QrSeveral,
        };
        code.into()
    }
}
