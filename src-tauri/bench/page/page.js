// Shows itself and reports its paint the way the app's page does.
const { invoke } = window.__TAURI_INTERNALS__;
const painted = () =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

await invoke("reveal");
if (window.__SKTS_START__.markPainted) {
  await document.fonts.ready;
  await painted();
  await invoke("mark_painted");
}
