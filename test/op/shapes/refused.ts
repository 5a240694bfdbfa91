import type { Refused } from './shape.js';

const config = (build: string) => ({
  'skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n${build}`,
});
const artifact = (image: string, more = '') => `    - image: ${image}\n      context: .\n${more}`;
const requires = (image: string) => `      requires:\n        - image: ${image}\n`;

/** Files that Skaffold or op rejects. */
export const refused: readonly Refused[] = [
  { name: 'a file with conflict markers of git', from: 'conflict', says: ['skaffold.yaml', 'line 6'] },
  { name: 'a file with tabs', from: 'tabs', says: ['skaffold.yaml', 'line 4', 'cannot start any token'] },
  { name: 'an empty file', from: 'one-dockerfile', files: { 'skaffold.yaml': '' }, says: ['missing apiVersion'] },
  {
    name: 'a file of another kind',
    from: 'one-dockerfile',
    files: { 'skaffold.yaml': 'apiVersion: apps/v1\nkind: Deployment\n' },
    says: ['apps/v1'],
  },
  {
    name: 'an apiVersion of the future',
    from: 'one-dockerfile',
    change: (yaml) => yaml.replace('v4beta13', 'v9'),
    says: ['skaffold/v9'],
  },
  {
    name: 'a misspelled field',
    from: 'one-dockerfile',
    change: (yaml) => yaml.replace('artifacts', 'artefacts'),
    says: ['line 3', 'artefacts'],
  },
  {
    name: 'a file that builds nothing',
    from: 'one-dockerfile',
    files: { 'skaffold.yaml': 'apiVersion: skaffold/v2beta29\nkind: Config\n' },
    says: ['describes no image'],
  },
  {
    name: 'a profile that leaves nothing',
    from: 'profiles',
    profiles: ['only-store', 'nothing'],
    change: (yaml) => `${yaml}  - name: nothing\n    patches: [{ op: remove, path: /build/artifacts/0 }]\n`,
    says: ['describes no image', 'only-store, nothing'],
  },
  { name: 'an image with a tag', from: 'image-with-a-tag', says: ['no tag should be specified', 'acme/web:v1'] },
  {
    name: 'an image twice',
    from: 'one-dockerfile',
    files: config(`  artifacts:\n${artifact('web')}${artifact('web')}`),
    says: ['duplicate image "web"'],
  },
  {
    name: 'images that are built from each other',
    from: 'one-dockerfile',
    files: config(
      `  artifacts:\n${artifact('a', requires('b'))}${artifact('b', requires('c'))}${artifact('c', requires('a'))}`,
    ),
    says: [/cycle|each is built from the next/u, /\ba\b/u],
  },
  {
    name: 'buildpacks whose run images are built from each other',
    from: 'one-dockerfile',
    files: config(
      `  artifacts:\n${artifact('a', '      buildpacks: {builder: x, runImage: b}\n')}${artifact('b', '      buildpacks: {builder: x, runImage: a}\n')}`,
    ),
    says: ['each is built from the next'],
  },
  {
    name: 'an image that requires an image which the file does not have',
    from: 'one-dockerfile',
    files: config(`  artifacts:\n${artifact('web', requires('base'))}`),
    says: ['base', 'web'],
  },
  {
    name: 'an alias that cannot be a build argument',
    from: 'base-with-alias',
    change: (yaml) => yaml.replaceAll('alias: RUST_BUILDER', 'alias: RUST-BUILDER'),
    says: ['RUST-BUILDER'],
  },
  {
    name: 'a context that does not exist',
    from: 'linked-context',
    change: (yaml) => yaml.replace('context: current', 'context: curent'),
    says: ['curent', 'does not exist'],
  },
  {
    name: 'a context that is a file',
    from: 'linked-context',
    change: (yaml) => yaml.replace('context: current', 'context: release-2/Dockerfile'),
    says: ['release-2/Dockerfile', 'not a directory'],
  },
  {
    name: 'a context that is a dangling symbolic link',
    from: 'one-dockerfile',
    links: { gone: 'nowhere' },
    files: config('  artifacts:\n    - image: web\n      context: gone\n'),
    says: ['gone'],
  },
  {
    name: 'a context outside the repository',
    from: 'linked-context',
    change: (yaml) => yaml.replace('context: current', 'context: ..'),
    says: ['current', /outside/u],
  },
  {
    name: 'a context that is a symbolic link out of the repository',
    from: 'one-dockerfile',
    links: { away: '..' },
    files: config('  artifacts:\n    - image: web\n      context: away\n'),
    says: ['web', /outside/u],
  },
  {
    name: 'a missing module',
    from: 'modules',
    change: (yaml) => yaml.replace('src/frontend', 'src/front'),
    says: ['src/front'],
  },
  {
    name: 'an unknown profile',
    from: 'profiles',
    profiles: ['prod'],
    says: ['no profile "prod"', 'its profiles are debug, add-one'],
  },
  {
    name: 'a patch of a missing path',
    from: 'profiles',
    profiles: ['debug'],
    change: (yaml) => yaml.replaceAll('artifacts/1/docker', 'artifacts/9/docker'),
    says: ['/build/artifacts/9/docker/dockerfile'],
  },
  {
    name: 'an unknown tag policy',
    from: 'one-dockerfile',
    files: config(`  tagPolicy: {gitCommit: {variant: BranchName}}\n  artifacts:\n${artifact('web')}`),
    says: ['BranchName'],
  },
  {
    name: 'kaniko without a cluster',
    from: 'kaniko',
    change: (yaml) => yaml.split('  cluster:')[0] ?? '',
    says: ["add the 'cluster' stanza"],
  },
];
