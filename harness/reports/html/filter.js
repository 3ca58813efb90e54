// Which checks are listed: by verdict, adapter, suite and words of a text.

const FILTERS = ['verdict', 'adapter', 'suite', 'text'];
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

function filtersOf(state) {
  const verdicts = new Set((state.verdict ?? '').split(',').filter(Boolean));
  return { verdicts, adapter: state.adapter ?? '', suite: state.suite ?? '', text: state.text ?? '' };
}

// The checks that pass, and per verdict the number of checks that have it and pass all but the filter by verdict.
function applyFilters(filters) {
  const wanted = index.verdicts.map(([word]) => !filters.verdicts.size || filters.verdicts.has(word));
  const subject = filters.adapter ? index.subjects.indexOf(filters.adapter) : -1;
  const suites = filters.suite ? index.suiteOf.map((suite) => suite === filters.suite) : null;
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean).map(hitsOfWord);
  const counts = index.verdicts.map(() => 0);
  const rows = [];
  for (let row = 0; row < index.count; row++) {
    if (filters.adapter && index.subject[row] !== subject) continue;
    if (suites && !suites[index.case[row]]) continue;
    if (!words.every((hits) => isHit(hits, row))) continue;
    let passes = false;
    for (const verdict of verdictsOf(row)) {
      counts[verdict]++;
      passes ||= wanted[verdict];
    }
    if (passes) rows.push(row);
  }
  return { rows, counts };
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

// The verdicts of a check, each once.
function verdictsOf(row) {
  const first = index.first[row];
  if (index.parts[row] === 1) return [index.verdict[first]];
  return new Set(index.verdict.slice(first, index.first[row + 1]));
}

// Chips, selects and the field for text; onChange(state, isTyping) is called after every change.
function buildFilters(onChange) {
  const current = { state: {} };
  const change = (part, typing = false) => {
    current.state = { ...current.state, ...part };
    onChange(current.state, typing);
  };
  const field = byId('text');
  field.addEventListener('input', () => change({ text: field.value }, true));
  const selects = { adapter: index.subjects, suite: index.suites };
  for (const [name, options] of Object.entries(selects)) {
    const select = byId(name);
    select.append(...options.map((option) => h('option', { value: option }, option)));
    select.addEventListener('change', () => change({ [name]: select.value }));
  }
  const given = [...new Set(index.verdict)].sort((one, other) => one - other);
  const buttons = given.map((number) => verdictButton(number, current, change));
  byId('verdicts').append(...buttons.map(({ button }) => button));
  byId('clear').addEventListener('click', () => change({ verdict: '', adapter: '', suite: '', text: '' }));
  return (state, counts) => {
    current.state = state;
    if (field.value !== (state.text ?? '')) field.value = state.text ?? '';
    for (const name of Object.keys(selects)) byId(name).value = state[name] ?? '';
    for (const one of buttons) one.update(state, counts);
    byId('clear').hidden = !FILTERS.some((name) => state[name]);
  };
}

function verdictButton(number, current, change) {
  const [word, kind, symbol] = index.verdicts[number];
  const count = h('span', { class: 'count' });
  const button = h('button', { type: 'button', class: `chip ${kind}`, 'data-verdict': word },
    h('span', { 'aria-hidden': 'true' }, symbol), ` ${word} `, count);
  button.addEventListener('click', () => {
    const { verdicts } = filtersOf(current.state);
    if (!verdicts.delete(word)) verdicts.add(word);
    change({ verdict: [...verdicts].join(',') });
  });
  const update = (state, counts) => {
    count.textContent = counts[number];
    button.setAttribute('aria-pressed', String(filtersOf(state).verdicts.has(word)));
  };
  return { button, update };
}
