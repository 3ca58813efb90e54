// Which checks are listed: by verdict, adapter, suite, words of a text and what else an address can ask for.

const FILTERS = ['verdict', 'kind', 'adapter', 'suite', 'op', 'output', 'dtype', 'cause', 'only', 'differs', 'alone', 'text'];
const KINDS = { good: 'conforms', known: 'known divergence', none: 'not expressed or not run', bad: 'fails' };
const PHRASES = [
  [/\bfails? in (\S+) only\b/i, ([, name]) => ({ only: name })],
  [/\bdiffers? between (\S+) and (\S+)/i, ([, one, other]) => ({ differs: `${one},${other}` })],
  [/(\S+) alone\b/i, ([, name]) => (index.dtypes.includes(name) ? { alone: name } : { only: name })],
];
let lowered = null;

function lowerTexts() {
  lowered ??= {
    cases: index.cases.map((name) => name.toLowerCase()),
    texts: index.texts.map((text) => text.toLowerCase()),
    outputs: index.outputs,
    subjects: index.subjects.map((name) => name.toLowerCase()),
  };
  return lowered;
}

// A state with every filter in it; phrases in the text are filters too.
function filtersOf(state) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, state[name] ?? '']));
  for (const [pattern, meaning] of PHRASES) {
    const found = filters.text.match(pattern);
    if (found) Object.assign(filters, meaning(found), { text: filters.text.replace(found[0], ' ') });
  }
  return { ...filters, verdicts: new Set(filters.verdict.split(',').filter(Boolean)) };
}

// The checks that pass, and per verdict the number of checks that have it and pass all but the filter by verdict.
function applyFilters(filters) {
  const wanted = index.verdicts.map(([word]) => !filters.verdicts.size || filters.verdicts.has(word));
  const tests = rowTests(filters);
  const parts = partTests(filters);
  const counts = index.verdicts.map(() => 0);
  const rows = [];
  for (let row = 0; row < index.count; row++) {
    if (!tests.every((test) => test(row))) continue;
    let [passes, seen] = [false, 0];
    for (let at = index.first[row]; at < index.first[row + 1]; at++) {
      const bit = 1 << index.verdict[at];
      if (seen & bit || !parts.every((test) => test(at))) continue;
      seen |= bit;
      counts[index.verdict[at]]++;
      passes ||= wanted[index.verdict[at]];
    }
    if (passes) rows.push(row);
  }
  return { rows, counts };
}

// What a check as a whole must pass.
function rowTests(filters) {
  const tests = [];
  const among = (numbers, wanted) => tests.push((row) => wanted[numbers(row)]);
  const named = (names, name) => names.map((one) => one === name);
  const ofCase = (column) => (row) => column[index.case[row]];
  if (filters.adapter) among((row) => index.subject[row], index.subjects.map(adapterTest(filters.adapter)));
  if (filters.suite) among((row) => index.case[row], named(index.suiteOf, filters.suite));
  if (filters.op) among(ofCase(index.op), named(index.ops, filters.op));
  if (filters.dtype) among(ofCase(index.dtype), named(index.dtypes, filters.dtype));
  if (filters.only) tests.push(loneTest(filters.only));
  if (filters.differs) among((row) => index.case[row], differing(...filters.differs.split(',')));
  if (filters.differs) among((row) => index.subject[row], index.subjects.map((name) => filters.differs.split(',').includes(name)));
  if (filters.alone) tests.push(dtypeAlone(filters.alone));
  if (filters.kind && !filters.output) tests.push((row) => kindOf(row) === filters.kind);
  for (const word of filters.text.toLowerCase().split(/\s+/).filter(Boolean)) {
    const hits = hitsOfWord(word);
    tests.push((row) => isHit(hits, row));
  }
  return tests;
}

// What one of its parts must pass: with an output, its kind is that of the output.
function partTests(filters) {
  const tests = [];
  if (filters.output) {
    const about = index.outputs.map((names) => names.split(' ').includes(filters.output));
    tests.push((at) => about[index.about[at]]);
    if (filters.kind) tests.push((at) => index.verdicts[index.verdict[at]][1] === filters.kind);
  }
  if (filters.cause) {
    const number = index.causes.findIndex(([key]) => key === filters.cause);
    tests.push((at) => index.cause[at] === number);
  }
  return tests;
}

