import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { Access } from '../../inspector/access.ts';
import { inspectorOf } from '../inspector/made.ts';
import { assertAccessible, assertFits, browserAvailable, launch, shoot, WatchedPage } from './browser.ts';

const available = browserAvailable();
const TOKEN = 'a token that nobody guesses';

describe('an inspector that asks for a token', { skip: !available.available && available.why }, () => {
  let server: FastifyInstance;
  let url: string;
  let browser: Browser;
  before(async () => {
    server = await inspectorOf({}, { access: new Access({ host: '0.0.0.0', token: TOKEN }) });
    url = await server.listen({ host: '127.0.0.1', port: 0 });
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  test('asks for it once, keeps it from scripts, and lets go of it', async () => {
    const watched = await WatchedPage.open(browser, url);
    const { page } = watched;
    await page.goto('/?title=castle');
    const field = page.getByLabel('Token');
    await field.fill('not the token at all');
    await page.keyboard.press('Enter');
    await page.getByText('this is not the token').waitFor();
    await assertAccessible(page, 'the token');
    await shoot(page, 'token-light');
    await field.fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'castle', exact: true }).waitFor();
    assert.equal(
      await page.evaluate<string>('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })'),
      '{}',
    );

    await page.reload();
    await page.getByRole('link', { name: 'castle', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Leave' }).click();
    await field.waitFor();
    assert.equal((await page.request.get('/v1/about')).status(), 401);
    await watched.close();
  });

  test('asks for it in a narrow window and in dark colours too', async () => {
    const watched = await WatchedPage.open(browser, url, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    await watched.page.goto('/dead-letters');
    await watched.page.getByLabel('Token').waitFor();
    await assertFits(watched.page, 'the token');
    await assertAccessible(watched.page, 'the token, narrow and dark');
    await watched.close();
  });

  test('a page of another site sees nothing of it, frames none of it, and changes nothing', async () => {
    const other = createServer((_request, response) => {
      response
        .setHeader('content-type', 'text/html')
        .end(`<h1>Another site</h1><iframe src="${url}"></iframe>`);
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const elsewhere = `http://127.0.0.1:${(other.address() as { port: number }).port}`;
    const { page } = await WatchedPage.open(browser, url);
    const isOpen = page.getByRole('heading', { name: 'Classify a Pin' });
    await page.goto('/');
    await page.getByLabel('Token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await isOpen.waitFor();

    // Another port is the same site to cookies, and another origin to us.
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.goto(elsewhere);
    await refused;
    const ask = (method: string, mode: string): Promise<string> =>
      page.evaluate<string>(
        `fetch('${url}/v1/session', { method: '${method}', mode: '${mode}', credentials: 'include' })
          .then(({ type, status }) => type + ' ' + status, () => 'refused')`,
      );
    assert.equal(await ask('GET', 'cors'), 'refused');
    assert.equal(await ask('DELETE', 'cors'), 'refused');
    assert.equal(await ask('POST', 'no-cors'), 'refused');
    await page.goto('/');
    await isOpen.waitFor();
    await page.context().close();
    other.closeAllConnections();
    other.close();
  });
});
