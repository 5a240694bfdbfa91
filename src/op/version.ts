/** The version that `op --version` prints and image labels carry; a test keeps it equal to package.json. */
export const version = '0.1.0';
