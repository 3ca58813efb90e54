// An axis drawn: where the inputs land, how often each element of the full scatter is hit, what the crops leave.

const GUTTER = 54;
const LONGEST = 20000;
const MOST_PLANES = 8;

function hitsOf(axis) {
  const hits = new Int32Array(Math.max(axis.full, 0));
  for (let i = 0; i < axis.n; i++) for (let a = 0; a < axis.k; a++) hits[i * axis.s + a * axis.d]++;
  return hits;
}

// Hits of the output's own elements: appended zeros have none.
function keptHits(axis) {
  const hits = hitsOf(axis);
  return Int32Array.from({ length: Math.max(axis.out, 0) }, (_, at) => hits[at + axis.begin] ?? 0);
}

function axisWords(axis) {
  return `input ${axis.n}, kernel ${axis.k}, stride ${axis.s}, dilation ${axis.d}; `
    + `full ${axis.full}, crop ${axis.begin} and ${axis.end}, output ${axis.out}`;
}

function drawAxis(axis, width) {
  const words = h('figcaption', {}, h('strong', {}, axis.name), ` ${axisWords(axis)}`);
  const low = Math.min(0, axis.begin);
  const high = Math.max(axis.full, axis.begin + axis.out);
  if (high - low > LONGEST) return h('figure', { class: 'axis' }, words, h('p', {}, 'Too long to draw.'));
  const cell = Math.min((width - GUTTER - 2) / Math.max(high - low, 1), 30);
  const at = (position) => GUTTER + (position - low) * cell;
  const parts = { axis, hits: hitsOf(axis), cell, at, low, high };
  const picture = svg('svg', {
    width: Math.ceil(at(high) + 2), height: 92, role: 'img', 'aria-label': `${axis.name}: ${axisWords(axis)}`,
  }, ...[['input', 17], ['hits', 47], ['output', 78]].map(([text, y]) => svg('text', { x: 0, y, class: 'label' }, text)));
  picture.append(...inputs(parts), ...(cell >= 14 ? cells(parts) : bars(parts)), ...kept(parts));
  return h('figure', { class: 'axis' }, words, picture);
}

function number(x, y, text, name = '') {
  return svg('text', { x, y, class: `number ${name}` }, text);
}

// Each input stands above the element that its first tap reaches.
function* inputs({ axis, cell, at }) {
  const size = Math.max(Math.min(cell - 2, 18), 1);
  const marks = [];
  for (let i = 0; i < axis.n; i++) {
    const middle = at(i * axis.s) + cell / 2;
    marks.push(`M${(middle - size / 2).toFixed(2)} 4h${size.toFixed(2)}v18h${(-size).toFixed(2)}z`);
    if (size >= 14) yield number(middle, 17, i, 'above');
  }
  yield svg('path', { d: marks.join(''), class: 'input' });
}

function* cells({ hits, cell, at, low, high }) {
  const most = Math.max(...hits, 1);
  for (let position = low; position < high; position++) {
    const inside = position in hits;
    const x = at(position);
    yield svg('rect', {
      x: x + 0.5, y: 32.5, width: cell - 1, height: 21, class: inside ? 'hit' : 'zero',
      'fill-opacity': inside ? (0.5 * hits[position]) / most : 1,
    });
    yield number(x + cell / 2, 47, inside ? hits[position] : '0');
  }
}

function* bars({ hits, cell, at }) {
  const most = Math.max(...hits, 1);
  const tops = Array.from(hits, (count, position) => {
    const y = 54 - (22 * count) / most;
    return `L${at(position).toFixed(2)} ${y.toFixed(2)}h${cell.toFixed(2)}`;
  });
  yield svg('path', { d: `M${at(0).toFixed(2)} 54${tops.join('')}V54z`, class: 'bar' });
  yield svg('path', { d: `M${at(0).toFixed(2)} 54H${at(hits.length).toFixed(2)}`, class: 'edge' });
}

function* kept({ axis, cell, at }) {
  const [first, last] = [at(axis.begin), at(axis.begin + axis.out)];
  yield svg('rect', { x: first, y: 64, width: Math.max(last - first, 0), height: 20, class: 'kept' });
  yield svg('path', { d: `M${first} 28V84M${last} 28V84`, class: 'cut' });
  const step = Math.max(Math.ceil(20 / cell), 1);
  for (let j = 0; j < axis.out; j += step) yield number(at(axis.begin + j) + cell / 2, 78, j);
}

// Of one axis a single row, of three a map for each of the first elements along the depth.
function overlapMap(axes, unevenness) {
  const one = Int32Array.of(1);
  const [columns, rows = one, planes = one] = axes.map(keptHits).reverse();
  if (![columns, rows, planes].every((hits) => hits.length)) return h('p', {}, 'The output is empty.');
  const shown = [planes, rows, columns].map((hits, at) => hits.subarray(0, at ? 256 : MOST_PLANES));
  const panels = Array.from(shown[0], (factor, at) => ({
    title: axes.length > 2 ? `overlap, ${axes[0].name} ${at}` : 'overlap',
    values: Float64Array.from({ length: shown[1].length * shown[2].length }, (_, place) => (
      factor * rows[Math.floor(place / shown[2].length)] * columns[place % shown[2].length])),
    rows: shown[1].length, columns: shown[2].length, show: String, sequential: true,
    most: Math.max(...shown[0]) * Math.max(...shown[1]) * Math.max(...shown[2]),
  }));
  const whole = shown.every((hits, at) => hits.length === [planes, rows, columns][at].length);
  const sizes = shown.map((hits) => hits.length).slice(-Math.max(axes.length, 2)).join(' × ');
  const read = (i, j) => {
    const found = panels.map((panel) => panel.values[i * panel.columns + j]);
    const product = axes.length > 2 ? found.join(', ') : `${rows[i]} × ${columns[j]} = ${found[0]}`;
    return `row ${i}, column ${j}: ${product} products`;
  };
  return h('figure', {},
    h('figcaption', { class: 'overlaps' }, 'Products of one channel pair that meet in each output element.',
      whole ? '' : ` The first ${sizes} elements.`,
      unevenness ? ` Unevenness ${unevenness}.` : ''),
    heatMaps(panels, read, [0, 0]));
}
