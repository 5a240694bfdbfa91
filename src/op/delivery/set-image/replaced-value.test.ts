import { describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import type { ImagePart } from '../environments/environment.js';
import type { DeliveredImage } from './images.js';
import { checkReplaced } from './replaced-value.js';

const web: DeliveredImage = {
  imageName: 'team/web',
  repositories: ['r.io/dev/front', 'docker.io/me/web'],
  reference: { registry: 'r.io', path: 'pp/team_web', tag: 'v2' },
};
function why(before: string, part: ImagePart = 'reference'): string {
  try {
    checkReplaced(before, web, part, 'spec.image of x.yaml');
    return 'replaced';
  } catch (error) {
    return error instanceof OpError ? `${error.kind}: ${error.why}` : String(error);
  }
}

describe('a value that is replaced', () => {
  it.each([
    ['r.io/dev/front:v1'],
    ['r.io/dev/team_web:v1'],
    ['me/web'],
    ['index.docker.io/me/web:v1'],
    ['ghcr.io/elsewhere/web:v1'],
    ['ghcr.io/elsewhere/team_web:v1'],
    [''],
    ['$' + '{IMAGE}'],
    ['<the image>'],
    ['r.io/dev/team_web:v1\n'],
  ])('may be %j', (before) => expect(why(before)).toBe('replaced'));

  it.each([
    ['envoyproxy/envoy:v1.30', 'refused: it has another image, envoyproxy/envoy:v1.30'],
    ['nginx', 'refused: it has another image, nginx'],
    ['r.io/dev/team_webhook:v1', 'refused: it has another image'],
    ['web:\n  image: r.io/dev/team_web:v1\n', 'input: it is a text of 2 lines'],
  ])('is not %j', (before, words) => expect(why(before)).toContain(words));

  it('is a part for a part', () => {
    expect(why('v1', 'tag')).toBe('replaced');
    expect(why('v1@sha256:0', 'tag@digest')).toBe('replaced');
    expect(why('r.io/dev/team_web:v1', 'tag')).toContain('a whole image');
    expect(why('r.io/dev/team_web', 'repository')).toBe('replaced');
    expect(why('busybox', 'repository')).toContain('another image');
  });
});
