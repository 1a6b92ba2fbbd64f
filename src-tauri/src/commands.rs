//! The commands of the table: thin adapters, each one call of the authenticator.

use serde::Serialize;
use skts_authenticator::views::{
    CodeView, Language, PaymentForm, PaymentView, PinSettingView, SetUpIdsView, SignatureView,
    StoreView, Towards, ViewMode,
};
use skts_authenticator::{ActivationForm, AppError, AppState, ErrorCode, SetUpStep, Settings};
use tauri::ipc::Channel;

use crate::screenshots::ScreenshotsView;
use crate::shell::{CheckedView, CopiedView, DiagnosedView, OpenedView, Shell};

macro_rules! adapters {
    ($($place:ident $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        $(adapters!(@$place $name($($arg: $ty),*) -> $ret);)*

        /// Every command's handler, in the order of the table.
        pub(crate) fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name),*]
        }
    };
    (@worker $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty) => {
        #[tauri::command]
        async fn $name(shell: tauri::State<'_, Shell>, $($arg: $ty),*) -> Result<$ret, AppError> {
            shell.on_worker(move |desk| calls::$name(desk, $($arg),*)).await
        }
    };
    (@direct $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty) => {
        #[tauri::command]
        async fn $name(shell: tauri::State<'_, Shell>, $($arg: $ty),*) -> Result<$ret, AppError> {
            calls::$name(&shell, $($arg),*)
        }
    };
}
command_table!(adapters);

/// Streams the steps of a set-up; a page that has gone away is no reason to stop.
fn to_page<T: Serialize + Clone>(channel: &Channel<T>) -> impl FnMut(T) {
    move |step| drop(channel.send(step))
}

mod calls {
    use super::{
        ActivationForm, AppError, AppState, Channel, CheckedView, CodeView, CopiedView,
        DiagnosedView, ErrorCode, Language, OpenedView, PaymentForm, PaymentView, PinSettingView,
        ScreenshotsView, SetUpIdsView, SetUpStep, Settings, SignatureView, StoreView, Towards,
        ViewMode, to_page,
    };
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use zeroize::Zeroizing;

    use crate::clipboard::{self, Held};
    use crate::link;
    use crate::shell::{Desk, Shell};
    #[cfg(desktop)]
    use crate::tray;

    type Answer<T> = Result<T, AppError>;

    pub(super) fn reveal(shell: &Shell) -> Answer<()> {
        shell.reveal();
        Ok(())
    }

    pub(super) fn close_window(shell: &Shell) -> Answer<()> {
        shell.close_window();
        Ok(())
    }

    pub(super) fn quit(shell: &Shell) -> Answer<()> {
        shell.quit();
        Ok(())
    }

    pub(super) fn stop_set_up(shell: &Shell) -> Answer<()> {
        shell.stop_set_up();
        Ok(())
    }

    pub(super) fn stores(_: &Shell) -> Answer<Vec<StoreView>> {
        skts_authenticator::Authenticator::stores()
    }

    pub(super) fn screenshots(shell: &Shell) -> Answer<ScreenshotsView> {
        Ok(shell.screenshots().view())
    }

    pub(super) fn allow_screenshots(shell: &Shell, allowed: bool) -> Answer<ScreenshotsView> {
        Ok(shell.screenshots().allow(allowed))
    }

    pub(super) fn open(desk: &mut Desk) -> Answer<OpenedView> {
        let authenticator = desk.authenticator()?;
        let state = authenticator.open();
        let code = match &state {
            // A code that cannot be had is asked for again by its screen, which says why.
            AppState::Ready { selected, .. } => authenticator.code(selected).ok(),
            _ => None,
        };
        Ok(OpenedView { state, code })
    }

    pub(super) fn state(desk: &mut Desk) -> Answer<AppState> {
        Ok(desk.authenticator()?.state())
    }

    pub(super) fn unlock(desk: &mut Desk, pin: String) -> Answer<AppState> {
        desk.authenticator()?.unlock(pin)
    }

    pub(super) fn lock(desk: &mut Desk) -> Answer<AppState> {
        Ok(desk.authenticator()?.lock())
    }

    /// From now on the page is told when the app is locked behind its back.
    pub(super) fn watch_lock(desk: &mut Desk, locked: Channel<AppState>) -> Answer<()> {
        desk.page = Some(locked);
        Ok(())
    }

