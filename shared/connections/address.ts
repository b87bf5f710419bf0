import { P2iError } from '../errors/errors.ts';

/**
 * The address of a server. It is shown in logs and lists of processes: a user or a password has no place in it.
 *
 * @param what of which server, and how it is configured
 * @param protocols that there are: `https:`…
 * @throws P2iError CONFIG_INVALID, without the address
 */
export function parseAddress(
  address: string,
  what: { server: 'REGISTRY' | 'REDIS'; protocols: readonly string[] },
): URL {
  const where = `P2I_${what.server}`;
  const url = URL.parse(address);
  if (url === null || !what.protocols.includes(url.protocol)) {
    const allowed = what.protocols.map((protocol) => `${protocol}//host:port`).join(' or ');
    throw new P2iError('CONFIG_INVALID', `no address of the form ${allowed}`, { where });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    const message = `it holds more than an address: ${where}_USER and ${where}_PASSWORD are for user and password`;
    throw new P2iError('CONFIG_INVALID', message, { where });
  }
  return url;
}
