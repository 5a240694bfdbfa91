import type { Context } from '../../context.js';
import { buildResultFileOf } from '../../images/build-result/options.js';
import { type PushRequest, pushOptions } from '../../images/push/options.js';
import { usageError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import { command } from '../commander/command.js';

/** `op push`: builds what skaffold.yaml describes, with the profile `push` if there is one, pushes, and copies if asked. */
export const push = command({
  name: 'push',
  description: 'build the images of skaffold.yaml and push them',
  options: pushOptions,
  run: (context, request) => work(context, 'push', request),
});

/** `op build-push`: as `op push`, but without that profile, and to localhost:5001 when no registry is configured. */
export const buildPush = command({
  name: 'build-push',
  description: 'build and push, by default to localhost:5001; uses no profile unless one is given',
  options: pushOptions,
  run: (context, request) => work(context, 'build-push', request),
});

async function work(context: Context, command: PushRequest['command'], request: RequestOf<typeof pushOptions>) {
  if (request.imagePattern !== undefined) throw superseded();
  const { push } = await import('../../images/push/push.js');
  await push(context, { ...request, command, buildResult: buildResultFileOf(request) });
}

const superseded = () =>
  usageError({
    what: '--image-pattern no longer has any effect',
    why: 'op does not search the output of Skaffold for images: Skaffold lists them itself, with their digests',
    hint: 'leave out the flag; all images are in build_result.json',
  });
