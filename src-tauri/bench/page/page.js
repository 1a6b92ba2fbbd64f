// Shows itself the way the app's page does.
await window.__TAURI_INTERNALS__.invoke("reveal");
