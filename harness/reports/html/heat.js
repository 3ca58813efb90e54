// Heat maps on canvases, side by side with one cursor. Hover, tap or arrow keys move it; the line below reads it.

const SCALES = {
  light: { zero: [250, 250, 249], below: [33, 102, 172], above: [179, 88, 6], nan: [128, 40, 140], mark: '#111' },
  dark: { zero: [30, 34, 39], below: [108, 172, 240], above: [240, 160, 76], nan: [206, 130, 222], mark: '#fff' },
};
const darkScheme = matchMedia('(prefers-color-scheme: dark)');

function mix(from, to, part) {
  return from.map((value, at) => Math.round(value + (to[at] - value) * part));
}

function colourOf(value, most, scale) {
  if (Number.isNaN(value)) return scale.nan;
  if (value === 0) return scale.zero;
  const part = Number.isFinite(value) ? 0.12 + (0.88 * Math.abs(value)) / most : 1;
  return mix(scale.zero, value < 0 ? scale.below : scale.above, Math.min(part, 1));
}

function inkOn([red, green, blue]) {
  const linear = [red, green, blue].map((part) => (part / 255) ** 2.2);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.2 ? '#000' : '#fff';
}

function largest(values) {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

// Each panel has a title, values (rows × columns in C order), what shows a value, and the largest magnitude of its scale.
function heatMaps(panels, read, [row, column]) {
  const cursor = { row, column };
  const readout = h('p', { class: 'readout', 'aria-live': 'polite' });
  const boxes = panels.map((panel) => heatMap(panel, cursor, move, reveal));
  function move(i, j) {
    const { rows, columns } = panels[0];
    cursor.row = Math.min(Math.max(i, 0), rows - 1);
    cursor.column = Math.min(Math.max(j, 0), columns - 1);
    readout.textContent = read(cursor.row, cursor.column);
    for (const box of boxes) box.draw();
  }
  function reveal(i, j) {
    move(i, j);
    for (const box of boxes) box.reveal();
  }
  const element = h('div', { class: 'maps' },
    h('div', { class: 'panels' }, boxes.map((box) => box.element)), readout);
  const observer = new ResizeObserver(() => {
    for (const box of boxes) box.size();
    reveal(cursor.row, cursor.column);
  });
  observer.observe(element);
  darkScheme.addEventListener('change', () => element.isConnected && move(cursor.row, cursor.column));
  return element;
}

function heatMap(panel, cursor, move, reveal) {
  const most = panel.most ?? largest(panel.values);
  const canvas = h('canvas', {
    tabindex: '0', role: 'application',
    'aria-label': `${panel.title}, ${panel.rows} rows and ${panel.columns} columns; arrow keys move the cursor`,
  });
  const frame = h('div', { class: 'frame' }, canvas);
  const range = panel.sequential ? ` scale 0 to ${panel.show(most)}` : ` scale ±${panel.show(most)}`;
  const element = h('figure', { class: 'heat' },
    h('figcaption', {}, h('strong', {}, panel.title), most ? h('span', { class: 'note' }, range) : ''), frame);
  let cell = 0;
  const size = () => {
    const available = Math.max(frame.clientWidth - 2, 40);
    cell = Math.max(Math.min(Math.floor(available / panel.columns), 32), 3);
    const ratio = window.devicePixelRatio || 1;
    canvas.style.width = `${cell * panel.columns}px`;
    canvas.style.height = `${cell * panel.rows}px`;
    canvas.width = Math.round(cell * panel.columns * ratio);
    canvas.height = Math.round(cell * panel.rows * ratio);
    canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
  };
  const draw = () => cell && drawHeat(canvas.getContext('2d'), panel, most, cell, cursor);
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    move(Math.floor((event.clientY - box.top) / cell), Math.floor((event.clientX - box.left) / cell));
  };
  canvas.addEventListener('pointermove', point);
  canvas.addEventListener('pointerdown', point);
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    reveal(cursor.row + step[0], cursor.column + step[1]);
  });
  // Scrolls a map that is larger than its frame.
  const scroll = () => {
    const within = (at, from, available) => Math.max(Math.min(from, at * cell), (at + 1) * cell - available + 2);
    frame.scrollLeft = within(cursor.column, frame.scrollLeft, frame.clientWidth);
    frame.scrollTop = within(cursor.row, frame.scrollTop, frame.clientHeight);
  };
  return { element, size, draw, reveal: scroll };
}

function drawHeat(context, { values, rows, columns, show: text }, most, cell, cursor) {
  const scale = SCALES[darkScheme.matches ? 'dark' : 'light'];
  const gap = cell > 6 ? 1 : 0;
  context.clearRect(0, 0, cell * columns, cell * rows);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `${cell >= 26 ? 11 : 10}px ui-monospace, monospace`;
  const labels = cell >= 16 ? Array.from(values, (value) => short(value, text)) : null;
  const fits = labels && Math.max(...labels.map((label) => label.length)) * 6.6 <= cell - 2;
  for (let at = 0; at < rows * columns; at++) {
    const [x, y] = [(at % columns) * cell, Math.floor(at / columns) * cell];
    const colour = colourOf(values[at], most || 1, scale);
    context.fillStyle = `rgb(${colour.join(' ')})`;
    context.fillRect(x, y, cell - gap, cell - gap);
    if (!labels || !(fits || !Number.isFinite(values[at]))) continue;
    context.fillStyle = inkOn(colour);
    context.fillText(labels[at], x + cell / 2, y + cell / 2);
  }
  context.strokeStyle = scale.mark;
  context.lineWidth = 2;
  context.strokeRect(cursor.column * cell + 0.5, cursor.row * cell + 0.5, cell - gap - 0.5, cell - gap - 0.5);
}

function short(value, text) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-∞' : '∞';
  return text(value);
}
