import { expect, it } from 'vitest';
import { parseAttestations, parseBuildArgs } from './build-options.js';

it('keeps the value of a build argument unchanged', () => {
  expect(parseBuildArgs(['A=1', 'B=', 'C=a=b,c "d"\n', 'D', 'A=2'])).toEqual({
    A: '2',
    B: '',
    C: 'a=b,c "d"\n',
    D: null,
  });
  for (const value of ['=x', 'A B=1', 'A=1\nB'.split('=').reverse().join('=')]) {
    expect(() => parseBuildArgs([value])).toThrow(/is not NAME=VALUE/u);
  }
});

it('accepts each attestation once', () => {
  const wanted = ['sbom', 'provenance', 'sbom', 'sbom=registry.example.com/scanner:1'];
  expect(parseAttestations(wanted)).toEqual(['sbom', 'provenance', 'sbom=registry.example.com/scanner:1']);
  for (const value of ['sboms', 'sbom=', 'sbom=UPPER', 'provenance=max']) {
    expect(() => parseAttestations([value])).toThrow(/is not an attestation/u);
  }
});
