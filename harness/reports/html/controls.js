// The controls of the filters: chips, selects and the field for text.

// The options of each select: a value, and how it is called.
function optionsOf() {
  const same = (names) => names.filter(Boolean).map((name) => [name, name]);
  const outputs = [...new Set(index.outputs.flatMap((names) => names.split(' ')))];
  const variants = index.frameworks.filter((name) => index.subjects.some((one) => one.startsWith(`${name}:`)));
  return {
    adapter: [...same(index.subjects), ...variants.map((name) => [`${name}:*`, `${name}: its variants`])],
    suite: same(index.suites),
    kind: Object.entries(KINDS),
    op: same(index.ops),
    output: same(outputs),
    dtype: same(index.dtypes),
    cause: index.causes.slice(1).map(([key, title]) => [key, title.length > 90 ? `${title.slice(0, 89)}…` : title]),
    only: [['nobody', 'nobody: right everywhere'], ['one', 'one framework alone'], ...index.frameworks.map((name) => [name, `${name} alone`])],
    alone: same(index.dtypes),
    'differs-one': same(index.subjects),
    'differs-other': same(index.subjects),
  };
}

// onChange(state, isTyping) is called after every change.
function buildFilters(onChange) {
  const current = { state: {} };
  const change = (part, typing = false) => {
    current.state = { ...current.state, ...part };
    onChange(current.state, typing);
  };
  const field = byId('text');
  field.addEventListener('input', () => change({ text: field.value }, true));
  const selects = Object.entries(optionsOf());
  for (const [name, options] of selects) {
    const select = byId(name);
    select.append(h('option', { value: '' }, 'all'), ...options.map(([value, text]) => h('option', { value }, text)));
    select.addEventListener('change', () => change(name.startsWith('differs') ? differsOf() : { [name]: select.value }));
  }
  const given = [...new Set(index.verdict)].sort((one, other) => one - other);
  const buttons = given.map((number) => verdictButton(number, current, change));
  byId('verdicts').append(...buttons.map(({ button }) => button));
  byId('clear').addEventListener('click', () => change(Object.fromEntries(FILTERS.map((name) => [name, '']))));
  return (state, counts) => {
    current.state = state;
    if (field.value !== (state.text ?? '')) field.value = state.text ?? '';
    const [one, other] = (state.differs ?? '').split(',');
    const values = { ...state, 'differs-one': one, 'differs-other': other };
    for (const [name] of selects) if (state.differs || !name.startsWith('differs')) byId(name).value = values[name] ?? '';
    for (const button of buttons) button.update(state, counts);
    byId('clear').hidden = !FILTERS.some((name) => state[name]);
  };
}

// Two adapters, or none until both are chosen.
function differsOf() {
  const [one, other] = [byId('differs-one').value, byId('differs-other').value];
  return { differs: one && other ? `${one},${other}` : '' };
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

// What is listed in words: how many checks, in how many cases, and the filters that stand in no field in view.
function foundText(state, rows) {
  let cases = 0; // the rows of one stand together
  rows.forEach((row, at) => { cases += index.case[row] !== index.case[rows[at - 1]]; });
  const shown = ['verdict', 'text', 'adapter', 'suite'];
  const more = FILTERS.filter((name) => state[name] && !shown.includes(name)).map((name) => `${name} ${state[name]}`);
  const counts = `${rows.length} of ${index.count} checks, in ${cases} case${cases === 1 ? '' : 's'}`;
  return [counts, ...more].join('; ');
}
