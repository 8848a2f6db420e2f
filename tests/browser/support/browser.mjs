// A real Chromium, and pages that fail their test when the browser reports anything wrong.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const modules = createRequire(`${process.env.TRIBUTARY_NODE_MODULES ?? `${process.cwd()}/tests/browser`}/`);
const {chromium} = modules('playwright-core');
const axe = readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Collects what a page must never do: break the content security policy, throw, complain. */
function watch(page, faults) {
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // A status of 4xx or 5xx, or no answer, is what the unhappy tests are about.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) faults.push(text);
  });
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  return page.exposeBinding('reportViolation', (_source, text) => { faults.push(`policy: ${text}`); })
    .then(() => page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) =>
        window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`));
    }));
}

/** Runs `use` with pages of one fresh browser profile; every fault that they report fails it. */
export async function withPages(browser, options, use) {
  const faults = [];
  // Without transitions: axe would judge the colours of a button that is half way to its own.
  const context = await browser.newContext(
    {viewport: {width: 1280, height: 800}, reducedMotion: 'reduce', ...options});
  context.setDefaultTimeout(60_000);
  const open = async (url) => {
    const page = await context.newPage();
    await watch(page, faults);
    if (url) await page.goto(url);
    return page;
  };
  try {
    await use(open, context);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

/** No finding of axe that it calls serious or critical. */
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const {violations} = await window.axe.run(document, {resultTypes: ['violations']});
    return violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
      .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')}`);
  });
  assert.deepEqual(found, [], what);
}

/** The page is no wider than the window: nobody has to scroll sideways to read. */
export async function assertFits(page, what) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${what} is ${wide} wide in a window of ${window}`);
}

export const kPages = [['Live', '#/'], ['Events', '#/events'], ['Event', '#/event'],
  ['Dead letters', '#/letters'], ['Send', '#/send'], ['Upload', '#/upload'], ['Status', '#/status']];

/** `name` may be text or a pattern. */
export const heading = (page, name) => page.getByRole('heading', {level: 1, name}).waitFor();
