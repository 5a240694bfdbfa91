import type { Env } from './setting.js';

/** A text with its variables replaced, or why that is not possible. */
export type Interpolated = { readonly text: string } | { readonly problem: string };

const reference = /\$(?:\$|([A-Za-z_]\w*)|(\{))/gu;
const opening = /^([A-Za-z_]\w*)(\}|:-)/u;

/**
 * Replaces `${VAR}`, `$VAR`, `${VAR:-default}` and `$$` (a dollar sign) as a shell does: the default also applies to a variable
 * that is set but empty, and may contain variables. A variable with neither value nor default is a problem, never an empty text:
 * `ghcr.io/${OWNER}` without an owner would be someone else's registry.
 */
export function interpolate(template: string, env: Env): Interpolated {
  let text = '';
  let from = 0;
  reference.lastIndex = 0;
  for (;;) {
    const pattern = new RegExp(reference.source, 'gu');
    pattern.lastIndex = from;
    const found = pattern.exec(template);
    if (found === null) return { text: text + template.slice(from) };
    text += template.slice(from, found.index);
    const end = found.index + found[0].length;
    if (found[0] === '$$') {
      text += '$';
      from = end;
      continue;
    }
    const filled = found[2] === undefined ? plain(found[1] ?? '', env, end) : braced(template, end, env);
    if ('problem' in filled) return filled;
    text += filled.text;
    from = filled.end;
  }
}

type Filled = { readonly text: string; readonly end: number } | { readonly problem: string };

/** Own properties only, not `constructor` and the like. */
const lookUp = (name: string, env: Env) => (Object.hasOwn(env, name) ? env[name] : undefined);

function plain(name: string, env: Env, end: number): Filled {
  const value = lookUp(name, env);
  return value ? { text: value, end } : { problem: `the variable ${name} is not set or is empty` };
}

/** What follows `${`, from `start`. */
function braced(template: string, start: number, env: Env): Filled {
  const end = closing(template, start);
  if (end === undefined) return { problem: 'a ${ has no closing brace' };
  const inside = template.slice(start, end);
  const [whole, name = '', sign] = opening.exec(`${inside}}`) ?? [];
  if (whole === undefined || (sign === '}' && whole.length !== inside.length + 1)) {
    return {
      problem: `\${${inside}} is not supported: use \${VAR}, \${VAR:-default}, or $$ for a dollar sign`,
    };
  }
  if (sign === '}') return plain(name, env, end + 1);
  const value = lookUp(name, env);
  if (value) return { text: value, end: end + 1 };
  const fallback = interpolate(inside.slice(whole.length), env);
  return 'problem' in fallback ? fallback : { text: fallback.text, end: end + 1 };
}

/** The position of the closing brace; defaults may contain `${…}`. */
function closing(template: string, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < template.length; at++) {
    if (template.startsWith('${', at)) depth++;
    else if (template[at] === '}' && --depth === 0) return at;
  }
  return undefined;
}
