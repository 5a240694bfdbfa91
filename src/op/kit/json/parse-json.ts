import * as v from 'valibot';

/** Its issue is the message of the JSON parser, such as "Unexpected end of JSON input". */
const json = v.parseJson(undefined, ({ received }) => received.slice(1, -1));

/** The schema of JSON text whose value matches `schema`, for `v.parse` and `v.safeParse` where the issues are needed. */
export const jsonOf = <Schema extends v.GenericSchema>(schema: Schema) => v.pipe(v.string(), json, schema);

/**
 * Parses JSON from a tool, a server or a file. Undefined if it is not JSON, or its value does not match the schema.
 * @example parseJson(v.object({ digest: v.string() }), ended.stdout)?.digest
 */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> | undefined {
  const read = v.safeParse(jsonOf(schema), text);
  return read.success ? read.output : undefined;
}
