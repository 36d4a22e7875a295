/** `npm run dashboards`: writes what files.ts makes. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { files, root } from './files.ts';

const made = files();
for (const [name, text] of Object.entries(made)) writeFileSync(path.join(root, name), text);
console.log(`wrote ${Object.keys(made).join(', ')}`);
