import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { accessible, drawn, launch, open, picture } from './browser.mjs';
import { freePort, Server } from './server.mjs';

const kTweets = 1000;
const words = ['great', 'terrible', 'fine', 'crashes', 'love', 'refund', 'slow', 'works', 'support', 'update'];
const kMarkup = '<img src=x onerror="document.title=1"> <b>great</b>';
const tweetOf = (i) => i === 41 ? kMarkup : `${words[i % 10]} ${words[(i * 7) % 9]} app number ${i % 37}`;
const gone = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;  // the browser's own words for it
const away = 'The server does not answer. This page tries again by itself and goes on when it is back.';

let browser, server, uiPort;
before(async () => {
  uiPort = await freePort();
  [browser, server] = await Promise.all([launch(), Server.start('--api', 'gke-twitter', '--store', 'sqlite:tweets.sqlite', '--ui-port', String(uiPort))]);
  for (let i = 0; i < kTweets; i += 50)
    await Promise.all(Array.from({ length: 50 }, (_, j) => server.post('/insert_tweet_data', { user_id: `u${(i + j) % 7}`, tweet_content: tweetOf(i + j) })));
});
after(async () => {
  await browser?.close();
  await server?.kill();
});

const text = (page, selector) => page.locator(selector).textContent();
const shown = (page, selector, words) => page.locator(selector, { hasText: words }).waitFor();

test('a text that is typed gets the label and all classes that the API gives', async () => {
  const visit = await open(browser, server, '/ui');
  const { page } = visit;
  await page.getByLabel('Text').fill('I love this app, support is great');
  await page.getByRole('button', { name: 'Analyze' }).click();
  await page.locator('#result').waitFor();
  const [classes] = await server.post('/', { inputs: ['I love this app, support is great'], parameters: { top_k: null } });
  classes.sort((a, b) => b.score - a.score);
  assert.equal(await text(page, '#label'), classes[0].label);
  assert.equal(await text(page, '#confidence'), `Confidence ${(classes[0].score * 100).toFixed(1)} %`);
  const rows = await page.locator('#classes tr').evaluateAll((all) => all.map((row) => [row.cells[0].textContent, row.cells[2].textContent, row.querySelector('.bar').getBoundingClientRect().width]));
  assert.deepEqual(rows.map(([label, share]) => [label, share]), classes.map(({ label, score }) => [label, `${(score * 100).toFixed(1)} %`]));
  for (let i = 1; i < rows.length; ++i) assert.ok(rows[i - 1][2] >= rows[i][2], 'bars grow with the probability');
  assert.equal(await page.locator('#result').getAttribute('aria-live'), 'polite');
  assert.match(await text(page, '#about'), /^Answered in [\d.]+ ms by model sha256:[0-9a-f]{12}\.$/);
  await accessible(page);
  await picture(page, 'analyse');
  await visit.close();
});

test('nothing typed, or only blanks, is warned of and asks the server nothing', async () => {
  const visit = await open(browser, server, '/ui');
  const { page } = visit;
  const posts = [];
  page.on('request', (request) => { if (request.method() === 'POST') posts.push(request.url()); });
  for (const blank of ['', ' \n\t ']) {
    await page.getByLabel('Text').fill(blank);
    await page.getByRole('button', { name: 'Analyze' }).click();
    await shown(page, '#warning', 'Please write a text first.');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
    assert.equal(await page.getByLabel('Text').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.locator('#result').isVisible(), false);
  }
  assert.deepEqual(posts, []);
  await accessible(page);
  await picture(page, 'analyse-empty');
  await page.getByLabel('Text').fill('now there is one');
  assert.equal(await text(page, '#warning'), '');
  await visit.close();
});

test('a text that looks like markup stays a text, and a very long one is answered or refused in words', async () => {
  const visit = await open(browser, server, '/ui', { expected: [/413/] });
  const { page } = visit;
  for (const odd of ['<img src=x onerror=alert(1)> </textarea><script>alert(2)</script>', '\u{1F642}\u{1F1E9}\u{1F1EA} שלום \u0000', 'x'.repeat(3e6)]) {
    await page.getByLabel('Text').fill(odd);
    await page.getByRole('button', { name: 'Analyze' }).click();
    await page.waitForFunction(() => document.getElementById('analyse').textContent === 'Analyze' &&
      (!document.getElementById('result').hidden || document.getElementById('warning').textContent !== ''));
    assert.equal(await page.locator('#result').isVisible(), odd.length < 1e6);
  }
  assert.match(await text(page, '#warning'), /2,?097,?152/);
  await visit.close();
});

