import { posix } from 'node:path';
import type { Rule } from '../document.js';

/** One file per subject in a flat folder, and the first line of each names the version and the source file that it was generated from. */
export const saysWhereItIsFrom =
  (version: string, sourceExists: (path: string) => boolean): Rule =>
  (documents) => {
    const files = new Map(documents.map(({ file, header }) => [file, header]));
    return [...files].flatMap(([file, header]) => {
      const source = /\b((?:tasks|pipelines|src)\/[\w./-]+\.ts)\b/u.exec(header)?.[1];
      return [
        ...(posix.basename(file) === file ? [] : [{ where: file, message: 'stands in a folder' }]),
        ...(header.startsWith('# ') ? [] : [{ where: file, message: 'has no header line' }]),
        ...(header.includes(version) ? [] : [{ where: file, message: `the header does not name version ${version}` }]),
        ...(source === undefined ? [{ where: file, message: 'the header names no source file' }] : []),
        ...(source !== undefined && !sourceExists(source)
          ? [{ where: file, message: `${source} does not exist` }]
          : []),
      ];
    });
  };