// An adapter by its name, or with :* all variants of a framework.
function adapterTest(wanted) {
  return (name) => name === wanted || (wanted.endsWith(':*') && name.startsWith(wanted.slice(0, -1)));
}

function kindOf(row) {
  return verdictOf(row)[1];
}

// In cases that nobody, one framework or a named one does otherwise: of the latter the checks that do.
function loneTest(wanted) {
  const number = wanted === 'nobody' ? -2 : index.frameworks.indexOf(wanted);
  const frameworkOf = index.subjects.map((name) => index.frameworks.indexOf(name.split(':', 1)[0]));
  return (row) => {
    const alone = index.alone[index.case[row]];
    if (wanted === 'nobody') return alone === number && kindOf(row) !== 'none';
    if (alone < 0 || (wanted !== 'one' && alone !== number)) return false;
    return frameworkOf[index.subject[row]] === alone && ['known', 'bad'].includes(kindOf(row));
  };
}

// Per case, whether two adapters were judged on it and an output came out otherwise.
function differing(one, other) {
  const found = new Uint8Array(index.cases.length);
  const [first, second] = [one, other].map((name) => {
    const number = index.subjects.indexOf(name);
    const rows = new Map();
    for (let row = 0; row < index.count; row++) {
      if (index.subject[row] === number && kindOf(row) !== 'none') rows.set(index.case[row], row);
    }
    return rows;
  });
  for (const [number, row] of first) {
    if (second.has(number) && !isAlike(observedOf(row), observedOf(second.get(number)))) found[number] = 1;
  }
  return found;
}

// What was observed of each output; a shape alone is compared with an output.
function observedOf(row) {
  const found = new Map();
  for (const { outputs, observed } of partsOf(row)) {
    for (const name of outputs) found.set(name === 'shape' ? 'output' : name, observed[1] === 'good' ? 'conforms' : observed[0]);
  }
  return found;
}

function isAlike(one, other) {
  return [...one].every(([name, observed]) => !other.has(name) || other.get(name) === observed);
}

// Checks in a dtype that do not conform, where the adapter conforms on the same case in every other dtype it was judged in.
function dtypeAlone(dtype) {
  const word = new RegExp(`(?<![a-z0-9])(${index.dtypes.join('|')})(?![a-z0-9])`, 'g');
  const stems = new Map();
  const stem = index.cases.map((name) => {
    const text = name.replace(word, '');
    if (!stems.has(text)) stems.set(text, stems.size);
    return stems.get(text);
  });
  const number = index.dtypes.indexOf(dtype);
  const place = (row) => stem[index.case[row]] * index.subjects.length + index.subject[row];
  const [right, wrong] = [new Set(), new Set()];
  for (let row = 0; row < index.count; row++) {
    if (index.dtype[index.case[row]] === number) continue;
    if (kindOf(row) === 'good') right.add(place(row));
    else if (kindOf(row) !== 'none') wrong.add(place(row));
  }
  return (row) => index.dtype[index.case[row]] === number && ['known', 'bad'].includes(kindOf(row))
    && right.has(place(row)) && !wrong.has(place(row));
}

function hitsOfWord(word) {
  const { cases, texts, subjects, outputs } = lowerTexts();
  const has = (text) => text.includes(word);
  return { cases: cases.map(has), texts: texts.map(has), subjects: subjects.map(has), outputs: outputs.map(has) };
}

function isHit(hits, row) {
  if (hits.cases[index.case[row]] || hits.subjects[index.subject[row]]) return true;
  for (let at = index.first[row]; at < index.first[row + 1]; at++) {
    if (hits.texts[index.message[at]] || hits.texts[index.diagnosis[at]]) return true;
    if (index.parts[row] > 1 && hits.outputs[index.about[at]]) return true;
  }
  return false;
}
