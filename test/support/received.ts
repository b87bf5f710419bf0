import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

/** A value as another thread receives it. */
export function received<T>(value: T): T {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const { message } = receiveMessageOnPort(port2) as { message: T };
  port1.close();
  return message;
}
