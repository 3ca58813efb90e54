// Views, addresses and keys. An address names a case, or the filters of the list, or nothing: the overview.

const views = ['overview', 'results', 'compare', 'case'];
let list = null;
let syncFilters = null;
let listState = { view: 'results' };
let shownCase = '';

function viewOf(state) {
  if (state.case) return 'case';
  if (state.view === 'compare') return 'compare';
  return state.view === 'results' || FILTERS.some((name) => state[name]) ? 'results' : 'overview';
}

async function route(moveFocus = true) {
  const state = stateOf(location.hash);
  const view = viewOf(state);
  if (view === 'results') listState = { view: 'results', ...state };
  if (view === 'case') await openCase(state);
  for (const name of views) byId(name).hidden = name !== view;
  document.documentElement.dataset.view = view;
  for (const anchor of document.querySelectorAll('#views a')) {
    const here = anchor.dataset.view === view;
    if (here) anchor.setAttribute('aria-current', 'page');
    else anchor.removeAttribute('aria-current');
  }
  byId('to-results').href = hashOf(listState);
  if (view === 'results') showResults(state);
  document.title = view === 'case' ? `${state.case} – ${byId('title').textContent}` : byId('title').textContent;
  if (!moveFocus || (view === 'overview' && goToPlace(Object.keys(state)[0]))) return;
  if (view !== 'results') {
    window.scrollTo(0, 0);
    byId(view).querySelector('h1')?.focus({ preventScroll: true });
  } else if (document.activeElement !== byId('text')) list.go(list.current);
}

async function openCase(state) {
  const wanted = location.hash;
  shownCase = wanted;
  const box = h('div', {});
  await showCase(state, box);
  if (shownCase !== wanted) return;
  byId('case-body').replaceChildren(...box.childNodes);
  const row = list.rows.indexOf(rowOfState(state));
  if (row >= 0) list.setCurrent(row);
  byId('back').href = hashOf(listState);
  for (const [id, at] of [['previous', row - 1], ['next', row + 1]]) {
    const there = row >= 0 && at >= 0 && at < list.rows.length;
    byId(id).hidden = !there;
    if (there) byId(id).href = hashOf(stateOfRow(list.rows[at]));
  }
}

// The check that an address names; the first of its case where it names no adapter.
function rowOfState(state) {
  const rows = rowsOfCase(caseNumber(state.case));
  return rows.find((row) => index.subjects[index.subject[row]] === state.adapter) ?? rows[0];
}

function showResults(state) {
  const { rows, counts } = applyFilters(filtersOf(state));
  syncFilters(state, counts);
  byId('found').textContent = foundText(state, rows);
  if (rows.length === list.rows.length && list.width && rows.every((row, at) => row === list.rows[at])) list.render();
  else list.show(rows);
}

function changeFilters(state, typing) {
  const next = hashOf({ ...state, view: 'results', case: '' });
  if (next === location.hash) return;
  history[typing ? 'replaceState' : 'pushState'](null, '', next);
  route(false);
}

const LIST_KEYS = {
  j: () => list.current + 1, ArrowDown: () => list.current + 1, k: () => list.current - 1,
  ArrowUp: () => list.current - 1, Home: () => 0, End: () => list.rows.length - 1,
  PageDown: () => list.current + list.page, PageUp: () => list.current - list.page,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const view = viewOf(stateOf(location.hash));
  const writing = event.target.matches('input, select, textarea');
  if (event.key === 'Escape') leave(view, event);
  else if (event.key === '/' && !writing) search(event);
  else if (event.target.id === 'text' && ['ArrowDown', 'Enter'].includes(event.key)) goTo(list.current, event);
  else if (writing) return;
  else if (view === 'results' && event.key in LIST_KEYS) {
    const inside = byId('list').contains(document.activeElement);
    goTo(inside ? LIST_KEYS[event.key]() : list.current, event);
  } else if (view === 'case' && (event.key === 'j' || event.key === 'k')) {
    const anchor = byId(event.key === 'j' ? 'next' : 'previous');
    if (!anchor.hidden) location.hash = anchor.hash;
  }
}

function goTo(at, event) {
  event.preventDefault();
  list.go(at);
}

function leave(view, event) {
  if (view === 'case') location.hash = hashOf(listState);
  else if (event.target.id === 'text') goTo(list.current, event);
  else if (view !== 'overview') location.hash = '#';
}

async function search(event) {
  event.preventDefault();
  if (viewOf(stateOf(location.hash)) !== 'results') {
    history.pushState(null, '', hashOf(listState));
    await route(false);
  }
  byId('text').focus();
  byId('text').select();
}

async function start() {
  if (!('DecompressionStream' in window)) {
    byId('too-old').hidden = false;
    return;
  }
  await loadIndex();
  document.documentElement.classList.add('ready');
  byId('views').hidden = false;
  list = new ResultList(byId('list'));
  syncFilters = buildFilters(changeFilters);
  linkOverview();
  acceptReports();
  list.rows = applyFilters(filtersOf({})).rows;
  window.addEventListener('hashchange', () => route());
  document.addEventListener('keydown', onKey);
  // an address names a view: the skip link must not change it
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    byId('main').focus();
  });
  await route(Boolean(location.hash));
  document.documentElement.dataset.ready = 'yes';
}

start();
