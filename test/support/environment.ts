/** The environment without what configures P2I: a command under test gets its options from the test alone. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('P2I_')));
}
