import { expect, test } from 'vitest';
import { createSerial } from '../../../src/host/serial.ts';

test('tasks run one after the other, in order, even if one fails', async () => {
  const serial = createSerial();
  const steps: string[] = [];
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = serial(async () => {
    steps.push('first begins');
    await gate;
    steps.push('first ends');
    throw new Error('broken');
  });
  const second = serial(async () => {
    steps.push('second');
    return 2;
  });
  await Promise.resolve();
  expect(steps).toEqual(['first begins']);
  open();
  await expect(first).rejects.toThrow('broken');
  expect(await second).toBe(2);
  expect(steps).toEqual(['first begins', 'first ends', 'second']);
});
