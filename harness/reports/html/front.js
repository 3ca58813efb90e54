// The overview: numbers and names that lead to their checks, and the script of a finding once it is opened.

function linkOverview() {
  for (const element of document.querySelectorAll('[data-query]')) {
    const words = element.closest('.chip')?.textContent.trim();
    const place = [element.closest('tr')?.dataset.suite, element.closest('td')?.dataset.label].filter(Boolean).join(' on ');
    const label = words && place ? `${place}: ${words}` : null;
    element.replaceWith(link(stateOf(element.dataset.query), { 'aria-label': label, 'data-query': true }, element.textContent));
  }
  for (const code of document.querySelectorAll('code[data-copy]')) code.replaceWith(copyable(code.textContent, 'repeat command'));
  for (const finding of document.querySelectorAll('.finding')) {
    finding.addEventListener('toggle', () => showScript(finding), { once: true });
  }
}

async function showScript(finding) {
  const state = { case: finding.dataset.case, adapter: finding.dataset.adapter };
  const detail = await loadCase(caseNumber(state.case));
  const found = detail.rows[rowsOfCase(caseNumber(state.case)).indexOf(rowOfState(state))];
  const about = `stand-alone script${found.scripted ? ` for ${found.scripted}` : ''}`;
  finding.querySelector('.body').append(
    found.long ? longScript(found) : '',
    found.script ? copyable(found.script, about) : '',
    found.script || found.long ? '' : h('p', { class: 'note' }, 'No stand-alone script states what is right here; the command repeats it.'),
    h('p', {}, link(state, {}, `${state.case} on ${state.adapter}: its values and geometry`)),
  );
}

// A place in the overview that an address names, as in #known or #cause-…: it is opened, and scrolled to.
function goToPlace(id) {
  const place = id && byId('overview').querySelector(`#${CSS.escape(id)}`);
  if (!place) return false;
  for (let at = place.closest('details'); at; at = at.parentElement.closest('details')) at.open = true;
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
  place.scrollIntoView();
  return true;
}
