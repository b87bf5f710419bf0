import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Runs a script of bench/support in a process of its own. @returns what it sends */
export async function runChild<Figures>(script: string, task: object): Promise<Figures> {
  const child = fork(`${import.meta.dirname}/${script}`, [JSON.stringify(task)]);
  const sent = once(child, 'message') as Promise<[Figures]>;
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0, `${script} failed with ${JSON.stringify(task)}`);
  return (await sent)[0];
}
