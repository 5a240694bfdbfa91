import {
  configMap,
  image,
  pipelineRun,
  secret,
  specs,
  step,
  stepAction,
  task,
  taskRun,
  taskSpec,
  values,
} from '../pipeline-case.js';

/** Steps, StepActions and sidecars. */
export const steps = [
  taskRun('step-template', {
    params: [{ name: 'p', default: 'param' }],
    stepTemplate: {
      image,
      workingDir: '/tmp',
      command: ['sh', '-ec'],
      env: [
        { name: 'A', value: 'template' },
        { name: 'B', value: 'template $(params.p)' },
      ],
    },
    steps: [
      { name: 'inherits', args: ['echo $A $B $PWD'] },
      {
        name: 'overrides',
        args: ['echo $A $B $C $PWD'],
        workingDir: '/',
        env: [
          { name: 'A', value: 'step' },
          { name: 'C', value: '$(A) $(B)' },
        ],
      },
      { args: ['echo no name'] },
    ],
  }),
  taskRun('step-scripts', {
    steps: [
      { name: 'plain', image, script: 'echo plain; false; echo never' },
      { name: 'after', image, script: 'echo never' },
    ],
  }),
  taskRun('step-script-forms', {
    params: [{ name: 'word', default: 'a "word"' }],
    steps: [
      { name: 'shebang', image, args: ['x', 'y z'], script: '#!/bin/sh\necho "$# $2"\nfalse\necho goes on' },
      { name: 'leading', image, script: '\n  echo indented\n\n  echo "$(params.word)"\n' },
      { name: 'dollars', image, script: 'x=v; echo $x $$x | sed "s/[0-9]*x/PIDx/"; echo \'$$ $(nothing) \\n %s\'' },
      { name: 'both', image, command: ['sh', '-c', 'echo "$0 $1"', 'name'], args: ['$(params.word)'] },
    ],
  }),
  taskRun(
    'step-output',
    taskSpec(
      `printf 'no newline'; echo; echo; printf '\\tTab  spaces \\r\\n'; echo ü 🚀; head -c 20000 /dev/zero | tr '\\0' x; echo; printf end`,
    ),
  ),
  taskRun('step-shares', {
    volumes: [{ name: 'cache', emptyDir: {} }],
    stepTemplate: { image, command: ['sh', '-ec'], volumeMounts: [{ name: 'cache', mountPath: '/cache' }] },
    steps: [
      {
        name: 'one',
        args: ['echo a > /cache/file; echo b > /workspace/file; echo c > /tekton/home/file; echo d > /tmp/file'],
      },
      { name: 'two', args: ['cat /cache/file /workspace/file; ls /tekton/home; pwd'] },
    ],
  }),
  taskRun(
    'step-env',
    {
      volumes: [
        { name: 'config', configMap: { name: 'step-env', items: [{ key: 'b', path: 'deep/b' }] } },
        { name: 'secret', secret: { secretName: 'step-env-secret' } },
      ],
      steps: [
        step('variables', 'echo "$A $P_a $P_b $S $NONE|$NAME"', {
          envFrom: [{ prefix: 'P_', configMapRef: { name: 'step-env' } }],
          env: [
            { name: 'A', valueFrom: { configMapKeyRef: { name: 'step-env', key: 'a' } } },
            { name: 'S', valueFrom: { secretKeyRef: { name: 'step-env-secret', key: 'k' } } },
            { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'step-env', key: 'none', optional: true } } },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
        }),
        step('files', 'cat /config/deep/b /secret/k; ls /config', {
          volumeMounts: [
            { name: 'config', mountPath: '/config' },
            { name: 'secret', mountPath: '/secret', readOnly: true },
          ],
        }),
      ],
    },
    { others: [configMap('step-env', { a: '1', b: 'two' }), secret('step-env-secret', { k: 'abc' })] },
  ),
  taskRun('step-directories', {
    steps: [
      step('workspace', 'pwd; ls /workspace', { workingDir: '/workspace/deep/er' }),
      step('tmp', 'pwd', { workingDir: '/tmp' }),
      step('absent', 'pwd', { workingDir: '/not/there' }),
    ],
  }),
  taskRun('step-when', {
    params: [{ name: 'p', default: 'yes' }],
    steps: [
      step('one', `printf yes > $(step.results.r.path)`, { results: [{ name: 'r' }] }),
      step('runs', 'echo ran', { when: [{ input: '$(params.p)', operator: 'in', values: ['yes'] }] }),
      step('skipped', 'echo never', {
        when: [{ input: '$(steps.one.results.r)', operator: 'notin', values: ['yes'] }],
      }),
      step('last', 'echo last', { when: [{ input: '$(steps.one.results.r)', operator: 'in', values: ['yes'] }] }),
    ],
  }),
  taskRun(
    'step-actions',
    {
      params: [
        { name: 'outer', default: 'of the task' },
        { name: 'list', type: 'array', default: ['x', 'y'] },
      ],
      results: [{ name: 'all', value: '$(steps.act.results.out)' }],
      steps: [
        {
          name: 'act',
          ref: { name: 'step-actions' },
          params: values({ text: '$(params.outer)', list: ['$(params.list[*])'] }),
        },
        { name: 'again', ref: { name: 'step-actions' }, onError: 'continue' },
        step('use', 'echo "$0 $OUT"', {
          command: ['sh', '-ec', 'echo "$0 $OUT"'],
          args: ['$(steps.act.results.list[1])'],
          env: [{ name: 'OUT', value: '$(steps.act.results.out)' }],
        }),
      ],
    },
    {
      others: [
        stepAction('step-actions', {
          params: [
            { name: 'text', default: 'default' },
            { name: 'list', type: 'array', default: ['d'] },
          ],
          results: [{ name: 'out' }, { name: 'list', type: 'array' }],
          env: [{ name: 'TEXT', value: '$(params.text)' }],
          command: [
            'sh',
            '-ec',
            'echo "$TEXT: $*"; printf "%s" "$TEXT" > $(step.results.out.path); printf \'["%s","two"]\' "$1" > $(step.results.list.path)',
            'act',
          ],
          args: ['$(params.list[*])'],
        }),
      ],
    },
  ),
  taskRun('step-action-missing', { steps: [{ name: 'a', ref: { name: 'no-such-action' } }] }),
  taskRun(
    'step-action-param',
    { steps: [{ name: 'a', ref: { name: 'step-action-param' } }] },
    {
      others: [
        stepAction('step-action-param', { params: [{ name: 'needed' }], command: ['echo', '$(params.needed)'] }),
      ],
    },
  ),
  taskRun('step-result-unknown', {
    steps: [
      step('one', 'true', { results: [{ name: 'r' }] }),
      step('two', 'echo $R', { env: [{ name: 'R', value: '$(steps.one.results.r)' }] }),
    ],
  }),
  taskRun('sidecar', {
    volumes: [{ name: 'shared', emptyDir: {} }],
    sidecars: [
      {
        name: 'beside',
        image,
        command: ['sh', '-c', 'echo up; touch /shared/up; sleep 600'],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        readinessProbe: { exec: { command: ['test', '-e', '/shared/up'] }, periodSeconds: 1 },
      },
    ],
    steps: [step('main', 'ls /shared', { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] })],
  }),
  taskRun('sidecar-ends', {
    sidecars: [{ name: 'good', image, command: ['sh', '-c', 'echo done'] }],
    steps: [step('main', 'sleep 2; echo main')],
  }),
  pipelineRun('display-names', {
    displayName: 'A Pipeline',
    params: [{ name: 'who', default: 'you' }],
    tasks: [
      task('shown', [step('main', 'echo hello', { displayName: 'Says hello' })], {
        spec: { displayName: 'A Task' },
        more: { displayName: 'Hello, $(params.who)', description: 'greets' },
      }),
      task('skipped', 'echo never', {
        more: { displayName: 'Never', when: [{ input: '$(params.who)', operator: 'in', values: ['me'] }] },
      }),
    ],
  }),
  pipelineRun(
    'context',
    {
      tasks: [
        task(
          'show',
          'printf "%s\\n" "$(params.all)" "$(context.taskRun.name) $(context.taskRun.namespace)" "[$(context.task.name)] $(context.task.retry-count)" "$(context.taskRun.uid)" | sed "s/[0-9a-f-]\\{36\\}/UID/; s/differential-[0-9a-f]*/default/"',
          {
            params: {
              all: '$(context.pipelineRun.name) $(context.pipelineRun.namespace) $(context.pipeline.name) $(context.pipelineTask.retries)',
            },
          },
        ),
        { name: 'by-reference', taskRef: { name: 'context-task' }, retries: 3 },
      ],
    },
    {
      others: [
        {
          apiVersion: 'tekton.dev/v1',
          kind: 'Task',
          metadata: { name: 'context-task' },
          spec: taskSpec('echo "$(context.task.name) $(context.taskRun.name)"'),
        },
      ],
    },
  ),
  taskRun('step-same-name', { steps: [step('a', 'true'), step('a', 'true')] }),
  taskRun('step-no-image', { steps: [{ name: 'a', command: ['true'] }] }),
  taskRun('step-both', { params: specs({}), steps: [{ name: 'a', image, command: ['true'], script: 'true' }] }),
];
