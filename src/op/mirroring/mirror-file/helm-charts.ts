import * as v from 'valibot';
import { parseReference } from '../../systems/registry/reference.js';
import { nameOfChart } from './chart-name.js';
import { checked, described, nonEmptyList, text } from './fields.js';

function repositoryProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol) || url.hash !== '') {
    return 'must be an http or https URL, such as https://charts.example.com/stable';
  }
  if (url.username !== '' || url.password !== '') {
    return 'has a user or a password: these belong in dockerconfig of registries';
  }
  const name = nameOfChart(value, 'chart');
  return typeof name === 'string' ? undefined : `is no address that can be mirrored: ${name.problem}`;
}

/** Why a chart cannot be mirrored under its name. */
export const chartProblem = (value: string): string | undefined =>
  value.includes('/') || 'problem' in parseReference(`example.com/${value}`) || /[:@]/u.test(value)
    ? 'must be the name of a chart, of small letters, digits, "-", "_" and ".": registries take no others'
    : undefined;

const names = nonEmptyList(v.pipe(text, checked(chartProblem)));
const all = v.literal('all', 'must be a list of names, or all');

/** Charts of an HTTP Helm repository. */
export const helmCharts = v.strictObject(
  {
    helm: described(
      v.pipe(text, checked(repositoryProblem)),
      'URL of an HTTP Helm repository: what is before /index.yaml.',
    ),
    charts: described(
      // A union alone would not say what is wrong in the one that is meant. The schema for editors is made without a value.
      v.lazy((value) => (value === undefined ? v.union([names, all]) : Array.isArray(value) ? names : all)),
      'Names of the charts, or all: those that the repository has when a run looks. tags chooses their versions.',
    ),
    provenance: v.optional(
      described(
        v.literal('required', 'must be required'),
        'A chart without a provenance file (.prov) is not copied. Without this, one is copied if it is there.',
      ),
    ),
  },
  'must be an image, or an object with helm and charts',
);
