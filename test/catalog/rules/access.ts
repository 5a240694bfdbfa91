import { type CatalogDocument, type Rule, whereIs } from '../document.js';

/**
 * Catalog rule 9, second half: every Pipeline has its own ServiceAccount, whose token is never mounted automatically, and a NetworkPolicy
 * over its pods; a Role, if any, is bound to that account. The account has the name of the Pipeline, or `octopipeline-` and the Pipeline.
 */
export const ownAccess: Rule = (documents) =>
  documents
    .filter(({ object }) => object.kind === 'Pipeline')
    .flatMap((pipeline) => problems(pipeline, documents).map((message) => ({ where: whereIs(pipeline), message })));

function problems({ object }: CatalogDocument, documents: readonly CatalogDocument[]): string[] {
  const pipeline = object.metadata.name ?? '';
  const named = (kind: string) =>
    documents.find(
      (document) =>
        document.object.kind === kind &&
        [pipeline, `octopipeline-${pipeline}`].includes(document.object.metadata.name ?? ''),
    )?.object;
  const account = named('ServiceAccount');
  const role = named('Role');
  const bound = documents.some(
    ({ object: binding }) =>
      binding.kind === 'RoleBinding' &&
      binding.roleRef?.name === role?.metadata.name &&
      binding.subjects?.some(({ kind, name }) => kind === 'ServiceAccount' && name === account?.metadata.name),
  );
  const guarded = documents.some(
    ({ object: policy }) =>
      policy.kind === 'NetworkPolicy' && policy.spec?.podSelector?.matchLabels?.['tekton.dev/pipeline'] === pipeline,
  );
  return [
    ...(account === undefined ? ['has no ServiceAccount'] : []),
    ...(account !== undefined && account.automountServiceAccountToken !== false
      ? [`its ServiceAccount ${account.metadata.name} mounts its token automatically`]
      : []),
    ...(role === undefined ? ['has no Role'] : []),
    ...(JSON.stringify(role?.rules ?? []).includes('"*"') ? ['its Role has a rule with *'] : []),
    ...(role !== undefined && !bound ? ['its Role is not bound to its ServiceAccount'] : []),
    ...(guarded ? [] : ['has no NetworkPolicy over its pods']),
  ];
}
