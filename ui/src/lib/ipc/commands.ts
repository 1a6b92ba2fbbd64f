// Made from the Rust command table by `cargo test -p skts-app`. Do not edit.
import type * as T from "./types";

/** A stream of messages while a command runs. */
export interface Channel<M> {
  onmessage: (message: M) => void;
}

/** What the page may call. */
export interface Commands {
  reveal: { args: Record<string, never>; result: null };
  close_window: { args: Record<string, never>; result: null };
  quit: { args: Record<string, never>; result: null };
  open: { args: Record<string, never>; result: T.OpenedView };
  state: { args: Record<string, never>; result: T.AppState };
  unlock: { args: { pin: string }; result: T.AppState };
  lock: { args: Record<string, never>; result: T.AppState };
  watch_lock: { args: { locked: Channel<T.AppState> }; result: null };
  pin_setting: { args: Record<string, never>; result: T.PinSettingView };
  set_pin: { args: { new: string }; result: T.AppState };
  change_pin: { args: { current: string; new: string }; result: T.AppState };
  remove_pin: { args: { current: string }; result: T.AppState };
  activate: { args: { form: T.ActivationForm; consent: number; progress: Channel<T.SetUpStep> }; result: T.AppState };
  self_provision: { args: { institutionId: string; consent: number; progress: Channel<T.SetUpStep> }; result: T.AppState };
  resume: { args: { password: string | null; progress: Channel<T.SetUpStep> }; result: T.AppState };
  ids_in_picture: { args: { picture: string }; result: T.SetUpIdsView };
  ids_on_clipboard: { args: Record<string, never>; result: T.SetUpIdsView };
  ids_in_text: { args: { text: string }; result: T.SetUpIdsView };
  watch_links: { args: { arrived: Channel<null> }; result: null };
  ids_in_link: { args: Record<string, never>; result: T.SetUpIdsView | null };
  stop_set_up: { args: Record<string, never>; result: null };
  cancel_set_up: { args: Record<string, never>; result: T.AppState };
  acknowledge_set_up: { args: Record<string, never>; result: T.AppState };
  code: { args: { tokenId: string }; result: T.CodeView };
  select: { args: { tokenId: string }; result: T.AppState };
  move_token: { args: { tokenId: string; towards: T.Towards }; result: T.AppState };
  set_mode: { args: { tokenId: string; mode: T.ViewMode }; result: T.AppState };
  set_digits: { args: { tokenId: string; digits: number }; result: T.AppState };
  set_settings: { args: { settings: T.Settings }; result: T.Settings };
  check: { args: { tokenId: string }; result: T.CheckedView };
  stop_token: { args: { tokenId: string }; result: T.AppState };
  remove: { args: { tokenId: string }; result: T.AppState };
  serial_qr: { args: { tokenId: string }; result: string };
  stores: { args: Record<string, never>; result: T.StoreView[] };
  copy_code: { args: { tokenId: string }; result: T.CopiedView };
  copy_serial: { args: { tokenId: string }; result: null };
  review_payment: { args: { tokenId: string; form: T.PaymentForm }; result: T.PaymentView };
  payment_in_picture: { args: { tokenId: string; picture: string }; result: T.PaymentView };
  payment_in_text: { args: { tokenId: string; text: string }; result: T.PaymentView };
  payment_on_clipboard: { args: { tokenId: string }; result: T.PaymentView };
  sign: { args: { tokenId: string; form: T.PaymentForm }; result: T.SignatureView };
  copy_signature: { args: Record<string, never>; result: number };
  start_over: { args: Record<string, never>; result: T.AppState };
  diagnose: { args: Record<string, never>; result: T.DiagnosedView };
  copy_diagnosis: { args: { language: T.Language }; result: null };
  screenshots: { args: Record<string, never>; result: T.ScreenshotsView };
  allow_screenshots: { args: { allowed: boolean }; result: T.ScreenshotsView };
}
