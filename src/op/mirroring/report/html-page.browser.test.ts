import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { background, hasBrowser, launchBrowser, type Opened, openInBrowser } from '../../../../test/op/browser.js';
import { hostile, reportWith } from '../../../../test/op/report-sample.js';
import { htmlPageOf } from './html-page.js';
import type { Report } from './reported.js';

const sample = reportWith(
  [
    { name: 'acme/web', tag: 'v1.9', outcome: 'unchanged', was: 'a' },
    { name: 'acme/web', tag: 'v1.10', outcome: 'copied', bytes: 2_000_000 },
    { name: 'acme/api', outcome: 'overwritten', bytes: 900, was: 'b' },
    { name: 'acme/db', outcome: 'failed', why: 'the registry answered 502', was: 'c' },
    { name: 'team/ui', outcome: 'drift', why: 'the destination has another image', was: 'd', failed: true },
  ],
  { gone: ['acme/old'] },
);

describe.skipIf(!hasBrowser)('the report in a browser (chromium is missing)', () => {
  let browser: Browser;
  let room: string;
  beforeAll(async () => {
    browser = await launchBrowser();
    room = await mkdtemp(join(tmpdir(), 'report-in-browser-'));
  });
  afterAll(async () => {
    await browser?.close();
    if (room !== undefined) await rm(room, { recursive: true, force: true });
  });

  async function open(report: Report, options: BrowserContextOptions = {}): Promise<Opened> {
    const file = join(room, 'report.html');
    await writeFile(file, htmlPageOf(report));
    return openInBrowser(browser, file, options);
  }

  /** The tags of the images that are shown, in order. */
  const shown = (page: Page) =>
    page
      .locator('#images tbody tr:visible .image')
      .evaluateAll((all) => all.map((one) => `${one.textContent}`.replace(/.*mirror\//u, '')));
  const asMade = ['acme/db:v1', 'team/ui:v1', 'acme/api:v1', 'acme/web:v1.10', 'acme/web:v1.9'];

  it('loads nothing, and needs nothing that its policy forbids', async () => {
    await using opened = await open(sample);
    await opened.page.getByRole('searchbox').fill('web');
    await opened.page.getByRole('button', { name: 'Image' }).click();
    expect(opened.requests).toEqual([]);
    expect(opened.complaints).toEqual([]);
    const headings = await opened.page.locator('h2').allTextContents();
    expect(headings).toEqual(['Since the run of 2026-11-26 16:10 UTC', 'To look at', 'All images']);
  });

  it('shows the images that fit a filter, and says how many', async () => {
    await using opened = await open(sample);
    const { page } = opened;
    const count = page.locator('output');
    expect(await shown(page)).toEqual(asMade);
    expect(await count.textContent()).toBe('5 images');
    await page.getByRole('searchbox').fill('WEB  v1.1');
    await expect.poll(() => shown(page)).toEqual(['acme/web:v1.10']);
    expect(await count.textContent()).toBe('1 of 5');
    await page.getByRole('searchbox').fill('answered 502');
    await expect.poll(() => shown(page)).toEqual(['acme/db:v1']);
    await page.getByRole('button', { name: 'copied' }).click();
    await expect.poll(() => shown(page)).toEqual([]);
    expect(await page.getByText('No image fits.').isVisible()).toBe(true);
    await page.getByRole('searchbox').fill('');
    await expect.poll(() => shown(page)).toEqual(['acme/web:v1.10']);
    expect(await page.getByRole('button', { name: 'copied' }).getAttribute('aria-pressed')).toBe('true');
    await page.getByRole('button', { name: 'all' }).click();
    await expect.poll(() => shown(page)).toEqual(asMade);
  });

  it('sorts by each column, in both directions, what is filtered too', async () => {
    await using opened = await open(sample);
    const { page } = opened;
    const sortBy = (name: string) => page.locator('thead').getByRole('button', { name }).click();
    const byName = ['acme/api:v1', 'acme/db:v1', 'acme/web:v1.9', 'acme/web:v1.10', 'team/ui:v1'];
    await sortBy('Image');
    expect(await shown(page)).toEqual(byName);
    await sortBy('Image');
    expect(await shown(page)).toEqual(byName.toReversed());
    expect(await page.getByRole('columnheader', { name: 'Image' }).getAttribute('aria-sort')).toBe('descending');
    await sortBy('Uploaded');
    expect((await shown(page)).slice(0, 2)).toEqual(['acme/web:v1.10', 'acme/api:v1']);
    await page.getByRole('searchbox').fill('web');
    await expect.poll(() => shown(page)).toEqual(['acme/web:v1.10', 'acme/web:v1.9']);
    await sortBy('Uploaded');
    expect(await shown(page)).toEqual(['acme/web:v1.9', 'acme/web:v1.10']);
    await page.getByRole('searchbox').fill('');
    await sortBy('Outcome');
    await expect.poll(() => shown(page)).toEqual(asMade);
  });

  it('shows what a registry says as text', async () => {
    const all = hostile.map((why, at) => ({ name: `acme/${at}`, outcome: 'failed', why }) as const);
    const made = reportWith(all);
    const images = made.images.map((image, at) => {
      const text = hostile[at] ?? '';
      return { ...image, source: text, destination: `to ${text}`, digest: text };
    });
    const unlisted = hostile.map((text) => ({ source: text, why: text }));
    await using opened = await open({ ...made, name: hostile[0], mirrorFile: hostile[1], images, unlisted });
    const { page } = opened;
    expect(await page.title()).toBe(`Mirror ${hostile[0]}: failed`);
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('img, svg, a, main h1').count()).toBe(0);
    expect(await page.locator('#images .why').allTextContents()).toEqual([...hostile]);
    await page.getByRole('searchbox').fill('<script>');
    await expect.poll(() => shown(page)).toEqual([`to ${hostile[0]}`]);
    for (const name of ['Image', 'Digest', 'Outcome'])
      await page.locator('thead').getByRole('button', { name }).click();
    expect(opened.requests).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });

  it('is a plain table without JavaScript', async () => {
    await using opened = await open(sample, { javaScriptEnabled: false });
    expect(await opened.page.locator('#images tbody tr:visible').count()).toBe(5);
    expect(await opened.page.locator('#bar').isVisible()).toBe(false);
    expect(await opened.page.locator('thead button').count()).toBe(0);
  });

  it('is printed without what cannot be used on paper, and with all digests', async () => {
    await using opened = await open(sample);
    const { page } = opened;
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('#bar').isVisible()).toBe(false);
    expect(await shown(page)).toEqual(asMade);
    expect(await page.locator('thead').isVisible()).toBe(true);
    expect(await page.evaluate<string>(background)).toBe('rgb(255, 255, 255)');
    const cut = await page
      .locator('td code')
      .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length);
    expect(cut).toBe(0);
    expect((await page.pdf()).subarray(0, 5).toString()).toBe('%PDF-');
  });

  it.each([320, 390, 768, 1280])('fits a screen of %d pixels', async (width) => {
    const long = reportWith([{ name: `${'a-very-long-name-'.repeat(7)}end`, outcome: 'failed', why: 'x'.repeat(300) }]);
    await using opened = await open({ ...long, name: 'n'.repeat(63) }, { viewport: { width, height: 800 } });
    expect(await opened.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it('is dark where the reader wants that', async () => {
    const brightness = async (colorScheme: 'light' | 'dark') => {
      await using opened = await open(sample, { colorScheme });
      const text = await opened.page.evaluate<string>(background);
      return Number(/\d+/u.exec(text)?.[0]);
    };
    expect(await brightness('light')).toBeGreaterThan(200);
    expect(await brightness('dark')).toBeLessThan(60);
  });

  it('lays out the first 500 of 7,241 images, filters all of them, and shows all when asked', async () => {
    const many = Array.from({ length: 7241 }, (_, at) => {
      const outcome = at % 500 === 0 ? 'copied' : 'unchanged';
      return { name: `acme/app-${at % 300}`, tag: `v${at}`, outcome, bytes: at, was: 'a' } as const;
    });
    await using opened = await open(reportWith(many));
    const { page } = opened;
    await page.locator('thead').getByRole('button', { name: 'Image' }).click();
    expect(await page.locator('#images tbody tr:not([hidden])').count()).toBe(500);
    expect(await page.locator('output').textContent()).toBe('7,241 images');
    await page.getByRole('button', { name: 'Show all 7,241' }).click();
    expect(await page.locator('#images tbody tr:not([hidden])').count()).toBe(7241);
    expect(await page.getByRole('button', { name: 'Show all' }).isVisible()).toBe(false);
    await page.getByRole('searchbox').fill('app-7:');
    await expect.poll(() => page.locator('output').textContent(), { timeout: 5000 }).toBe('25 of 7,241');
  });
});
