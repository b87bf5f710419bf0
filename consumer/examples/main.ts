import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Runs one of the examples beside this file; without a name, lists them. */
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length));
const [name, ...args] = process.argv.slice(2);
if (names.includes(name)) {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...args], {
    stdio: 'inherit',
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code! : 1;
  });
} else {
  process.stderr.write(`npm run example -- NAME, of ${names.join(', ')}; each has --help\n`);
  process.exitCode = name === undefined ? 0 : 1;
}
