// The packed data: zlib's format in base 85, in script elements that no browser runs.

const TYPED = { i1: Int8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~';
const chunks = new Map();
let index = null;

async function inflate(id) {
  const bytes = unpack(document.getElementById(id).textContent.trim());
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

// Five digits make four bytes; digits that are missing at the end stand for bytes that are not there.
function unpack(text) {
  const missing = (5 - (text.length % 5)) % 5;
  const whole = text + DIGITS.at(-1).repeat(missing);
  const digit = new Uint8Array(128);
  for (let at = 0; at < DIGITS.length; at++) digit[DIGITS.charCodeAt(at)] = at;
  const view = new DataView(new ArrayBuffer((whole.length / 5) * 4));
  for (let at = 0; at < whole.length; at += 5) {
    let number = 0;
    for (let next = at; next < at + 5; next++) number = number * 85 + digit[whole.charCodeAt(next)];
    view.setUint32((at / 5) * 4, number);
  }
  return new Uint8Array(view.buffer, 0, view.byteLength - missing);
}

async function loadIndex() {
  index = JSON.parse(new TextDecoder().decode(await inflate('index')));
  index.count = index.case.length;
  index.first = [0];
  for (const count of index.parts) index.first.push(index.first.at(-1) + count);
  index.suiteOf = index.cases.map((name) => name.split('/', 1)[0]);
  index.suites = [...new Set(index.suiteOf)];
}

function loadChunk(number) {
  if (!chunks.has(number)) {
    chunks.set(number, inflate(`chunk-${number}`).then((buffer) => {
      const size = new DataView(buffer).getUint32(0, true);
      const content = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
      return { details: content.cases, lines: content.lines.split('\n'), buffer, values: 4 + size };
    }));
  }
  return chunks.get(number);
}

// What the page of a case shows; its tensors are read from the chunk's values.
async function loadCase(number) {
  const place = index.place[number];
  const chunk = await loadChunk(Math.floor(place / index.per_chunk));
  const detail = chunk.details[place % index.per_chunk];
  const tensor = (found) => found && { ...found, values: read(chunk, found) };
  const figures = (found) => ({ ...found, actual: tensor(found.actual), expected: tensor(found.expected) });
  const outputs = (found) => Object.fromEntries(Object.entries(found).map(([name, one]) => [name, figures(one)]));
  const rows = rowsOfCase(number).map((row, at) => {
    const [found, adapter] = [detail.rows[at], index.adapters[index.subject[row]]];
    return {
      ...found,
      repeat: found.repeat ?? `${detail.repeat} -a ${adapter}`,
      script: textOf(chunk, found.script, `${index.cases[number]} on ${adapter}`),
      outputs: outputs(found.outputs),
    };
  });
  return { ...detail, expected: tensor(detail.expected), rows };
}

// A program from its runs of lines: where each begins, and how many lines it has. Its first line says what it is about.
function textOf(chunk, runs, title) {
  const lines = [];
  for (let at = 0; at < runs.length; at += 2) lines.push(...chunk.lines.slice(runs[at], runs[at] + runs[at + 1]));
  if (lines.length) lines[0] = lines[0].replace('\0', () => title);
  return lines.join('\n');
}

function read(chunk, tensor) {
  const count = tensor.size.reduce((product, size) => product * size, 1);
  const type = TYPED[tensor.kind];
  const width = type.BYTES_PER_ELEMENT;
  const stored = (at) => new Uint8Array(chunk.buffer, chunk.values + at, count * width);
  const packed = stored(tensor.at);
  const other = tensor.unlike === undefined ? null : stored(tensor.unlike);
  const bytes = new Uint8Array(count * width);
  for (let part = 0; part < width; part++) {
    for (let at = 0; at < count; at++) {
      const from = part * count + at;
      bytes[at * width + part] = other ? packed[from] ^ other[from] : packed[from];
    }
  }
  return new type(bytes.buffer);
}

function caseNumber(name) {
  return index.cases.indexOf(name);
}

// The checks of one case as positions in the index, which is sorted by case.
function rowsOfCase(number) {
  let first = 0;
  let last = index.count;
  while (first < last) {
    const middle = (first + last) >> 1;
    if (index.case[middle] < number) first = middle + 1;
    else last = middle;
  }
  const found = [];
  while (index.case[first] === number) found.push(first++);
  return found;
}

// The parts of a check: the outputs of which the same is stated. The first is what the check stands for.
function partsOf(row) {
  const found = [];
  for (let at = index.first[row]; at < index.first[row + 1]; at++) {
    found.push({
      outputs: index.outputs[index.about[at]].split(' '),
      verdict: index.verdicts[index.verdict[at]],
      observed: index.verdicts[index.observed[at]],
      message: index.texts[index.message[at]],
      diagnosis: index.texts[index.diagnosis[at]],
    });
  }
  return found;
}

function verdictOf(row) {
  return index.verdicts[index.verdict[index.first[row]]];
}

// One line: the message of the first part that has one, with its outputs where they are not all.
function messageOf(row) {
  const parts = partsOf(row);
  const one = parts.find((part) => part.message) ?? parts[0];
  if (parts.length === 1) return one.message;
  return `${one.outputs.join(', ')} ${one.verdict[0]}${one.message ? `: ${one.message}` : ''}`;
}

// The shortest decimal that rounds to the same number of the tensor's own precision.
function show(value, dtype) {
  if (Object.is(value, -0)) return '-0';
  if (dtype !== 'float32' || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
