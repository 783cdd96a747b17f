// Chromium as the tests use it: a page that fails its test by any error, any word in the console, any request to somewhere else.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const need = createRequire(path.join(process.env.MODULES, 'package.json'));
const { chromium } = need('playwright-core');
const axe = fs.readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = process.env.MLOPSCTL_SCREENSHOTS;

// How long anything may take, in ms: what is broken never comes, and a machine busy with other tests is slow.
const kPatience = 120_000;

export const launch = () => chromium.launch({
  timeout: kPatience,
  executablePath: process.env.BROWSER,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// `visit.faults` holds what went wrong; `expected` are patterns of console lines that the test provokes.
export async function open(browser, server, where, { colorScheme = 'light', width = 1100, expected = [] } = {}) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(kPatience);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (line) => { if (!expected.some((pattern) => pattern.test(line.text()))) faults.push(`console: ${line.text()}`); });
  page.on('request', (request) => { if (!request.url().startsWith(`${server.url}/`)) faults.push(`request: ${request.url()}`); });
  await page.goto(server.url + where);
  return { page, async close() {
    await context.close();
    assert.deepEqual(faults, []);
  } };
}

export async function picture(page, name) {
  if (!screenshots) return;
  fs.mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
}

// No fault that axe-core calls serious or critical, by the rules of WCAG 2.2 AA and its best practices.
export async function accessible(page) {
  await page.evaluate(`${axe};0`);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(grave.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)]), []);
}

// A drawing with something on it: more than two colours.
export const drawn = (page, canvas) => page.waitForFunction((id) => {
  const { width, height } = document.getElementById(id);
  const { data } = document.getElementById(id).getContext('2d').getImageData(0, 0, width, height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return seen.size > 2;
}, canvas);
