import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Availability } from '../support/brokers/files.ts';

/** Debian's, or what CHROMIUM names. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether this machine has Chromium. Suites skip loudly with `why`; with CI=true nothing may be skipped, and it throws instead. */
export function browserAvailable(): Availability {
  if (existsSync(CHROMIUM)) return { available: true };
  const why = `there is no ${CHROMIUM}; CHROMIUM can name another`;
  if (process.env.CI === 'true') throw new Error(`CI runs every suite, but ${why}`);
  return { available: false, why };
}

export function launch(): Promise<Browser> {
  // Root, as containers are, cannot have Chromium's sandbox.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** A page that fails its test where a script throws or the policy refuses something. */
export class WatchedPage {
  readonly page: Page;
  /** What the browser complained of; requests that the test means to fail are told by the server's status. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    baseURL: string,
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    const context = await browser.newContext({
      ...{ baseURL, viewport: { width: 1000, height: 520 }, locale: 'en-GB', timezoneId: 'UTC' },
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(20_000);
    return new WatchedPage(await context.newPage());
  }

  async close(): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.complaints, []);
  }
}

/** Asserts that axe finds nothing on the page as it is, by every rule of WCAG 2.2 AA and its best practices. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run(document)');
  const found = violations.map(({ id, help, nodes }) => [
    id,
    help,
    nodes.map(({ html }) => html.slice(0, 200)),
  ]);
  assert.deepEqual(found, [], what);
}

/** Asserts that nothing is wider than the window: only what is meant to scrolls. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const [width, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  assert.ok(width <= window, `${what}: ${width} px in a window of ${window} px`);
}

/** Writes what is to be seen to the folder that P2I_SCREENSHOTS names, for docs/inspector.md; else nothing. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.P2I_SCREENSHOTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
