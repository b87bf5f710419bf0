import { ensureSample } from '../../consumer/examples/support/sample.ts';
import { P2iConsumer, type PinInterests, type Taxonomy } from '../../consumer/index.ts';
import { unexpected } from '../../test/support/assertions.ts';

/** The results of the bundled sample, which is made where it is not there, and their taxonomy. */
export async function readSample(): Promise<{ results: PinInterests[]; taxonomy: Taxonomy }> {
  const p2i = await P2iConsumer.connect({ state: await ensureSample() });
  try {
    const { newest } = await p2i.taxonomy({ onInvalid: unexpected });
    const latest = await p2i.results.latest({ onUnreadable: unexpected });
    return { results: [...latest.values()], taxonomy: newest };
  } finally {
    await p2i.close();
  }
}
