import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Of `Retry-After`, in seconds. */
  readonly retryAfter: number | undefined;
}

export interface Connection {
  /** One request at a time; `done` is called when its answer is complete. */
  exchange(request: Buffer, done: (answer: Answer) => void): void;
  close(): void;
}

export interface ConnectionOptions {
  /** On 127.0.0.1. */
  readonly port: number;
  /** The connection is of no more use: refused, cut off, or an answer that cannot be read. */
  readonly onFault: (error: Error) => void;
}

/**
 * HTTP/1.1 with keep-alive on a bare socket, as cheap as it gets: the generator shares the machine with what it measures.
 * Answers need a Content-Length. A server that says `Connection: close` is reconnected to.
 */
export function openConnection(options: ConnectionOptions): Connection {
  return new SocketConnection(options);
}

interface Head {
  readonly status: number;
  readonly bodyStart: number;
  readonly end: number;
  readonly closes: boolean;
  readonly retryAfter: number | undefined;
}

class SocketConnection implements Connection {
  readonly #options: ConnectionOptions;
  #socket: Socket | undefined;
  #received: Buffer | undefined;
  #head: Head | undefined;
  #done: ((answer: Answer) => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  exchange(request: Buffer, done: (answer: Answer) => void): void {
    if (this.#done) throw new TypeError('a request is under way');
    this.#done = done;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#options.port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (chunk) => this.#receive(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
    socket.on('error', (error) => this.#fail(socket, error));
    socket.on('close', () => this.#lose(socket));
    return socket;
  }

  #receive(chunk: Buffer): void {
    const received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    this.#received = received;
    this.#head ??= this.#readHead(received);
    const head = this.#head;
    if (!head || received.length < head.end) return;
    const done = this.#done;
    if (received.length > head.end || !done) return this.#fail(this.#socket, new Error('more bytes than announced'));
    this.#received = undefined;
    this.#head = undefined;
    this.#done = undefined;
    if (head.closes) this.close();
    done({ status: head.status, body: received.subarray(head.bodyStart), retryAfter: head.retryAfter });
  }

  #readHead(received: Buffer): Head | undefined {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const text = received.toString('latin1', 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
    if (length === undefined) {
      this.#fail(this.#socket, new Error(`an answer without Content-Length:\n${text}`));
      return undefined;
    }
    const bodyStart = end + 4;
    const closes = /\r\nconnection: close/i.test(text);
    const status = Number(text.slice(9, 12));
    // Only looked for where it may be: the generator is to be cheap.
    const wait = status < 400 ? undefined : /\r\nretry-after: (\d+)/i.exec(text)?.[1];
    const retryAfter = wait === undefined ? undefined : Number(wait);
    return { status, bodyStart, end: bodyStart + Number(length), closes, retryAfter };
  }

  /** A keep-alive connection that the server ends between two requests is opened again by the next. */
  #lose(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    if (this.#done) this.#fail(socket, new Error('the server ended the connection before its answer'));
  }

  #fail(socket: Socket | undefined, error: Error): void {
    if (socket !== this.#socket && this.#socket !== undefined) return;
    this.#done = undefined;
    this.close();
    this.#options.onFault(error);
  }
}