// What the table of results holds, as {id: label}; fails where an id stands twice.
async function results(page) {
  const rows = await page.locator('#results tr').evaluateAll((all) => all.map((row) => [Number(row.cells[0].textContent), row.cells[2].textContent, row.cells[3].textContent]));
  assert.equal(new Set(rows.map(([id]) => id)).size, rows.length, 'no tweet stands twice');
  return rows;
}
async function totals(page) {
  return Object.fromEntries(await page.locator('#totals li').evaluateAll((all) => all.map((item) => [item.firstElementChild.textContent, Number(item.lastElementChild.textContent.replace(/,/g, ''))])));
}
async function wholeRun(page) {
  const rows = await results(page);
  assert.equal(rows.length, kTweets);
  assert.equal(rows.filter(([, tweet]) => tweet === kMarkup).length, 1, 'markup in a tweet stays a text');
  assert.equal(await page.locator('#results td.tweet *').count(), 0);
  const labels = await server.labels(rows.map(([, tweet]) => tweet));
  assert.deepEqual(rows.map(([, , label]) => label), labels);
  const counted = { all: kTweets };
  for (const label of labels) counted[label] = (counted[label] ?? 0) + 1;
  for (const [label, number] of Object.entries(await totals(page))) assert.equal(number, counted[label] ?? 0, label);
}

test('1,000 tweets run through the dashboard, each once', async () => {
  const visit = await open(browser, server, '/ui/live');
  const { page } = visit;
  await page.getByLabel('Number of tweets').fill('1000');
  await page.getByRole('button', { name: 'Start' }).click();
  await shown(page, '#status', /^Done: 1,000 tweets scored in [\d.]+ s\.$/);
  await wholeRun(page);
  await drawn(page, 'share');
  await drawn(page, 'rolling');
  assert.match(await page.locator('#rolling').getAttribute('aria-label'), /over the last 50 tweets: .+ \d+\.\d %/);
  assert.equal(await page.getByRole('button', { name: 'Stop' }).isDisabled(), true);
  await picture(page, 'live');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'live-dark');
  await visit.close();
});

test('fewer tweets than asked for, a wrong number, and Stop', async () => {
  const visit = await open(browser, server, '/ui/live');
  const { page } = visit;
  for (const wrong of ['0', '1.5', '10001', '']) {
    await page.getByLabel('Number of tweets').fill(wrong);
    await page.getByRole('button', { name: 'Start' }).click();
    await shown(page, '#warning', 'Please choose a whole number from 1 to 10,000.');
  }
  await page.getByLabel('Number of tweets').fill('1001');
  await page.getByRole('button', { name: 'Start' }).click();
  await shown(page, '#status', 'Done: the store holds only 1,000 tweets; 1,001 were asked for.');
  await page.route('**/', (route) => (route.request().method() === 'POST' ? undefined : route.continue()));  // never answered
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await shown(page, '#status', 'Stopped after 0 of 1,001 tweets.');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'start');
  await visit.close();
});

test('the dashboard goes on where it was when the server is killed and comes back', async () => {
  const visit = await open(browser, server, '/ui/live', { expected: [gone] });
  const { page } = visit;
  let asked = 0;
  const killed = new Promise((resolve) => {
    page.route('**/', async (route) => {
      if (route.request().method() === 'POST' && ++asked === 20) resolve(await server.kill());
      await route.continue();
    });
  });
  await page.getByLabel('Number of tweets').fill('1000');
  await page.getByRole('button', { name: 'Start' }).click();
  await killed;
  await shown(page, '#banner', away);
  assert.match(await text(page, '#status'), /^\d+ of 1,000 tweets scored\.$/);
  assert.equal(await page.locator('#banner').getAttribute('role'), 'alert');
  await picture(page, 'live-server-away');
  await server.again();
  await page.getByRole('button', { name: 'Try now' }).click({ timeout: 5000 }).catch(() => {});  // it may be back already
  await shown(page, '#status', /^Done: 1,000 tweets scored/);
  assert.equal(await text(page, '#banner'), '');
  await wholeRun(page);
  await visit.close();
});

test('a text sent while the server is away is answered when it is back', async () => {
  const visit = await open(browser, server, '/ui', { expected: [gone] });
  const { page } = visit;
  await page.getByLabel('Text').fill('terrible update, it crashes');
  await server.kill();
  await page.getByRole('button', { name: 'Analyze' }).click();
  await shown(page, '#banner', away);
  await accessible(page);
  await picture(page, 'analyse-server-away');
  await server.again();
  await page.locator('#result').waitFor();
  assert.equal(await text(page, '#label'), (await server.labels(['terrible update, it crashes']))[0]);
  assert.equal(await text(page, '#notice'), 'The server is back.');
  await visit.close();
});

