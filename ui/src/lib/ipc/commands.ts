// The commands of src-tauri/src/table.rs with their arguments; src-tauri/tests/table.rs compares.

import type * as T from "./types";

/** A stream of messages while a command runs. */
export interface Channel<M> {
  onmessage: (message: M) => void;
}

export interface Commands {
  reveal: { args: {}; result: null };
  open: { args: {}; result: T.AppState };
  state: { args: {}; result: T.AppState };
  activate: { args: { form: T.ActivationForm; consent: number; progress: Channel<T.SetUpStep> }; result: T.AppState };
  self_provision: { args: { institutionId: string; consent: number; progress: Channel<T.SetUpStep> }; result: T.AppState };
  resume: { args: { password: string | null; progress: Channel<T.SetUpStep> }; result: T.AppState };
  stop_set_up: { args: {}; result: null };
  cancel_set_up: { args: {}; result: T.AppState };
  acknowledge_set_up: { args: {}; result: T.AppState };
  code: { args: { tokenId: string }; result: T.CodeView };
  select: { args: { tokenId: string }; result: T.AppState };
  set_mode: { args: { tokenId: string; mode: T.ViewMode }; result: T.AppState };
  set_digits: { args: { tokenId: string; digits: number }; result: T.AppState };
  set_language: { args: { language: T.Language | null }; result: null };
  remove: { args: { tokenId: string }; result: T.AppState };
  serial_qr: { args: { tokenId: string }; result: string };
  copy_code: { args: { tokenId: string }; result: number };
  copy_serial: { args: { tokenId: string }; result: null };
  start_over: { args: {}; result: T.AppState };
}
