import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCorpus } from '../../quality/corpus.ts';
import { simulatedAnnotations } from '../../quality/simulated-annotations.ts';
import { TATE } from '../support/tate-jsonl.ts';

test('a simulated annotation keeps its promise: of those with confidence c, a share c is true', async () => {
  const { taxonomy, labels, split } = await readCorpus(TATE);
  const bins = Array.from({ length: 4 }, () => ({ n: 0, promised: 0, kept: 0 }));
  for (let i = 1; i < 8000; i++) {
    const [pin, other] = [split.train[i], split.train[split.train.length - i]];
    const own = labels.get(pin.id)!;
    const names = new Set([...own].map((index) => taxonomy.names[index]));
    for (const { term, confidence } of simulatedAnnotations(pin, own, labels.get(other.id)!, taxonomy)) {
      const bin = bins[Math.min(3, Math.floor((confidence - 0.2) / 0.2))];
      bin.n++;
      bin.promised += confidence;
      bin.kept += names.has(term) ? 1 : 0;
    }
  }
  for (const { n, promised, kept } of bins) {
    assert.ok(n > 1000);
    // A Pin runs out of false ones now and then, which leaves slightly more true ones.
    assert.ok(Math.abs(promised - kept) / n < 0.06, `promised ${promised / n}, kept ${kept / n}`);
  }
});
