import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { brokersAvailable } from '../support/brokers/files.ts';
import { redisAvailable, startRedis, type RedisServer } from '../support/brokers/redis.ts';
import { Pipeline, tatePins } from '../support/pipeline.ts';
import { smallTaxonomy } from '../support/small-taxonomy.ts';
import { assertAccessible, assertFits, browserAvailable, launch, shoot, WatchedPage } from './browser.ts';
import { serve, type Serving } from './serve.ts';

const needed = [browserAvailable(), brokersAvailable(), redisAvailable()];
const missing = needed.find(({ available }) => !available);
const why = missing !== undefined && !missing.available && missing.why;

/** Of the Tate sample, every n-th Pin. */
const EVERY_NTH = 100;
const PARTITIONS = 2;
/** How long brokers and workers may take to what a page waits for, ms. */
const PATIENCE_MS = 90_000;

describe('the inspector of a cluster', { skip: why }, () => {
  let pipeline: Pipeline;
  let redis: RedisServer;
  let serving: Serving;
  let browser: Browser;
  let pins: number;
  before(async () => {
    [pipeline, redis, browser] = await Promise.all([
      Pipeline.start({ partitions: PARTITIONS, taxonomy: await smallTaxonomy() }),
      startRedis(),
      launch(),
    ]);
    const sample = await tatePins(EVERY_NTH);
    pins = sample.length;
    await pipeline.publish(sample, 50);
    await pipeline.backfillWorker(redis.url).logged('working');
    serving = await serve([...pipeline.connection, '--redis', redis.url, '--store', pipeline.directory]);
  });
  after(async () => {
    await browser.close();
    await serving.close();
    await pipeline.close();
    await redis.close();
  });

  async function on(path: string, use: (page: Page) => Promise<void>, options = {}): Promise<void> {
    const watched = await WatchedPage.open(browser, serving.url, options);
    await watched.page.goto(path);
    await use(watched.page);
    await watched.close();
  }

  test('a run is planned, started, paused, resumed and followed to its exact end', () =>
    on('/runs', async (page) => {
      await page.getByText('No run is planned yet.').waitFor();
      await page.getByRole('button', { name: 'Plan a run…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Plan a run over the whole corpus' });
      await dialog.getByLabel('Reason').fill('the first run');
      await dialog.getByRole('button', { name: 'Look' }).click();
      await dialog.getByText('so it is to be said').waitFor();
      await dialog.getByLabel('the first run').check();
      await dialog.getByRole('button', { name: 'Look' }).click();
      await dialog.getByText(/^Run 20[\d-]+: .* of 2 partitions; taxonomy .*, generation 0\.$/).waitFor();
      await assertAccessible(page, 'planning a run');
      await dialog.getByRole('button', { name: 'Plan it' }).click();

      const run = page.getByRole('article');
      await run.getByText('planned', { exact: true }).waitFor();
      await run.getByRole('button', { name: /^start / }).click();
      await run.getByText('running', { exact: true }).waitFor();
      // No pool works yet: the run cannot end before it is paused.
      await run.getByRole('button', { name: /^pause / }).click();
      await run.getByText('paused', { exact: true }).waitFor();
      await run.getByRole('button', { name: /^resume / }).click();
      await run.getByText('running', { exact: true }).waitFor();
      await run.getByText(`${pins} Pins in`).waitFor({ timeout: PATIENCE_MS });
      await assertAccessible(page, 'a run');
      await shoot(page, 'runs-light');

      pipeline.worker(['candidates', 'features', 'ranking'], { store: 'fused' });
      pipeline.worker(['publishing'], { store: 'publishing' });
      await run.getByText('ledger exact').waitFor({ timeout: PATIENCE_MS });
      assert.match(await run.innerText(), new RegExp(`${pins} Pins in · ${pins} results · 0 dead letters`));
      await run.locator('summary').click();
      await assertAccessible(page, 'a complete run');
      assert.equal(await run.getByRole('button').count(), 0);
    }));

  test('the pools are told with their workers, busy share and lag, as they change', () =>
    on('/pools', async (page) => {
      const fused = page.getByRole('row', { name: /^candidates, features, ranking/ });
      await fused.waitFor({ timeout: PATIENCE_MS });
      await page.getByRole('row', { name: /^publishing/ }).waitFor({ timeout: PATIENCE_MS });
      assert.match(await fused.innerText(), /reads p2i-batch-pins, 2 partitions\s+1\s+\d.* %/);
      await page.getByText('No pool holds up the others.').waitFor({ timeout: PATIENCE_MS });
      await assertAccessible(page, 'pools');
      await shoot(page, 'pools-light');
    }));

  test('runs and pools fit a narrow window in dark colours', async () => {
    for (const [path, shown] of [
      ['/runs', 'ledger exact'],
      ['/pools', 'publishing'],
    ]) {
      const narrow = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' };
      await on(
        path,
        async (page) => {
          await page.getByText(shown).first().waitFor({ timeout: PATIENCE_MS });
          await assertFits(page, path);
          await assertAccessible(page, `${path}, narrow and dark`);
          await shoot(page, `${path.slice(1)}-narrow`);
        },
        narrow,
      );
    }
  });

  test('what the run published is counted on the tree, and a Pin is found with it', () =>
    on('/taxonomy', async (page) => {
      await page.getByText(`${pins} Pins counted.`).waitFor({ timeout: PATIENCE_MS });
      await page.getByRole('treeitem', { name: /^nature/ }).click();
      await page.locator('.examples a').first().click();
      await page.getByText(/batch, run 20[\d-]+, taxonomy/).waitFor();
    }));

  test('the queue is shown by Bull Board, to look at alone', async () => {
    const { page, complaints } = await WatchedPage.open(browser, serving.url);
    await page.goto('/');
    await page.getByRole('link', { name: 'Queue' }).click();
    await page.getByRole('link', { name: 'p2i-replay' }).first().click();
    await page.getByText('Completed').first().waitFor();
    await shoot(page, 'queue-light');
    // Its fonts are elsewhere, where nothing is fetched from.
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('fonts.googleapis.com')),
      [],
    );
    const headers = { origin: new URL(serving.url).origin };
    const answer = await page.request.put('/queues/api/queues/p2i-replay/pause', { headers });
    assert.equal(answer.status(), 405);
    await page.context().close();
  });
});
