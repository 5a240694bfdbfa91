/** Node gives an AggregateError without a message when a name has several addresses. */
export function saidBy(error: NodeJS.ErrnoException & { readonly errors?: readonly Error[] }): string {
  return error.message || error.errors?.[0]?.message || error.code || 'the connection failed';
}
