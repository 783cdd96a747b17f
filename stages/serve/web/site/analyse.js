// /ui: one text, its label, and what the model thinks of every class.
'use strict';

(() => {
  const { byId, element, percent } = house;
  const text = byId('text');
  const result = byId('result');
  const button = byId('analyse');
  let asked = null;  // what may still answer

  function warn(words) {
    byId('warning').textContent = words;
    text.setAttribute('aria-invalid', words ? 'true' : 'false');
  }

  function show(classes, milliseconds, digest) {
    const order = house.colours(classes.map((each) => each.label));
    const sorted = [...classes].sort((a, b) => b.score - a.score);
    byId('label').textContent = sorted[0].label;
    byId('label').dataset.colour = order.get(sorted[0].label);
    byId('confidence').textContent = `Confidence ${percent(sorted[0].score)}`;
    byId('classes').replaceChildren(...sorted.map(({ label, score }) => {
      const bar = element('span', { className: 'bar' });
      bar.dataset.colour = order.get(label);
      bar.style.width = `${Math.max(score * 100, 0.5)}%`;
      return element('tr', {}, element('th', { scope: 'row', textContent: label }),
        element('td', { className: 'track' }, bar), element('td', { className: 'n', textContent: percent(score) }));
    }));
    byId('about').textContent = `Answered in ${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms${digest ? ` by model ${house.brief(digest)}` : ''}.`;
    result.hidden = false;
  }

  async function analyse() {
    asked?.abort();
    if (!text.value.trim()) {
      result.hidden = true;
      warn('Please write a text first.');
      text.focus();
      return;
    }
    warn('');
    const mine = asked = new AbortController();
    button.textContent = 'Analyzing…';
    result.setAttribute('aria-busy', 'true');
    try {
      const { rows, milliseconds, digest } = await house.score([text.value], mine.signal);
      show(rows[0], milliseconds, digest);
    } catch (error) {
      if (!(error instanceof house.Stopped)) {
        result.hidden = true;
        warn(house.words(error));
      }
    } finally {
      if (asked === mine) {
        asked = null;
        button.textContent = 'Analyze';
        result.setAttribute('aria-busy', 'false');
      }
    }
  }

  byId('form').addEventListener('submit', (event) => {
    event.preventDefault();
    analyse();
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      analyse();
    }
  });
  text.addEventListener('input', () => { if (text.value.trim()) warn(''); });
})();
