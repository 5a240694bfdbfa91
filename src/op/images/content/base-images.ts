type Values = Readonly<Record<string, string | null>>;

/**
 * The images that a Dockerfile is built on: for noticing that one has changed. BuildKit itself knows better when it builds.
 * @returns undefined when the text does not tell, because a name has a variable without a value
 */
export function baseImages(dockerfile: string, buildArgs: Values): readonly string[] | undefined {
  const lines = dockerfile.replace(/[\\`][^\S\n]*\r?\n/gu, ' ').split(/\r?\n/u);
  const values = new Map<string, string>();
  const stages = new Set<string>(['scratch']);
  const images = new Set<string>();
  for (const line of lines) {
    const declared = /^\s*ARG\s+(.*)$/iu.exec(line)?.[1] ?? '';
    for (const [, name = '', quoted] of declared.matchAll(/(\w+)(?:=("[^"]*"|'[^']*'|\S*))?/gu)) {
      const byDefault = quoted === undefined ? values.get(name) : filledIn(quoted.replace(/^["']|["']$/gu, ''), values);
      const value = buildArgs[name] ?? byDefault;
      if (value !== undefined) values.set(name, value);
    }
    const [, base = '', , stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(\s+AS\s+(\S+))?/iu.exec(line) ?? [];
    const from = filledIn(base, values);
    if (base !== '' && !stages.has(from.toLowerCase())) images.add(from);
    if (base !== '') stages.add((stage ?? `stage ${stages.size}`).toLowerCase());
    for (const [, name = ''] of line.matchAll(/(?:--from=|,from=)([^\s,]+)/gu)) {
      const other = filledIn(name, values);
      if (!stages.has(other.toLowerCase()) && !/^\d+$/u.test(other)) images.add(other);
    }
  }
  return [...images].some((image) => image.includes('$')) ? undefined : [...images];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}` */
const filledIn = (text: string, values: ReadonlyMap<string, string>) =>
  text.replace(
    /\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})/gu,
    (whole, plain?: string, braced?: string, otherwise?: string) => {
      return values.get(plain ?? braced ?? '') || otherwise || whole;
    },
  );
