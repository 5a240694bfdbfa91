import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { withoutCredentials } from '../../systems/git/head.js';
import type { PublishFlags } from './options.js';

/** What to publish, checked. */
export interface PublishRequest {
  readonly buildResult: string;
  readonly imageName: string | undefined;
  readonly revision: string;
  /** Without credentials. */
  readonly gitUrl: string | undefined;
  readonly prefix: string;
  /** Of the ConfigMap of the one image. */
  readonly name: string | undefined;
}

/** @throws OpError (usage, input) */
export function parsePublishRequest(flags: PublishFlags): PublishRequest {
  const { gitRevision, gitUrl, configmapPrefix: prefix } = flags;
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(gitRevision)) {
    throw inputError({
      what: `--git-revision=${oneLine(gitRevision)} is not a commit`,
      why: 'it must be a full commit id of 40 or 64 digits: a branch or a tag may point elsewhere tomorrow',
      hint: 'give the result commit of git-clone, not its parameter revision',
    });
  }
  if (gitUrl !== undefined && (/[\s\p{Cc}]/u.test(gitUrl) || gitUrl.length > 2048)) {
    throw inputError({
      what: `--git-url="${oneLine(withoutCredentials(gitUrl))}" is not a URL`,
      why: 'it has a space or an invisible character, or more than 2048 characters',
      hint: 'give the result url of git-clone',
    });
  }
  return {
    buildResult: flags.buildResult ?? 'build_result.json',
    imageName: flags.imageName,
    revision: gitRevision,
    gitUrl: gitUrl === undefined ? undefined : withoutCredentials(gitUrl),
    prefix,
    name: flags.configmap,
  };
}
