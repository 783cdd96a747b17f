// /ui/model: the card of the model that answers now; read anew every ten seconds while somebody looks.
'use strict';

(() => {
  const { byId, element, count, percent } = house;
  const drawMix = charts.bars(byId('mix'), '', 'Share of the answers');
  const drawSure = charts.lines(byId('sure'), 'Confidence, %', 'Share of the answers');
  const cell = (text, numeric) => element('td', { textContent: text, className: numeric ? 'n' : '' });
  const sum = (counts) => counts.reduce((a, b) => a + b, 0);
  const mean = (bins) => bins.reduce((total, each, bin) => total + each * (bin + 0.5) / bins.length, 0) / sum(bins);

  function describe(card) {
    const rows = [['Name', `${card.name}, version ${card.version}`], ['Kind', card.type], ['Digest', element('code', { textContent: card.digest })],
      ['Classes', card.labels.join(', ')], ['Cleans texts by', card.recipe.length ? card.recipe.join(', ') : 'nothing: it takes them as they come'],
      ['Probabilities', card.calibration ? `calibrated by ${card.calibration}` : 'not calibrated']];
    if (card.trained_on?.rows)
      rows.push(['Learned from', `${count(card.trained_on.rows)} texts: ${Object.entries(card.trained_on.labels ?? {}).map(([label, rows]) => `${label} ${count(rows)}`).join(', ')}`]);
    byId('what').replaceChildren(...rows.flatMap(([term, value]) => [element('dt', { textContent: term }), element('dd', {}, value)]));
  }

  const names = { accuracy: 'Accuracy', macro_f1: 'Macro F1', log_loss: 'Log loss', rows: 'Labelled rows' };
  function judge(card) {
    if (!card.evidence.length) {
      byId('judged').replaceChildren(element('p', { className: 'soft', textContent: 'No release is known for this model. A pipeline with an evaluate stage and a deploy stage makes one.' }));
      return;
    }
    byId('judged').replaceChildren(...card.evidence.map((each) => {
      const outcome = each.verdict?.outcome ?? 'unknown';
      const badge = element('span', { className: 'badge', textContent: outcome });
      badge.dataset.colour = { pass: 'good', fail: 'bad' }[outcome] ?? 'calm';
      const part = element('div', { className: 'evidence' }, element('p', {}, element('strong', { textContent: each.name }), ' ', badge), element('p', { textContent: each.verdict?.summary ?? '' }));
      const figures = Object.entries(each.metrics ?? {});
      if (figures.length)
        part.append(element('table', {}, element('thead', {}, element('tr', {}, element('th', { scope: 'col', textContent: 'Figure' }), element('th', { scope: 'col', className: 'n', textContent: 'Value' }))),
          element('tbody', {}, ...figures.map(([name, value]) => element('tr', {}, element('th', { scope: 'row', textContent: names[name] ?? name }),
            cell(name === 'rows' ? count(value) : value.toFixed(4), true))))));
      return part;
    }));
  }

  const signalNames = { class_mix: 'Mix of the classes', imbalance: 'One class holds most', confidence: 'How sure it is' };
  function drift(card) {
    const { served, reference } = card;
    byId('window').textContent = served.texts === 0 ? 'It has not been asked anything yet.'
      : reference ? `Its last ${count(served.texts)} answers, beside ${count(reference.rows)} when it was trained (rows: ${reference.source}). Alarms need ${count(card.least_texts)} answers.`
        : `Its last ${count(served.texts)} answers. The model carries no profile of its training to compare them with.`;
    byId('signals').hidden = card.drift.length === 0;
    byId('signals').tBodies[0].replaceChildren(...card.drift.map((line) => {
      const badge = element('span', { className: 'badge', textContent: line.alarm ? 'alarm' : 'quiet' });
      badge.dataset.colour = line.alarm ? 'bad' : 'good';
      return element('tr', {}, element('th', { scope: 'row', textContent: signalNames[line.signal] ?? line.signal }), element('td', {}, badge),
        cell(percent(line.effect), true), cell(percent(line.threshold), true), cell(line.detail));
    }));
  }

  function compare(card) {
    const { served, reference, labels } = card;
    const share = (part, label) => part && part.rows ? part.classes[label] / part.rows : 0;
    const now = { rows: served.texts, classes: served.classes };
    const said = (part, label) => part && part.rows ? percent(share(part, label)) : 'not known';
    byId('shares').tBodies[0].replaceChildren(...labels.map((label) => element('tr', {}, element('th', { scope: 'row', textContent: label }), cell(said(reference, label), true), cell(said(now, label), true))));
    const pairs = [['Trained', 'accent', reference], ['Now', 'series1', now]].filter(([, , part]) => part && part.rows);
    drawMix(labels, pairs.map(([label, colour, part]) => ({ label, colour, values: labels.map((each) => share(part, each)) })));
    const confidences = [['Trained', 'accent', reference?.confidence], ['Now', 'series1', served.confidence]].filter(([, , bins]) => bins && sum(bins));
    drawSure(confidences.map(([label, colour, bins]) => ({ label, colour, points: bins.map((each, bin) => ({ x: (bin + 0.5) * 100 / bins.length, y: each / sum(bins) })) })));
    byId('means').textContent = confidences.map(([label, , bins]) => `${label}: ${percent(mean(bins))} sure on average`).join('. ') + (confidences.length ? '.' : 'Nothing answered yet.');
  }

  async function show() {
    try {
      const { json } = await house.call('/ui/model.json');
      [describe, judge, drift, compare].forEach((part) => part(json));
    } catch (error) {
      byId('window').textContent = house.words(error);
      return error.status !== 401;  // who would not give a key is not asked again
    }
    return true;
  }
  (async () => {
    for (;;) {
      if (!document.hidden && !await show()) return;
      await house.pause(10).over;
    }
  })();
})();
