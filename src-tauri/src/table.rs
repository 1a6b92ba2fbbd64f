// The one table of commands. From it come the functions the page may call (`commands.rs`), the
// names the build declares to Tauri (`build.rs`), and the TypeScript types; the capability file
// is checked against it. A `worker` command runs on the thread that owns the authenticator, a
// `direct` one at once.
macro_rules! command_table {
    ($with:ident) => {
        $with! {
            direct reveal() -> ();
            direct close_window() -> ();
            direct quit() -> ();
            worker open() -> OpenedView;
            worker state() -> AppState;
            worker unlock(pin: String) -> AppState;
            worker lock() -> AppState;
            worker watch_lock(locked: Channel<AppState>) -> ();
            worker pin_setting() -> PinSettingView;
            worker set_pin(new: String) -> AppState;
            worker change_pin(current: String, new: String) -> AppState;
            worker remove_pin(current: String) -> AppState;
            worker activate(form: ActivationForm, consent: u32, progress: Channel<SetUpStep>) -> AppState;
            worker self_provision(institution_id: String, consent: u32, progress: Channel<SetUpStep>) -> AppState;
            worker resume(password: Option<String>, progress: Channel<SetUpStep>) -> AppState;
            worker ids_in_picture(picture: String) -> SetUpIdsView;
            worker ids_on_clipboard() -> SetUpIdsView;
            worker ids_in_text(text: String) -> SetUpIdsView;
            worker watch_links(arrived: Channel<()>) -> ();
            worker ids_in_link() -> Option<SetUpIdsView>;
            direct stop_set_up() -> ();
            worker cancel_set_up() -> AppState;
            worker acknowledge_set_up() -> AppState;
            worker code(token_id: String) -> CodeView;
            worker select(token_id: String) -> AppState;
            worker move_token(token_id: String, towards: Towards) -> AppState;
            worker set_mode(token_id: String, mode: ViewMode) -> AppState;
            worker set_digits(token_id: String, digits: u8) -> AppState;
            worker set_settings(settings: Settings) -> Settings;
            worker check(token_id: String) -> CheckedView;
            worker stop_token(token_id: String) -> AppState;
            worker remove(token_id: String) -> AppState;
            worker serial_qr(token_id: String) -> String;
            direct stores() -> Vec<StoreView>;
            worker copy_code(token_id: String) -> CopiedView;
            worker copy_serial(token_id: String) -> ();
            worker review_payment(token_id: String, form: PaymentForm) -> PaymentView;
            worker payment_in_picture(token_id: String, picture: String) -> PaymentView;
            worker payment_in_text(token_id: String, text: String) -> PaymentView;
            worker payment_on_clipboard(token_id: String) -> PaymentView;
            worker sign(token_id: String, form: PaymentForm) -> SignatureView;
            worker copy_signature() -> u32;
            worker start_over() -> AppState;
            worker diagnose() -> DiagnosedView;
            worker copy_diagnosis(language: Language) -> ();
            direct screenshots() -> ScreenshotsView;
            direct allow_screenshots(allowed: bool) -> ScreenshotsView;
        }
    };
}
