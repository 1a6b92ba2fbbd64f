// Rectangles of the page, in CSS pixels from its corner: what is to be marked, and what has words.
const whole = document.documentElement;
const rect = ({ left, top, width, height }) =>
  ({ x: left + scrollX, y: top + scrollY, width, height });
const seen = ({ width, height, left }) => width > 1 && height > 1 && left + scrollX >= 0;
const lines = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode;
  if (!text.data.trim() || !text.parentElement || !shown(text.parentElement)) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  lines.push(...[...range.getClientRects()].filter(seen).map(rect));
}
const context = document.createElement('canvas').getContext('2d');
const controls = [];
for (const control of document.querySelectorAll('input, select, textarea, button, svg, img')) {
  if (!shown(control)) continue;
  const box = rect(control.getBoundingClientRect());
  controls.push(box);
  if (control.tagName !== 'INPUT' || !control.value) continue;
  if (!['text', 'password', 'email', 'tel'].includes(control.type)) {
    lines.push(box);
    continue;
  }
  const style = getComputedStyle(control);
  context.font = style.font;
  const value = control.type === 'password' ? '●'.repeat(control.value.length) : control.value;
  const width = context.measureText(value).width + parseFloat(style.paddingLeft) + 4;
  lines.push({ ...box, width: Math.min(width, box.width) });
}
const placed = wanted => {
  const found = find(wanted);
  return found && rect(found.getBoundingClientRect());
};
const style = getComputedStyle(whole);
const accent = ['--accent', '--deep'].map(name => style.getPropertyValue(name).trim()).find(Boolean);
return {
  page: { x: 0, y: 0, width: whole.scrollWidth, height: whole.scrollHeight },
  spots: arguments[0].map(placed),
  lasts: arguments[1].map(placed),
  lines,
  controls,
  accent: accent ?? null,
};
