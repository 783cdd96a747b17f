// /ui/live: tweets out of the store, scored in batches as fast as the server answers; a server that goes away interrupts, it does not lose the place.
'use strict';

(() => {
  const { byId, element, count, percent } = house;
  const kBatch = 20, kFetch = 200, kWindow = 50, kMost = 10000, kShown = 1000;
  const drawShare = charts.donut(byId('share'));
  const drawRolling = charts.lines(byId('rolling'), 'Tweets scored', 'Share', 1);

  let running = null;  // AbortController of the run under way

  function fresh(wanted) {
    return { wanted, scored: 0, after: 0, waiting: [], labels: [], colours: new Map(), totals: new Map(), last: [], points: new Map(), told: 0, begun: performance.now() };
  }

  function warn(words) {
    byId('warning').textContent = words;
    byId('number').setAttribute('aria-invalid', words ? 'true' : 'false');
  }

  // The labels of the model that answers; one that comes later (a model was swapped) joins at the end.
  function learn(run, classes) {
    const unknown = classes.map((each) => each.label).filter((label) => !run.totals.has(label)).sort();
    if (!unknown.length) return;
    for (const label of unknown) {
      run.labels.push(label);
      run.totals.set(label, 0);
      run.points.set(label, []);
    }
    run.colours = house.colours(run.labels);
    byId('totals').replaceChildren(...[...run.labels, null].map((label) => {
      const number = element('strong', { textContent: '0' });
      number.dataset.total = label ?? '';
      const dot = element('span', { className: 'dot' });
      if (label) dot.dataset.colour = run.colours.get(label);
      return element('li', {}, element('span', {}, ...(label ? [dot] : []), label ?? 'all'), number);
    }));
  }

  function record(run, tweets, rows) {
    rows.forEach((classes) => learn(run, classes));
    const made = tweets.map((tweet, place) => {
      const best = rows[place].reduce((a, b) => (b.score > a.score ? b : a));
      run.totals.set(best.label, run.totals.get(best.label) + 1);
      run.last.push(best.label);
      const badge = element('span', { className: 'badge', textContent: best.label });
      badge.dataset.colour = run.colours.get(best.label);
      return element('tr', {}, element('td', { className: 'n', textContent: tweet.id }), element('td', { textContent: tweet.user_id ?? '' }),
        element('td', { className: 'tweet', textContent: tweet.tweet_content }), element('td', {}, badge), element('td', { className: 'n', textContent: percent(best.score) }));
    });
    run.scored += tweets.length;
    run.last = run.last.slice(-kWindow);
    for (const label of run.labels) run.points.get(label).push({ x: run.scored, y: run.last.filter((each) => each === label).length / run.last.length });
    const body = byId('results');
    body.prepend(...made.reverse());
    while (body.rows.length > kShown) body.lastElementChild.remove();
    byId('none').hidden = body.rows.length > 0;
  }

  function draw(run) {
    const counts = run.labels.map((label) => run.totals.get(label));
    for (const number of byId('totals').querySelectorAll('strong'))
      number.textContent = count(number.dataset.total ? run.totals.get(number.dataset.total) : run.scored);
    drawShare(run.labels, counts, run.labels.map((label) => run.colours.get(label)));
    drawRolling(run.labels.slice(0, 8).map((label) => ({ label, colour: run.colours.get(label), points: run.points.get(label) })));
    const now = run.labels.map((label) => `${label} ${percent(run.points.get(label).at(-1)?.y ?? 0)}`).join(', ');
    byId('rolling').setAttribute('aria-label', `Rolling line of each class's share; over the last ${run.last.length} tweets: ${now}.`);
    byId('progress').max = run.wanted;
    byId('progress').value = run.scored;
    byId('status').textContent = `${count(run.scored)} of ${count(run.wanted)} tweets scored.`;
    if (performance.now() - run.told > 5000) {  // a screen reader cannot follow every batch
      house.notice(byId('status').textContent);
      run.told = performance.now();
    }
  }

  async function go(run, signal) {
    while (run.scored < run.wanted) {
      if (!run.waiting.length) {
        const limit = Math.min(kFetch, run.wanted - run.scored);
        const { json } = await house.call(`/tweets?limit=${limit}&after=${run.after}`, { signal });
        if (!json.tweets.length) break;
        run.waiting = json.tweets;
      }
      const batch = run.waiting.slice(0, kBatch);
      const { rows } = await house.score(batch.map((tweet) => tweet.tweet_content), signal);
      run.waiting = run.waiting.slice(batch.length);
      run.after = batch.at(-1).id;
      record(run, batch, rows);
      draw(run);
      await new Promise(requestAnimationFrame);
    }
  }

  async function start() {
    const wanted = Number(byId('number').value);
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > kMost) {
      warn(`Please choose a whole number from 1 to ${count(kMost)}.`);
      byId('number').focus();
      return;
    }
    warn('');
    running?.abort();
    const mine = running = new AbortController();
    const run = fresh(wanted);
    byId('results').replaceChildren();
    byId('totals').replaceChildren();
    byId('none').hidden = false;
    byId('progress').value = 0;
    byId('status').textContent = `0 of ${count(wanted)} tweets scored.`;
    byId('stop').disabled = false;
    let end;
    try {
      await go(run, mine.signal);
      if (run.scored === wanted) end = `Done: ${count(run.scored)} tweets scored in ${((performance.now() - run.begun) / 1000).toFixed(1)} s.`;
      else if (run.scored) end = `Done: the store holds only ${count(run.scored)} tweets; ${count(wanted)} were asked for.`;
      else end = 'The store holds no tweets. POST /insert_tweet_data adds some, where the server is started with --api gke-twitter.';
    } catch (error) {
      if (running !== mine) return;  // another run has begun
      end = `Stopped after ${count(run.scored)} of ${count(wanted)} tweets.`;
      if (!(error instanceof house.Stopped)) warn(error.status === 404 ? 'This server keeps no tweets; one that is started with --store does.' : house.words(error));
    }
    if (running !== mine) return;
    running = null;
    if (document.activeElement === byId('stop')) byId('start').focus();
    byId('stop').disabled = true;
    byId('status').textContent = end;
    house.notice(end);
  }

  byId('form').addEventListener('submit', (event) => {
    event.preventDefault();
    start();
  });
  byId('stop').addEventListener('click', () => running?.abort());
})();
