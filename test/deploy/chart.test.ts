import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Lane } from '../../shared/features/feature.ts';
import type { StageName } from '../../shared/stream/stage.ts';
import { poolOf } from '../../workers/pools/pool.ts';
import { commandOf, VARIABLES } from './commands.ts';
import {
  containersOf,
  isCustom,
  manifestsOf,
  modelOf,
  ofKind,
  podMakers,
  validate,
  valueOf,
  type Container,
  type Manifest,
} from './manifests.ts';
import { RULES } from './metric-names.ts';
import { renderChart, ROOT, toolsAvailable, type Chart } from './tools.ts';

const CHART = join(ROOT, 'deploy/helm/p2i');
const SETUP = 'templates/setup.yaml';
const VALUES = join(import.meta.dirname, 'values');
const accepted = namesIn(VALUES);
const refused = namesIn(join(VALUES, 'refused'));

/** The oldest Kubernetes that the chart is for and of which there are schemas, and the newest of these. */
const KUBERNETES = ['1.27', '1.37'];

const COMPONENT = 'app.kubernetes.io/component';
/** Kinds that select pods by labels. */
const SELECTING = ['Deployment', 'StatefulSet', 'Service', 'PodDisruptionBudget', 'NetworkPolicy'];

const tools = toolsAvailable('java', 'mvn', 'python3');

