import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hostileHtml, sampleHtml } from '../../../../test/op/releases/status-sample.js';
import { hostile } from '../../../../test/op/report-sample.js';
import { policy } from './html-page.js';

const name = 'git.example.com/acme/shop/-/shop.release.ts';
const environments = ['dev', 'prod'];

describe('the status as an HTML page', () => {
  it('has everything that it needs, and its policy allows just that', () => {
    const page = sampleHtml({ packages: [name], environments });
    const [, content = ''] = /<style>(.*?)<\/style>/su.exec(page) ?? [];
    const hash = createHash('sha256').update(content).digest('base64');
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
    expect(page).toContain(`Content-Security-Policy" content="${policy.replaceAll("'", '&#39;')}"`);
    expect(page).not.toMatch(/<script|<form|\b(?:src|action|style|on\w+)\s*=/u);
    expect(page).not.toMatch(/url\(|@import/u);
    for (const [, target = ''] of page.matchAll(/href="([^"]*)"/gu)) expect(target).toMatch(/^#[a-z\d-]+$/u);
  });

  it.each(hostile)('shows %j as text, whoever says it', (text) => {
    const tags = (said: string) => hostileHtml(said).match(/<[^>]*>/gu);
    expect(tags(text)).toEqual(tags('x'));
  });

  it('has no link that leads nowhere, and no id twice', () => {
    const page = sampleHtml({ packages: [name, 'h.io/other/-/other.release.ts'], environments });
    const ids = [...page.matchAll(/ id="([^"]*)"/gu)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...page.matchAll(/href="#([^"]*)"/gu)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has the command that goes on as one can type it', () => {
    const page = sampleHtml({ packages: ["h.io/$(x)/-/it's.release.ts"], environments });
    const commands = [...page.matchAll(/<code class="command">([^<]*)</gu)].map(([, text]) => text);
    const quoted = '&#39;h.io/$(x)/-/it&#39;\\&#39;&#39;s.release.ts/@r2/deploy/prod&#39;';
    expect(commands).toContain(`op approve ${quoted} --store=directory:/srv/store`);
    expect(commands).toContain('op work any --store=directory:/srv/store');
  });

  it('says that there is nothing', () => {
    const page = sampleHtml({ packages: [], environments: [] });
    expect(page).toContain('Nothing waits.');
    expect(page).toContain('There are no releases yet.');
  });
});
