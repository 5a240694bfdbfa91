import { type Rule, whereIs } from '../document.js';

/** Kinds without a namespace, or that would create one. */
const clusterWide = new Set(['ClusterRole', 'ClusterRoleBinding', 'Namespace', 'CustomResourceDefinition']);

/** Catalog rule 9, first half: `kubectl apply -n NAMESPACE` decides where the catalog lives, and nothing reaches beyond it. */
export const namespaceNeutral: Rule = (documents) =>
  documents.flatMap((document) => {
    const { kind, metadata, subjects = [], roleRef } = document.object;
    const where = whereIs(document);
    return [
      ...(metadata.namespace === undefined ? [] : [{ where, message: `metadata.namespace is ${metadata.namespace}` }]),
      ...(clusterWide.has(kind) ? [{ where, message: `${kind} is cluster-wide` }] : []),
      ...(roleRef?.kind === 'ClusterRole' ? [{ where, message: `binds the ClusterRole ${roleRef.name}` }] : []),
      ...subjects
        .filter(({ namespace }) => namespace !== undefined)
        .map(({ name, namespace }) => ({ where, message: `binds ${name} of the namespace ${namespace}` })),
    ];
  });
