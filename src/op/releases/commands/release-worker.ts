import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { redact } from '../../kit/errors/redact.js';
import type { RequestOf } from '../../kit/options/option.js';
import { defaultSettings, fingerprintOfCluster } from '../../store/hold/hold.js';
import { parseGitUrl } from '../../systems/git/url.js';
import { openApi } from '../../systems/kubernetes/api.js';
import type { startOptions, workerOptions } from '../cluster/options.js';
import { registerEnvironments } from '../cluster/register.js';
import { type ClusterRunner, type OnCluster, planNow, runsOnCluster } from '../cluster/runs-on-cluster.js';
import type { Work } from '../next/snapshot.js';
import { packageOf, parseReference, repoOfUrl } from '../reference/reference.js';
import { workOn } from '../worker/work-on.js';
import { openPlace, type Place } from './place.js';
import { isOfRelease, makeRelease, ofCommit } from './release-new.js';
import { conclude, waitingFor, waitingText } from './show-next.js';

type WorkRequest = RequestOf<typeof workerOptions>;

/** How many TaskRuns are started at a time; any number runs at the same time. */
const startedAtOnce = 8;

/**
 * `op release-worker start`: makes a release of a commit, or goes on with the one that there is, and starts what is ready as TaskRuns.
 * @returns the release, such as `r3`; empty for a file that only makes environments @throws OpError
 */
export async function startRelease(
  context: Context,
  request: RequestOf<typeof startOptions>,
): Promise<{ readonly RELEASE: string }> {
  await using worker = await openWorker(context, request);
  const { place, on, runner } = worker;
  const packageOfFile = (file: string) =>
    packageOf(parseReference(`//${file}`, { repo: on.repository, path: '', release: '' }));
  const name = packageOfFile(request.file);
  const { revision, environmentsFile } = request;
  const allowed = environmentsFile === undefined ? undefined : packageOfFile(environmentsFile);
  const isCommit = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u.test(revision);
  const newest = (await place.records.snapshot()).packages.get(name)?.document.newest ?? 0;
  // Nothing has to be planned for a commit that has a release.
  const known = isCommit && !request.force ? await ofCommit(place.records, name, newest, revision) : undefined;
  const run = isCommit ? '' : (request.holder ?? context.now().toISOString());
  const made =
    known?.number ??
    (await makeRelease(place, name, request.force ? 'anew' : 'or go on', (number, environments) =>
      planNow(on, runner, { package: name, number, revision, run }, environments),
    ));
  if (typeof made !== 'number') {
    const added = await registerEnvironments(place.records, { name, registered: made, allowed });
    for (const { name: environment } of made) {
      context.log.step(`environment ${environment}: ${added.includes(environment) ? 'wanted' : 'there'}`);
    }
    const worked = await workOn({ ...place, runner }, (work) => !('package' in work), startedAtOnce);
    conclude(context, worked);
    return { RELEASE: '' };
  }
  const of = { package: name, number: made };
  context.log.step(known === undefined ? `release ${name}/@r${made}` : `go on with ${name}/@r${made}`);
  const worked = await workOn({ ...place, runner }, isOfRelease(of), startedAtOnce);
  const standing = (await place.records.release(name, made))?.standing;
  context.log.step(`${name}/@r${made}: ${standing}`);
  context.out(waitingText(waitingFor(worked.next, of)));
  conclude(context, worked);
  return { RELEASE: `r${made}` };
}

/** `op release-worker work`: writes what has ended, and starts what is ready, of all releases of the repository. @throws OpError */
export async function workOnCluster(context: Context, request: WorkRequest): Promise<void> {
  await using worker = await openWorker(context, request);
  const { place, runner } = worker;
  const isOurs = (work: Work) => !('package' in work) || runner.has(work.package);
  const worked = await workOn({ ...place, runner }, isOurs, startedAtOnce);
  context.out(waitingText(worked.next.waiting));
  if (worked.next.ready.length === 0 && worked.next.waiting.length === 0) context.log.step('nothing is left to do');
  conclude(context, worked);
}

interface ClusterWorker extends AsyncDisposable {
  readonly place: Place;
  readonly on: OnCluster;
  readonly runner: ClusterRunner;
}

async function openWorker(context: Context, request: WorkRequest): Promise<ClusterWorker> {
  const { url } = request;
  const repository = request.repository ?? repoOfUrl(parseGitUrl(url).clean);
  if (repository === '' || repository.includes('@')) {
    throw inputError({
      what: `"${redact(repository)}" cannot be the name of a repository`,
      why: 'references have it before /-/',
      hint: 'give --repository, such as git.example.com/acme/shop',
    });
  }
  const { store, intentStore, holder, namespace } = request;
  const place = await openPlace(
    context,
    {
      store,
      ...(intentStore === undefined ? {} : { intentStore }),
      ...(namespace === undefined ? {} : { namespace }),
    },
    holder === undefined ? undefined : { by: holder.split('/').slice(0, 3).join('/'), run: holder },
  );
  const api = await openApi(context, { namespace }, { ownRole: 'octopipeline-release' }).catch(
    async (error: unknown) => {
      await place[Symbol.asyncDispose]();
      throw error;
    },
  );
  const on: OnCluster = {
    context,
    api,
    cluster: await fingerprintOfCluster(defaultSettings),
    repository,
    until: new Date(context.now().getTime() + request.wait),
    settings: {
      url,
      task: request.itemTask,
      serviceAccount: request.itemServiceAccount,
      serviceAccounts: request.serviceAccounts,
      secrets: request.secrets,
      timeout: request.itemTimeout,
      sslVerify: request.sslVerify,
      basicAuth: request.basicAuthSecret,
      sshKey: request.sshSecret,
      sslCa: request.sslCaConfigmap,
    },
  };
  return {
    place,
    on,
    runner: runsOnCluster(on),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}
