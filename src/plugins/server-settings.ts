import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyHttpOptions, RawServerDefault } from 'fastify';
import type { ServerConfig } from '../config/types.ts';
import { requestId } from './request-context.ts';

/**
 * Node's own limits. headersTimeout is part of the body's deadline (the larger of both governs, checked once an
 * interval), and without an interval of our own a slow body may stay for half a minute longer.
 */
export function serverSettings(config: ServerConfig): FastifyHttpOptions<RawServerDefault> {
  return {
    genReqId: requestId,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    bodyLimit: config.bodyLimitBytes,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    maxRequestsPerSocket: config.maxRequestsPerSocket,
    // Requests that arrive on open connections while the server closes are served: the drain delay is over by then.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerUnreadableRequest,
    http: {
      headersTimeout: config.headersTimeoutMs,
      requestTimeout: config.requestTimeoutMs,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: config.maxHeaderBytes,
    },
  };
}

const statusLines: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** How long a client may take to read the refusal: closing at once, with its bytes unread, could reset the answer away. */
const lingerMs = 1000;

/** What cannot be read as HTTP is answered once, and the connection ends: nothing after it may be believed. */
function answerUnreadableRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy();
    return;
  }
  if (!socket.writable) return; // It was refused already, and what follows is thrown away.
  const answer = findPendingAnswer(socket);
  if (answer?.req.complete) {
    // The unreadable part came behind a whole request, which is being served: its answer is the last one.
    answer.once('close', () => end(socket));
    return;
  }
  if (answer?.headersSent) {
    socket.destroy();
    return;
  }
  const status = statusLines[error.code] ?? '400 Bad Request';
  const body = status.startsWith('400') ? 'Invalid HTTP request received.' : status.slice(4);
  end(
    socket,
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Sockets of a server are half-open when ended: without the timer, a client that stays would keep it. */
function end(socket: Socket, bytes = ''): void {
  socket.end(bytes);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}

/** Node keeps the answer that is being made on its socket; its own handler of unreadable requests looks there too. */
function findPendingAnswer(socket: Socket & { _httpMessage?: ServerResponse | null }): ServerResponse | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return socket._httpMessage ?? undefined;
}
