import { describe, expect, it } from 'vitest';
import { commonApi } from './platform.js';

describe('the Platform API of a build', () => {
  it('is the newest that both lifecycles support, compared as numbers', () => {
    const api = commonApi('b', ['0.7', '0.9', '0.10', '0.99']);
    expect(api.version).toBe('0.10');
    expect([api.atLeast('0.9'), api.atLeast('0.10'), api.atLeast('0.11')]).toEqual([true, true, false]);
  });

  it('is missing for a builder that is too old', () => {
    expect(() => commonApi('old:1', ['0.3', '0.4'])).toThrow(
      expect.objectContaining({ kind: 'input', why: expect.stringContaining('0.3, 0.4') }),
    );
  });
});
