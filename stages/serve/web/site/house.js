// What the pages share: calls that outlive a server that goes away and comes back, and the same words and colours everywhere.
'use strict';

const house = (() => {
  const byId = (id) => document.getElementById(id);
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const count = (number) => number.toLocaleString('en');
  const brief = (digest) => digest.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1');

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // The caller took it back.
  class Stopped extends Error {}
  // The server's no, in its own words.
  class Refused extends Error {
    constructor(status, problem) {
      super(problem.detail || problem.title || problem.error || `The server answered with status ${status}.`);
      this.status = status;
    }
  }
  const words = (error) => error instanceof Refused ? error.message : `This page failed: ${error.message}`;

  // Ends after that many seconds, or earlier: when `signal` is aborted or `wake` is called.
  function pause(seconds, signal) {
    let wake;
    const over = new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      wake = () => { clearTimeout(timer); resolve(); };
      signal?.addEventListener('abort', wake, { once: true });
    });
    return { over, wake };
  }

  function banner(...content) {
    byId('banner').replaceChildren(...content);
    byId('banner').classList.toggle('shown', content.length > 0);
  }
  function notice(text) { byId('notice').textContent = text; }

  // While the server is away all calls wait for the same return.
  let away = null;
  function serverIsBack() {
    away ??= (async () => {
      const now = element('button', { type: 'button', textContent: 'Try now', className: 'quiet' });
      let waiting = null;
      now.addEventListener('click', () => waiting?.wake());
      const online = () => waiting?.wake();
      window.addEventListener('online', online);
      banner(element('span', { textContent: 'The server does not answer. This page tries again by itself and goes on when it is back.' }), now);
      for (let seconds = 0.5; ; seconds = Math.min(seconds * 1.5, 4)) {
        waiting = pause(seconds);
        await waiting.over;
        try {
          const answer = await fetch('/ui/model.json', {  // comes from where the model is, also where another server gives the pages
            cache: 'no-store', signal: AbortSignal.timeout(5000) });
          if (answer.status < 500) break;
        } catch { /* still away */ }
      }
      window.removeEventListener('online', online);
      const focused = document.activeElement === now;
      banner();
      if (focused) byId('main').focus();
      notice('The server is back.');
      away = null;
    })();
    return away;
  }

  // null: the user would not.
  let asking = null;
  function askForKey(refused) {
    asking ??= new Promise((resolve) => {
      const dialog = byId('key');
      byId('key-refused').textContent = refused ? 'The server does not know that key.' : '';
      dialog.returnValue = 'no';
      dialog.addEventListener('close', () => {
        const key = byId('key-text').value.trim();
        byId('key-text').value = '';
        asking = null;
        resolve(dialog.returnValue === 'use' && key ? key : null);
      }, { once: true });
      dialog.showModal();
    });
    return asking;
  }

  const stoppedBy = (signal) => new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));

  // {json, headers}. Waits while the server is away or busy; throws Stopped or Refused.
  async function call(path, { body, signal } = {}) {
    for (;;) {
      if (signal?.aborted) throw new Stopped();
      const headers = {};
      const key = sessionStorage.getItem('mlopsctl-key');
      if (key) headers.authorization = `Bearer ${key}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      let answer, text;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), 30000);
      const cancel = () => late.abort();
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        answer = await fetch(path, { method: body === undefined ? 'GET' : 'POST', headers, cache: 'no-store', signal: late.signal,
          body: body === undefined ? undefined : JSON.stringify(body) });
        text = await answer.text();
      } catch {
        answer = null;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      }
      if (signal?.aborted) throw new Stopped();
      if (!answer || answer.status === 502) {
        await Promise.race([serverIsBack(), stoppedBy(signal)]);
        continue;
      }
      if (answer.status === 503 || answer.status === 429) {
        notice('The server is busy. Waiting for it.');
        await pause(Math.min(Number(answer.headers.get('retry-after')) || 1, 60), signal).over;
        continue;
      }
      if (answer.status === 401) {
        if (key !== sessionStorage.getItem('mlopsctl-key')) continue;  // another call has asked meanwhile
        sessionStorage.removeItem('mlopsctl-key');
        const given = await askForKey(key !== null);
        if (given) {
          sessionStorage.setItem('mlopsctl-key', given);
          continue;
        }
      }
      let json;
      try {
        json = JSON.parse(text);
      } catch {
        throw new Refused(answer.status, { detail: `The server's answer to ${path} is not JSON (status ${answer.status}).` });
      }
      if (!answer.ok) throw new Refused(answer.status, json ?? {});
      return { json, headers: answer.headers };
    }
  }

  // Every class of every text, in the order of the texts: rows[i] = [{label, score}, ...].
  async function score(texts, signal) {
    const begin = performance.now();
    const { json, headers } = await call('/', { body: { inputs: texts, parameters: { top_k: null } }, signal });
    return { rows: json, milliseconds: performance.now() - begin, digest: headers.get('x-model-digest') };
  }

  // A colour's name per label: what good and bad are called has its own, the rest take turns. The same labels give the same colours.
  function colours(labels) {
    const fixed = [[/^(very )?pos|^good|^happy|^label_?1$/i, 'good'], [/^(very )?neg|^bad|^sad|^label_?0$/i, 'bad'], [/^neu/i, 'calm']];
    const given = new Map();
    const taken = new Set();
    for (const label of [...labels].sort()) {
      const found = fixed.find(([pattern, colour]) => pattern.test(label) && !taken.has(colour));
      if (!found) continue;
      given.set(label, found[1]);
      taken.add(found[1]);
    }
    let next = 0;
    for (const label of [...labels].sort()) if (!given.has(label)) given.set(label, `series${next++ % 6}`);
    return given;
  }
  // As the style sheet has it now: light or dark.
  const paint = (colour) => getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim();

  return { byId, element, percent, count, brief, Stopped, Refused, words, banner, notice, call, score, colours, paint, pause };
})();
