import { param, sh, stepAction, toStepAction, workspace } from '../../../src/tekton/index.js';
import { type Mistake, mistake, refused, stepActionObject, untypable } from '../mistake.js';

const image = 'registry.example/op:1@sha256:0000000000000000000000000000000000000000000000000000000000000000';

/** What Tekton refuses of a StepAction. */
export const stepActionMistakes: readonly Mistake[] = [
  mistake(
    'a StepAction without an image',
    stepActionObject({ command: ['op'] }),
    'missing field(s): spec.Image',
    refused(() => toStepAction(stepAction('sample', { step: () => ({ command: ['op'] }) })), 'image: is missing'),
  ),
  mistake(
    'a param in the script of a StepAction',
    stepActionObject({ image, params: [{ name: 'url' }], script: 'echo $(params.url)' }),
    'param substitution in scripts is not allowed',
    refused(
      () =>
        toStepAction(
          stepAction('sample', {
            params: { url: param.string() },
            step: () => ({ image, script: 'echo $(params.url)' }),
          }),
        ),
      'script: contains the literal "$(params.url)"',
    ),
  ),
  mistake(
    'a StepAction with a script and a command',
    stepActionObject({ image, script: 'x', command: ['y'] }),
    'script cannot be used with command',
    untypable(
      // @ts-expect-error
      () => stepAction('sample', { step: () => ({ image, script: 'x', command: ['y'] }) }),
    ),
  ),
  mistake(
    'an undeclared param in the args of a StepAction',
    stepActionObject({ image, args: ['$(params.url)'] }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => stepAction('sample', { step: ({ params }) => ({ image, command: ['op'], args: [params.url] }) }),
    ),
  ),
  mistake(
    'a StepAction that mounts a volume by a fixed name',
    stepActionObject({ image, volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
    'expect the Name to be a single param reference',
    refused(
      () =>
        toStepAction(
          stepAction('sample', {
            step: () => ({ image, command: ['op'], volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
          }),
        ),
      'volumeMounts[0].name: must be a param in a StepAction',
    ),
  ),
  mistake(
    'an undeclared result in the script of a StepAction',
    stepActionObject({ image, script: 'date > $(step.results.when.path)' }),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => stepAction('sample', { step: ({ results }) => ({ image, script: sh`date > ${results.when.path}` }) }),
    ),
  ),
  mistake(
    'a field of a StepAction that only Tasks have',
    stepActionObject({ image, workspaces: [{ name: 'source' }] }),
    'unknown field "workspaces"',
    untypable(
      // @ts-expect-error
      () => stepAction('sample', { workspaces: { source: workspace() }, step: () => ({ image, command: ['op'] }) }),
    ),
  ),
];