test('pages on a port of their own, and pages of a server elsewhere that is killed and comes back', async () => {
  const visit = await open(browser, { url: `http://127.0.0.1:${uiPort}` }, '/');
  await visit.page.getByRole('heading', { name: 'Analyse a text' }).waitFor();
  await visit.close();

  const pages = await Server.pagesOf(server);
  try {
    const other = await open(browser, pages, '/', { expected: [/502/] });
    const { page } = other;
    await page.getByRole('link', { name: 'Live tweets' }).click();
    await page.getByLabel('Number of tweets').fill('60');
    await page.getByRole('button', { name: 'Start' }).click();
    await shown(page, '#status', /^Done: 60 tweets scored/);
    await server.kill();
    await page.getByRole('button', { name: 'Start' }).click();
    await shown(page, '#banner', away);
    await server.again();
    await shown(page, '#status', /^Done: 60 tweets scored/);
    assert.equal((await results(page)).length, 60);
    await page.getByRole('link', { name: 'Model card' }).click();
    await shown(page, '#what', 'feedback, version 1');
    await other.close();
  } finally {
    await pages.kill();
  }
});

test('everything can be done with the keyboard alone', async () => {
  const visit = await open(browser, server, '/ui');
  const { page } = visit;
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const order = [];
  for (let i = 0; i < 6; ++i) {
    await page.keyboard.press('Tab');
    order.push(await focused());
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(outline, '3px', `${order.at(-1)} shows that it has the focus`);
  }
  assert.deepEqual(order, ['Skip to the content', 'Analyse a text', 'Live tweets', 'Model card', 'text', 'analyse']);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.type('works fine');
  await page.keyboard.press('Control+Enter');
  await page.locator('#result').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');  // the button again
  await page.locator('#result[aria-busy=false]').waitFor();
  for (let i = 0; i < 3; ++i) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/ui/live');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');  // the link that skips the pages' list
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'number');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('40');
  await page.keyboard.press('Enter');
  await shown(page, '#status', /^Done: 40 tweets scored/);
  await accessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await accessible(page);
  await visit.close();
});

test('the model card tells what the model is, how it was judged and what it answers', async () => {
  const visit = await open(browser, server, '/ui/model');
  const { page } = visit;
  await shown(page, '#what', 'feedback, version 1');
  await shown(page, '#judged', /Accuracy\s*0\.\d{4}/);
  await server.labels(Array.from({ length: 150 }, (_, i) => tweetOf(i)));
  await page.reload();
  await shown(page, '#window', /^Its last [\d,]+ answers, beside [\d,]+ when it was trained/);
  assert.equal(await page.locator('#signals tbody tr').count(), 3);
  await drawn(page, 'mix');
  await drawn(page, 'sure');
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await accessible(page);
    await picture(page, colorScheme === 'light' ? 'model' : 'model-dark');
  }
  await visit.close();
});

test('a server that asks for a key gets it from the user, who may mistype it or refuse', async () => {
  const key = 'correct-horse-battery-staple';
  fs.writeFileSync('keys', `ann sha256:${createHash('sha256').update(key).digest('hex')}\n`);
  const guarded = await Server.start('--api-keys', 'keys');
  try {
    const visit = await open(browser, guarded, '/ui', { expected: [/401/, /404/] });
    const { page } = visit;
    const dialog = page.getByRole('dialog', { name: 'This server asks for a key' });
    await page.getByLabel('Text').fill('great support');
    await page.getByRole('button', { name: 'Analyze' }).click();
    await dialog.waitFor();
    await accessible(page);
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await shown(page, '#key-refused', 'The server does not know that key.');
    await picture(page, 'analyse-key');
    await page.keyboard.type(key);
    await page.keyboard.press('Enter');
    await page.locator('#result').waitFor();
    await page.goto(`${guarded.url}/ui/model`);  // the tab knows it now
    await shown(page, '#what', 'feedback, version 1');
    await page.goto(`${guarded.url}/ui/live`);
    await page.getByRole('button', { name: 'Start' }).click();
    await shown(page, '#warning', 'This server keeps no tweets; one that is started with --store does.');
    await visit.close();

    const other = await open(browser, guarded, '/ui/model', { expected: [/401/] });
    await other.page.getByRole('button', { name: 'Cancel' }).click();
    await shown(other.page, '#window', /key/);
    assert.equal(await other.page.getByRole('dialog').isVisible(), false);
    await other.close();
  } finally {
    await guarded.kill();
  }
});

test('dark follows the system, and every page is accessible and fits a phone', async () => {
  for (const where of ['/ui', '/ui/live', '/ui/model']) {
    const grounds = [];
    for (const colorScheme of ['light', 'dark']) {
      const visit = await open(browser, server, where, { colorScheme, width: 360 });
      const { page } = visit;
      await accessible(page);
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} is no wider than a phone`);
      await picture(page, `phone${where.replaceAll('/', '-')}-${colorScheme}`);
      await visit.close();
    }
    assert.deepEqual(grounds, ['rgb(246, 247, 249)', 'rgb(17, 21, 28)'], where);
  }
});
