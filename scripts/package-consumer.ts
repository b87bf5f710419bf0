/**
 * Builds the published package, `p2i/consumer`: the JavaScript and the types of its entry points and of what these reach,
 * the schemas, and a package.json that names the few packages that they import. Usage: npm run package -- [directory]
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  type Dirent,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { P2iError } from '../shared/errors/errors.ts';

const ROOT = join(import.meta.dirname, '..');

/** Packages that one entry point, or one setting, needs: whoever uses it installs them. */
const OPTIONAL = new Set(['@platformatic/kafka', 'lmdb']);

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  exports: Record<string, string>;
  dependencies: Record<string, string>;
}

const directory = resolve(process.argv[2] ?? join(ROOT, '.p2i/package'));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
compile();
copyData();
writeFileSync(join(directory, 'package.json'), `${JSON.stringify(packageOf(manifest), null, 2)}\n`);
console.log(`${directory}: npm pack ${directory}, or npm publish ${directory}`);

function compile(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'consumer'), '--outDir', directory], {
    stdio: 'inherit',
  });
}

/** The schemas, and the data that lies beside the code that reads it. */
function copyData(): void {
  cpSync(join(ROOT, 'schemas'), join(directory, 'schemas'), { recursive: true });
  for (const folder of new Set(compiled().map(dirname)))
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true }))
      if (isData(join(ROOT, folder), entry))
        cpSync(join(ROOT, folder, entry.name), join(directory, folder, entry.name), { recursive: true });
  cpSync(join(ROOT, 'docs/consumers/README.md'), join(directory, 'README.md'));
  cpSync(join(ROOT, 'LICENSE'), join(directory, 'LICENSE'));
}

/** A file that is no code, or a folder without any. */
function isData(folder: string, entry: Dirent): boolean {
  if (entry.isFile()) return !/\.(ts|json)$/.test(entry.name);
  return globSync('**/*.ts', { cwd: join(folder, entry.name) }).length === 0;
}

function packageOf({ name, version, license, exports, dependencies }: Manifest): object {
  const imported = importedPackages();
  const versionOf = (wanted: string): [string, string] => {
    const of = dependencies[wanted];
    if (of === undefined)
      throw new P2iError('CONFIG_INVALID', `${wanted} is imported and no dependency`, {
        where: 'package.json',
      });
    return [wanted, of];
  };
  const peers = imported.filter((wanted) => OPTIONAL.has(wanted));
  return {
    ...{ name, version, license },
    description: 'Subscribes to the interests that Pin2Interest gives to Pins, and puts them to use',
    type: 'module',
    engines: { node: '>=24' },
    exports: Object.fromEntries(
      Object.entries(exports).map(([path, source]) => [
        path,
        { types: source.replace(/\.ts$/, '.d.ts'), default: source.replace(/\.ts$/, '.js') },
      ]),
    ),
    dependencies: Object.fromEntries(imported.filter((wanted) => !OPTIONAL.has(wanted)).map(versionOf)),
    peerDependencies: Object.fromEntries(peers.map(versionOf)),
    peerDependenciesMeta: Object.fromEntries(peers.map((peer) => [peer, { optional: true }])),
  };
}

/** What the JavaScript imports that is neither its own nor Node's. */
function importedPackages(): string[] {
  const packages = new Set<string>();
  for (const file of compiled()) {
    const source = readFileSync(join(directory, file), 'utf8');
    for (const [, specifier] of source.matchAll(/(?:\bfrom |^import |\bimport\()'([^'.][^']*)'/gm)) {
      if (specifier.startsWith('node:') || builtinModules.includes(specifier)) continue;
      packages.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  return [...packages].sort();
}

/** JavaScript files, relative to the package. */
function compiled(): string[] {
  return globSync('**/*.js', { cwd: directory });
}