describe('the chart', { skip: !tools.available && tools.why }, () => {
  let chart: Chart;
  const manifests = new Map<string, Manifest[]>();

  const directory = mkdtempSync(join(tmpdir(), 'p2i-chart-'));
  after(() => rmSync(directory, { recursive: true }));

  /** A copy of the chart of which Helm’s template shows the Job as well: hooks it leaves out. */
  function withoutHooks(): string {
    const copy = join(directory, 'p2i');
    cpSync(CHART, copy, { recursive: true });
    const setup = readFileSync(join(CHART, SETUP), 'utf8');
    writeFileSync(join(copy, SETUP), setup.replace(/^ +helm.sh\/hook.*\n/gm, ''));
    return copy;
  }

  before(async () => {
    const files = [
      ...accepted.map((name) => [VALUES, name]),
      ...refused.map((name) => [VALUES, 'refused', name]),
    ];
    chart = await renderChart(
      withoutHooks(),
      files.map((parts) => `${join(...parts)}.yaml`),
    );
    for (const name of accepted) {
      const { manifests: text, refused: why } = chart.rendered.get(name)!;
      assert(text !== undefined, `${name}: ${why}`);
      manifests.set(name, manifestsOf(text));
    }
  });

  test('passes Helm’s lint', () => {
    assert.equal(chart.lint.refused, undefined);
  });

  test('refuses values that cannot work, and says which', () => {
    for (const name of refused) {
      const { manifests: made, refused: why } = chart.rendered.get(name)!;
      assert.equal(made, undefined, name);
      assert.match(why!, /at '\/?|needs|names Secrets|exclude each other|is missing/, name);
    }
  });

  for (const name of accepted) {
    describe(`with ${name}.yaml`, () => {
      test('makes objects that Kubernetes knows, to the last property', async () => {
        const text = chart.rendered.get(name)!.manifests!;
        for (const version of KUBERNETES) {
          const { code, output } = await validate(version, text);
          assert.equal(code, 0, output);
          // Custom resources have schemas of their own.
          const unknown = [...output.matchAll(/find schema for kind (\w+)/g)].map(([, kind]) => kind);
          assert.deepEqual(
            unknown.filter((kind) => !isCustom({ kind })),
            [],
          );
        }
      });

      test('makes custom resources as their operators want them', async () => {
        for (const manifest of manifests.get(name)!)
          if (isCustom(manifest)) (await modelOf(manifest)).validate();
      });

      test('gives each container as little as it needs', () => {
        for (const { pod, container } of containersOf(manifests.get(name)!)) {
          assert.deepEqual(
            { ...pod.securityContext },
            {
              ...{ runAsNonRoot: true, runAsUser: 27182, runAsGroup: 27182, fsGroup: 27182 },
              fsGroupChangePolicy: 'OnRootMismatch',
              seccompProfile: { type: 'RuntimeDefault' },
            },
          );
          assert.equal(pod.automountServiceAccountToken, false);
          assert.deepEqual(container.securityContext, {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          assert(container.resources.requests && container.resources.limits?.memory, container.name);
          assert(
            container.volumeMounts.some(({ mountPath }) => mountPath === '/tmp'),
            container.name,
          );
        }
      });

      test('starts commands that there are, with variables that they read', () => {
        for (const { container } of containersOf(manifests.get(name)!)) {
          assert(commandOf(container.args), container.args.join(' '));
          for (const variable of container.env)
            assert(VARIABLES.has(variable.name) || variable.name.startsWith('OTEL_'), variable.name);
        }
      });

      test('probes whatever runs on, and lets it end its batch', () => {
        for (const { pod, container, manifest } of containersOf(manifests.get(name)!)) {
          if (manifest.kind === 'Job') continue;
          assert.equal(container.livenessProbe?.httpGet.path, '/live');
          assert.equal(container.readinessProbe?.httpGet.path, '/ready');
          const grace = Number(valueOf(container, 'P2I_GRACE') ?? 10);
          assert(pod.terminationGracePeriodSeconds > grace, container.name);
        }
      });

      test('scales by lag what may be, never beyond the partitions, and by the group’s own topic', () => {
        const made = manifests.get(name)!;
        for (const { spec } of ofKind(made, 'ScaledObject')) {
          const target = made.find(
            ({ kind, metadata }) => kind === 'Deployment' && metadata.name === spec.scaleTargetRef.name,
          )!;
          assert.equal(target.spec.replicas, undefined, 'two would set it');
          const [container] = target.spec.template.spec.containers;
          const pool = poolOfContainer(container);
          assert(!pool.group.endsWith('-instant'));
          const [{ metadata }] = spec.triggers;
          assert.deepEqual([metadata.consumerGroup, metadata.topic], [pool.group, pool.topic]);
          assert.equal(metadata.allowIdleConsumers, 'false');
          assert(spec.minReplicaCount <= spec.maxReplicaCount && spec.maxReplicaCount <= partitionsOf(name));
        }
      });

      test('keeps whoever reads the co-occurrence store on its node, with process ids that differ', () => {
        for (const { kind, metadata, spec } of podMakers(manifests.get(name)!)) {
          const { hostPID, affinity, volumes } = spec.template.spec;
          const component = metadata.labels[COMPONENT];
          const reads = volumes.some(({ persistentVolumeClaim: claim }) => claim?.claimName === 'p2i-store');
          assert.equal(hostPID, reads ? true : undefined, component);
          if (component === 'cooccurrence')
            assert.deepEqual([kind, spec.replicas, reads], ['StatefulSet', 1, true]);
          else if (reads) {
            const [near] = affinity!.podAffinity.requiredDuringSchedulingIgnoredDuringExecution;
            assert.equal(near.labelSelector.matchLabels[COMPONENT], 'cooccurrence');
          }
        }
      });

      test('selects the pods that it means', () => {
        const made = manifests.get(name)!;
        const pods = podMakers(made).map(({ spec }) => spec.template.metadata.labels);
        for (const { kind, metadata, spec } of made) {
          if (!SELECTING.includes(kind)) continue;
          const selector =
            kind === 'Service' ? spec.selector : (spec.podSelector ?? spec.selector).matchLabels!;
          const selected = pods.filter((labels) =>
            Object.entries(selector).every(([key, value]) => labels[key] === value),
          );
          assert(selected.length > 0, `${kind} ${metadata.name}`);
          if (kind === 'PodDisruptionBudget') assert.equal(selected.length, 1);
        }
      });
    });
  }

  test('has a pool for each stage of its shape', () => {
    const groups = (name: string): string[] =>
      containersOf(manifests.get(name)!)
        .filter(({ container }) => commandOf(container.args) === 'worker')
        .map(({ container }) => poolOfContainer(container).group)
        .sort();
    const stages = ['candidates', 'features', 'ranking', 'publishing', 'cooccurrence'].map(
      (stage) => `p2i-${stage}`,
    );
    const instant = 'p2i-candidates-features-ranking-instant';
    assert.deepEqual(groups('pools'), [...stages, instant].sort());
    assert.deepEqual(groups('least'), stages.toSorted());
    const fused = 'p2i-candidates-features-ranking';
    assert.deepEqual(
      groups('fused'),
      ['p2i-candidates', 'p2i-cooccurrence', 'p2i-publishing', fused, instant].sort(),
    );
  });

  test('holds secrets by name only, and mounts each', () => {
    const made = manifests.get('secured')!;
    assert.deepEqual(ofKind(made, 'Secret'), []);
    for (const { pod, container, manifest } of containersOf(made)) {
      const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
      for (const { name, value } of container.env)
        if (name.endsWith('_FILE'))
          assert(
            mounted.some((path) => value!.startsWith(`${path}/`)),
            `${name}: ${value}`,
          );
      const secrets = pod.volumes.flatMap(({ secret }) => secret?.secretName ?? []);
      const token = manifest.metadata.name === 'p2i-inspector' ? ['p2i-inspector'] : [];
      assert.deepEqual(secrets.sort(), [...SECRETS, ...token].sort());
    }
    const [{ spec }] = ofKind(made, 'TriggerAuthentication');
    assert.deepEqual(
      spec.secretTargetRef.map(({ parameter }) => parameter),
      [...['username', 'password', 'ca', 'cert', 'key']],
    );
    for (const { spec: scaled } of ofKind(made, 'ScaledObject')) {
      const [{ metadata, authenticationRef }] = scaled.triggers;
      assert.deepEqual(
        [metadata.sasl, metadata.tls, authenticationRef?.name],
        ['scram_sha512', 'enable', 'p2i-kafka'],
      );
    }
  });

  test('lets pods reach names, brokers, registry and Redis, and nothing else', () => {
    const ports = (name: string): number[] => {
      const [{ spec }] = ofKind(manifests.get(name)!, 'NetworkPolicy');
      assert.deepEqual(spec.policyTypes, ['Ingress', 'Egress']);
      return spec.egress.flatMap((rule) => rule.ports.map(({ port }) => port));
    };
    assert.deepEqual(ports('pools'), [53, 53, 9092, 8080, 6379]);
    assert.deepEqual(ports('fused'), [53, 53, 9092, 9093, 8080, 6379]);
    assert.deepEqual(ports('secured'), [53, 53, 9094, 443, 6379]);
  });

  test('hands over all rules and the dashboard', () => {
    const made = manifests.get('pools')!;
    const [{ spec }] = ofKind(made, 'PrometheusRule');
    const rules = spec.groups.flatMap((group) => group.rules);
    assert.deepEqual(rules, RULES);
    const [{ data }] = ofKind(made, 'ConfigMap');
    assert.equal((JSON.parse(data!['p2i.json']) as { uid: string }).uid, 'p2i');
  });

  test('sets up before workers start, and again before an upgrade', () => {
    assert.match(readFileSync(join(CHART, SETUP), 'utf8'), /^ {4}helm.sh\/hook: pre-install,pre-upgrade$/m);
    const [job] = ofKind(manifests.get('pools')!, 'Job');
    const { initContainers, containers } = job.spec.template.spec;
    assert.deepEqual(initContainers![0].args, [
      'topics',
      'create',
      '--partitions',
      '12',
      '--replication',
      '-1',
    ]);
    assert.deepEqual(containers[0].args, [
      'taxonomy',
      'publish',
      'data/tate/taxonomy.jsonl',
      '--reason',
      'chart',
    ]);
  });

  test('is checked by what finds mistakes', async () => {
    const text = chart.rendered.get('pools')!.manifests!;
    const misspelt = await validate(KUBERNETES[1], text.replace('maxUnavailable: 1', 'maxUnavailabel: 1'));
    assert.notEqual(misspelt.code, 0);
    const [scaled] = structuredClone(ofKind(manifests.get('pools')!, 'ScaledObject'));
    Object.assign(scaled.spec.triggers[0].metadata, { lagThreshold: 100 });
    const model = await modelOf(scaled);
    assert.throws(() => model.validate(), /lagThreshold must be string/);
  });
});

/** Secrets that values/secured.yaml names. */
const SECRETS = [
  'kafka-ca',
  'kafka-client',
  'kafka-user',
  'redis-ca',
  'redis-user',
  'registry-ca',
  'registry-token',
];

function poolOfContainer(container: Container): { group: string; topic: string } {
  return poolOf(
    valueOf(container, 'P2I_STAGES')!.split(',') as StageName[],
    valueOf(container, 'P2I_LANE') as Lane,
  );
}

function partitionsOf(values: string): number {
  return values === 'fused' ? 6 : 12;
}

function namesIn(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => (name.endsWith('.yaml') ? name.slice(0, -5) : []));
}
