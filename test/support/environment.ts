/** Does the work with variables of the process set, from which secrets are read whenever they are needed. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  work: () => T | Promise<T>,
): Promise<T> {
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const variable of Object.keys(variables)) Reflect.deleteProperty(process.env, variable);
  }
}

/** The environment without what configures P2I: a command under test gets its options from the test alone. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('P2I_')));
}
