import { expect, it } from 'vitest';
import { countRefusal, refusals } from '../../../src/host/counted-fs.ts';
import { remembered } from '../../../src/observe/remembered.ts';

it('what was made while the system refused something is made anew when it is well again', () => {
  const remember = remembered<string>(10);
  let open = false;
  const look = () => {
    const why = refusals();
    const value = remember('file and stamp', () => {
      if (!open) countRefusal({ code: 'EMFILE' });
      return open ? 'a program' : 'cannot be read';
    });
    return { value, refused: why() !== undefined };
  };
  expect(look()).toEqual({ value: 'cannot be read', refused: true });
  open = true;
  expect(look()).toEqual({ value: 'a program', refused: false });
  open = false;
  expect(look()).toEqual({ value: 'a program', refused: false });
});
