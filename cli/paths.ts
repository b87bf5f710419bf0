import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Where the project keeps what its commands use unless they are told otherwise. */
export const PATHS = {
  schemas: join(ROOT, 'schemas'),
  tate: join(ROOT, 'data/tate'),
  taxonomy: join(ROOT, 'data/tate/taxonomy.jsonl'),
  shopify: join(ROOT, 'data/shopify/taxonomy.jsonl.zst'),
  everyday: join(ROOT, 'data/everyday/phrases.tsv.zst'),
  model: join(ROOT, 'models/tate'),
  heldOutModel: join(ROOT, 'models/tate-held-out'),
  textVectors: join(ROOT, 'models/text-vectors'),
  languages: join(ROOT, 'data/languages'),
} as const;
