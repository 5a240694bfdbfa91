import { cel, eq, oneOf, param, pipeline, task, text, toPipeline, workspace } from '../../../src/tekton/index.js';
import { build, many, pipelineOf, reading, run, stray } from '../author.js';
import { absent, type Mistake, mistake, pipelineObject, refused, step, untypable } from '../mistake.js';

const other = pipeline('other', {}, (p) => void p.task('a', build));
const node = (name: string, more: object = {}) => ({ name, taskRef: { name: 'build' }, ...more });
const nodes = (...tasks: object[]) => pipelineObject({ tasks });
const bind = (value: unknown) => ({ params: [{ name: 'a', value }] });
const withParam = (param: object, value: unknown) =>
  pipelineObject({ params: [param], tasks: [node('a', bind(value))] });

/** What Tekton refuses of a Pipeline: its nodes, edges, params, workspaces, conditions, results, `finally`. */
export const pipelineMistakes: readonly Mistake[] = [
  mistake(
    'an empty Pipeline',
    pipelineObject({}),
    'expected at least one, got none',
    refused(() => pipelineOf(() => undefined), 'tasks: is empty; a Pipeline needs at least one task'),
  ),
  mistake(
    'a node name that is no DNS label',
    nodes(node('Build_It')),
    'Pipeline Task name must be a valid DNS Label',
    refused(
      () => pipelineOf((p) => void p.task('Build_It', build)),
      'tasks[0] Build_It: the name "Build_It" is not a DNS label',
    ),
  ),
  mistake(
    'a node name of 64 characters',
    nodes(node('a'.repeat(64))),
    'Pipeline Task name must be a valid DNS Label',
    refused(
      () => pipelineOf((p) => void p.task('a'.repeat(64), build)),
      'the name has 64 characters; Tekton accepts at most 63',
    ),
  ),
  mistake(
    'two nodes with one name',
    nodes(node('a'), node('a')),
    'expected exactly one, got both: spec.tasks[1].name',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build);
          p.task('a', build);
        }),
      'tasks[1] a: another node is already named "a"',
    ),
  ),
  mistake(
    'a final node with the name of another node',
    pipelineObject({ tasks: [node('a')], finally: [node('a')] }),
    'expected exactly one, got both: spec.finally[0].name',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build);
          p.finally('a', build);
        }),
      'finally[0] a: another node is already named "a"',
    ),
  ),
  mistake(
    'a node with neither a Task nor a spec',
    nodes({ name: 'a' }),
    'expected exactly one, got neither',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a')),
    ),
  ),
  mistake(
    'a node with both a Task and a spec',
    nodes(node('a', { taskSpec: { steps: [step] } })),
    'expected exactly one, got multiple',
    absent('a node takes one definition'),
  ),
  mistake(
    'a Pipeline inside a Pipeline',
    nodes({ name: 'a', pipelineRef: { name: 'other' } }),
    'pipelineRef requires "enable-api-fields"',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', other, {})),
    ),
  ),
  mistake(
    'an embedded Pipeline',
    nodes({ name: 'a', pipelineSpec: { tasks: [node('b')] } }),
    'pipelineSpec requires "enable-api-fields"',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', other, { embed: true })),
    ),
  ),
  mistake(
    'a mistake inside an embedded Task',
    nodes({ name: 'a', taskSpec: { steps: [] } }),
    'missing field(s): spec.tasks[0].taskSpec.steps',
    refused(
      () => pipelineOf((p) => void p.task('a', task('inner', { steps: () => [] }), { embed: true })),
      'tasks[0] a > taskSpec > steps: is empty; a Task needs at least one step',
    ),
  ),
  mistake(
    'an undeclared param inside an embedded Task',
    nodes({ name: 'a', taskSpec: { steps: [{ ...step, args: ['$(params.url)'] }] } }),
    'non-existent variable',
    refused(
      () =>
        pipelineOf(
          (p) =>
            void p.task('a', task('inner', { steps: () => [{ ...run, args: ['$(params.url)'] }] }), { embed: true }),
        ),
      'tasks[0] a > taskSpec > steps[0] run > args[0]: contains the literal "$(params.url)"',
    ),
  ),
  mistake(
    'a Task name that is none',
    nodes({ name: 'a', taskRef: { name: 'not a name' } }),
    'spec.tasks[0].taskRef.name',
    refused(
      () => pipelineOf((p) => void p.task('a', task('not a name', { steps: () => [run] }))),
      'tasks[0] a > taskRef: the name "not a name" is not a DNS name',
    ),
  ),
  mistake(
    'a remote Task without a resolver',
    nodes({ name: 'a', taskRef: { params: [{ name: 'bundle', value: 'x' }] } }),
    'missing field(s): spec.tasks[0].taskRef.resolver',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.remote('a', { params: { bundle: 'x' } }, {})),
    ),
  ),
  mistake(
    'a remote Task with a name too',
    nodes({ name: 'a', taskRef: { resolver: 'git', name: 'x', params: [{ name: 'url', value: 'x' }] } }),
    'expected exactly one, got both',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.remote('a', { resolver: 'git', name: 'x', params: { url: 'x' } }, {})),
    ),
  ),
  mistake(
    'a custom task without an API version',
    nodes({ name: 'a', taskRef: { kind: 'Approval', name: 'x' } }),
    'custom task ref must specify apiVersion',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', { kind: 'Approval', name: 'x' }, {})),
    ),
  ),
  mistake(
    'a cycle of order',
    nodes(node('a', { runAfter: ['b'] }), node('b', { runAfter: ['a'] })),
    'cycle detected',
    absent('a node is a value that exists only after the call that adds it'),
  ),
  mistake(
    'a cycle of results',
    nodes(node('a', bind('$(tasks.b.results.x)')), node('b', bind('$(tasks.a.results.x)'))),
    'cycle detected',
    absent('a result is a value that exists only after the call that adds its node'),
  ),
  mistake(
    'an order after a node that does not exist',
    nodes(node('a', { runAfter: ['nope'] })),
    'task a depends on nope',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build, { after: [stray()] });
        }),
      'tasks[0] a > after[0]: "elsewhere" is not in this Pipeline, but in "other"',
    ),
  ),
  mistake(
    'a result of a node that does not exist',
    nodes(node('a', bind('$(tasks.nope.results.x)'))),
    'task a depends on nope',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build, { params: { a: stray().results.x } });
        }),
      'tasks[0] a > params.a: reads the result "x" of "elsewhere", which is not in this Pipeline, but in "other"',
    ),
  ),
  mistake(
    'two Pipeline params with one name',
    pipelineObject({ params: [{ name: 'url' }, { name: 'url' }], tasks: [node('a')] }),
    'parameter appears more than once',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a Pipeline param with a type that does not exist',
    withParam({ name: 'n', type: 'number' }, 'x'),
    'invalid value: number',
    untypable(
      // @ts-expect-error
      () => pipeline('sample', { params: { n: { type: 'number', need: 'required' } } }, () => {}),
    ),
  ),
  mistake(
    'a Pipeline param with a default of another type',
    withParam({ name: 'n', type: 'array', default: 'x' }, 'x'),
    'type does not match default',
    untypable(
      // @ts-expect-error
      () => pipeline('sample', { params: { n: param.array({ default: 'x' }) } }, () => {}),
    ),
  ),
  mistake(
    'an enum on a Pipeline param',
    withParam({ name: 'n', enum: ['x'] }, 'x'),
    'enable-param-enum',
    absent('oneOf is checked at synth and by the step; no enum is written'),
  ),
  mistake(
    'an undeclared Pipeline param',
    nodes(node('a', bind('$(params.url)'))),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { params: { a: p.params.url } })),
    ),
  ),
  mistake(
    'an undeclared Pipeline param in a condition',
    nodes(node('a', { when: [{ input: '$(params.url)', operator: 'in', values: ['x'] }] })),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { when: eq(p.params.url, 'x') })),
    ),
  ),
  mistake(
    'a Pipeline array param inside a text',
    withParam({ name: 'files', type: 'array' }, 'x-$(params.files[*])'),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { params: { a: text`x-${p.params.files}` } })),
    ),
  ),
  mistake(
    'a Pipeline array param that is not alone',
    withParam({ name: 'files', type: 'array' }, ['x-$(params.files[*])']),
    'variable is not properly isolated',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', many, { params: { list: [text`x-${p.params.files}`] } })),
    ),
  ),
  mistake(
    'a key that a Pipeline object param does not have',
    withParam({ name: 'repo', type: 'object', properties: { url: {} } }, '$(params.repo.branch)'),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { params: { a: p.params.repo.branch } })),
    ),
  ),
  mistake(
    'a whole Pipeline object param inside a text',
    withParam({ name: 'repo', type: 'object', properties: { url: {} } }, 'x-$(params.repo[*])'),
    'variable type invalid',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { params: { a: text`x-${p.params.repo}` } })),
    ),
  ),
  mistake(
    'one param bound twice',
    nodes(
      node('a', {
        params: [
          { name: 'x', value: '1' },
          { name: 'x', value: '2' },
        ],
      }),
    ),
    'parameter names must be unique',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a reference that starts with no known word',
    nodes(node('a', bind('$(HOME)'))),
    'must start with a valid prefix',
    refused(
      () => pipelineOf((p) => void p.task('a', build, { params: { a: '$(HOME)' } })),
      'tasks[0] a > params.a: contains the literal "$(HOME)"',
    ),
  ),
  mistake(
    'a context variable of the PipelineRun that does not exist',
    nodes(node('a', bind('$(context.pipelineRun.owner)'))),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { params: { a: p.context.pipelineRun.owner } })),
    ),
  ),
  mistake(
    'a context variable of the Pipeline that does not exist',
    nodes(node('a', bind('$(context.pipeline.owner)'))),
    'non-existent variable',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { params: { a: p.context.pipeline.owner } })),
    ),
  ),
  mistake(
    'an artifact of another node',
    nodes(node('b'), node('a', bind('$(tasks.b.outputs.image)'))),
    'enable-artifacts',
    refused(
      () => pipelineOf((p) => void p.task('a', build, { params: { a: '$(tasks.b.outputs.image)' } })),
      'tasks[0] a > params.a: contains the literal "$(tasks.b.outputs.image)"',
    ),
  ),
  mistake(
    'two Pipeline workspaces with one name',
    pipelineObject({ workspaces: [{ name: 'w' }, { name: 'w' }], tasks: [node('a')] }),
    'workspace with name "w" appears more than once',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a Pipeline workspace without a name',
    pipelineObject({ workspaces: [{ name: '' }], tasks: [node('a')] }),
    'workspace 0 has empty name',
    refused(
      () => toPipeline(pipeline('sample', { workspaces: { '': workspace() } }, (p) => void p.task('a', build))),
      'workspaces.: the workspace name "" is not allowed',
    ),
  ),
  mistake(
    'an undeclared Pipeline workspace',
    nodes(node('a', { workspaces: [{ name: 'source', workspace: 'nope' }] })),
    'expects workspace with name "nope" but none exists',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', reading, { workspaces: { source: p.workspaces.nope } })),
    ),
  ),
  mistake(
    'one workspace bound twice',
    pipelineObject({
      workspaces: [{ name: 'w' }],
      tasks: [
        node('a', {
          workspaces: [
            { name: 's', workspace: 'w' },
            { name: 's', workspace: 'w' },
          ],
        }),
      ],
    }),
    'workspace name "s" must be unique',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a condition with an operator that does not exist',
    nodes(node('a', { when: [{ input: 'x', operator: 'exists', values: ['y'] }] })),
    'operator "exists" is not recognized',
    absent('conditions are made by eq, ne, oneOf and notOneOf'),
  ),
  mistake(
    'a condition without values',
    nodes(node('a', { when: [{ input: 'x', operator: 'in', values: [] }] })),
    'expecting non-empty values field',
    refused(
      () => pipelineOf((p) => void p.task('a', build, { when: oneOf(p.context.pipeline.name, []) })),
      'tasks[0] a > when[0]: compares with no value',
    ),
  ),
  mistake(
    'a CEL condition',
    nodes(node('a', { when: [{ cel: "'a' == 'a'" }] })),
    'enable-cel-in-whenexpression',
    refused(
      () => pipelineOf((p) => void p.task('a', build, { when: cel("'a' == 'a'") })),
      'tasks[0] a > when[0]: CEL is alpha: a default Tekton install refuses it (enable-cel-in-whenexpression)',
    ),
  ),
  mistake(
    'an onError of a node that does not exist',
    nodes(node('a', { onError: 'ignore' })),
    'PipelineTask OnError must be either',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { onError: 'ignore' })),
    ),
  ),
  mistake(
    'retries of a node whose failure is ignored',
    nodes(node('a', { onError: 'continue', retries: 2 })),
    'OnError cannot be set to "continue" when Retries is greater than 0',
    refused(
      () => pipelineOf((p) => void p.task('a', build, { onError: 'continue', retries: 2 })),
      "tasks[0] a > onError: is 'continue' together with retries, which Tekton refuses",
    ),
  ),
  mistake(
    'the status of a node outside finally',
    nodes(node('b'), node('a', bind('$(tasks.b.status)'))),
    'can not refer to execution status',
    untypable(() =>
      pipelineOf((p) => {
        const b = p.task('b', build);
        // @ts-expect-error
        p.task('a', build, { params: { a: b.status } });
      }),
    ),
  ),
  mistake(
    'the status of all nodes in a condition outside finally',
    nodes(node('b'), node('a', { when: [{ input: '$(tasks.status)', operator: 'in', values: ['Failed'] }] })),
    'can not refer to execution status',
    untypable(
      // @ts-expect-error
      () => pipelineOf((p) => void p.task('a', build, { when: eq(p.status, 'Failed') })),
    ),
  ),
  mistake(
    'in finally, the status of a node that does not exist',
    pipelineObject({ tasks: [node('a')], finally: [node('f', bind('$(tasks.nope.status)'))] }),
    'pipeline task nope is not defined in the pipeline',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build);
          p.finally('f', build, { params: { a: stray().status } });
        }),
      'finally[0] f > params.a: reads the result "tasks.elsewhere.status" of "elsewhere", which is not in this Pipeline, but in "other"',
    ),
  ),
  mistake(
    'in finally, a result of a node that does not exist',
    pipelineObject({ tasks: [node('a')], finally: [node('f', bind('$(tasks.nope.results.x)'))] }),
    'not defined in the pipeline',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build);
          p.finally('f', build, { params: { a: stray().results.x } });
        }),
      'finally[0] f > params.a: reads the result "x" of "elsewhere", which is not in this Pipeline, but in "other"',
    ),
  ),
  mistake(
    'in finally, a result of another final node',
    pipelineObject({ tasks: [node('a')], finally: [node('f'), node('g', bind('$(tasks.f.results.x)'))] }),
    'final task has task result reference from a final task f',
    untypable(() =>
      pipelineOf((p) => {
        p.task('a', build);
        const f = p.finally('f', build);
        // @ts-expect-error
        p.finally('g', build, { params: { a: f.results.x } });
      }),
    ),
  ),
  mistake(
    'finally without anything before it',
    pipelineObject({ tasks: [], finally: [node('f')] }),
    'spec.tasks is empty but spec.finally has 1 tasks',
    refused(() => pipelineOf((p) => void p.finally('f', build)), 'tasks: is empty; a Pipeline needs at least one task'),
  ),
  mistake(
    'an order inside finally',
    pipelineObject({ tasks: [node('a')], finally: [node('f', { runAfter: ['a'] })] }),
    'no runAfter allowed under spec.finally',
    untypable(() =>
      pipelineOf((p) => {
        const a = p.task('a', build);
        // @ts-expect-error
        p.finally('f', build, { after: [a] });
      }),
    ),
  ),
  mistake(
    'a result used of a final node',
    pipelineObject({ tasks: [node('a', bind('$(tasks.f.results.x)'))], finally: [node('f')] }),
    'task a depends on f',
    untypable(() =>
      pipelineOf((p) => {
        const f = p.finally('f', build);
        // @ts-expect-error
        p.task('a', build, { params: { a: f.results.x } });
      }),
    ),
  ),
  mistake(
    'a Pipeline result that is a fixed text',
    pipelineObject({ tasks: [node('a')], results: [{ name: 'r', value: 'fixed' }] }),
    'no expressions were found',
    untypable(
      // @ts-expect-error
      () => pipelineOf(() => ({ r: 'fixed' })),
    ),
  ),
  mistake(
    'a Pipeline result that is a param',
    pipelineObject({ params: [{ name: 'x' }], tasks: [node('a')], results: [{ name: 'r', value: '$(params.x)' }] }),
    'an invalid expressions was found',
    refused(
      () =>
        toPipeline(
          pipeline('sample', { params: { x: param.string() } }, (p) => {
            p.task('a', build);
            return { r: p.params.x };
          }),
        ),
      'results.r: is params.x, which is not a result of a task',
    ),
  ),
  mistake(
    'a Pipeline result of a node that does not exist',
    pipelineObject({ tasks: [node('a')], results: [{ name: 'r', value: '$(tasks.nope.results.x)' }] }),
    'referencing a nonexistent task',
    refused(
      () =>
        pipelineOf((p) => {
          p.task('a', build);
          return { r: stray().results.x };
        }),
      'results.r: reads the result "x" of "elsewhere", which is not in this Pipeline, but in "other"',
    ),
  ),
];
