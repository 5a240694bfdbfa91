import { containersOf } from '../containers.js';
import type { Rule } from '../document.js';

/**
 * Catalog rule 2: secrets are files. Kubernetes expands `$(NAME)` in env values, command and args from the container's variables,
 * so any reference in the same container could read a secret variable.
 */
export const secretsAreFiles: Rule = (documents) =>
  containersOf(documents).flatMap(({ where, container: { env = [], envFrom = [], command = [], args = [] } }) => {
    const secrets = [
      ...env.filter((variable) => variable.valueFrom?.secretKeyRef !== undefined).map(({ name }) => name),
      ...envFrom.filter((source) => source.secretRef !== undefined).map(() => 'envFrom'),
    ];
    const references = [...env.map(({ value = '' }) => value), ...command, ...args].filter((text) =>
      text.includes('$('),
    );
    if (secrets.length === 0 || references.length === 0) return [];
    return [{ where, message: `secret variable ${secrets.join(', ')} beside the reference ${references[0]}` }];
  });
