import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { P2iError } from '../../shared/errors/errors.ts';

/** The packages that the corpus is made from, by name, and their exact versions. */
export const PACKAGES: Readonly<Record<string, string>> = {
  '@openstreetmap/id-tagging-schema': '7.2.0',
  'cldr-annotations-full': '48.2.0',
  'cldr-dates-full': '48.2.0',
  'cldr-localenames-full': '48.2.0',
  'cldr-units-full': '48.2.0',
};

/** Any JSON: what is read from it is tested where it is read. */
export type Json = string | number | boolean | null | readonly Json[] | Entries;

/**
 * A folder of unpacked packages, each in the folder of its name.
 * @throws P2iError INPUT_UNREADABLE where a package is missing or of another version
 */
export class Packages {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const [name, version] of Object.entries(PACKAGES)) {
      const found = textOf(this.read(name, 'package.json', 'version'));
      if (found !== version) {
        throw new P2iError('INPUT_UNREADABLE', `${name} is version ${found ?? 'unknown'}, not ${version}`);
      }
    }
  }

  /**
   * What a JSON file of a package holds at a path of keys; undefined where there is no such key.
   * @throws P2iError INPUT_UNREADABLE where the file cannot be read
   */
  read(name: string, file: string, ...keys: readonly string[]): Json | undefined {
    const path = join(this.#folder, name, file);
    let value: Json | undefined;
    try {
      value = JSON.parse(readFileSync(path, 'utf8')) as Json;
    } catch (cause) {
      throw new P2iError('INPUT_UNREADABLE', 'cannot be read as JSON', { where: path, cause });
    }
    for (const key of keys) value = entriesOf(value)[key];
    return value;
  }
}

export interface Entries {
  readonly [key: string]: Json;
}

/** The entries of an object; none of anything else. */
export function entriesOf(json: Json | undefined): Entries {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Entries) : {};
}

/** The strings of a list; none of anything else. */
export function textsOf(json: Json | undefined): readonly string[] {
  return Array.isArray(json) ? json.filter((item): item is string => typeof item === 'string') : [];
}

/** A string; undefined for anything else. */
export function textOf(json: Json | undefined): string | undefined {
  return typeof json === 'string' ? json : undefined;
}
