import { ensureSample } from '../../consumer/examples/support/sample.ts';
import { P2iConsumer, type PinInterests, type Taxonomy } from '../../consumer/index.ts';

/** The results of the bundled sample, which is made where it is not there, and their taxonomy. */
export async function readSample(): Promise<{ results: PinInterests[]; taxonomy: Taxonomy }> {
  const p2i = await P2iConsumer.connect({ state: await ensureSample() });
  const fail = (error: Error): never => {
    throw error;
  };
  try {
    const { newest } = await p2i.taxonomy({ onInvalid: fail });
    const latest = await p2i.results.latest({ onUnreadable: fail });
    return { results: [...latest.values()], taxonomy: newest };
  } finally {
    await p2i.close();
  }
}
