import { expect, it } from 'vitest';
import { parseFieldManagers } from './field-managers.js';

it('the managers of fields are read with paths and time, without those of the status', () => {
  const fields = {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } } },
      'f:ports': { 'k:{"port":80,"protocol":"TCP"}': {} },
      'f:finalizers': { 'v:"a"': {} },
    },
  };
  const time = '2026-01-02T03:04:05Z';
  const managedFields = [
    {
      manager: 'kubectl-edit',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
    },
    { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
    { manager: 'x', operation: 'Apply' },
  ];
  expect(parseFieldManagers({ metadata: { name: 'web', managedFields } })).toEqual([
    {
      name: 'kubectl-edit',
      time,
      paths: [
        ['metadata', 'labels', 'app'],
        ['spec', 'replicas'],
        ['spec', 'template', 'spec', 'containers', 'name=web', 'image'],
        ['spec', 'ports', 'port=80,protocol=TCP'],
        ['spec', 'finalizers'],
      ],
    },
    { name: 'x', time: '', paths: [] },
  ]);
  expect(parseFieldManagers({ metadata: { name: 'web' } })).toEqual([]);
});
