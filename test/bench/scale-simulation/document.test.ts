import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withTables } from '../../../bench/scale-simulation/document.ts';
import { P2iError } from '../../../shared/errors/errors.ts';

describe('a document with tables', () => {
  const rows = [{ pool: 'fused', workers: 7 }];

  test('has them between their marks, in place of older ones, and the rest as it was', () => {
    const once = withTables('a\n<!-- pools -->\nold\n<!-- /pools -->\nb', { pools: rows });
    assert.equal(
      once,
      'a\n<!-- pools -->\n\n| pool | workers |\n| --- | --- |\n| fused | 7 |\n\n<!-- /pools -->\nb',
    );
    assert.equal(withTables(once, { pools: rows }), once);
  });

  test('is refused where a table has no place', () => {
    assert.throws(
      () => withTables('nothing', { pools: rows }),
      (error) => error instanceof P2iError && error.code === 'CONFIG_INVALID',
    );
  });
});
