import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Artifact, toArtifact } from '../../images/skaffold/artifact.js';
import { inferPort, nginxPort, procfilePort } from './infer-port.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'infer-port-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

async function contextWith(files: Readonly<Record<string, string>>): Promise<string> {
  const context = await mkdtemp(join(room, 'context-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(context, path)), { recursive: true });
    await writeFile(join(context, path), text);
  }
  return context;
}
const buildpacks = { builder: 'b', projectDescriptor: 'project.toml' };
const artifact = (context: string, shape: object): Artifact =>
  toArtifact({ image: 'app', context, ...shape }, { elsewhere: undefined, platforms: [] });
const infer = async (shape: object, files: Readonly<Record<string, string>>) =>
  inferPort(artifact(await contextWith(files), shape));

const procfile = 'web: serve --port 4000\n';
const dockerfile = 'FROM x\nEXPOSE 9000\n';
const nginx = 'http { server { listen 3000; } }\n';

describe('the port of a container', () => {
  it.each([
    ['Procfile', 4000, { Procfile: procfile, 'project.toml': '', Dockerfile: dockerfile, 'nginx.conf': nginx }],
    ['project.toml', 8080, { 'project.toml': '', Dockerfile: dockerfile, 'nginx.conf': nginx }],
    ['project.toml', 8080, { Procfile: 'web: serve\n', 'project.toml': '' }],
    ['EXPOSE in Dockerfile', 9000, { Dockerfile: dockerfile, 'nginx.conf': nginx }],
    ['nginx.conf', 3000, { Dockerfile: 'FROM x\n', 'nginx.conf': nginx }],
    ['default', 8080, {}],
  ])('of a buildpacks image comes from %s: %i', async (origin, port, files) => {
    expect(await infer({ buildpacks }, files)).toEqual({ port, origin });
  });

  it.each([
    ['EXPOSE in Dockerfile', 9000, { Procfile: procfile, Dockerfile: dockerfile }],
    ['Procfile', 4000, { Procfile: procfile, Dockerfile: 'FROM x\n', 'project.toml': '' }],
    ['nginx.conf', 3000, { 'nginx.conf': nginx, 'project.toml': '' }],
    ['default', 8080, { 'project.toml': '' }],
  ])('of a Dockerfile image comes from %s: %i', async (origin, port, files) => {
    expect(await infer({ docker: { dockerfile: 'Dockerfile' } }, files)).toEqual({ port, origin });
  });

  it('comes from the Dockerfile and the stage that skaffold.yaml names', async () => {
    const text = 'FROM a AS one\nEXPOSE 1111\nFROM b AS two\nEXPOSE 2222\n';
    const shape = { docker: { dockerfile: 'docker/Dockerfile.web', target: 'one' } };
    expect(await infer(shape, { 'docker/Dockerfile.web': text, Dockerfile: dockerfile })).toEqual({
      port: 1111,
      origin: 'EXPOSE in docker/Dockerfile.web',
    });
  });

  it('is 8080 when the directory does not exist', async () => {
    expect(await inferPort(artifact(join(room, 'nowhere'), {}))).toEqual({ port: 8080, origin: 'default' });
  });
});

describe('a Procfile', () => {
  it.each([
    ['web: uvicorn main:app --host 0.0.0.0 --port ${PORT:-3000}', 3000],
    ['web: a --port 4000', 4000],
    ['web: a --port=4000 -p 1', 4000],
    ['web: a -p 4000', 4000],
    ['web: a -p4000', 4000],
    ['web: ${PORT:-5000} --port 4000', 5000],
    ['worker: w --port 1111\nweb: a --port 2222', 2222],
    ['worker: w --port 5555', 5555],
    ['# web: a --port 1\n\nweb:   a --port 2  \r\n', 2],
    ['web: a --port $PORT', undefined],
    ['web: a --port 70000', undefined],
    ['web: a --port 0', undefined],
    ['web: a --ports 80 --transport 81', undefined],
    ['web: cp -p 80file x', undefined],
    ['no process', undefined],
    ['', undefined],
  ])('%s', (text, port) => expect(procfilePort(text)).toBe(port));
});

describe('nginx.conf', () => {
  it.each([
    ['listen 3000;', 3000],
    ['server{listen 3000 default_server;}', 3000],
    ['listen [::]:3000;', 3000],
    ['listen 0.0.0.0:3000 ssl;', 3000],
    ['# listen 1;\nlisten 2;', 2],
    ['listen unix:/run/x.sock;\nlisten 2;', 2],
    ['listen unix:/run/80;', undefined],
    ['listen 127.0.0.1;', undefined],
    ['relisten 80;', undefined],
    ['listen {{port}};', undefined],
  ])('%s', (text, port) => expect(nginxPort(text)).toBe(port));
});
