import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { buildDockerfile } from '../buildkit/build.js';
import { exposedPorts } from './exposed-ports.js';

const buildArgs = { GIVEN: '7000', EMPTY: '' };

describe.skipIf(whyNoBuildKit !== undefined)('exposed ports', () => {
  let registry: LocalRegistry;
  let server: LocalBuildKit;
  let room: string;
  const env = withTools(['buildctl', 'crane']);

  beforeAll(async () => {
    [registry, server] = await Promise.all([startRegistry(), startBuildKit()]);
    room = await mkdtemp(join(tmpdir(), 'dockerfile-test-'));
  });
  afterAll(async () => {
    await Promise.all([registry?.stop(), server?.stop()]);
    await rm(room, { recursive: true, force: true });
  });

  it.each([
    '# escape=`\nFROM scratch\nEXPOSE `\n# not this\n  80',
    'FROM scratch\nEXPOSE 8\\\n0 \\\n\\\n 81',
    'FROM scratch\nCOPY <<-ONE <<"TWO" /\nEXPOSE 1\n\tONE\nEXPOSE 2\nTWO\nEXPOSE 3',
    'ARG A=80\nFROM scratch\nARG B=${A:-81}\nARG A\nEXPOSE ${B} ${A}',
    'FROM scratch\nARG GIVEN=1\nARG EMPTY=2\nENV A=$GIVEN\nEXPOSE $A ${EMPTY:-80} ${EMPTY-90}81 ${NONE+1}82',
    'FROM scratch\nENV A=80 B=$A\nENV C 81\nENV D=${B:-82}\nEXPOSE $A $C $D',
    'FROM scratch\nENV A=80\nARG A=81\nARG A\nEXPOSE $A\nENV A=82\nEXPOSE $A',
    'FROM scratch AS one\nARG A=80\nENV B=81\nEXPOSE 79\nFROM one\nEXPOSE $A $B',
    'FROM scratch AS One\nEXPOSE 80\nFROM one',
    `FROM scratch\nENV A="8"'0' B='$A'\\$A\nLABEL b=$B\nEXPOSE $A`,
  ])('match BuildKit for %j', async (dockerfile) => {
    await writeFile(join(room, 'Dockerfile'), dockerfile);
    const target = { registry: registry.host, path: 'made/ports', tag: 'v1' };
    const { context } = testContext({ env, cwd: room });
    const build = { ...plainBuild(room, { push: target, insecure: false }), buildArgs };
    await buildDockerfile(
      context,
      {},
      { address: server.address, tls: undefined, origin: 'the test' },
      build,
      () => {},
    );
    const image = `${registry.host}/made/ports:v1`;
    const { config } = JSON.parse(execFileSync('crane', ['config', image], { env, encoding: 'utf8' }));
    const read = exposedPorts(dockerfile, buildArgs).map((port) => `${port}/tcp`);
    expect([...new Set(read)].toSorted()).toEqual(Object.keys(config.ExposedPorts).toSorted());
  });
});
