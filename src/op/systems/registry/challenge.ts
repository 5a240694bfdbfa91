/**
 * Whether a registry checks user and password itself (`WWW-Authenticate: Basic`), so that its refusal is about these and nothing else.
 * With a token service a refusal may also mean that there is no such repository yet. Source: OCI distribution specification,
 * `GET /v2/`. Nothing secret is sent.
 */
export async function asksForPassword(registry: string, signal: AbortSignal): Promise<boolean> {
  for (const scheme of ['https', 'http']) {
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
      const answer = await fetch(`${scheme}://${registry}/v2/`, { signal: within, redirect: 'manual' });
      await answer.body?.cancel();
      return answer.status === 401 && /^basic\b/iu.test(answer.headers.get('www-authenticate') ?? '');
    } catch {
      // No TLS there, or a certificate that only crane knows: the next scheme, or no answer.
    }
  }
  return false;
}
