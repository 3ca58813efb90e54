// Two reports compared as `harness diff` compares them: by case, adapter and output.

const CHANGES = ['worse', 'better', 'other verdict', 'other cause', 'other message', 'new', 'gone'];
const MOST_CHANGES = 200;
const given = [];

// Case and adapter -> output -> what a conformance.json states of it; an error where it has another form.
function statesOf(report) {
  const requested = new Map(report.cases.map((info) => [info.case, info.outputs ?? ['output']]));
  const checks = new Map();
  for (const { case: name, adapters, outputs, ...line } of report.results) {
    const whole = index.compare.not_called.includes(line.verdict) ? ['output'] : requested.get(name);
    const state = { observed: line.verdict, cause: '', message: '', diagnosis: '', ...line };
    for (const adapter of adapters) {
      const key = JSON.stringify([name, adapter]);
      if (!checks.has(key)) checks.set(key, new Map());
      for (const output of outputs ?? whole) checks.get(key).set(output, state);
    }
  }
  return checks;
}

// The row of an output, or of the check's output where that gave no array and stands for all its outputs.
function counterpart(states, output) {
  const first = states?.get('output');
  return states?.get(output) ?? (first && index.compare.without_array.includes(first.observed) ? first : null);
}

function differences(old, now) {
  const found = new Map();
  let same = 0;
  for (const key of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [before, after] = [old.get(key), now.get(key)];
    for (const output of outputsOf(before, after)) {
      const [one, other] = [counterpart(before, output), counterpart(after, output)];
      const kind = standsForAll(before, after, output, one, other) ? null : changeOf(one, other);
      if (kind) {
        const group = JSON.stringify([kind, key, stated(one), stated(other)]);
        if (!found.has(group)) found.set(group, { kind, check: JSON.parse(key), outputs: [], one, other });
        found.get(group).outputs.push(output);
      } else if (after?.has(output)) same++;
    }
  }
  return { changes: [...found.values()], same };
}

function outputsOf(before, after) {
  const place = (name) => (index.compare.outputs.indexOf(name) + 1 || index.compare.outputs.length + 1);
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...names].sort((one, other) => place(one) - place(other));
}

// A check that gave no array is compared with each of the other report's rows, not as a row of its own.
function standsForAll(before, after, output, one, other) {
  const only = one && other ? null : one ?? other;
  return Boolean(only && before && after && output === 'output' && index.compare.without_array.includes(only.observed));
}

function changeOf(one, other) {
  if (!one || !other) return one ? 'gone' : 'new';
  const rank = (state) => index.compare.ranks[state.verdict];
  if (one.verdict !== other.verdict) {
    if (onlyListed(one, other) || onlyListed(other, one) || rank(one) === rank(other)) return 'other verdict';
    return rank(other) > rank(one) ? 'worse' : 'better';
  }
  if (one.observed !== other.observed || causeOf(one) !== causeOf(other)) return 'other cause';
  return stated(one).every((text, at) => text === stated(other)[at]) ? null : 'other message';
}

function stated(state) {
  return state && ['verdict', 'observed', 'cause', 'message', 'diagnosis'].map((name) => state[name]);
}

function isFailing(verdict) {
  return index.verdicts.some(([word, kind]) => word === verdict && kind === 'bad');
}

function causeOf(state) {
  return isFailing(state.verdict) ? state.diagnosis : state.cause;
}

// Whether the one is known and the other is just what was observed there, as with other lists or versions.
function onlyListed(listed, other) {
  if (listed.verdict !== 'known') return false;
  const start = index.compare.at_times;
  if (listed.message.startsWith(start)) {
    const [verdicts, ...message] = listed.message.slice(start.length).split(': ');
    const fits = other.message.includes(message.join(': ')) && ['', other.cause].includes(listed.cause);
    return fits && isFailing(other.verdict) && verdicts.split(' or ').includes(other.verdict);
  }
  const same = listed.message ? listed.message === other.message : listed.cause && listed.cause === other.cause;
  return listed.observed === other.verdict && Boolean(same);
}

function stateText(state) {
  return state && (state.observed === state.verdict ? state.verdict : `${state.verdict} (${state.observed})`);
}

// Reports by file name, the two that came last; the first of them is the old one.
async function takeFiles(files) {
  location.hash = '#view=compare';
  for (const file of files) {
    try {
      const report = JSON.parse(await file.text());
      given.push({ name: file.name, states: statesOf(report), versions: versionsOf(report) });
    } catch {
      byId('compared').replaceChildren(h('p', {}, `${file.name} is no conformance.json of this version.`));
      return;
    }
  }
  given.splice(0, given.length - 2);
  showComparison();
}

function versionsOf({ environment, adapters }) {
  return new Map([['environment', environment], ...adapters.map((one) => [one.name, one.versions])]);
}

function versionChanges(old, now) {
  const found = new Map();
  for (const [place, after] of now) {
    const before = old.get(place);
    for (const name of before ? new Set([...Object.keys(before), ...Object.keys(after)]) : []) {
      if (before[name] === after[name]) continue;
      const text = `${name} ${before[name] ?? 'none'} → ${after[name] ?? 'none'}`;
      found.set(text, [...(found.get(text) ?? []), place]);
    }
  }
  return [...found].map(([text, places]) => `${text} (${places.join(', ')})`);
}

function showComparison() {
  const box = byId('compared');
  if (given.length < 2) {
    box.replaceChildren(h('p', {}, given.length ? `${given[0].name}: one report more to compare it with.` : ''));
    return;
  }
  const [old, now] = given;
  const { changes, same } = differences(old.states, now.states);
  const groups = CHANGES.map((kind) => [kind, changes.filter((change) => change.kind === kind)]).filter(([, all]) => all.length);
  const swap = h('button', { type: 'button' }, 'swap');
  swap.addEventListener('click', () => { given.reverse(); showComparison(); });
  const words = groups.map(([kind, all]) => `${all.reduce((sum, one) => sum + one.outputs.length, 0)} ${kind}`);
  const versions = versionChanges(old.versions, now.versions);
  box.replaceChildren(
    h('p', {}, `From ${old.name} to ${now.name} `, swap),
    h('p', { id: 'changes', role: 'status' }, `${[...words, `${same} alike`].join(', ')}.`),
    versions.length ? h('p', { class: 'note' }, `Versions: ${versions.join('; ')}.`) : '',
    ...groups.flatMap(([kind, all]) => changeList(kind, all)),
  );
}

function changeList(kind, all) {
  const items = all.slice(0, MOST_CHANGES).map(({ check: [name, adapter], outputs, one, other }) => {
    const where = outputs.join() === 'output' ? adapter : `${adapter} (${outputs.join(', ')})`;
    const texts = [...new Set([stateText(one), stateText(other)])].filter(Boolean).join(' → ');
    const evidence = kind === 'better' || kind === 'gone' ? '' : other.message || other.diagnosis;
    const title = caseNumber(name) < 0 ? name : link({ case: name, adapter }, {}, name);
    return h('li', {}, h('p', {}, title, ` on ${where}: `, h('strong', {}, texts)), evidence ? h('p', { class: 'note' }, evidence) : '');
  });
  const more = all.length > MOST_CHANGES ? h('p', { class: 'note' }, `These are the first ${MOST_CHANGES} of ${all.length}.`) : '';
  return [h('h2', {}, `${kind} `, h('span', { class: 'note' }, String(all.length))), h('ul', { class: 'changes' }, items), more];
}

function acceptReports() {
  byId('reports').addEventListener('change', (event) => takeFiles(event.target.files));
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) takeFiles(event.dataTransfer.files);
  });
}
