// The page of one case: what it requests, where its output lies, and what each adapter made of it.

async function showCase(state, box) {
  const number = caseNumber(state.case);
  if (number < 0) {
    box.replaceChildren(h('h1', { tabindex: '-1' }, 'No such case'), h('p', {}, state.case));
    return;
  }
  const detail = await loadCase(number);
  const rows = rowsOfCase(number);
  const chosen = Math.max(rows.findIndex((row) => index.subjects[index.subject[row]] === state.adapter), 0);
  box.replaceChildren(
    h('h1', { tabindex: '-1', class: 'case' }, state.case),
    h('p', { class: 'about' }, detail.about),
    detail.source ? h('p', { class: 'note' }, `Source: ${detail.source}`) : '',
    adapters(rows, chosen, state.case),
    ...(rows.length ? check(rows[chosen], detail, detail.rows[chosen]) : [h('p', {}, 'Run on no adapter.')]),
    ...requested(detail),
  );
  for (const holder of box.querySelectorAll('[data-axes]')) {
    new ResizeObserver(() => {
      if (holder.clientWidth === Number(holder.dataset.axes)) return;
      holder.dataset.axes = holder.clientWidth;
      holder.replaceChildren(...detail.axes.map((axis) => drawAxis(axis, holder.clientWidth)));
    }).observe(holder);
  }
}

function adapters(rows, chosen, name) {
  const items = rows.map((row, at) => {
    const subject = index.subjects[index.subject[row]];
    const current = at === chosen ? 'page' : null;
    return h('li', {}, link({ case: name, adapter: subject }, { 'aria-current': current },
      h('span', { class: 'subject' }, subject), ' ', chip(verdictOf(row))));
  });
  return h('nav', { 'aria-label': 'adapters' }, h('ul', { class: 'tabs' }, items));
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return h('dl', { class: 'facts' }, shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

function check(row, detail, found) {
  const parts = partsOf(row);
  const names = parts.flatMap((part) => part.outputs);
  const single = names.length === 1;
  return [
    h('h2', {}, `On ${index.subjects[index.subject[row]]}`),
    facts([
      ...(single ? figures(parts[0], found.outputs[names[0]]) : []),
      ['output', single && names[0] !== 'output' ? names[0] : ''],
      ['route', index.routes[index.route[row]]],
      ['mode', found.mode],
    ]),
    single ? '' : outputTable(parts, found),
    ...found.reasons.map((reason) => h('p', { class: 'note' }, `Composed: ${reason}.`)),
    ...parts.flatMap((part) => statement(part, parts.length > 1)),
    h('h3', {}, 'Repeat it'),
    copyable(found.repeat, 'repeat command'),
    found.long ? longScript(found) : '',
    found.script ? copyable(found.script, `stand-alone script${found.scripted ? ` for ${found.scripted}` : ''}`, false) : '',
    ...parts.flatMap((part) => part.outputs.flatMap((name) => shownValues(part, name, detail, found))),
  ];
}

function longScript({ long, repeat }) {
  return h('div', {}, h('p', { class: 'note' }, `The stand-alone script has ${long} lines; this prints it.`),
    copyable(`${repeat.replace('harness run', () => 'harness show')} --script`, 'command for the script'));
}

// What is known of one output; an error that is not named is 0 where the outcome is exact.
function figures({ verdict, observed }, found = {}) {
  const none = observed[0] === 'exact' ? 0 : null;
  const text = (value) => (value === null ? '' : `${value}`);
  return [
    ['verdict', chip(verdict)],
    ['observed', observed[0] === verdict[0] ? '' : chip(observed)],
    ['error / bound', text(found.error ?? none)],
    ['error in ULPs', text(found.ulps ?? none)],
    ['sums in', found.accumulation ?? ''],
    ['subnormals', found.subnormals ?? ''],
  ];
}

function outputTable(parts, found) {
  const rows = parts.flatMap((part) => part.outputs.map((name) => [name, figures(part, found.outputs[name])]));
  const shown = rows[0][1].map((_, at) => rows.some(([, cells]) => cells[at][1] !== ''));
  const kept = (cells) => cells.filter((_, at) => shown[at]);
  const head = ['output', ...kept(rows[0][1]).map(([name]) => name)];
  return h('table', { class: 'stack outputs', 'aria-label': 'outputs', role: 'table' },
    h('thead', {}, h('tr', {}, head.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, rows.map(([name, cells]) => h('tr', { role: 'row' }, h('th', { scope: 'row' }, name),
      kept(cells).map(([label, value]) => h('td', { 'data-label': label }, value))))));
}

function statement(part, apart) {
  const about = apart ? ` (${part.outputs.join(', ')})` : '';
  return [['Message', part.message], ['Diagnosis', part.diagnosis]].map(([title, text]) => (
    text ? h('p', { class: 'statement' }, h('strong', {}, `${title}${about}`), ' ', text) : ''));
}

// The values of an output; of indices and gradients that are as expected there are none.
function shownValues(part, name, detail, found) {
  const own = found.outputs[name] ?? {};
  const other = name === 'indices' || name.endsWith('_grad');
  if (other && !own.actual) return [];
  return [
    h('h3', {}, other ? `Values of ${name}` : 'Values'),
    ...values(part.observed[0], other ? { ...detail, expected: null, differs: true } : detail, own),
  ];
}

const ABSENT = {
  exact: 'Every actual value equals the expected one.',
  inexpressible: 'Nothing was run.',
  unavailable: 'Nothing was run.',
  rejects: 'No array came back.',
  crashes: 'No array came back.',
  hangs: 'No array came back.',
  adapter_error: 'No array came back.',
};

function values(observed, detail, part) {
  const expected = detail.expected;
  if (!part.actual) {
    if (!expected) return [h('p', {}, 'No values were kept.')];
    return [
      h('p', {}, ABSENT[observed] ?? 'No actual values were kept.'),
      valueMaps([{ title: 'expected', tensor: expected }]),
    ];
  }
  const actual = { title: 'actual', tensor: part.actual };
  if (sameWindow(part.expected, part.actual)) return [valueMaps([{ title: 'expected', tensor: part.expected }, actual])];
  return [
    h('p', {}, expected || detail.differs ? 'The shapes differ, so there is no difference to show.' : unsettled(detail)),
    ...(expected ? [valueMaps([{ title: 'expected', tensor: expected }])] : []),
    valueMaps([actual]),
  ];
}

function unsettled(detail) {
  if (detail.readings?.length) return 'The specification admits several outputs.';
  return detail.nominal ? 'An error is expected, so no output is right.' : 'There is nothing to compare with.';
}

function requested(detail) {
  if (!detail.parameters) return [];
  const drawn = detail.axes.length ? [
    h('h2', {}, 'Geometry'),
    detail.nominal ? h('p', { class: 'note' }, `Drawn without any crop. ${unsettled(detail)}`) : '',
    h('p', { class: 'note' }, 'Above each element of the full scatter stands the input whose first tap it is; ',
      '“hits” counts the products of one channel pair that meet there; “output” is what the crops leave.'),
    h('div', { class: 'axes', 'data-axes': '0' }),
    h('h2', {}, 'Overlap map'),
    overlapMap(detail.axes, detail.unevenness),
  ] : [];
  return [
    h('h2', {}, 'What is requested'),
    detail.objection ? h('p', { class: 'statement' }, detail.objection) : '',
    ...detail.readings.map((reading) => h('p', { class: 'statement' }, h('strong', {}, 'Reading'), ' ', reading)),
    facts(detail.parameters),
    ...drawn,
  ];
}
