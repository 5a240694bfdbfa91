import { readFile } from 'node:fs/promises';

type Values = Readonly<Record<string, string | null>>;

/**
 * The images that a Dockerfile is built on, as far as its text tells: for noticing that one has changed. What stays unknown (a variable
 * without a value) is given as it is written; BuildKit itself knows better when it builds.
 */
export async function baseImages(dockerfile: string, buildArgs: Values): Promise<readonly string[]> {
  const lines = (await readFile(dockerfile, 'utf8')).replace(/\\\s*\n/gu, ' ').split(/\r?\n/u);
  const values = new Map<string, string>();
  const stages = new Set<string>(['scratch']);
  const images = new Set<string>();
  for (const line of lines) {
    const [, name = '', , byDefault = ''] = /^\s*ARG\s+(\w+)(=["']?([^"'\s]*))?/iu.exec(line) ?? [];
    if (name !== '' && stages.size === 1) values.set(name, buildArgs[name] ?? byDefault);
    const [, base = '', , stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(\s+AS\s+(\S+))?/iu.exec(line) ?? [];
    if (base !== '' && !stages.has(base.toLowerCase())) images.add(filledIn(base, values));
    if (base !== '') stages.add((stage ?? `stage ${stages.size}`).toLowerCase());
    for (const [, other = ''] of line.matchAll(/(?:--from=|,from=)([^\s,]+)/gu)) {
      if (!stages.has(other.toLowerCase()) && !/^\d+$/u.test(other)) images.add(other);
    }
  }
  return [...images];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}` */
const filledIn = (text: string, values: ReadonlyMap<string, string>) =>
  text.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/gu,
    (whole, plain?: string, braced?: string, otherwise?: string) => {
      return values.get(plain ?? braced ?? '') || otherwise || whole;
    },
  );
