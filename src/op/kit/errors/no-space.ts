const codes = new Set(['ENOSPC', 'EDQUOT']);

/** Whether something was thrown because a disk, or the user's share of it, is full; also where a clean-up that failed, too, was added. */
export function isNoSpace(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false;
  if ('code' in thrown && codes.has(String(thrown.code))) return true;
  return ('error' in thrown && isNoSpace(thrown.error)) || isNoSpace(thrown.cause);
}
