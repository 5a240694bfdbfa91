import { describe, expect, it } from 'vitest';
import { convertImageSet } from './convert.js';

const converted = (content: string) => {
  const made = convertImageSet(content);
  if ('problems' in made)
    throw new Error(made.problems.map(({ line, path, what }) => `${line}: ${path} ${what}`).join('\n'));
  return { ...made, warnings: made.warnings.map(({ line, path, what }) => `${line}: ${path} ${what}`) };
};
const problemsOf = (content: string): readonly string[] => {
  const made = convertImageSet(content);
  return 'problems' in made ? made.problems.map(({ line, path, what }) => `${line}: ${path} ${what}`) : [];
};
const v1 = 'kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v1alpha2\n';

describe('an ImageSetConfiguration of v1alpha2', () => {
  it('becomes v2alpha1 with its comments and its order', () => {
    const content = `# for the site
kind: ImageSetConfiguration
apiVersion: mirror.openshift.io/v1alpha2
archiveSize: 4 # GB
storageConfig:
  registry:
    imageURL: registry.site.test/oc-mirror/metadata:latest
    skipTLS: true
mirror:
  platform:
    architectures: [amd64]
    channels:
      - name: stable-4.20 # the one of the hub
        minVersion: 4.20.3
        maxVersion: 4.20.12
    graph: true
  operators:
    - catalog: registry.redhat.test/redhat/redhat-operator-index:v4.20
      targetName: our-index
      targetTag: v4.20-site
      originalRef: registry.redhat.test/redhat/redhat-operator-index:v4.20
      packages:
        - name: quay-operator
          defaultChannel: stable-3.15
          channels: [{ name: stable-3.15, minVersion: '3.15.0' }]
    - catalog: oci:///var/lib/index
      targetName: ours
      targetCatalog: site/ours
  additionalimages:
    - name: registry.redhat.test/ubi9/ubi:latest
  helm:
    repositories:
      - name: podinfo
        url: https://charts.test
        charts: [{ name: podinfo, version: 5.0.0, imagePaths: ['{.spec.image}'] }]
  blockedimages:
    - name: alpine
  samples: [{ name: ruby }]
`;
    const { text, from, warnings } = converted(content);
    expect(from).toBe('v1alpha2');
    expect(text).toBe(`# for the site
kind: ImageSetConfiguration
apiVersion: mirror.openshift.io/v2alpha1
archiveSize: 4 # GB
mirror:
  platform:
    architectures: [ amd64 ]
    channels:
      - name: stable-4.20 # the one of the hub
        minVersion: 4.20.3
        maxVersion: 4.20.12
    graph: true
  operators:
    - catalog: registry.redhat.test/redhat/redhat-operator-index:v4.20
      targetCatalog: redhat/our-index
      targetTag: v4.20-site
      packages:
        - name: quay-operator
          defaultChannel: stable-3.15
          channels: [ { name: stable-3.15, minVersion: '3.15.0' } ]
    - catalog: oci:///var/lib/index
      targetCatalog: site/ours
  additionalImages:
    - name: registry.redhat.test/ubi9/ubi:latest
  helm:
    repositories:
      - name: podinfo
        url: https://charts.test
        charts: [ { name: podinfo, version: 5.0.0, imagePaths: [ '{.spec.image}' ] } ]
  blockedImages:
    - name: alpine
`);
    expect(warnings).toEqual([
      expect.stringMatching(/^5: storageConfig is dropped: v2 keeps its state/u),
      '19: mirror.operators[0].targetName becomes targetCatalog: redhat/our-index',
      '21: mirror.operators[0].originalRef is dropped: oc-mirror has not used it since 4.13',
      '27: mirror.operators[1].targetName is dropped: targetCatalog counts',
      '38: mirror.samples is dropped: no version of oc-mirror copies samples',
    ]);
    // Once more changes nothing.
    expect(converted(text)).toEqual({ text, from: 'v2alpha1', warnings: [] });
  });

  it('that says what to delete is converted, too', () => {
    const content =
      '---\napiVersion: mirror.openshift.io/v1alpha2\nkind: DeleteImageSetConfiguration\ndelete:\n  platform:\n    channels:\n      - name: stable-4.13\n';
    expect(converted(content).text).toContain(
      'apiVersion: mirror.openshift.io/v2alpha1\nkind: DeleteImageSetConfiguration\ndelete:',
    );
  });

  it('is refused with every line that v2 has nothing for, or does not take', () => {
    const content = `${v1}archiveSize: big
mirror:
  platform:
    graph: 'yes'
    channels: stable
    architectures: [4]
  operators:
    - catalog: r.test/index:v4.20
      headsOnly: true
      packages:
        - name: quay-operator
          minBundle: quay-operator.v3.15.0
          channels: [{ name: 3.15 }, { name: stable, minBundle: quay.v3.14.0 }]
        - jenkins
  Operators: []
`;
    expect(problemsOf(content)).toEqual([
      '3: archiveSize must be a whole number',
      '6: mirror.platform.graph must be true or false',
      '7: mirror.platform.channels must be a list of objects',
      '8: mirror.platform.architectures must be a list of texts; quote what looks like a number',
      '11: mirror.operators[0].headsOnly is unknown; oc-mirror refuses it',
      '14: mirror.operators[0].packages[0].minBundle has no equivalent in v2alpha1; give minVersion, or full: true for the catalog',
      '15: mirror.operators[0].packages[0].channels[0].name must be a text; quote what looks like a number',
      '15: mirror.operators[0].packages[0].channels[1].minBundle has no equivalent in v2alpha1; give minVersion, or full: true for the catalog',
      '16: mirror.operators[0].packages[1] must be an object',
      '17: mirror.operators is there twice, in other letters',
    ]);
  });

  it('is refused with every line that breaks a rule of v2', () => {
    const content = `${v1}mirror:
  platform:
    architectures: [amd64]
    platforms: [{ os: linux, architecture: amd64 }]
    channels: [{ name: stable-4.20 }, { name: stable-4.20 }]
  operators:
    - catalog: r.test/index:v4.20
      full: true
      packages:
        - name: a
          minVersion: 1.0.0
        - name: b
          channels: [{ name: x, maxVersion: newest }, { name: x }]
    - catalog: r.test/index:v4.20
      targetCatalog: ours:v1
      packages:
        - name: c
          minVersion: '1.0'
          channels:
            - name: x
              maxVersion: 1.2.0
        - name: c
    - catalog: r.test/index:v4.20
  additionalImages:
    - name: r.test/a:v1
      targetRepo: 'b:@v1'
  blockedImages:
    - name: '*'
`;
    expect(problemsOf(content)).toEqual([
      '6: mirror.platform.platforms cannot be given together with architectures',
      '7: mirror.platform.channels[1].name is there twice: stable-4.20',
      '12: mirror.operators[0].packages[0] has a range of versions, and its catalog is full; v2 takes only one of them: take one out',
      '15: mirror.operators[0].packages[1].channels[1].name is there twice: x',
      '15: mirror.operators[0].packages[1].channels[0].maxVersion is not a version such as 1.2.3',
      '15: mirror.operators[0].packages[1].channels[0] has a range of versions, and its catalog is full; v2 takes only one of them: take one out',
      '17: mirror.operators[1].targetCatalog is not a path of images',
      '22: mirror.operators[1].packages[0].channels[0] has a range of versions, and so has its package; v2 takes only one of them: take one out',
      '24: mirror.operators[1].packages[1].name is there twice: c',
      '25: mirror.operators[2].catalog is there twice: r.test/index:v4.20',
      '28: mirror.additionalImages[0].targetRepo is not a path of images',
      expect.stringMatching(/^30: mirror\.blockedImages\[0\]\.name is not a regular expression/u),
    ]);
  });

  it.each([
    [
      'of v1alpha1',
      'apiVersion: mirror.openshift.io/v1alpha1\nkind: ImageSetConfiguration\nmirror:\n  ocp: {}\n',
      '1: apiVersion is mirror.openshift.io/v1alpha1; only mirror.openshift.io/v1alpha2 is converted',
    ],
    [
      'of another kind',
      'kind: ConfigMap\nmirror: {}\n',
      '1: kind must be ImageSetConfiguration or DeleteImageSetConfiguration',
    ],
    ['without content', v1, '1: mirror is missing, and it is a ImageSetConfiguration'],
    ['with both', `${v1}mirror: {}\ndelete: {}\n`, '4: delete does not belong into a ImageSetConfiguration'],
    ['of two', `${v1}mirror: {}\n---\n${v1}mirror: {}\n`, '5:  is a second document: give each its own file'],
    [
      'with a merge',
      `x: &x\n  graph: true\n${v1}mirror:\n  platform:\n    <<: *x\n`,
      '1: x is unknown; oc-mirror refuses it',
    ],
    [
      'that is a template',
      '{{range .Channels}}\nkind: ImageSetConfiguration\n',
      '2:  is not YAML: Unexpected scalar at node end',
    ],
    ['that is empty', '# nothing\n', '1:  is empty'],
  ])('is refused %s', (_, content, problem) => expect(problemsOf(content)[0]).toBe(problem));
});
