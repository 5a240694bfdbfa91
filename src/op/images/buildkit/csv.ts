/**
 * One value of the comma-separated form of `buildctl --output`, `--secret` and others, such as `type=oci,dest=/a,b` with `/a,b` a path.
 * Source: tonistiigi/go-csvvalue and RFC 4180: a field with a comma, a quote or a line break stands in quotes, and its quotes are doubled.
 */
export const csv = (fields: readonly (readonly [string, string])[]) =>
  fields.map(([key, value]) => quoted(`${key}=${value}`)).join(',');

const quoted = (field: string) => (/[",\r\n]/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
