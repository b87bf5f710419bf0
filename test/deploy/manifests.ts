import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { customResourceModels, outcomeOf, pythonTools, type Ended } from './tools.ts';

/** A Kubernetes object: what of it is looked at. */
export interface Manifest {
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  spec: Spec;
  data?: Record<string, string>;
}

/** What is looked at of the specs of all kinds; each kind has its own of these. */
export interface Spec {
  replicas?: number;
  template: { metadata: { labels: Record<string, string> }; spec: Pod };
  selector: { matchLabels?: Record<string, string> } & Record<string, unknown>;
  podSelector?: { matchLabels: Record<string, string> };
  scaleTargetRef: { name: string };
  minReplicaCount: number;
  maxReplicaCount: number;
  triggers: { metadata: Record<string, string>; authenticationRef?: { name: string } }[];
  secretTargetRef: { parameter: string }[];
  policyTypes: string[];
  egress: { ports: { port: number }[] }[];
  groups: { rules: object[] }[];
}

export interface Pod {
  hostPID?: boolean;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: object;
  affinity?: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        labelSelector: { matchLabels: Record<string, string> };
      }[];
    };
  };
  volumes: { secret?: { secretName: string }; persistentVolumeClaim?: { claimName: string } }[];
  initContainers?: Container[];
  containers: Container[];
}

export interface Container {
  name: string;
  args: string[];
  env: { name: string; value?: string }[];
  resources: { requests?: object; limits?: { memory?: string } };
  securityContext: object;
  livenessProbe?: { httpGet: { path: string } };
  readinessProbe?: { httpGet: { path: string } };
  volumeMounts: { mountPath: string }[];
}

/** Containers with the pod that they are in, and what makes that. */
export interface Placed {
  manifest: Manifest;
  pod: Pod;
  container: Container;
}

export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
}

export function ofKind(made: readonly Manifest[], kind: string): Manifest[] {
  return made.filter((manifest) => manifest.kind === kind);
}

/** What makes pods. */
export function podMakers(made: readonly Manifest[]): Manifest[] {
  return made.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
}

export function containersOf(made: readonly Manifest[]): Placed[] {
  return podMakers(made).flatMap((manifest) => {
    const pod = manifest.spec.template.spec;
    return [...(pod.initContainers ?? []), ...pod.containers].map((container) => ({
      manifest,
      pod,
      container,
    }));
  });
}

export function valueOf({ env }: Container, variable: string): string | undefined {
  return env.find(({ name }) => name === variable)?.value;
}

/** By kind of a custom resource: where customResourceModels has its class. */
const CUSTOM: Readonly<Record<string, string>> = {
  ScaledObject: 'keda/keda.sh/v1alpha1',
  TriggerAuthentication: 'keda/keda.sh/v1alpha1',
  ServiceMonitor: 'prometheus-operator/monitoring.coreos.com/v1',
  PrometheusRule: 'prometheus-operator/monitoring.coreos.com/v1',
};

/** An object that knows whether it is as its schema says. */
export interface Model {
  /** Throws what is wrong. */
  validate(): void;
}

export function isCustom({ kind }: Pick<Manifest, 'kind'>): boolean {
  return kind in CUSTOM;
}

export async function modelOf(manifest: Manifest): Promise<Model> {
  const packages = join(await customResourceModels(), 'node_modules/@kubernetes-models');
  const path = join(packages, CUSTOM[manifest.kind], `${manifest.kind}.js`);
  const models = (await import(pathToFileURL(path).href)) as Record<string, new (data: Manifest) => Model>;
  return new models[manifest.kind](manifest);
}

/** Validates manifests by the schemas of a version of Kubernetes, which has none of custom resources: it says so of each. */
export async function validate(version: string, text: string): Promise<Ended> {
  const { python } = await pythonTools();
  const directory = mkdtempSync(join(tmpdir(), 'p2i-manifests-'));
  try {
    const file = join(directory, 'manifests.yaml');
    writeFileSync(file, text);
    const program = 'import sys; from kubernetes_validate.__main__ import main; sys.exit(main())';
    return await outcomeOf(python, ['-c', program, '-k', version, '--strict', '--quiet', file]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
