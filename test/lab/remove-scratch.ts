// Set up for each file of tests that leave much behind: what one made goes while the next one runs. Workers are ended by a signal, and remove nothing themselves.
import { afterAll } from 'vitest';
import { removeScratchBeside } from './toolchains.ts';

afterAll(removeScratchBeside);
