// The list of checks. Only the rows in view are in the document; each is a link to its case.

const SPARE = 400;

class ResultList {
  constructor(box) {
    this.box = box;
    this.items = h('ul', { class: 'items', role: 'list' });
    this.box.append(this.items);
    this.rows = [];
    this.tops = new Float64Array(1);
    this.current = 0;
    this.shown = new Map();
    this.lines = [];
    this.box.addEventListener('scroll', () => this.render(), { passive: true });
    this.items.addEventListener('focusin', (event) => this.setCurrent(Number(event.target.dataset.at)));
    new ResizeObserver(() => this.relayout()).observe(this.box);
  }

  show(rows) {
    const row = this.rows[this.current];
    this.rows = rows;
    this.current = Math.max(rows.indexOf(row), 0);
    this.layout();
    this.box.scrollTop = 0;
    this.reveal(this.current);
    this.render();
  }

  relayout() {
    if (!this.box.clientWidth || this.box.clientWidth === this.width) return;
    const first = this.find(this.box.scrollTop);
    this.layout();
    this.box.scrollTop = this.tops[first] ?? 0;
    this.render();
  }

  // Heights follow from the lengths of the texts, which are set in a font of equal widths.
  layout() {
    this.width = this.box.clientWidth;
    const grid = this.measure();
    this.tops = new Float64Array(this.rows.length + 1);
    this.messageColumns = grid.messageColumns;
    if (grid.columns !== this.columns) this.lines = [];
    this.columns = grid.columns;
    this.rows.forEach((row, at) => {
      const lines = this.linesOf(index.case[row]).length;
      const message = hasMessage(row) ? grid.messageLine : 0;
      this.tops[at + 1] = this.tops[at] + grid.around + lines * grid.line + message;
    });
    this.items.replaceChildren();
    this.shown.clear();
    this.items.style.height = `${this.tops[this.rows.length]}px`;
  }

  measure() {
    const letters = '0'.repeat(10);
    const probe = this.item(h('span', { class: 'name' }, letters), h('span', { class: 'message' }, letters),
      ['within_bound', 'none', '?'], 'x');
    probe.className = 'probe';
    this.items.append(probe);
    const [name, message] = ['name', 'message'].map((part) => probe.querySelector(`.${part}`));
    const letter = (element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect().width / letters.length || 8;
    };
    const sizes = {
      line: name.offsetHeight,
      messageLine: message.offsetHeight,
      around: probe.offsetHeight - name.offsetHeight - message.offsetHeight,
      columns: Math.max(Math.floor(name.clientWidth / letter(name) + 0.01), 1),
      messageColumns: Math.max(Math.floor(message.clientWidth / letter(message) + 0.01), 1),
    };
    probe.remove();
    return sizes;
  }

  linesOf(number) {
    this.lines[number] ??= wrapName(index.cases[number], this.columns);
    return this.lines[number];
  }

  // The row at a height.
  find(top) {
    let first = 0;
    let last = this.rows.length;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (this.tops[middle + 1] <= top) first = middle + 1;
      else last = middle;
    }
    return first;
  }

  render() {
    const top = this.box.scrollTop;
    const first = this.find(top - SPARE);
    const last = Math.min(this.find(top + this.box.clientHeight + SPARE) + 1, this.rows.length);
    const wanted = new Set(this.rows.length ? [this.current] : []);
    for (let at = first; at < last; at++) wanted.add(at);
    for (const [at, item] of this.shown) {
      if (!wanted.has(at)) {
        item.remove();
        this.shown.delete(at);
      }
    }
    for (const at of wanted) if (!this.shown.has(at)) this.insert(at);
  }

  insert(at) {
    const item = this.itemAt(at);
    item.style.transform = `translateY(${this.tops[at]}px)`;
    item.style.height = `${this.tops[at + 1] - this.tops[at]}px`;
    this.shown.set(at, item);
    const next = [...this.items.children].find((other) => Number(other.dataset.at) > at);
    this.items.insertBefore(item, next ?? null);
  }

  itemAt(at) {
    const row = this.rows[at];
    const text = hasMessage(row) ? messageOf(row).replace(/\s+/g, ' ') : '';
    const message = text ? h('span', { class: 'message' }, shorten(text, this.messageColumns)) : null;
    const lines = this.linesOf(index.case[row]).flatMap((line, number) => (number ? [h('br'), line] : [line]));
    const name = h('span', { class: 'name' }, lines);
    const item = this.item(name, message, verdictOf(row), index.subjects[index.subject[row]], row);
    item.dataset.at = at;
    item.setAttribute('aria-posinset', at + 1);
    item.setAttribute('aria-setsize', this.rows.length);
    item.firstChild.dataset.at = at;
    item.firstChild.tabIndex = at === this.current ? 0 : -1;
    return item;
  }

  item(name, message, verdict, subject, row = null) {
    const href = row === null ? '#' : hashOf(stateOfRow(row));
    return h('li', {}, h('a', { href }, chip(verdict), name, h('span', { class: 'subject' }, subject), message));
  }

  setCurrent(at) {
    if (Number.isNaN(at)) return;
    const before = this.shown.get(this.current);
    if (before) before.firstChild.tabIndex = -1;
    this.current = at;
    const now = this.shown.get(at);
    if (now) now.firstChild.tabIndex = 0;
  }

  reveal(at) {
    const visible = this.box.clientHeight;
    if (this.tops[at] < this.box.scrollTop) this.box.scrollTop = this.tops[at];
    else if (this.tops[at + 1] > this.box.scrollTop + visible) this.box.scrollTop = this.tops[at + 1] - visible;
  }

  // Focus the row at a position, as near to it as there is one.
  go(at) {
    if (!this.rows.length) return;
    const target = Math.min(Math.max(at, 0), this.rows.length - 1);
    this.setCurrent(target);
    this.reveal(target);
    this.render();
    this.shown.get(target).firstChild.focus({ preventScroll: true });
  }

  get page() {
    return Math.max(this.find(this.box.scrollTop + this.box.clientHeight) - this.find(this.box.scrollTop) - 1, 1);
  }
}

function hasMessage(row) {
  return index.parts[row] > 1 || index.message[index.first[row]] > 0;
}

function stateOfRow(row) {
  return { case: index.cases[index.case[row]], adapter: index.subjects[index.subject[row]] };
}

// Columns that a text takes in a font of equal widths; East Asian signs take two.
function columnsOf(text) {
  let columns = 0;
  for (const sign of text) columns += sign.codePointAt(0) < 0x2e80 ? 1 : 2;
  return columns;
}

// Lines of at most so many columns, broken after a sign between words where there is one.
function wrapName(name, columns) {
  if (columnsOf(name) <= columns) return [name];
  const lines = [''];
  const add = (part) => {
    if (columnsOf(lines.at(-1) + part) <= columns || !lines.at(-1)) lines[lines.length - 1] += part;
    else lines.push(part);
  };
  for (const word of name.match(/[^-/_,=[\]]+[-/_,=[\]]?|[-/_,=[\]]/gu)) {
    if (columnsOf(word) <= columns) add(word);
    else for (const sign of word) add(sign);
  }
  return lines;
}

function shorten(text, columns) {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 1;
  for (const sign of text) {
    used += columnsOf(sign);
    if (used > columns) break;
    kept += sign;
  }
  return `${kept}…`;
}
