import * as v from 'valibot';
import { parseJson } from '../../../kit/json/parse-json.js';
import { RegistryFailure } from './failure.js';
import { refusal } from './host.js';
import { nextPage } from './next-page.js';
import { nameOf, type Repository, reading } from './repository.js';

/** Pages of a list of tags, all of its tags, and bytes of one page. */
const mostPages = 10_000;
const mostTags = 1_000_000;
const largestPage = 16 * 1024 * 1024;

/**
 * All tags of a repository, page by page. What is not a tag is left out: it would be part of a URL and of messages.
 * Source: OCI distribution specification, "Listing Tags"; the page that follows is in the header Link.
 */
export async function listTags(repository: Repository, signal: AbortSignal): Promise<readonly string[]> {
  const { api, path } = repository;
  const what = `cannot list the tags of ${nameOf(repository)}`;
  const tags: string[] = [];
  const seen = new Set<string>();
  let target: string | URL = `/v2/${path}/tags/list`;
  for (let page = 0; page < mostPages; page++) {
    const answer = await api.read({ method: 'GET', target, scope: reading(repository), signal }, largestPage);
    if (answer.content === undefined) throw await refusal(answer, what);
    const listed = tagsIn(answer.content);
    if (listed === undefined) throw new RegistryFailure(what, 'the answer is no list of tags', 'other', api.registry);
    for (const tag of listed) tags.push(tag);
    if (tags.length > mostTags) {
      throw new RegistryFailure(what, `it has more than ${mostTags} tags`, 'other', api.registry);
    }
    const next = nextPage(repository, answer, seen, what);
    if (next === undefined) return tags;
    target = next;
  }
  throw new RegistryFailure(what, `it has more than ${mostPages} pages`, 'other', api.registry);
}

/** Some registries say null for none. */
const page = v.looseObject({ tags: v.nullish(v.array(v.unknown())) });
const tag = v.pipe(v.string(), v.regex(/^\w[\w.-]{0,127}$/u));

function tagsIn(body: Buffer): readonly string[] | undefined {
  const read = parseJson(page, body.toString('utf8'));
  return read && (read.tags ?? []).filter((one) => v.is(tag, one));
}
