// The recorded cases say in words for people how their route was declared (`declared`). This turns the words into Python:
// `Note4(total: Optional[Color5(str, Enum) ['r', 'g']] = None; extra='forbid')` is two classes and the name of the second.

export const preamble = `
import datetime as dt
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import *
from uuid import UUID
from fastapi import Body, Depends, FastAPI, Form, Header, Path, Query
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import *

app = FastAPI(openapi_url=None)
`;

export interface Parameter {
  name: string;
  /** Python source, as the default. */
  type: string;
  default: string | undefined;
  alias: string | undefined;
}

/** The parameters of a declaration, with each class that it brings along in `classes`: its name and its source. */
export function readDeclaration(declared: string, classes: Map<string, string>): Parameter[] {
  const text = hoistClasses(declared.replaceAll(/\bdatetime\.(?=[a-z])/g, 'dt.'), classes);
  if (/^\w+$/.test(text)) return [{ name: 'body', type: text, default: undefined, alias: undefined }];
  return splitOutside(text, /[,;] (?=\w+: )/y).map(readField);
}

const classStart = /\b([A-Z]\w*)\((?:((?:str, )?Enum|IntEnum)\) \[|RootModel\[|(?=\w+(?: \(alias='[^']*'\))?: ))/;

/** Declares the classes that are written where they are used, inner ones first, and leaves their names. */
function hoistClasses(text: string, classes: Map<string, string>): string {
  const start = classStart.exec(text);
  if (start === null) return text;
  const [opening, name = '', enumBase] = start;
  const open = enumBase === undefined ? start.index + name.length : start.index + opening.length - 1;
  const close = endOfBracket(text, open);
  const inside = text.slice(open + 1, close);
  classes.set(name, enumBase === undefined ? modelSource(name, inside, classes) : enumSource(name, enumBase, inside));
  return hoistClasses(`${text.slice(0, start.index)}${name}${text.slice(close + 1)}`, classes);
}

function enumSource(name: string, base: string, values: string): string {
  const members = splitOutside(values, /, /y).map((value, index) => `    M${index} = ${value}`);
  return [`class ${name}(${base}):`, ...members, ''].join('\n');
}

function modelSource(name: string, inside: string, classes: Map<string, string>): string {
  if (inside.startsWith('RootModel[')) return `class ${name}(${inside}):\n    pass\n`;
  const [fields = '', ...config] = splitOutside(hoistClasses(inside, classes), /; /y);
  const lines = splitOutside(fields, /, /y).map((field) => {
    const { name: key, type, default: value, alias } = readField(field);
    const facts = [value ?? [], alias === undefined ? [] : `alias=${alias}`].flat();
    // A text, so that a model may name itself.
    return `    ${key}: ${JSON.stringify(type)} = Field(${facts.join(', ')})`;
  });
  return [`class ${name}(BaseModel):`, `    model_config = ConfigDict(${config.join(', ')})`, ...lines, ''].join('\n');
}

const aliasWords = / \(alias=('(?:[^'\\]|\\.)*')\)/;

/** `size (alias='size-x'): Optional[int] = None`; the alias may also stand at the end. */
function readField(field: string): Parameter {
  const alias = aliasWords.exec(field)?.[1];
  const text = field.replace(aliasWords, '');
  const colon = text.indexOf(': ');
  const [type = '', value] = splitOutside(text.slice(colon + 2), / = /y);
  // `<Kind.M0: 1>` is how Python shows a member.
  return { name: text.slice(0, colon), type, default: value?.replaceAll(/<(\w+\.\w+): [^>]*>/g, '$1'), alias };
}

/** The parts of a text between the separators that stand outside brackets and quotes. */
function splitOutside(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    separator.lastIndex = at;
    const found = separator.exec(text);
    if (found !== null) {
      parts.push(text.slice(start, at));
      start = at + found[0].length;
      at = start - 1;
    } else {
      at = endOfPiece(text, at);
    }
  }
  return [...parts, text.slice(start)];
}

/** Where the bracket or text that begins at `at` ends; `at` itself for any other character. */
function endOfPiece(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === "'" || character === '"') return endOfText(text, at);
  return '([{'.includes(character) ? endOfBracket(text, at) : at;
}

function endOfBracket(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (')]}'.includes(text.charAt(at))) return at;
    at = endOfPiece(text, at);
  }
  throw new TypeError(`a bracket stays open in ${text}`);
}

function endOfText(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === text.charAt(quote)) return at;
  }
  throw new TypeError(`a quote stays open in ${text}`);
}
