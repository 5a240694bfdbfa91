import { inputError, type OpError, usageError } from '../../kit/errors/op-error.js';
import { inLine, oneLine } from '../../kit/log/printable.js';
import { parseSchedule } from '../../schedules/cron/schedule.js';
import { problemOfTimeZone } from '../../schedules/cron/time-zone.js';
import { parseReference } from '../../systems/registry/reference.js';
import type { DeployRequest } from './options.js';
import { argumentsInPod } from './workload.js';

/** The longest name of a CronJob, which Kubernetes gives a suffix of 11 characters for its Jobs. */
const longestBase = 52 - 'oc-mirror--on-demand'.length;

/** Refuses what the cluster or oc-mirror would refuse later. @throws OpError (usage, input) */
export function checkDeploy(request: DeployRequest): void {
  const { environment, deployMode, schedule, timeZone, runAsUser, openshiftVersion, opImage } = request;
  if (environment !== undefined && !(isLabel(environment) && environment.length <= longestBase)) {
    throw wrong(
      'environment',
      environment,
      `it is part of names: a-z, 0-9 and "-", and at most ${longestBase} characters`,
      'give a name such as prod',
    );
  }
  for (const name of ['namespace', 'contentClaim', 'cacheClaim', 'pullSecret', 'serviceAccount'] as const) {
    if (isName(request[name])) continue;
    const flag = name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
    throw wrong(flag, request[name], 'it is no name of an object of Kubernetes', 'give the name of one');
  }
  if (request.run !== undefined && !isLabel(request.run)) {
    throw wrong('run', request.run, 'it is part of a name: a-z, 0-9 and "-"', 'give the uid of the TaskRun');
  }
  if (runAsUser !== 'none' && !/^[1-9]\d{0,9}$/u.test(runAsUser)) {
    throw wrong('run-as-user', runAsUser, 'it is not the number of a user', 'give one above 0, or none');
  }
  if (request.operatorsOnly && request.openshiftOnly) {
    throw usageError({
      what: '--operators-only and --openshift-only exclude each other',
      why: 'nothing would be left',
      hint: 'give one of them',
    });
  }
  if (openshiftVersion !== undefined && !/^\d{1,3}\.\d{1,4}(?:\.\d{1,4})?$/u.test(openshiftVersion)) {
    throw wrong('openshift-version', openshiftVersion, 'it is not X.Y or X.Y.Z', 'write a version such as 4.20');
  }
  const image = parseReference(opImage);
  if ('problem' in image || image.digest === undefined) {
    const why = 'problem' in image ? image.problem : 'it has no digest';
    throw wrong('op-image', opImage, why, 'give the image of octopipeline by its digest');
  }
  if (deployMode === 'cronjob') {
    const read = parseSchedule(schedule);
    if ('problem' in read) throw refused(`the schedule "${inLine(schedule)}"`, read.problem);
    const problem = problemOfTimeZone(timeZone);
    if (problem !== undefined) throw refused(`the time zone "${inLine(timeZone)}"`, problem);
  }
  argumentsInPod(request);
}

const isLabel = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(text);
const isName = (text: string): boolean => text.length <= 253 && text.split('.').every(isLabel);

const wrong = (name: string, value: string, why: string, hint: string): OpError =>
  usageError({ what: `invalid --${name}=${oneLine(value)}`, why, hint });

const refused = (what: string, why: string): OpError =>
  inputError({
    what: `Kubernetes would refuse ${what}`,
    why,
    hint: 'write, for example, "0 2 * * *" and Europe/Berlin',
  });
