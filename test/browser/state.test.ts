import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { scaled } from '../support/scale.ts';
import { assertAccessible, assertFits, browserAvailable, launch, shoot, WatchedPage } from './browser.ts';
import { serveState, type Serving } from './serve.ts';

const available = browserAvailable();

/** Views, and what shows that each is there with all that it fetches; pools and runs are those of another suite. */
const VIEWS = [
  {
    name: 'classify',
    path: '/?title=Segelboote+am+Strand+bei+Sonnenuntergang',
    shown: 'Show all',
    shot: true,
  },
  { name: 'taxonomy', path: '/taxonomy?interest=71', shown: 'Pins of it', shot: true },
  { name: 'pools', path: '/pools', shown: 'An embedded run has none', shot: false },
  { name: 'runs', path: '/runs', shown: 'to see runs and backfills', shot: false },
  { name: 'dead-letters', path: '/dead-letters?letter=0@0', shown: 'Decoded as p2i.PinBatch', shot: true },
] as const;

describe('the inspector of a state', { skip: !available.available && available.why }, () => {
  let serving: Serving & { pins: number };
  let browser: Browser;
  before(async () => {
    serving = await serveState(scaled(40, 10));
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await serving.close();
  });

  /** Opens a view, does something with it, and fails where the browser complained. */
  async function on(path: string, use: (page: Page) => Promise<void>, options = {}): Promise<void> {
    const watched = await WatchedPage.open(browser, serving.url, options);
    await watched.page.goto(path);
    await use(watched.page);
    await watched.close();
  }

  for (const { name, path, shown, shot } of VIEWS) {
    test(`${name} is accessible in light and dark colours, and in a narrow window, which it fits`, () =>
      on(path, async (page) => {
        await page.getByText(shown).first().waitFor();
        const look = async (how: string): Promise<void> => {
          await assertAccessible(page, `${name}, ${how}`);
          if (shot) await shoot(page, `${name}-${how}`);
        };
        await look('light');
        await page.emulateMedia({ colorScheme: 'dark' });
        await look('dark');
        await page.setViewportSize({ width: 360, height: 740 });
        await assertFits(page, name);
        await look('narrow');
      }));
  }

  test('a pasted title in another language has its interests on the tree, and how it was read', () =>
    on('/', async (page) => {
      await page.getByLabel('A title, a title').fill('Segelboote am Strand');
      await page.keyboard.press('Control+Enter');
      const interests = page.getByRole('region', { name: 'Interests' });
      await interests.getByRole('link', { name: 'beach', exact: true }).waitFor();
      const parent = interests
        .locator('li', { has: page.getByRole('link', { name: 'beach', exact: true }) })
        .first();
      assert.match(await parent.innerText(), /^nature\b/);
      await page.getByText(/→ sailboat/).waitFor();
      assert.equal(new URL(page.url()).searchParams.get('title'), 'Segelboote am Strand');
      await page.getByText(/interests of \d+ candidates in [\d.]+ ms/).waitFor();
    }));

  test('a pasted Pin is classified with all it has; one that is wrong is told what to mend', () =>
    on('/', async (page) => {
      const field = page.getByLabel('A title, a title');
      await field.fill('{"title": "Untitled", "annotations": ["castle"]}');
      await page.getByRole('button', { name: 'Classify' }).click();
      await page.getByRole('region', { name: 'Interests' }).getByRole('link', { name: 'castle' }).waitFor();
      await field.fill('{"annotations": [{"term": "castle", "confidence": 2}]}');
      await page.getByRole('button', { name: 'Classify' }).click();
      const alert = page.getByRole('alert');
      assert.match(await alert.innerText(), /confidence is not a number from 0 to 1[^]*PIN_INVALID/);
      await assertAccessible(page, 'a failure');
      await field.fill('{"title": ');
      await page.keyboard.press('Control+Enter');
      await page.getByText('PIN_MALFORMED_JSON').waitFor();
    }));

  test('a candidate opens to its evidence, its features and what moved its score', () =>
    on('/?title=Ruined+castle+in+the+mountains', async (page) => {
      const row = page.getByRole('button', { name: /castle kept$/ }).first();
      await row.click();
      assert.equal(await row.getAttribute('aria-expanded'), 'true');
      const waterfall = page.locator('.waterfall');
      await waterfall.waitFor();
      await assertSums(waterfall);
      await page.getByRole('heading', { name: 'Evidence' }).waitFor();
      await page.getByText('best match of the interest in the title').first().waitFor();
      await page.locator('summary', { hasText: 'lexical' }).click();
      await assertAccessible(page, 'an open candidate');
      await waterfall.scrollIntoViewIfNeeded();
      await shoot(page, 'candidate-light');
      await row.click();
      assert.equal(await waterfall.count(), 0);
    }));

  test('candidates are sorted by the column that is asked for, and all can be shown', () =>
    on('/?title=Ruined+castle+in+the+mountains', async (page) => {
      const table = page.locator('table.candidates');
      await page.getByRole('button', { name: /^Show all/ }).click();
      const rows = table.locator('tbody > tr');
      assert.ok((await rows.count()) > 25);
      const column = async (n: number): Promise<string[]> =>
        rows.locator(`td:nth-child(${n})`).allInnerTexts();
      const scores = (await column(3)).map(Number);
      assert.deepEqual(
        scores,
        scores.toSorted((a, b) => b - a),
      );
      await table.getByRole('button', { name: 'Level' }).click();
      assert.equal(await table.locator('th[aria-sort]').getAttribute('aria-sort'), 'ascending');
      const levels = await column(2);
      assert.deepEqual(levels, levels.toSorted());
      await table.getByRole('button', { name: 'Level' }).click();
      assert.deepEqual(await column(2), levels.toReversed());
    }));

  test('a Pin of the corpus is found by its id, with the results that stand for it', () =>
    on('/taxonomy?interest=71', async (page) => {
      const link = page.locator('.examples a').first();
      const id = await link.innerText();
      await link.click();
      await page.getByRole('heading', { name: 'What stands on p2i-results' }).waitFor();
      await page.getByText(/batch, run run-1, taxonomy/).waitFor();
      assert.match(await page.getByLabel('A title, a title').inputValue(), new RegExp(`"id": "${id}"`));
      await page.keyboard.press('Escape');
      await page
        .getByRole('searchbox')
        .or(page.getByLabel(/by its id/))
        .first()
        .fill('no such Pin');
      await page.keyboard.press('Enter');
      await page.getByText('PIN_UNKNOWN').waitFor();
    }));

  test('the page goes from view to view by keys, and says what they are', () =>
    on('/', async (page) => {
      await page.getByRole('heading', { name: 'Classify a Pin' }).waitFor();
      for (const [key, heading] of [
        ['t', 'Taxonomy'],
        ['p', 'Pools'],
        ['r', 'Runs'],
        ['d', 'Dead letters'],
        ['c', 'Classify a Pin'],
      ]) {
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await page.getByRole('heading', { level: 1, name: heading }).waitFor();
        assert.equal(await focused(page), 'main');
      }
      await page.keyboard.press('/');
      assert.equal(await focused(page), 'pin-id');
      await page.keyboard.type('g t ?');
      assert.equal(await page.getByLabel(/by its id/).inputValue(), 'g t ?');
      await page.getByRole('heading', { level: 1 }).click();
      await page.keyboard.press('?');
      const dialog = page.getByRole('dialog', { name: 'Keys' });
      await dialog.waitFor();
      await assertAccessible(page, 'the keys');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor();
    }));

  test('the skip link leads to what the page is about', () =>
    on('/taxonomy', async (page) => {
      await page.getByRole('tree').waitFor();
      await page.keyboard.press('Tab');
      assert.match(await page.locator(':focus').innerText(), /Skip/);
      await page.keyboard.press('Enter');
      assert.equal(await focused(page), 'main');
    }));

  test('the tree is walked by arrow keys alone', () =>
    on('/taxonomy', async (page) => {
      const tree = page.getByRole('tree', { name: 'Interests' });
      await tree.getByRole('treeitem').first().focus();
      const at = async (): Promise<string> => (await page.locator(':focus .name').innerText()).trim();
      const first = await at();
      const roots = await tree.getByRole('treeitem').count();
      await page.keyboard.press('ArrowRight');
      await page.locator('[role=treeitem][aria-level="2"]').first().waitFor();
      assert.equal(await page.locator(':focus').getAttribute('aria-expanded'), 'true');
      await page.keyboard.press('ArrowRight');
      const child = await at();
      assert.notEqual(child, first);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: child }).waitFor();
      await page.keyboard.press('ArrowLeft');
      assert.equal(await at(), first);
      await page.keyboard.press('ArrowLeft');
      assert.equal(await tree.getByRole('treeitem').count(), roots);
      await page.keyboard.press('End');
      const last = await at();
      await page.keyboard.press('Home');
      assert.equal(await at(), first);
      assert.notEqual(last, first);
      assert.equal(await tree.locator('[tabindex="0"]').count(), 1);
    }));

  test('Pins are counted per interest, and a search leads to an interest on its tree', () =>
    on('/taxonomy', async (page) => {
      await page.getByText(new RegExp(`${serving.pins.toLocaleString('en')} Pins counted`)).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('windm');
      await page.locator('.found').getByRole('link', { name: 'windmill', exact: true }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'windmill' }).waitFor();
      const selected = page.locator('[aria-selected="true"]');
      assert.match(await selected.innerText(), /windmill/);
      assert.ok(Number(await selected.getAttribute('aria-level')) > 2);
    }));

  test('Enter takes the first interest of what is written, though what is listed is of fewer letters yet', () =>
    on('/taxonomy', async (page) => {
      await page.getByText(/Pins counted/).waitFor();
      await page.route(/search=windm$/, async (route) => {
        await sleep(500);
        await route.continue();
      });
      await page.keyboard.press('/');
      await page.keyboard.type('wind');
      await page.locator('.found li').first().waitFor();
      await page.keyboard.type('m');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'windmill' }).waitFor();
    }));

  test('a dead letter is shown, filtered and redriven, after it is told what would go', () =>
    on('/dead-letters', async (page) => {
      await page.getByText('3 letters, 0 redriven').waitFor();
      await page.getByLabel('Code').selectOption('AVRO_MALFORMED');
      await page.getByText('1 letter, 0 redriven').waitFor();
      await page.locator('tbody button').first().click();
      await page.getByRole('heading', { name: /^Not decoded/ }).waitFor();
      await page.getByLabel('Code').selectOption('STAGE_FAILED');
      await page.getByText('2 letters, 0 redriven').waitFor();
      await page.getByRole('button', { name: 'Redrive these 2 letters…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Redrive these 2 letters' });
      await dialog.getByText('2 to p2i-batch-pins, failed at features with STAGE_FAILED').waitFor();
      await assertAccessible(page, 'a redrive');
      await shoot(page, 'redrive-light');
      await dialog.getByRole('button', { name: 'Redrive 2' }).click();
      await dialog.getByText('Redrove 2 letters.').waitFor();
      await dialog.getByRole('button', { name: 'Close' }).click();
      await page.getByText('2 letters, 2 redriven').waitFor();
      await page.getByRole('button', { name: /^Redrive these/ }).click();
      await dialog.getByText('2 left: redriven before').waitFor();
      assert.ok(await dialog.getByRole('button', { name: 'Redrive 0' }).isDisabled());
    }));

  test('colours are the reader’s choice, and stay', () =>
    on('/', async (page) => {
      const background = (): Promise<string> =>
        page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      const button = page.getByRole('button', { name: /^Colours/ });
      await button.waitFor();
      const light = await background();
      await button.click();
      assert.equal(await background(), light);
      await button.click();
      const dark = await background();
      assert.notEqual(dark, light);
      await page.reload();
      await button.waitFor();
      assert.equal(await background(), dark);
    }));
});

/** What every candidate starts from and what moved this one sum to where it ends. */
async function assertSums(waterfall: Locator): Promise<void> {
  const caption = await waterfall.locator('caption').innerText();
  const [start, end] = [...caption.matchAll(/[+−]\d+\.\d+/g)].map(([text]) => signed(text));
  const moves = await waterfall.locator('tbody td:nth-child(3)').allInnerTexts();
  const sum = moves.map(signed).reduce((total, move) => total + move, start);
  assert.ok(Math.abs(sum - end) < 0.01 * moves.length, `${sum} is not ${end}`);
}

function signed(text: string): number {
  return Number(text.replace('−', '-'));
}

/** Id of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.id');
}
