import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parsePolicy, readPolicy } from '../../../consumer/unsafe/policy.ts';
import { UnderstoodPolicy } from '../../../consumer/unsafe/understood.ts';
import { FollowedTaxonomy } from '../../../consumer/taxonomies/followed.ts';
import { P2iError } from '../../../shared/errors/errors.ts';
import { readTaxonomy } from '../../../shared/taxonomy/read.ts';
import { zoo } from '../../support/zoo.ts';
import { policyOf, RULES } from './made.ts';

const EXAMPLES = join(import.meta.dirname, '../../../consumer/examples/data');
const TATE = join(import.meta.dirname, '../../../data/tate/taxonomy.jsonl');

/** The message of the POLICY_INVALID that the work throws. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert(error instanceof P2iError);
    assert.equal(error.code, 'POLICY_INVALID');
    return error.message;
  }
  return assert.fail('nothing was refused');
}

describe('an unsafe-content policy', () => {
  test('names every problem and its place at once', () => {
    const rules = [
      { name: 'a', interest: 4, threshold: 0.5, action: 'remove' },
      { name: 'a', interest: 4, threshold: 0, action: 'remove' },
      { name: 'b', interest: -4, threshold: 1.5, action: 'burn' },
      { name: '', marked: 'hidden', threshold: 1, action: 'limit' },
      { name: 'c', interest: 4, marked: 'unsafe', threshold: 1, action: 'limit' },
      { name: 'd', threshold: 1, action: 'limit' },
      { name: 'e', interest: 4, threshold: 1, action: 'limit', until: 'later' },
    ];
    const message = refusal(() => parsePolicy(JSON.stringify({ revision: 0, rules }), 'policy.json'));
    assert.match(message, /^policy\.json: /);
    const places = [
      ...['taxonomy', 'revision', 'rules[1].threshold', 'rules[2].interest', 'rules[2].threshold'],
      ...['rules[2].action', 'rules[3].name', 'rules[3].marked', 'rules[4]', 'rules[5]', 'rules[6]'],
    ];
    for (const place of places) assert.ok(message.includes(` ${place}: `), `${place} in ${message}`);
  });

  test('has no two rules of one name', () => {
    assert.match(
      refusal(() => policyOf([RULES[0], RULES[1], RULES[0]])),
      /rules\[2\]\.name: there is another no cats/,
    );
  });

  test('has one rule at least: an empty file lets nothing back', () => {
    assert.match(
      refusal(() => policyOf([])),
      /policy\.json: rules: /,
    );
    assert.match(
      refusal(() => parsePolicy('', 'empty.json')),
      /^empty\.json: it is no JSON/,
    );
    assert.match(
      refusal(() => parsePolicy('[]', 'list.json')),
      /^list\.json: the policy: /,
    );
  });

  test('is the same in any order of its rules, and another one where anything in it is different', () => {
    const { hash } = policyOf();
    assert.equal(policyOf([...RULES].reverse()).hash, hash);
    const others = [
      policyOf(RULES, 2),
      policyOf(RULES, 1, 'v2'),
      policyOf([RULES[0]]),
      policyOf([RULES[0], { ...RULES[1], threshold: 0.26 }]),
      policyOf([RULES[0], { ...RULES[1], action: 'limit' }]),
    ];
    assert.equal(new Set([hash, ...others.map((other) => other.hash)]).size, 6);
  });

  test('that names interests that its taxonomy does not have is refused, with all of them', () => {
    const rules = [
      ...RULES,
      { name: 'x', interest: 77, threshold: 0.5, action: 'limit' },
      { name: 'y', interest: 78, threshold: 0.5, action: 'limit' },
    ];
    const message = refusal(() => new UnderstoodPolicy(policyOf(rules), new FollowedTaxonomy(zoo('v1'))));
    assert.match(message, /taxonomy v1 has no interests 77 \(x\), 78 \(y\)/);
    assert.throws(() => new UnderstoodPolicy(policyOf(), new FollowedTaxonomy(zoo('v2'))), {
      code: 'TAXONOMY_UNKNOWN',
    });
  });

  test('that cannot be read is named', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'p2i-policy-'));
    await assert.rejects(readPolicy(join(directory, 'none.json')), { code: 'INPUT_UNREADABLE' });
    await rm(directory, { recursive: true });
  });

  test('of the example is stated in the bundled taxonomy, and the milder one takes its place', async () => {
    const taxonomy = await readTaxonomy(TATE);
    const revisions: number[] = [];
    for (const file of ['unsafe-policy.json', 'unsafe-policy-milder.json']) {
      const policy = await readPolicy(join(EXAMPLES, file));
      assert.deepEqual(new UnderstoodPolicy(policy, new FollowedTaxonomy(taxonomy)).stale, []);
      revisions.push(policy.revision);
    }
    assert.deepEqual(revisions, [1, 2]);
  });
});
