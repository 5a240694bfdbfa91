/** What a value must be. `part` is an object, `list` a list of objects. */
export type FieldKind = 'text' | 'texts' | 'flag' | 'count' | 'part' | 'list';

/** A field of an ImageSetConfiguration, and what version v2alpha1 makes of it. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly fields?: Fields;
  /** v2alpha1 does not have it, and does not need it: why. */
  readonly dropped?: string;
  /** v2alpha1 has nothing like it: what to do. */
  readonly refused?: string;
}

/** By their names in lower case: oc-mirror reads them without regard to case. */
export type Fields = ReadonlyMap<string, Field>;

const fields = (...all: readonly Field[]): Fields => new Map(all.map((one) => [one.name.toLowerCase(), one]));
const text = (name: string): Field => ({ name, kind: 'text' });
const texts = (name: string): Field => ({ name, kind: 'texts' });
const flag = (name: string): Field => ({ name, kind: 'flag' });
const part = (name: string, inner: Fields): Field => ({ name, kind: 'part', fields: inner });
const list = (name: string, inner: Fields): Field => ({ name, kind: 'list', fields: inner });
const dropped = (field: Field, why: string): Field => ({ ...field, dropped: why });
const refused = (field: Field, what: string): Field => ({ ...field, refused: what });

const platforms = list('platforms', fields(text('os'), text('architecture')));
const versions = [
  text('minVersion'),
  text('maxVersion'),
  refused(text('minBundle'), 'has no equivalent in v2alpha1; give minVersion, or full: true for the catalog'),
];
const chart = fields(text('name'), text('version'), text('path'), texts('imagePaths'), platforms);
const unused = 'is dropped: no version of oc-mirror copies samples';

const content: readonly Field[] = [
  part(
    'platform',
    fields(
      flag('graph'),
      list(
        'channels',
        fields(text('name'), text('type'), text('minVersion'), text('maxVersion'), flag('shortestPath'), flag('full')),
      ),
      texts('architectures'),
      platforms,
      text('release'),
      flag('kubeVirtContainer'),
    ),
  ),
  list(
    'operators',
    fields(
      text('catalog'),
      text('targetName'),
      text('targetCatalog'),
      text('targetTag'),
      flag('full'),
      flag('skipDependencies'),
      dropped(text('originalRef'), 'is dropped: oc-mirror has not used it since 4.13'),
      text('targetCatalogSourceTemplate'),
      platforms,
      list(
        'packages',
        fields(text('name'), text('defaultChannel'), ...versions, list('channels', fields(text('name'), ...versions))),
      ),
    ),
  ),
  list('additionalImages', fields(text('name'), text('targetRepo'), text('targetTag'), platforms)),
  part(
    'helm',
    fields(list('repositories', fields(text('url'), text('name'), list('charts', chart))), list('local', chart)),
  ),
  list('blockedImages', fields(text('name'))),
  dropped(list('samples', fields(text('name'))), unused),
];

const storage = fields(
  part('registry', fields(text('imageURL'), flag('skipTLS'))),
  part('local', fields(text('path'))),
);

/**
 * The fields of v1alpha2 and v2alpha1 together. Sources: https://github.com/openshift/oc-mirror, `v1/pkg/api/v1alpha2` and
 * `internal/pkg/api/v2alpha1` of August 2026.
 */
export const imageSetFields = fields(
  text('apiVersion'),
  text('kind'),
  { name: 'archiveSize', kind: 'count' },
  part('mirror', fields(...content)),
  part('delete', fields(...content)),
  dropped(
    part('storageConfig', storage),
    'is dropped: v2 keeps its state in --workspace and --cache-dir; skipTLS is --src-tls-verify=false or --dest-tls-verify=false',
  ),
);
