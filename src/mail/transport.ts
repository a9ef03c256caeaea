/** One plain-text mail. The address is one that `parseEmailAddress` took: nothing in it can become a header. */
export interface MailMessage {
  to: string;
  subject: string;
  text: string;
}

/** How mail leaves the process. */
export interface MailTransport {
  /** Resolves when the next server has taken it. Throws what went wrong: the mail is tried again later. */
  send(message: MailMessage): Promise<void>;
  close(): void;
}
