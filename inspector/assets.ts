import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const PAGE = join(import.meta.dirname, 'page');

/** A file that the page is made of. */
export interface Asset {
  type: string;
  body: string;
  gzipped: Buffer;
  etag: string;
}

/** The page's files by their paths, and its document. */
export interface Assets {
  files: ReadonlyMap<string, Asset>;
  document: Asset;
  /** What the policy allows beside files of our own: the document's import map, by its hash. */
  scriptHash: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page's libraries, as the browser imports them. */
const LIBRARIES = ['preact', 'preact/hooks', 'htm'];

/** Reads the page: types are taken out of its modules, nothing else is built. */
export async function loadAssets(): Promise<Assets> {
  const files = new Map<string, Asset>();
  const modules: string[] = [];
  for (const name of (await readdir(PAGE)).sort()) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const text = await readFile(join(PAGE, name), 'utf8');
    const path = `/page/${name}`;
    files.set(path, asset(type, name.endsWith('.ts') ? javaScriptOf(text) : text));
    if (name.endsWith('.ts')) modules.push(path);
  }
  const imports: Record<string, string> = {};
  for (const library of LIBRARIES) {
    const file = fileURLToPath(import.meta.resolve(library));
    const path = `/vendor/${basename(file)}`;
    const text = await readFile(file, 'utf8');
    files.set(path, asset(TYPES['.ts'], text.replace(/\n\/\/# sourceMappingURL=.*/, '')));
    imports[library] = path;
    modules.push(path);
  }
  const map = JSON.stringify({ imports });
  const template = await readFile(join(PAGE, 'index.html'), 'utf8');
  const preloads = modules.map((path) => `<link rel="modulepreload" href="${path}" />`).join('\n    ');
  const document = template
    .replace('<!-- imports -->', () => `<script type="importmap">${map}</script>`)
    .replace('<!-- modules -->', () => preloads);
  return {
    files,
    document: asset('text/html; charset=utf-8', document),
    scriptHash: `'sha256-${createHash('sha256').update(map).digest('base64')}'`,
  };
}

function asset(type: string, body: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
  return { type, body, gzipped: gzipSync(body), etag };
}

/** Node tells once that this is experimental; package.json pins the Node that does it. */
function javaScriptOf(typeScript: string): string {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(typeScript);
  } finally {
    process.emitWarning = emitWarning;
  }
}
