/** The built program: what `npm run build` made. */
import { join } from 'node:path';

export const program = join(import.meta.dirname, '../../dist/godrift.js');
