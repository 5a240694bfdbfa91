import { formatReference, type NotAReference, parseReference } from '../../systems/registry/reference.js';

const ports: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/**
 * What a chart is called in plans and reports, and what destinations are filled in from: `charts.example.com/stable/web` for the chart `web` of
 * `https://charts.example.com/stable`. What a name of an image cannot have becomes small letters and dashes.
 */
export function nameOfChart(repository: string, chart: string): string | NotAReference {
  const { hostname, host, protocol, pathname } = new URL(repository);
  // Without a dot or a port, it would be a path on Docker Hub.
  const registry = /[.:]/u.test(host) || host === 'localhost' ? host : `${hostname}:${ports[protocol] ?? ''}`;
  const folders = pathname.split('/').map((part) =>
    part
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+|\.{2,}/gu, '-')
      .replaceAll(/[._-]*(?:\.-|-\.|_-|-_|\._|_\.|_{3,})[._-]*/gu, '-')
      .replaceAll(/^[._-]+|[._-]+$/gu, ''),
  );
  const read = parseReference([registry, ...folders.filter((part) => part !== ''), chart].join('/'));
  return 'problem' in read ? read : formatReference(read);
}

/** What all charts of a repository are called together: `charts.example.com/stable/*`. The address must have been checked. */
export function nameOfAllCharts(repository: string): string {
  const name = nameOfChart(repository, 'chart');
  if (typeof name !== 'string') throw new Error(`the mirror file was not checked: ${name.problem}`);
  return `${folderOf(name)}/*`;
}

/** The part of a chart's name that is that of its repository; also of the name of all charts. */
export const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));

/** The tag of a version: a tag cannot have a plus. Source: Helm 3, pkg/registry/client.go. */
export const tagOfVersion = (version: string): string => version.replaceAll('+', '_');

/** The version of a tag: a version has no underscores. */
export const versionOfTag = (tag: string): string => tag.replaceAll('_', '+');
