// Stands for kubectl, helm or whatever brings a version to an environment.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

const [does, environment, text] = process.argv.slice(2);
const file = `sites/${environment}.html`;
mkdirSync('sites', { recursive: true });
if (does === 'up') writeFileSync(file, `<p>${text}</p>\n`);
else rmSync(file, { force: true });
console.log(`${file}: ${does}`);