    pub(super) fn pin_setting(desk: &mut Desk) -> Answer<PinSettingView> {
        Ok(desk.authenticator()?.pin_setting())
    }

    pub(super) fn set_pin(desk: &mut Desk, new: String) -> Answer<AppState> {
        desk.authenticator()?.set_pin(new)
    }

    pub(super) fn change_pin(desk: &mut Desk, current: String, new: String) -> Answer<AppState> {
        desk.authenticator()?.change_pin(current, new)
    }

    pub(super) fn remove_pin(desk: &mut Desk, current: String) -> Answer<AppState> {
        desk.authenticator()?.remove_pin(current)
    }

    pub(super) fn activate(
        desk: &mut Desk,
        form: ActivationForm,
        consent: u32,
        progress: Channel<SetUpStep>,
    ) -> Answer<AppState> {
        desk.authenticator()?
            .activate(form, consent, &mut to_page(&progress))
    }

    pub(super) fn self_provision(
        desk: &mut Desk,
        institution_id: String,
        consent: u32,
        progress: Channel<SetUpStep>,
    ) -> Answer<AppState> {
        desk.authenticator()?
            .self_provision(&institution_id, consent, &mut to_page(&progress))
    }

    pub(super) fn resume(
        desk: &mut Desk,
        password: Option<String>,
        progress: Channel<SetUpStep>,
    ) -> Answer<AppState> {
        desk.authenticator()?
            .resume(password, &mut to_page(&progress))
    }

    pub(super) fn ids_in_picture(desk: &mut Desk, picture: String) -> Answer<SetUpIdsView> {
        desk.authenticator()?.ids_in_picture(&decoded(&picture)?)
    }

    /// The bytes of a file, from base64.
    fn decoded(picture: &str) -> Answer<Vec<u8>> {
        let picture = STANDARD.decode(picture);
        picture.map_err(|_| ErrorCode::QrUnreadable.into())
    }

    pub(super) fn ids_on_clipboard(desk: &mut Desk) -> Answer<SetUpIdsView> {
        match clipboard::held(desk.app()) {
            Some(Held::Picture {
                rgba,
                width,
                height,
            }) => desk.authenticator()?.ids_in_rgba(&rgba, width, height),
            Some(Held::Text(text)) => desk.authenticator()?.ids_in_text(text.trim()),
            None => Err(ErrorCode::ClipboardEmpty.into()),
        }
    }

    /// What a camera read, which is believed no more than a picture.
    pub(super) fn ids_in_text(desk: &mut Desk, text: String) -> Answer<SetUpIdsView> {
        desk.authenticator()?.ids_in_text(&text)
    }

    pub(super) fn watch_links(desk: &mut Desk, arrived: Channel<()>) -> Answer<()> {
        link::watch(desk.app(), arrived);
        Ok(())
    }

    pub(super) fn ids_in_link(desk: &mut Desk) -> Answer<Option<SetUpIdsView>> {
        link::take(desk)
    }

    pub(super) fn cancel_set_up(desk: &mut Desk) -> Answer<AppState> {
        Ok(desk.authenticator()?.cancel_set_up())
    }

    pub(super) fn acknowledge_set_up(desk: &mut Desk) -> Answer<AppState> {
        Ok(desk.authenticator()?.acknowledge_set_up())
    }

    pub(super) fn code(desk: &mut Desk, token_id: String) -> Answer<CodeView> {
        desk.authenticator()?.code(&token_id)
    }

    pub(super) fn select(desk: &mut Desk, token_id: String) -> Answer<AppState> {
        desk.authenticator()?.select(&token_id)
    }

    pub(super) fn move_token(
        desk: &mut Desk,
        token_id: String,
        towards: Towards,
    ) -> Answer<AppState> {
        desk.authenticator()?.move_token(&token_id, towards)
    }

    pub(super) fn set_mode(desk: &mut Desk, token_id: String, mode: ViewMode) -> Answer<AppState> {
        desk.authenticator()?.set_mode(&token_id, mode)
    }

    pub(super) fn set_digits(desk: &mut Desk, token_id: String, digits: u8) -> Answer<AppState> {
        desk.authenticator()?.set_digits(&token_id, digits)
    }

