import { Float } from '../values/float.ts';
import { notAModel } from './model.ts';
import { isJsonObject } from './object.ts';
import type { Node } from './run.ts';
import { checkAt, refuse } from './run.ts';
import type { Choice } from './text.ts';
import { listTags, pythonText } from './text.ts';

/** One model of a discriminated union and the values of its discriminator. */
export interface TaggedBranch {
  tags: readonly Choice[];
  node: Node;
}

/** What is sent, and the Python name where that differs. */
export interface Discriminator {
  property: string;
  name?: string | undefined;
}

/**
 * A union whose discriminator picks the one branch to try; errors name the tag after the place.
 */
export function taggedUnion(branches: readonly TaggedBranch[], { property, name }: Discriminator): Node {
  const tagged = branches.flatMap(({ tags, node }) => tags.map((tag) => ({ tag, node })));
  const byTag = new Map<unknown, TaggedChoice>(tagged.map((choice) => [keyOf(choice.tag), choice]));
  const discriminator = name === undefined ? `'${property}'` : `'${name}' | '${property}'`;
  const expected = listTags(tagged.map(({ tag }) => tag));
  return {
    label: `tagged-union[${tagged.map(({ node }) => node.label).join(',')}]`,
    check: (input, run) => {
      if (!isJsonObject(input)) return refuse(run, input, notAModel);
      // Pydantic looks for the name first, even where a field may be sent under its alias alone.
      const key = name !== undefined && Object.hasOwn(input, name) ? name : property;
      if (!Object.hasOwn(input, key)) {
        const msg = `Unable to extract tag using discriminator ${discriminator}`;
        return refuse(run, input, { type: 'union_tag_not_found', msg, ctx: { discriminator } });
      }
      const sent = input[key];
      const choice = byTag.get(keyOf(sent));
      if (choice !== undefined) {
        return checkAt(placeOf(sent), choice.node.check, { value: input, run });
      }
      const tag = pythonText(sent);
      const msg = `Input tag '${tag}' found using ${discriminator} does not match any of the expected tags: ${expected}`;
      return refuse(run, input, {
        type: 'union_tag_invalid',
        msg,
        ctx: { discriminator, tag, expected_tags: expected },
      });
    },
  };
}

interface TaggedChoice {
  tag: Choice;
  node: Node;
}

/** Tags are equal as they are in Python: 3 and 3.0, 1 and True. */
function keyOf(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : value;
}

/** The tag as it was sent, as a step of a place. */
function placeOf(tag: unknown): string | number {
  if (typeof tag === 'boolean') return Number(tag);
  return typeof tag === 'number' && Number.isInteger(tag) ? tag : pythonText(tag);
}
