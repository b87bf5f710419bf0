/** The domain: pure functions over batches and the artefacts that they load. */
const DOMAIN = '^shared/(taxonomy|language|lexical|candidates|cooccurrence|features|gbdt|embeddings|pins)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no part that can be understood, tested or moved alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-knows-no-runtime',
      comment: 'A stage does no Kafka, no metrics, no retries: the runtime around it does.',
      severity: 'error',
      from: { path: DOMAIN },
      to: {
        path: '^(shared/(stream|observability|registry)|workers|cli|inspector|bench|quality|test|scripts)/',
      },
    },
    {
      name: 'shared-knows-nobody-above',
      comment: 'Dependencies point one way: cli, inspector, workers, bench and test use shared.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(workers|cli|inspector|consumer|bench|quality|test|scripts)/' },
    },
    {
      name: 'workers-know-no-front',
      comment: 'A worker runs without a command line and without the inspector.',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: '^(cli|inspector|bench|quality|test|scripts)/' },
    },
    {
      name: 'package-is-small',
      comment:
        'What is published for consumers brings no command line and no server; its examples may use them.',
      severity: 'error',
      from: { path: '^consumer/', pathNot: '^consumer/examples/' },
      to: { path: '^(cli|inspector|quality|bench|train|consumer/examples)/' },
    },
    {
      name: 'nothing-uses-tests',
      comment: 'What runs in production never imports a test, a benchmark or a script.',
      severity: 'error',
      from: { path: '^(cli|inspector|consumer|workers|shared)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'only-installed-packages',
      comment: 'Every import resolves, and every package is in package.json.',
      severity: 'error',
      from: {},
      to: {
        dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'],
        couldNotResolve: true,
      },
    },
    {
      name: 'no-development-packages-in-production',
      comment: 'A development dependency is not there when the workers run.',
      severity: 'error',
      from: { path: '^(cli|inspector|consumer|workers|shared)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
