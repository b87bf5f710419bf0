import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LabelledCorpus } from '../../quality/corpus.ts';
import { RankingAverage, type RankingFigures } from '../../quality/metrics.ts';
import type { Pin } from '../../shared/pins/pin.ts';
import { ensureVenv } from '../../train/venv.ts';

/** Of bench/support/annif_peer.py: Parabel by Annif's defaults, and with bigrams, and fastText. */
export const PROJECTS = ['parabel', 'parabel-bigrams', 'fasttext'] as const;

export type Project = (typeof PROJECTS)[number];

/** How a project is measured: all of Annif, or the backend's library alone, given the texts analysed. */
export type Way = 'suggest' | 'predict';

const BENCH = join(import.meta.dirname, '..');
const PEER = join(import.meta.dirname, 'annif_peer.py');
const REQUIREMENTS = join(BENCH, 'annif-requirements.txt');
const STATE = join(BENCH, '../.p2i/annif');

/** Annif, trained on the train part of the corpus, in a process of its own with the texts of the test part. */
export class Annif {
  readonly #corpus: LabelledCorpus;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  /** The last of what it said beside its answers. */
  #said = '';

  private constructor(corpus: LabelledCorpus, process: ChildProcessWithoutNullStreams) {
    this.#corpus = corpus;
    this.#process = process;
    this.#answers = createInterface(process.stdout)[Symbol.asyncIterator]();
    process.stderr.on(
      'data',
      (bytes: Buffer) => (this.#said = `${this.#said}${bytes.toString()}`.slice(-1000)),
    );
  }

  /** Makes the environment and trains at the first call, which takes two minutes; later ones find both. */
  static async open(corpus: LabelledCorpus): Promise<Annif> {
    const python = await ensureVenv(REQUIREMENTS, join(STATE, 'venv'));
    const documents = JSON.stringify(documentsOf(corpus));
    const hash = createHash('sha256').update(documents);
    for (const path of [REQUIREMENTS, PEER]) hash.update(await readFile(path));
    const made = hash.digest('hex');
    const directory = join(STATE, 'trained');
    // Names what it was trained on, and how.
    const stamp = join(directory, 'sha256');
    if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== made)
      await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await writeFile(stamp, made);
    const file = join(directory, 'corpus.json');
    await writeFile(file, documents);
    return new Annif(corpus, spawn(python, [PEER, directory, file]));
  }

  /** Classifies the test part. @param limit most suggestions of a text @returns seconds of CPU */
  async round(project: Project, way: Way, limit: number): Promise<number> {
    const { cpu } = await this.#order<{ cpu: number }>({ do: way, project, limit });
    return cpu;
  }

  /** How good its suggestions for the test part are, by the metrics of `p2i evaluate`. */
  async quality(project: Project): Promise<RankingFigures> {
    const { ranked } = await this.#order<{ ranked: number[][] }>({ do: 'rank', project, limit: 10 });
    const average = new RankingAverage();
    this.#corpus.split.test.forEach((pin, i) => average.add(ranked[i], new Set(leafIds(pin, this.#corpus))));
    return average.figures();
  }

  async close(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end();
    await exit;
  }

  async #order<Answer>(order: object): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const answer = await this.#answers.next();
    assert.ok(!answer.done, `annif_peer.py ended: ${this.#said}`);
    return JSON.parse(answer.value) as Answer;
  }
}

/** What annif_peer.py reads: as in docs/quality.md, titles and the names of boards, and the Pins' own leaf labels. */
function documentsOf(corpus: LabelledCorpus): object {
  const { taxonomy, split } = corpus;
  return {
    subjects: taxonomy.names.map((name, index) => [taxonomy.ids[index], name]),
    train: split.train.map((pin) => [textOf(pin), leafIds(pin, corpus)]),
    test: split.test.map(textOf),
  };
}

function textOf({ title, boards }: Pin): string {
  return [title, ...boards.map(({ name }) => name)].join(' ');
}

function leafIds({ id }: Pin, { taxonomy, labels }: LabelledCorpus): number[] {
  return [...labels.get(id)!].filter((index) => taxonomy.isLeaf[index]).map((index) => taxonomy.ids[index]);
}
