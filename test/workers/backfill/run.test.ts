import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { P2iError } from '../../../shared/errors/errors.ts';
import {
  changed,
  hasEnded,
  headersOf,
  plannedRun,
  ranFor,
  type RunChange,
} from '../../../workers/backfill/run.ts';
import { ofCode } from '../../support/assertions.ts';
import { planOf } from './made.ts';

const CHANGES = ['start', 'pause', 'resume', 'cancel', 'complete'] as const satisfies RunChange[];

describe('a run', () => {
  test('goes from state to state, and is told who did that and when', () => {
    const planned = plannedRun(planOf({ planned: 5, by: 'ada' }));
    assert.deepEqual([planned.state, planned.since, planned.changedBy], ['planned', 5, 'ada']);
    const running = changed(planned, 'start', 'bob', 10);
    assert.deepEqual([running.state, running.started, running.changedBy], ['running', 10, 'bob']);
    const paused = changed(running, 'pause', 'cy', 30);
    assert.deepEqual([paused.state, paused.since, paused.ranFor], ['paused', 30, 20]);
    const complete = changed(changed(paused, 'resume', 'cy', 100), 'complete', 'ledger', 101);
    assert.deepEqual([complete.state, complete.started, complete.ranFor], ['complete', 10, 21]);
  });

  test('refuses what does not fit its state, and takes what was done already as done', () => {
    const planned = plannedRun(planOf());
    for (const change of ['pause', 'resume', 'complete'] as const)
      assert.throws(
        () => changed(planned, change, 'x', 1),
        ofCode('RUN_REFUSED', /^run r1: it is planned; only a run that is /),
      );
    const running = changed(planned, 'start', 'x', 1);
    assert.equal(changed(running, 'start', 'y', 2), running);
    assert.equal(changed(running, 'resume', 'y', 2), running);
  });

  test('ends once, and has run for as long as it was running, whatever is asked of it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...CHANGES), fc.nat(1000))), (script) => {
        let run = plannedRun(planOf({ planned: 0 }));
        let time = 0;
        let running = 0;
        let wasRunning = false;
        for (const [change, pause] of script) {
          if (run.state === 'running') running += pause;
          time += pause;
          assert.equal(ranFor(run, time), running);
          const before = run;
          try {
            run = changed(run, change, 'x', time);
          } catch (error) {
            assert.equal((error as P2iError).code, 'RUN_REFUSED');
          }
          if (hasEnded(before)) assert.equal(run, before);
          wasRunning ||= run.state === 'running';
          assert.equal(run.started !== null, wasRunning);
        }
      }),
    );
  });

  test('has headers that say what it is classified with, and what is not to be learnt or published from it', () => {
    assert.deepEqual(headersOf(planOf({ model: 'm', generation: 3 })), {
      ...{ run: 'r1', 'run-order': '7', lane: 'batch', taxonomy: 't1', model: 'm', generation: '3' },
    });
    const { shadow, learn, model, generation } = headersOf(planOf({ shadow: true, learns: false }));
    assert.deepEqual([shadow, learn, model, generation], ['true', 'false', undefined, undefined]);
  });
});
