// The packed data: zlib's format in base64, in script elements that no browser runs.

const TYPED = { i1: Int8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };
const chunks = new Map();
let index = null;

async function inflate(id) {
  const text = atob(document.getElementById(id).textContent.trim());
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

async function loadIndex() {
  index = JSON.parse(new TextDecoder().decode(await inflate('index')));
  index.count = index.case.length;
  index.suiteOf = index.cases.map((name) => name.split('/', 1)[0]);
  index.suites = [...new Set(index.suiteOf)];
}

function loadChunk(number) {
  if (!chunks.has(number)) {
    chunks.set(number, inflate(`chunk-${number}`).then((buffer) => {
      const size = new DataView(buffer).getUint32(0, true);
      const details = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
      return { details, buffer, values: 4 + size };
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
  return {
    ...detail,
    expected: tensor(detail.expected),
    rows: detail.rows.map((row) => ({ ...row, actual: tensor(row.actual), expected: tensor(row.expected) })),
  };
}

function read(chunk, tensor) {
  const count = tensor.size.reduce((product, size) => product * size, 1);
  const type = TYPED[tensor.kind];
  const width = type.BYTES_PER_ELEMENT;
  const packed = new Uint8Array(chunk.buffer, chunk.values + tensor.at, count * width);
  const bytes = new Uint8Array(count * width);
  for (let part = 0; part < width; part++) {
    for (let at = 0; at < count; at++) bytes[at * width + part] = packed[part * count + at];
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

function verdictOf(row) {
  return index.verdicts[index.verdict[row]];
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
