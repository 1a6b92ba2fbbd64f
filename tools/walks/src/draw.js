// One picture over the page, from shapes that were placed already. Attributes and CSSOM only: the pages'
// content security policy allows no style of anybody else's.
const [page, shapes, accent, name] = arguments;
document.getElementById(name)?.remove();
const made = (kind, attributes, text) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', kind);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};
const sheet = made('svg', {
  id: name, width: page.width, height: page.height, 'aria-hidden': 'true',
  viewBox: `0 0 ${page.width} ${page.height}`,
});
for (const [key, value] of Object.entries({
  position: 'absolute', left: '0', top: '0', margin: '0', overflow: 'hidden',
  pointerEvents: 'none', zIndex: '2147483647',
})) sheet.style[key] = value;
const font = {
  'font-family': '"Noto Sans CJK JP", "Noto Sans JP", sans-serif', 'font-weight': '700',
};
for (const { frame } of shapes) {
  sheet.append(made('rect', {
    ...frame, rx: 6, fill: 'none', stroke: accent, 'stroke-width': 2,
  }));
}
for (const { line } of shapes) {
  if (!line) continue;
  const [x1, y1, x2, y2] = line;
  sheet.append(made('line', { x1, y1, x2, y2, stroke: accent, 'stroke-width': 1.5 }));
  sheet.append(made('circle', { cx: x2, cy: y2, r: 3, fill: accent }));
}
for (const { label, text, size } of shapes) {
  if (!label) continue;
  sheet.append(made('rect', {
    ...label, rx: label.height / 2, fill: '#ffffff', stroke: accent, 'stroke-width': 1.5,
  }));
  sheet.append(made('text', {
    ...font, x: label.x + label.height + 4, y: label.y + label.height / 2 + size * 0.36,
    'font-size': size, fill: '#16212b',
  }, text));
}
for (const { disc, mark, size } of shapes) {
  sheet.append(made('circle', {
    cx: disc.x, cy: disc.y, r: disc.radius, fill: accent, stroke: '#ffffff', 'stroke-width': 1.5,
  }));
  sheet.append(made('text', {
    ...font, x: disc.x, y: disc.y + size * 0.36, 'font-size': size, 'text-anchor': 'middle',
    fill: '#ffffff',
  }, mark));
}
document.documentElement.append(sheet);
