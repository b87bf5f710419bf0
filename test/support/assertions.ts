import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { P2iError, type ErrorCode } from '../../shared/errors/errors.ts';

/** For `assert.throws` and `assert.rejects`: a P2iError of the code, whose message fits. */
export function ofCode(expected: ErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof P2iError, String(error));
    assert.equal(error.code, expected);
    assert.match(error.message, message);
    return true;
  };
}

/** For what is told of failures where there are to be none. */
export function unexpected(error: P2iError): never {
  throw error;
}

/** The promise rejects with a P2iError of the code that says where. The failure shows where it was asked for. */
export async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  const asked = new Error('was asked here');
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof P2iError, String(error));
    assert.equal(error.code, code, `${error.stack}\n${asked.stack}`);
    assert.ok(error.where !== undefined);
    return true;
  });
}

/** Waits until the condition holds. @throws where that takes longer than `patienceMs` */
export async function untilTrue(
  condition: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `not within ${patienceMs} ms: ${condition.toString()}`);
    await sleep(20);
  }
}