    /// Answers with what is in force: there may be no tray to stay in.
    pub(super) fn set_settings(desk: &mut Desk, mut settings: Settings) -> Answer<Settings> {
        #[cfg(desktop)]
        {
            settings.keep_in_tray = tray::show(desk.app(), settings.keep_in_tray);
        }
        #[cfg(mobile)]
        {
            settings.keep_in_tray = false;
        }
        desk.authenticator()?.set_settings(settings.clone())?;
        Ok(settings)
    }

    pub(super) fn check(desk: &mut Desk, token_id: String) -> Answer<CheckedView> {
        let authenticator = desk.authenticator()?;
        let told = authenticator.check(&token_id)?;
        let state = authenticator.state();
        Ok(CheckedView { state, told })
    }

    pub(super) fn stop_token(desk: &mut Desk, token_id: String) -> Answer<AppState> {
        desk.authenticator()?.stop_token(&token_id)
    }

    pub(super) fn remove(desk: &mut Desk, token_id: String) -> Answer<AppState> {
        desk.authenticator()?.remove(&token_id)
    }

    pub(super) fn serial_qr(desk: &mut Desk, token_id: String) -> Answer<String> {
        desk.authenticator()?.serial_qr(&token_id)
    }

    pub(super) fn copy_code(desk: &mut Desk, token_id: String) -> Answer<CopiedView> {
        desk.copy_code(&token_id)
    }

    pub(super) fn copy_serial(desk: &mut Desk, token_id: String) -> Answer<()> {
        clipboard::copy(desk.app(), desk.serial(&token_id)?)
    }

    pub(super) fn review_payment(
        desk: &mut Desk,
        token_id: String,
        form: PaymentForm,
    ) -> Answer<PaymentView> {
        desk.authenticator()?.review_payment(&token_id, &form)
    }

    pub(super) fn payment_in_picture(
        desk: &mut Desk,
        token_id: String,
        picture: String,
    ) -> Answer<PaymentView> {
        desk.authenticator()?
            .payment_in_image(&token_id, &decoded(&picture)?)
    }

    pub(super) fn payment_in_text(
        desk: &mut Desk,
        token_id: String,
        text: String,
    ) -> Answer<PaymentView> {
        desk.authenticator()?.payment_in_text(&token_id, &text)
    }

    pub(super) fn payment_on_clipboard(desk: &mut Desk, token_id: String) -> Answer<PaymentView> {
        let held = clipboard::held(desk.app());
        let authenticator = desk.authenticator()?;
        match held {
            Some(Held::Picture {
                rgba,
                width,
                height,
            }) => authenticator.payment_in_rgba(&token_id, &rgba, width, height),
            Some(Held::Text(text)) => authenticator.payment_in_text(&token_id, text.trim()),
            None => Err(ErrorCode::ClipboardEmpty.into()),
        }
    }

    pub(super) fn sign(
        desk: &mut Desk,
        token_id: String,
        form: PaymentForm,
    ) -> Answer<SignatureView> {
        desk.signed = None;
        let signed = desk.authenticator()?.sign(&token_id, &form)?;
        desk.signed = Some(Zeroizing::new(signed.digits.clone()));
        Ok(signed)
    }

    /// Copies the signature that the page shows; answers after how many seconds it is cleared.
    pub(super) fn copy_signature(desk: &mut Desk) -> Answer<u32> {
        let digits = desk.signed.take().ok_or(ErrorCode::Internal)?;
        let authenticator = desk.authenticator()?;
        // Not of an app that was locked since.
        if let Some(error) = authenticator.state().error() {
            return Err(error);
        }
        let clear_after_secs = authenticator.settings().clear_after.secs();
        desk.signed = Some(digits.clone());
        clipboard::copy_secret(desk.app(), digits, clear_after_secs)?;
        Ok(clear_after_secs)
    }

    pub(super) fn diagnose(desk: &mut Desk) -> Answer<DiagnosedView> {
        let authenticator = desk.authenticator()?;
        let report = authenticator.doctor();
        let state = authenticator.state();
        desk.diagnosis = Some(report.clone());
        Ok(DiagnosedView { state, report })
    }

    /// Copies the report that the page shows.
    pub(super) fn copy_diagnosis(desk: &mut Desk, language: Language) -> Answer<()> {
        let report = desk.diagnosis.as_ref().ok_or(ErrorCode::Internal)?;
        clipboard::copy(desk.app(), report.text(language))
    }

    pub(super) fn start_over(desk: &mut Desk) -> Answer<AppState> {
        desk.authenticator()?.start_over()
    }
}
