import { Socket } from 'node:net';

/** Counts the sockets that this process opens from now on, by whatever way; those it accepts are not among them. */
export function countSockets(): { opened(): number; stop(): void } {
  const { connect } = Socket.prototype;
  let opened = 0;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    opened += 1;
    return Reflect.apply(connect, this, args) as Socket;
  };
  return {
    opened: () => opened,
    stop: () => {
      Socket.prototype.connect = connect;
    },
  };
}
