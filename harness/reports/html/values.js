// Expected, actual and difference of one check, plane by plane.

function planesOf(tensor) {
  return { first: tensor.origin[0], count: tensor.size[0] };
}

// The index of a plane in all leading axes, counted in C order.
function leading(plane, shape) {
  const sizes = shape.slice(0, -2);
  return sizes.map((_, at) => Math.floor(plane / sizes.slice(at + 1).reduce((a, b) => a * b, 1)) % sizes[at]);
}

function planeName(plane, shape) {
  const at = leading(plane, shape);
  if (at.length === 2) return `batch ${at[0]}, channel ${at[1]}`;
  return at.length ? `index ${at.join(', ')}` : 'the only plane';
}

function elementName(plane, i, j, shape) {
  return `[${[...leading(plane, shape), i, j].slice(-shape.length).join(', ')}]`;
}

function windowWords(tensor) {
  const [planes, rows, columns] = tensor.size;
  const [, top, left] = tensor.origin;
  const [height, width] = [1, 1, ...tensor.shape].slice(-2);
  const all = tensor.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const parts = [`${tensor.dtype}, shape [${tensor.shape.join(', ')}]`];
  if (planes < all) parts.push(`${planes} of ${all} planes kept`);
  if (rows < height) parts.push(`rows ${top} to ${top + rows - 1} of ${height}`);
  if (columns < width) parts.push(`columns ${left} to ${left + columns - 1} of ${width}`);
  return parts.join('; ');
}

function sameWindow(one, other) {
  return one && other && String([one.shape, one.origin, one.size]) === String([other.shape, other.origin, other.size]);
}

// The maps of tensors that share a window, or of one tensor alone.
function valueMaps(tensors) {
  const { shape, origin, size } = tensors[0].tensor;
  if (!size.every(Boolean)) return h('p', {}, `No elements: shape [${shape.join(', ')}].`);
  const area = size[1] * size[2];
  const parts = tensors.map(({ title, tensor }) => ({
    title, values: tensor.values, show: (value) => show(value, tensor.dtype), most: largest(tensor.values),
  }));
  const most = Math.max(...parts.map((part) => part.most));
  for (const part of parts) part.most = most;
  if (parts.length === 2) parts.push(difference(...parts));
  const words = [windowWords(tensors[0].tensor)];
  if (tensors.some(({ tensor }) => tensor.dtype !== tensors[0].tensor.dtype)) {
    words.push(`the actual values are ${tensors[1].tensor.dtype}`);
  }
  const [place, value] = worstOf(parts);
  const holder = h('div', {});
  const draw = (plane) => {
    const panels = parts.map((part) => ({
      ...part, rows: size[1], columns: size[2], values: part.values.subarray(plane * area, (plane + 1) * area),
    }));
    const read = (i, j) => {
      const texts = panels.map((panel) => `${panel.title} ${panel.show(panel.values[i * size[2] + j])}`);
      return `${elementName(origin[0] + plane, origin[1] + i, origin[2] + j, shape)}  ${texts.join('   ')}`;
    };
    const inPlane = Math.floor(place / area) === plane && value ? place % area : 0;
    holder.replaceChildren(heatMaps(panels, read, [Math.floor(inPlane / size[2]), inPlane % size[2]]));
  };
  const start = Math.floor(place / area);
  draw(start);
  return h('div', { class: 'values' },
    h('p', { class: 'note' }, words.join('; ')), planeSelects(tensors[0].tensor, start, draw), holder);
}

function difference(expected, actual) {
  const values = Float64Array.from(expected.values, (value, at) => {
    const same = value === actual.values[at] || (Number.isNaN(value) && Number.isNaN(actual.values[at]));
    return same ? 0 : actual.values[at] - value;
  });
  const text = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value));
  return { title: 'difference', values, show: text, most: largest(values) };
}

// Where the difference is largest, something that is not finite above all.
function worstOf(parts) {
  if (parts.length < 3) return [0, 0];
  let [place, most] = [0, 0];
  parts[2].values.forEach((value, at) => {
    const weight = Number.isFinite(value) ? Math.abs(value) : Infinity;
    if (weight > most) [place, most] = [at, weight];
  });
  return [place, most];
}

// Batch element and channel, each a list of its own where all planes of a batch element are there.
function planeSelects(tensor, start, draw) {
  const { first, count } = planesOf(tensor);
  if (count < 2) return h('p', { class: 'note' }, planeName(first, tensor.shape));
  const names = Array.from({ length: count }, (_, at) => leading(first + at, tensor.shape));
  const batch = h('select', {});
  const channel = h('select', {});
  const fillIn = (select, numbers, chosen) => {
    select.replaceChildren(...[...new Set(numbers)].map((one) => h('option', { value: one }, one)));
    select.value = chosen;
  };
  const channels = (n) => names.filter((name) => name[0] === n).map((name) => name.slice(1).join(', '));
  fillIn(batch, names.map((name) => name[0]), names[start][0]);
  fillIn(channel, channels(names[start][0]), names[start].slice(1).join(', '));
  const change = () => {
    const wanted = [batch.value, channel.value].filter((part) => part !== '').join(', ');
    draw(Math.max(names.findIndex((name) => name.join(', ') === wanted), 0));
  };
  batch.addEventListener('change', () => {
    const there = channels(Number(batch.value));
    fillIn(channel, there, there.includes(channel.value) ? channel.value : there[0]);
    change();
  });
  channel.addEventListener('change', change);
  const second = names[0].length > 1 ? h('label', {}, 'channel ', channel) : null;
  return h('p', { class: 'planes' }, h('label', {}, names[0].length > 1 ? 'batch ' : 'plane ', batch), second);
}
