import * as v from 'valibot';

/** The schema of a JSON text with a value of another schema in it, for `v.parse` and `v.safeParse` where the issues are needed. */
export const jsonOf = <Schema extends v.GenericSchema>(schema: Schema) => v.pipe(v.string(), v.parseJson(), schema);

/**
 * Reads JSON that came from a tool, a server or a file. Undefined when it is not JSON, or its value does not fit the schema.
 * @example parseJson(v.object({ digest: v.string() }), ended.stdout)?.digest
 */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> | undefined {
  const read = v.safeParse(jsonOf(schema), text);
  return read.success ? read.output : undefined;
}
