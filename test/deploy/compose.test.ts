import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { plainEnvironment } from '../support/environment.ts';
import { commandOf, VARIABLES } from './commands.ts';
import { outcomeOf, pythonTools, ROOT, toolsAvailable, type Ended } from './tools.ts';

/** What Docker Compose makes of a service: what of it is looked at. */
interface Service {
  image: string;
  build?: object;
  command?: string[] | null;
  entrypoint?: string[] | null;
  environment?: Record<string, string>;
  pid?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  tmpfs?: string[];
  stop_grace_period?: string;
  healthcheck?: { disable?: boolean; test?: string[] };
  volumes?: { type: string; source: string; target: string }[];
  ports?: { host_ip?: string; target: number }[];
  depends_on?: Record<string, { condition: string }>;
}

const tools = toolsAvailable('python3');

describe('docker-compose.yml', { skip: !tools.available && tools.why }, () => {
  let services: Record<string, Service>;
  const own = (): [string, Service][] =>
    Object.entries(services).filter(([, { build }]) => build !== undefined);
  const workers = (): [string, Service][] => own().filter(([, { command }]) => command?.[0] === 'worker');

  async function compose(env: Record<string, string>): Promise<Ended> {
    const { compose: program } = await pythonTools();
    const args = ['-f', join(ROOT, 'docker-compose.yml'), '--profile', '*', 'config', '--format', 'json'];
    return outcomeOf(program, args, { ...plainEnvironment(), ...env });
  }

  before(async () => {
    const { code, output } = await compose({ P2I_TOKEN: 'a token of the test' });
    assert.equal(code, 0, output);
    ({ services } = JSON.parse(output) as { services: Record<string, Service> });
  });

  test('is taken by Docker Compose, which wants a token for the inspector', async () => {
    const { code, output } = await compose({});
    assert.notEqual(code, 0);
    assert.match(output, /P2I_TOKEN is missing/);
  });

  test('has a worker for each stage and the instant lane, a backfill worker and the inspector', () => {
    const stages = workers().map(([name, { environment }]) => [name, environment!['P2I_STAGES']]);
    assert.deepEqual(Object.fromEntries(stages), {
      ...{ candidates: 'candidates', features: 'features', ranking: 'ranking', publishing: 'publishing' },
      ...{ cooccurrence: 'cooccurrence', instant: 'candidates,features,ranking' },
    });
    assert.equal(services['instant'].environment!['P2I_LANE'], 'instant');
    assert.deepEqual(services['backfill'].command, ['backfill', 'worker']);
    assert.deepEqual(services['inspector'].command, ['serve']);
  });

  test('gives our containers as little as they need', () => {
    for (const [name, service] of own()) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(
        [service.cap_drop, service.security_opt, service.tmpfs],
        [['ALL'], ['no-new-privileges:true'], ['/tmp']],
        name,
      );
      assert.equal(service.stop_grace_period, '35s', name);
    }
  });

  test('starts commands that there are, with variables that they read', () => {
    for (const [name, { command, environment, entrypoint }] of own()) {
      for (const variable of Object.keys(environment!))
        assert(VARIABLES.has(variable), `${name}: ${variable}`);
      if (command && !entrypoint) assert(commandOf(command), name);
    }
    const [script] = services['setup'].command!;
    for (const [, args] of script.matchAll(/node cli\/main\.ts (.*)/g))
      assert(commandOf(args.split(' ')), args);
  });

  test('starts each service once what it needs is there', () => {
    for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        assert.equal(
          condition,
          needed === 'setup' ? 'service_completed_successfully' : 'service_healthy',
          name,
        );
        if (condition === 'service_healthy') assert(services[needed].healthcheck?.test, needed);
      }
    }
  });

  test('lets whoever shares the co-occurrence store have process ids that differ', () => {
    const shares = (service: Service): boolean =>
      !!service.volumes?.some(({ source }) => source === 'cooccurrence');
    const sharing = Object.keys(services).filter((name) => shares(services[name]));
    assert.deepEqual(sharing.sort(), [
      'candidates',
      'cooccurrence',
      'features',
      'inspector',
      'instant',
      'p2i',
    ]);
    for (const [name, service] of Object.entries(services))
      assert.equal(service.pid, shares(service) ? 'host' : undefined, name);
  });

  test('is open to this machine alone, and names versions of images', () => {
    for (const [name, { ports = [], image, build }] of Object.entries(services)) {
      for (const port of ports) assert.equal(port.host_ip, '127.0.0.1', name);
      if (!build) assert.match(image, /:v?\d+\.\d+(\.\d+)?(-\w+)?$/, name);
    }
  });

  test('lets Prometheus read every process, and Grafana find it', () => {
    const config = parse(readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8')) as {
      scrape_configs: [{ dns_sd_configs: [{ names: string[]; port: number }] }, unknown];
    };
    const [{ names, port }] = config.scrape_configs[0].dns_sd_configs;
    assert.deepEqual(names.toSorted(), [...workers().map(([name]) => name), 'backfill'].sort());
    assert.match(readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8'), new RegExp(`P2I_PORT=${port}$`, 'm'));
    const { datasources } = parse(
      readFileSync(join(ROOT, 'deploy/grafana/provisioning/datasources/prometheus.yml'), 'utf8'),
    ) as { datasources: { url: string }[] };
    assert.equal(datasources[0].url, 'http://prometheus:9090');
    for (const { volumes = [] } of Object.values(services))
      for (const { type, source } of volumes)
        if (type === 'bind') assert(source.startsWith(join(ROOT, 'deploy')), source);
  });
});
