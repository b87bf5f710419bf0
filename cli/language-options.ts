import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { canonicalTag } from '../shared/language/tag.ts';

/** An option parser: BCP-47 tags with commas between them, each once, in canonical case. */
export function languagesOption(text: string): string[] {
  const tags = text.split(',').map((part) => {
    const tag = canonicalTag(part.trim());
    if (tag === undefined)
      throw new InvalidArgumentError(`${JSON.stringify(part)} is no BCP-47 tag; the form is cs,pt-BR.`);
    return tag;
  });
  return [...new Set(tags)];
}

/** What a language is called in English; its tag where there is no name. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag;
  } catch {
    // Tags for private use are valid, but have no names.
    return tag;
  }
}

/** Bytes of the files in a directory. */
export async function directoryBytes(directory: string): Promise<number> {
  const files = await readdir(directory);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
