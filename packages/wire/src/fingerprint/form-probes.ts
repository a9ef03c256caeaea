import type { Operation, Schema } from './operations.ts';
import { isTakenApart, propertyOf, requiredOf } from './operations.ts';
import type { Probe, ProbeAnswer } from './probe.ts';
import { detailOf, itemAt, itemsOf } from './probe.ts';

const urlencoded = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data';

/** Probes of forms: in each of them a required field is missing. */
export function formProbes(operations: readonly Operation[], isOpen: (operation: Operation) => boolean): Probe[] {
  const open = operations.filter(isOpen);
  const [form] = open.flatMap((operation) => formWithTwoTexts(operation));
  const [upload] = open.filter((operation) => requiredOf(formOf(operation) ?? {}).length > 0);
  return [
    ...(form === undefined ? [] : [emptyProbe(form), semicolonProbe(form), bareProbe(form), manyProbe(form)]),
    ...(upload === undefined ? [] : [garbageProbe(upload)]),
  ];
}

interface Form {
  operation: Operation;
  /** A required text, without rules that the empty one would break. */
  text: string;
  /** Another required field, which is never sent. */
  omitted: string;
  isModel: boolean;
}

function formOf({ bodies }: Operation): Schema | undefined {
  return bodies[urlencoded] ?? bodies[multipart];
}

function formWithTwoTexts(operation: Operation): Form[] {
  const schema = operation.bodies[urlencoded];
  if (schema === undefined) return [];
  const required = requiredOf(schema);
  const text = required.find((name) => propertyOf(schema, name).type === 'string');
  const omitted = required.find((name) => name !== text);
  if (text === undefined || omitted === undefined) return [];
  return [{ operation, text, omitted, isModel: !isTakenApart(schema) }];
}

interface FormProbe {
  body: string;
  type?: string;
  read: Probe['read'];
}

function probe(operation: Operation, { body, type = urlencoded, read }: FormProbe, omitted: string): Probe {
  return {
    method: operation.method,
    path: operation.path.replaceAll(/\{[^}]*\}/g, 'x'),
    headers: { 'content-type': type },
    body,
    harmless: `the required field ${omitted} is missing`,
    read,
  };
}

/** Whether the text was taken for missing; undefined when the answer is no such refusal. */
function isMissing(answer: ProbeAnswer, { text, omitted }: Form): boolean | undefined {
  if (itemAt(answer, 'body', omitted)?.type !== 'missing') return undefined;
  return itemAt(answer, 'body', text)?.type === 'missing';
}

function emptyProbe(form: Form): Probe {
  const member = form.isModel ? 'emptyFormModelValueIsMissing' : 'emptyFormValueIsMissing';
  const read: Probe['read'] = (answer) => {
    const value = isMissing(answer, form);
    if (value === undefined) return [];
    const evidence = `an empty required form field is ${value ? 'missing' : 'an empty text'}`;
    return [{ member, value, evidence }];
  };
  return probe(form.operation, { body: `${encodeURIComponent(form.text)}=`, read }, form.omitted);
}

function semicolonProbe(form: Form): Probe {
  const read: Probe['read'] = (answer) => {
    const missing = isMissing(answer, form);
    if (missing === undefined) return [];
    const evidence = `a field after a semicolon is ${missing ? 'part of the one before' : 'a field'}`;
    return [{ member: 'semicolonSeparatesFields', value: !missing, evidence }];
  };
  return probe(form.operation, { body: `zz=1;${encodeURIComponent(form.text)}=x`, read }, form.omitted);
}

/** Tells something only where an empty text counts: a lost field and an empty one look the same otherwise. */
function bareProbe(form: Form): Probe {
  const read: Probe['read'] = (answer) => {
    return isMissing(answer, form) === false
      ? [{ member: 'bareLastFieldIsLost', value: false, evidence: 'a bare name at the end of a form is a field' }]
      : [];
  };
  return probe(form.operation, { body: `zz=1&${encodeURIComponent(form.text)}`, read }, form.omitted);
}

function manyProbe(form: Form): Probe {
  const read: Probe['read'] = (answer) => {
    const isRefused = answer.status === 400 && String(detailOf(answer)).startsWith('Too many fields.');
    if (!isRefused && itemsOf(answer).length === 0) return [];
    const evidence = `1001 fields of a form are answered ${answer.status}`;
    return [{ member: 'maxFormFields', value: isRefused ? 1000 : null, evidence }];
  };
  return probe(form.operation, { body: Array.from({ length: 1001 }, () => 'zz=1').join('&'), read }, form.omitted);
}

function garbageProbe(operation: Operation): Probe {
  const [omitted = ''] = requiredOf(formOf(operation) ?? {});
  const read: Probe['read'] = (answer) => {
    const detail = detailOf(answer);
    if (answer.status !== 400 || typeof detail !== 'string') return [];
    return [
      { member: 'malformedMultipart', value: detail, evidence: `a broken multipart body is refused with: ${detail}` },
    ];
  };
  return probe(operation, { body: 'garbage', type: `${multipart}; boundary=fingerprint`, read }, omitted);
}
