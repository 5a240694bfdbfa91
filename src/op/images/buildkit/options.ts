import { option } from '../../kit/options/option.js';

const platform = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/u;

/** The options that say how to reach BuildKit. */
export const buildkitOptions = {
  buildkitHost: option.text('BuildKit to build Dockerfiles with, such as tcp://buildkitd:1234', {
    value: '<address>',
    variable: 'BUILDKIT_HOST',
  }),
  buildkitTls: option.text(
    'directory with certificates for BuildKit: ca.crt, tls.crt, tls.key, or ca.pem, cert.pem, key.pem',
    { value: '<dir>' },
  ),
};

/** Trust levels of a build: `untrusted` for the pull requests of anyone, `trusted` for what was reviewed and merged. */
export const cacheTrusts = ['trusted', 'untrusted'] as const;
export type CacheTrust = (typeof cacheTrusts)[number];

/** The options of every command that builds Dockerfiles. */
export const dockerfileOptions = {
  ...buildkitOptions,
  secrets: option.text('directory of secrets for Dockerfiles, one file per secret ID', { value: '<dir>' }),
  platform: option.list('platforms to build for, such as linux/amd64,linux/arm64', {
    value: '<os/arch>',
    otherwise: "the builder's own",
    problemOfItem: (item) =>
      platform.test(item)
        ? undefined
        : `Write each platform as OS/ARCH[/VARIANT], such as linux/arm64: "${item}" is not.`,
  }),
  attest: option.list(
    'attestations that BuildKit creates and pushes with each image: sbom, sbom=SCANNER-IMAGE, provenance',
    { value: '<what>' },
  ),
};
