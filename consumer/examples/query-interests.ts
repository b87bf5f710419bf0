/**
 * What search queries are about, by the taxonomy that is published, in the languages that P2I reads.
 */
import { join } from 'node:path';
import { Argument, Option } from 'commander';
import type { P2iConsumer } from 'p2i/consumer';
import { QueryInterests, type QueryArtefacts, type ScoredInterest } from 'p2i/consumer/queries';
import type { LogOptions } from '../../cli/log-options.ts';
import { print, printJson, warn } from '../../cli/output.ts';
import { PATHS } from '../../cli/paths.ts';
import { integerOption } from '../../cli/program.ts';
import { COOCCURRENCE_DIRECTORY } from '../../workers/embedded-run.ts';
import { runExample } from './support/example.ts';
import { interestTable } from './support/interest-table.ts';
import { SAMPLE_STATE } from './support/sample.ts';

interface Options extends LogOptions {
  cooccurrence?: string;
  language?: string;
  top: number;
  json?: true;
}

/** Asked where nothing else is. */
const QUERIES = ['ruined castle by a lake', 'Gelbe Blumen in einer Vase', '雪山'];

await runExample<Options>({
  name: 'query-interests',
  description: 'the interests of search queries (Q2I)',
  usage: 'npm run example -- query-interests "ruined castle by a lake"',
  arguments: [new Argument('[queries...]', 'what is searched for')],
  options: [
    new Option(
      '--cooccurrence <directory>',
      'co-occurrence store; of an embedded run it is that of its state',
    ),
    new Option('--language <tag>', 'BCP-47 tag of the queries; found out where it is absent'),
    new Option('--top <number>', 'interests to print of each').argParser(integerOption(1, 200)).default(8),
    new Option('--json', 'print one JSON document'),
  ],
  async run(p2i, { language, top, json, ...options }, asked) {
    const queries = await QueryInterests.open(await artefactsOf(p2i, options));
    try {
      const answers = (asked.length > 0 ? asked : QUERIES).map((query) => {
        const start = performance.now();
        const interests = queries.queryToInterests(query, language);
        return { query, milliseconds: performance.now() - start, interests };
      });
      if (json) printJson(answers);
      else
        for (const { query, milliseconds, interests } of answers) show(query, milliseconds, interests, top);
    } finally {
      await queries.close();
    }
  },
});

/** What P2I brings with it, the taxonomy version that was published last, and what a run has learned of it. */
async function artefactsOf(
  p2i: P2iConsumer,
  { brokers, state = SAMPLE_STATE, cooccurrence }: Pick<Options, 'brokers' | 'state' | 'cooccurrence'>,
): Promise<QueryArtefacts> {
  const { newest: taxonomy } = await p2i.taxonomy({ onInvalid: warn });
  const { model, languages, textVectors } = PATHS;
  const learned = cooccurrence ?? (brokers === undefined ? join(state, COOCCURRENCE_DIRECTORY) : undefined);
  return { taxonomy, model, languages, textVectors, ...(learned !== undefined && { cooccurrence: learned }) };
}

function show(query: string, milliseconds: number, interests: readonly ScoredInterest[], top: number): void {
  print(`${query} (${milliseconds.toFixed(1)} ms)`);
  const isEmpty = interests.length === 0;
  print(isEmpty ? 'nothing that the taxonomy has' : interestTable(interests.slice(0, top)), '');
}
