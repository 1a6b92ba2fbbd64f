// Rectangles of the page, in CSS pixels from its corner: what is to be marked, and what has words.
const whole = document.documentElement;
const rect = ({ left, top, width, height }) =>
  ({ x: left + scrollX, y: top + scrollY, width, height });
const seen = ({ width, height, left }) => width > 1 && height > 1 && left + scrollX >= 0;
// What is inked of a line: a font's line is higher than its letters.
const inked = line => ({ ...line, y: line.y + line.height * 0.16, height: line.height * 0.74 });
const lines = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode;
  if (!text.data.trim() || !text.parentElement || !shown(text.parentElement)) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  lines.push(...[...range.getClientRects()].filter(seen).map(rect).map(inked));
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
  if (!found) return null;
  const box = rect(found.getBoundingClientRect());
  // A feature phone's tables are lists: a name, and below it what there is of it.
  let told = found.tagName === 'DT' ? found.nextElementSibling : null;
  for (; told?.tagName === 'DD'; told = told.nextElementSibling) {
    const below = rect(told.getBoundingClientRect());
    box.height = below.y + below.height - box.y;
  }
  return box;
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
