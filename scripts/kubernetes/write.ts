/** `npm run manifests`: writes the generated manifests (files.ts). */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { files, root } from './files.ts';

const made = files();
for (const [name, text] of Object.entries(made)) {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
}
console.log(`wrote ${Object.keys(made).join(', ')}`);
