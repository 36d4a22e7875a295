// Setup of test files that create large scratch directories: they are removed while the next file runs. A
// signal ends workers before they could remove them at their exit.
import { afterAll } from 'vitest';
import { removeScratchBeside } from './toolchains.ts';

afterAll(removeScratchBeside);
