// What `wanted` names on the page, if it can be seen: an id, a field's name, words as one reads them, or a
// CSS selector, in this order.
const shown = element => {
  const { width, height, right, bottom } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return width > 1 && height > 1 && right + scrollX > 0 && bottom + scrollY > 0 &&
    style.visibility !== 'hidden' && style.display !== 'none';
};
const words = element => {
  const text = element.tagName === 'INPUT' ? element.value : element.innerText ?? element.textContent;
  return (text ?? '').replace(/\s+/g, ' ').trim();
};
const READ = [
  'a, button, input[type=submit], summary',
  'label',
  'legend, th, dt, caption',
  'h1, h2, p, li',
];
// Of a heading of a row, the row is meant; of that of a table, the table.
const meant = element => ({ TH: 'tr', CAPTION: 'table' })[element.tagName]
  ? element.closest({ TH: 'tr', CAPTION: 'table' }[element.tagName])
  : element;
const find = wanted => {
  const id = document.getElementById(wanted);
  if (id && shown(id)) return id;
  const named = [...document.getElementsByName(wanted)].find(shown);
  if (named) return named;
  for (const kind of READ) {
    const read = [...document.querySelectorAll(kind)].find(e => shown(e) && words(e) === wanted);
    if (read) return meant(read);
  }
  try {
    return [...document.querySelectorAll(wanted)].find(shown) ?? null;
  } catch {
    return null;
  }
};
