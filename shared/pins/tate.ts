import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { P2iError } from '../errors/errors.ts';
import { qualifiedNames } from '../taxonomy/qualified-names.ts';
import { readTaxonomy } from '../taxonomy/read.ts';
import type { Taxonomy } from '../taxonomy/taxonomy.ts';
import { NO_ENGAGEMENT, type Annotation, type Board, type Pin } from './pin.ts';

/** The bundled real sample: artworks of Tate's collection as Pins. data/tate/README.md is its card. */
export interface TateSample {
  taxonomy: Taxonomy;
  /** In the order of the file. */
  pins: Pin[];
  /** Ids of the interests that Tate's indexers gave, by Pin id; a Pin that they did not index is absent. */
  labels: Map<string, number[]>;
  /** Pin ids; the three parts are disjoint and together all labelled Pins. */
  split: TateSplit;
}

export interface TateSplit {
  train: string[];
  valid: string[];
  test: string[];
}

/** The fields of items.jsonl that are read. */
interface Item {
  id: string;
  title: string;
  group: number | null;
  groupTitle: string | null;
  artists: [id: number, name: string][];
  movements: [id: number, name: string][];
  labels: number[];
}

const LINE_FEED = 0x0a;

/**
 * Reads the sample from its directory. An artwork becomes a Pin with its title; its group, artists and movements are
 * its boards. The labels of the train part, and only of that part, are annotations too, as saved Pins carry them;
 * valid and test Pins have none, so that nothing leaks what they are judged by.
 *
 * @throws P2iError INPUT_UNREADABLE, ARTEFACT_INVALID, TAXONOMY_INVALID
 */
export async function readTate(directory: string): Promise<TateSample> {
  const itemsPath = join(directory, 'items.jsonl.zst');
  const [taxonomy, split, items] = await Promise.all([
    readTaxonomy(join(directory, 'taxonomy.jsonl')),
    readSplit(join(directory, 'split.json.zst')),
    readZstd(itemsPath),
  ]);
  const inTrain = new Set(split.train);
  const qualified = qualifiedNames(taxonomy);

  const pins: Pin[] = [];
  const labels = new Map<string, number[]>();
  for (let start = 0, line = 1; start < items.length; line++) {
    let end = items.indexOf(LINE_FEED, start);
    if (end < 0) end = items.length;
    const item = parseJson(items.toString('utf8', start, end), `${itemsPath}:${line}`) as Item;
    start = end + 1;

    const itemLabels = [...new Set(item.labels)];
    if (itemLabels.length > 0) labels.set(item.id, itemLabels);
    pins.push(pinOf(item, inTrain.has(item.id) ? annotationsOf(itemLabels, taxonomy, qualified) : []));
  }
  return { taxonomy, pins, labels, split };
}

function pinOf(item: Item, annotations: Annotation[]): Pin {
  return {
    id: item.id,
    version: 1,
    createdAt: 0,
    title: item.title,
    description: '',
    language: 'en',
    annotations,
    boards: boardsOf(item),
    engagement: NO_ENGAGEMENT,
    kind: 'image',
    country: null,
    embedding: null,
    deleted: false,
  };
}

function boardsOf(item: Item): Board[] {
  const boards = new Map<string, Board>();
  const add = (id: string, name: string): void => void boards.set(id, { id, name });
  if (item.group !== null) add(`group:${item.group}`, item.groupTitle ?? '');
  for (const [id, name] of item.artists) add(`artist:${id}`, name);
  for (const [id, name] of item.movements) add(`movement:${id}`, name);
  return [...boards.values()];
}

/** The labels in words; where a name alone could mean several interests, with as much of its path as tells them apart. */
function annotationsOf(
  labels: readonly number[],
  taxonomy: Taxonomy,
  qualified: ReadonlyMap<number, string>,
): Annotation[] {
  return labels.map((id) => {
    const index = taxonomy.indexOf(id);
    return { term: qualified.get(index) ?? taxonomy.names[index], confidence: 1, sources: ['label'] };
  });
}

async function readSplit(path: string): Promise<TateSplit> {
  return parseJson((await readZstd(path)).toString('utf8'), path) as TateSplit;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'malformed JSON', { where, cause });
  }
}

const decompress = promisify(zstdDecompress);

async function readZstd(path: string): Promise<Buffer> {
  let compressed: Buffer;
  try {
    compressed = await readFile(path);
  } catch (cause) {
    const message = `the sample cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`;
    throw new P2iError('INPUT_UNREADABLE', message, { where: path, cause });
  }
  try {
    return await decompress(compressed);
  } catch (cause) {
    throw new P2iError('ARTEFACT_INVALID', 'the zstd data is truncated or broken', { where: path, cause });
  }
}
