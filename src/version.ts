/** The version of the package, of op and of everything in `dist/`; a test keeps it equal to package.json. */
export const version = '0.1.0';
