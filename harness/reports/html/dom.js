// Elements, made without parsing any text as markup.

const SVG = 'http://www.w3.org/2000/svg';

function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

function chip([word, kind, symbol]) {
  return h('span', { class: `chip ${kind}` }, h('span', { 'aria-hidden': 'true' }, symbol), ` ${word}`);
}

function link(state, attributes, ...children) {
  return h('a', { href: hashOf(state), ...attributes }, ...children);
}

function hashOf(state) {
  const words = new URLSearchParams(Object.entries(state).filter(([, value]) => value)).toString();
  return `#${words.replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',')}`;
}

function stateOf(hash) {
  return Object.fromEntries(new URLSearchParams(hash.replace(/^#/, '')));
}

// Text to copy, with its button.
function copyable(text, what, open = true) {
  const button = h('button', { type: 'button', class: 'copy', 'aria-label': `copy ${what}` }, 'copy');
  button.addEventListener('click', () => copy(text, button));
  const block = h('pre', { tabindex: '0', 'aria-label': what }, h('code', {}, text));
  if (open) return h('div', { class: 'copyable' }, block, button);
  return h('details', { class: 'copyable' }, h('summary', {}, what), block, button);
}

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyBySelection(text);
  }
  button.textContent = done ? 'copied' : 'not copied';
  byId('status').textContent = done ? 'copied' : 'not copied: select the text by hand';
  setTimeout(() => { button.textContent = 'copy'; }, 2000);
}

// The way that also works where a page may not use the clipboard.
function copyBySelection(text) {
  const area = h('textarea', { class: 'offscreen', readonly: true });
  area.value = text;
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus({ preventScroll: true });
  return done;
}

function isNarrow() {
  return matchMedia('(max-width: 640px)').matches;
}
