// Takes the pictures of the documentation, over a system that something moves through:
//   TRIBUTARY_NODE_MODULES=… node tests/browser/pictures.mjs [FOLDER]      (default docs/images)
// With --all every page in light and dark, on a desktop and on a phone, to look them through.
import {mkdirSync} from 'node:fs';
import {heading, kPages, launch, withPages} from './support/browser.mjs';
import {System} from './support/system.mjs';

const isAll = process.argv.includes('--all');
const folder = process.argv.slice(2).find((one) => !one.startsWith('--')) ?? 'docs/images';
const desktop = {viewport: {width: 1180, height: 760}};
const phone = {viewport: {width: 390, height: 800}};

async function fill(system) {
  for (let i = 0; i < 4; i += 1) {
    await system.send({type: 'order', data: {id: i, total: 10}}, {'Idempotency-Key': `order-${i}`});
    await system.send({type: 'order', data: {id: i, total: 11}}, {'Idempotency-Key': `order-${i}`});
  }
  await fetch(`${system.url}/bucket/orders.json`, {method: 'PUT', body: '[{"id":1,"total":2},42]'});
}

/** Some events of every type, again and again, until it is told to stop. */
async function move(system, until) {
  const names = ['Espresso machine', 'Burr grinder', 'Milk jug 0.5 l', 'Tamper', 'Scale'];
  for (let n = 0; !until(); n += 1) {
    const some = 25 + Math.round(15 * Math.sin(n / 6));
    await system.sendMany(Array.from({length: some}, (_, i) => [
      {type: 'product', data: {id: `P-${n}-${i}`, name: names[i % 5], price: 19.9 + i, currency: 'EUR'}},
      {type: 'order', data: {id: 10_000 + 40 * n + i, customer_id: `C-${i}`, total: 25.87 * (i + 1), status: 'open'}},
      {type: 'supplier', data: {id: `S-${n}-${i}`, name: 'Bellavita S.r.l.', country: 'IT'}},
    ].slice(0, 1 + (i % 3))).flat());
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function shoot(browser, system, options, [name, address], file) {
  await withPages(browser, options, async (open) => {
    const page = await open(`${system.url}/${address}`);
    await heading(page, name);
    await page.getByText('Loading …').waitFor({state: 'detached'});
    if (name === 'Live') await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 3);
    // The fonts and the charts' first drawing.
    await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
    await page.screenshot({path: `${folder}/${file}.png`, fullPage: isAll});
  });
}

mkdirSync(folder, {recursive: true});
const browser = await launch();
const system = await System.start();
let isOver = false;
try {
  await fill(system);
  const moving = move(system, () => isOver);
  // Somebody must watch for the history to be there.
  await withPages(browser, {}, async (open) => {
    const page = await open(system.url);
    await heading(page, 'Live');
    await page.waitForTimeout(isAll ? 10_000 : 60_000);
    const pages = [...kPages.filter(([name]) => name !== 'Event'), ['Event', '#/event/order-1']];
    const byName = Object.fromEntries(pages);
    if (isAll) {
      for (const one of pages) {
        for (const colorScheme of ['light', 'dark']) {
          for (const [look, size] of [['desktop', desktop], ['phone', phone]]) {
            await shoot(browser, system, {...size, colorScheme}, one, `${one[0].toLowerCase().replace(' ', '-')}-${colorScheme}-${look}`);
          }
        }
      }
    } else {
      await shoot(browser, system, {...desktop, colorScheme: 'light'}, ['Live', byName.Live], 'console-live');
      await shoot(browser, system, {...desktop, colorScheme: 'dark'}, ['Event', byName.Event], 'console-event');
      await shoot(browser, system, {...desktop, colorScheme: 'light'}, ['Dead letters', byName['Dead letters']], 'console-dead-letters');
      await shoot(browser, system, {...phone, colorScheme: 'dark'}, ['Live', byName.Live], 'console-phone');
    }
  });
  isOver = true;
  await moving;
} finally {
  isOver = true;
  await browser.close();
  await system.stop();
}
