import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findTool, withTools } from '../tools.js';

const program = findTool('chromium', withTools([]).PATH ?? '');

export const hasBrowser = program !== undefined;

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Its profile is a new directory. */
export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: program ?? '', args });

/** Code for the page, as text: these tests are compiled without the types of a browser. */
export const background = 'getComputedStyle(document.body).backgroundColor';

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page asked for, after itself. */
  readonly requests: readonly string[];
  /** What the browser had to complain of, such as something that the policy forbids. */
  readonly complaints: readonly string[];
}

/** Opens a file, or a URL. */
export async function openInBrowser(
  browser: Browser,
  what: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  const own = what.startsWith('http:') ? what : pathToFileURL(what).href;
  page.on('request', (request) => request.url() !== own && requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    return dialog.dismiss();
  });
  await page.goto(own);
  return { page, requests, complaints, [Symbol.asyncDispose]: () => context.close() };
}
