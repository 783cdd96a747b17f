// Drawings by Chart.js in the page's own colours; each stands beside a table or list with the same figures, for those who do not see it.
'use strict';

const charts = (() => {
  const { paint } = house;
  const all = new Set();
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

  function dress(chart) {
    Chart.defaults.color = paint('soft');
    Chart.defaults.borderColor = paint('rule');
    for (const axis of Object.values(chart.options.scales ?? {})) {
      axis.grid = { ...axis.grid, color: paint('rule'), borderColor: paint('rule'), tickColor: paint('rule') };
      axis.ticks = { ...axis.ticks, color: paint('soft') };
      if (axis.title) axis.title.color = paint('soft');
    }
    if (chart.options.plugins?.legend?.labels) chart.options.plugins.legend.labels.color = paint('ink');
    for (const set of chart.data.datasets) {
      const colours = [].concat(set.named).map(paint);
      const colour = colours.length === 1 ? colours[0] : colours;
      set.backgroundColor = colour;
      set.borderColor = set.ring ? paint('card') : colour;
    }
    chart.update();
  }

  function make(canvas, type, options) {
    const chart = new Chart(canvas, { type, data: { labels: [], datasets: [] }, options });
    all.add(chart);
    dress(chart);
    return chart;
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => all.forEach(dress));

  const shares = (value) => `${Math.round(value * 100)} %`;
  const legend = (usePointStyle = false) => ({ legend: { labels: usePointStyle ? { usePointStyle } : { boxWidth: 12, boxHeight: 12 } } });

  function donut(canvas) {
    const chart = make(canvas, 'doughnut', { cutout: '62%', plugins: legend() });
    return (labels, counts, colours) => {
      chart.data.labels = labels;
      chart.data.datasets = [{ data: counts, named: colours, ring: true, borderWidth: 2 }];
      dress(chart);
    };
  }

  // series: [{label, colour, points: [{x, y}]}], y a share; `max` is the top of its axis where that is to stay.
  function lines(canvas, across, down, max) {
    const chart = make(canvas, 'line', {
      parsing: false,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      plugins: legend(true),
      scales: { x: { type: 'linear', title: { display: true, text: across }, ticks: { precision: 0 } },
        y: { min: 0, max, title: { display: true, text: down }, ticks: { callback: shares } } },
    });
    return (series) => {
      chart.data.datasets = series.map(({ label, colour, points }, place) => ({ label, data: points, named: [colour], borderWidth: 2, pointRadius: 0, pointStyle: 'line',
        borderDash: [[], [6, 4], [2, 3]][place % 3] }));
      dress(chart);
    };
  }

  // series: [{label, colour, values}], a bar per category and series.
  function bars(canvas, across, down) {
    const chart = make(canvas, 'bar', {
      plugins: legend(),
      scales: { x: { title: { display: across !== '', text: across } }, y: { min: 0, title: { display: true, text: down }, ticks: { callback: shares } } },
    });
    return (categories, series) => {
      chart.data.labels = categories;
      chart.data.datasets = series.map(({ label, colour, values }) => ({ label, data: values, named: [colour] }));
      dress(chart);
    };
  }

  return { donut, lines, bars };
})();
