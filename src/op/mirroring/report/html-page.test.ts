import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hostile, reportWith } from '../../../../test/op/report-sample.js';
import { htmlPageOf } from './html-page.js';
import { pageOf } from './page.js';

const imageOf = (why: string | null) => reportWith([{ name: 'web', outcome: 'failed', why }]);

describe('a report as an HTML page', () => {
  it('has everything that it needs, and its policy allows just that', () => {
    const page = htmlPageOf(imageOf(null));
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/u.exec(page) ?? [];
    expect(policy).toContain('default-src &#39;none&#39;');
    for (const element of ['style', 'script']) {
      const [, content = ''] = new RegExp(`<${element}>(.*?)</${element}>`, 'su').exec(page) ?? [];
      expect(content.length).toBeGreaterThan(1000);
      const hash = createHash('sha256').update(content).digest('base64');
      expect(policy).toContain(`${element}-src &#39;sha256-${hash}&#39;`);
    }
    expect(page).not.toMatch(/\b(?:src|href|action|style|on\w+)\s*=/u);
    expect(page).not.toMatch(/url\(|@import/u);
  });

  it.each(hostile)('shows %j as text', (text) => {
    const said = (what: string): string => {
      const made = imageOf(what);
      const left = [{ subject: what, kind: what, digest: what, why: what }];
      const images = made.images.map((image) => ({ ...image, source: what, destination: what, digest: what, left }));
      return htmlPageOf({ ...made, name: what, mirrorFile: what, images, unlisted: [{ source: what, why: what }] });
    };
    const tags = (page: string) => page.match(/<[^>]*>/gu);
    expect(tags(said(text))).toEqual(tags(said('x')));
  });

  it('counts the referrers of an image, and says which were not copied', () => {
    const made = imageOf(null);
    const left = [
      { subject: 'x', kind: 'application/spdx+json', digest: `sha256:${'a'.repeat(64)}`, why: 'not wanted' },
    ];
    const page = htmlPageOf({ ...made, images: made.images.map((image) => ({ ...image, referrers: 2, left })) });
    expect(page).toContain('from quay.io/web:v1 · 2 referrers');
    expect(page).toContain('application/spdx+json <code>aaaaaaaaaaaa</code>');
  });

  it('does not let a text turn the direction of others', () => {
    expect(htmlPageOf(imageOf('a\u202eb\u2066c'))).toContain('abc');
  });
});

describe('a report as a page of Markdown', () => {
  it('says first what changed since the run before', () => {
    const page = pageOf(
      reportWith([
        { name: 'web', outcome: 'failed', was: 'a' },
        { name: 'api', outcome: 'copied', was: 'b' },
      ]),
    );
    const [, second = ''] = page.split('## ');
    expect(second).toMatch(/^Since the run of 2026-11-26 16:10 UTC\n\n1 failing now, 1 changed\.\n/u);
    expect(second).toContain('| failing now | registry.site.example/mirror/web:v1 | `aaaaaaaaaaaa` |');
  });

  it('says that there is nothing to compare with, or that nothing changed', () => {
    expect(pageOf(reportWith([{ name: 'web', outcome: 'unchanged' }], { before: 'none' }))).toContain('no earlier run');
    expect(pageOf(reportWith([{ name: 'web', outcome: 'unchanged', was: 'w' }]))).toContain('Nothing changed.');
  });
});
