import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { background, hasBrowser, launchBrowser, type Opened, openInBrowser } from '../../../../test/op/browser.js';
import { fleet, hostileHtml, sampleHtml } from '../../../../test/op/releases/status-sample.js';
import { hostile } from '../../../../test/op/report-sample.js';
import { statusPageOf } from './html-page.js';

const shop = 'git.example.com/acme/shop/-/shop.release.ts';
const small = sampleHtml({ packages: [shop], environments: ['dev', 'prod'] });

/** A node of what a screen reader is given. */
interface Told {
  readonly nodeId: string;
  readonly ignored: boolean;
  readonly parentId?: string;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

/** The accessibility tree of the browser, which CSS changes too: what a reader of the screen gets, not what the file says. */
async function treeOf(page: Page): Promise<readonly Told[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return (nodes as readonly Told[]).filter(({ ignored }) => !ignored);
}

const named = (tree: readonly Told[], role: string) =>
  tree.filter((one) => one.role?.value === role).map(({ name }) => name?.value.replaceAll('/ ', '/') ?? '');

describe.skipIf(!hasBrowser)('the status in a browser (chromium is missing)', () => {
  let browser: Browser;
  let room: string;
  beforeAll(async () => {
    browser = await launchBrowser();
    room = await mkdtemp(join(tmpdir(), 'status-in-browser-'));
    await writeFile(join(room, 'fleet.html'), statusPageOf(fleet()));
    await writeFile(join(room, 'small.html'), small);
  });
  afterAll(async () => {
    await browser?.close();
    if (room !== undefined) await rm(room, { recursive: true, force: true });
  });
  const open = (file: string, options: BrowserContextOptions = {}): Promise<Opened> =>
    openInBrowser(browser, join(room, file), options);
  const phone = { viewport: { width: 390, height: 800 } };
  const width = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

  it('shows 50 applications in 20 environments, loads nothing, and needs nothing that its policy forbids', async () => {
    await using opened = await open('fleet.html');
    const { page, requests, complaints } = opened;
    expect(await page.locator('.fleet tbody tr').count()).toBe(50);
    expect(await page.locator('.fleet tbody td').count()).toBe(1000);
    const last = page.locator('.fleet tbody tr').last().locator('td').last();
    expect(await last.textContent()).toContain('r1');
    expect(await width(page)).toBe(1280);
    expect([requests, complaints]).toEqual([[], []]);
  });

  it('is a list on a phone, where nothing has to be moved sideways', async () => {
    await using opened = await open('fleet.html', { viewport: { width: 320, height: 800 } });
    const { page } = opened;
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    expect(await width(page)).toBe(320);
    const hidden = await page.evaluate<number>(
      `[...document.querySelectorAll('.scrolls')].filter((one) => one.scrollWidth > one.clientWidth).length`,
    );
    expect(hidden).toBe(0);
    const cell = page.locator('.fleet tbody tr').first().locator('td').first();
    expect(await cell.textContent()).toMatch(/^site-0r2/u);
    expect(await cell.locator('.label').isVisible()).toBe(true);
  });

  it.each([
    ['a wide screen', { viewport: { width: 1280, height: 800 } }],
    ['a phone', phone],
  ])('tells a screen reader the same on %s: landmarks, captions, headers of rows and columns', async (_, options) => {
    await using opened = await open('small.html', options);
    const { page } = opened;
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    const tree = await treeOf(page);
    const regions = ['What waits', 'What runs where', 'Releases', 'Phases and items of r2'];
    for (const [role, names] of [
      ['banner', ['']],
      ['main', ['']],
      ['contentinfo', ['']],
      ['navigation', ['On this page']],
      ['region', regions],
      ['table', ['The release of each package in each environment', `Releases of ${shop}`, `Runs of ${shop}/@r2`]],
      ['columnheader', ['Package', 'dev', 'prod', 'Waits for', 'Standing']],
      ['rowheader', [shop, 'r2', 'r1', 'deploy/dev']],
    ] as const) {
      expect(named(tree, role), role).toEqual(expect.arrayContaining([...names]));
    }
    const byId = new Map(tree.map((one) => [one.nodeId, one]));
    const cells = tree.filter(({ role }) => role?.value === 'cell' || role?.value === 'gridcell');
    const rowOf = (one: Told) => byId.get(one.parentId ?? '')?.role?.value;
    expect(cells.length).toBeGreaterThan(20);
    expect(cells.filter((one) => rowOf(one) !== 'row')).toEqual([]);
  });

  it('can be used with a keyboard alone: the table is moved, a release is opened, an item is followed', async () => {
    await using opened = await open('fleet.html', { viewport: { width: 1000, height: 800 } });
    const { page } = opened;
    const moved = () => page.locator('.grid').evaluate((one) => one.scrollLeft);
    const focused = () => page.evaluate<string>('document.activeElement.className || document.activeElement.tagName');
    for (let presses = 0; presses < 12 && !(await focused()).includes('grid'); presses += 1)
      await page.keyboard.press('Tab');
    expect(await focused()).toContain('grid');
    await page.keyboard.press('ArrowRight');
    await expect.poll(moved).toBeGreaterThan(0);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    // A release in the table leads to its graph, which was closed.
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#p0-r2');
    await expect.poll(() => page.locator('#p0-r2').isVisible()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#p0-r2-0');
    const summary = page.locator('.one > summary').nth(1);
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#p1-r2').isVisible()).toBe(true);
  });

  it('shows what a store says as text', async () => {
    const file = join(room, 'hostile.html');
    await writeFile(file, hostileHtml('x'));
    await using opened = await openInBrowser(browser, file);
    const { page, requests, complaints } = opened;
    for (const said of hostile) {
      await writeFile(file, hostileHtml(said));
      await page.reload();
      expect(await page.title()).toBe(`Status: the directory /srv/${said}`);
      expect(await page.locator('script, img, svg, form, header h1 ~ h1, main h1').count()).toBe(0);
      expect(await page.locator('.fleet thead th').allTextContents()).toEqual(['Package', said, 'prod']);
      expect([requests, complaints]).toEqual([[], []]);
    }
  });

  it('is dark where the reader wants that, and light on paper', async () => {
    await using opened = await open('small.html', { colorScheme: 'dark' });
    const { page } = opened;
    const brightness = async () => Number(/\d+/u.exec(await page.evaluate<string>(background))?.[0]);
    expect(await brightness()).toBeLessThan(60);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await brightness()).toBe(255);
  });
});
