/**
 * What record types and fields are called, from the catalogues of holders. What has no label cannot be shown, and what cannot be
 * shown is not signed.
 */

import { list, Members, parsed, parseJson, type ReadJson, ShapeFault, text } from '../client/json.ts';
import { FieldPath, RecordType } from '../protocol/field.ts';
import { attempt } from '../protocol/refusal.ts';
import { type Words, words } from '../protocol/words.ts';

/** What one record type and its fields are called. */
interface TypeLabels {
  readonly words: Words;
  readonly fields: ReadonlyMap<FieldPath, Words>;
}

/** Labels from any number of catalogues. Never changed. */
export class Labels {
  readonly #types: ReadonlyMap<RecordType, TypeLabels>;

  private constructor(types: ReadonlyMap<RecordType, TypeLabels>) {
    this.#types = types;
  }

  static none(): Labels {
    return new Labels(new Map());
  }

  /** Those of a holder's catalogue (the JSON of `GET /v1/catalogue`). @throws {ShapeFault} */
  static of(catalogue: Uint8Array): Labels {
    const types = new Members(parseJson(catalogue)).need('record_types', list(typeLabels));
    // Where one catalogue names a thing twice, the first stays.
    return new Labels(new Map(types.toReversed()));
  }

  /** With another holder's. Where two name the same thing, the first stays. */
  with(other: Labels): Labels {
    const types = new Map(other.#types);
    for (const [of, { words, fields }] of this.#types) {
      types.set(of, { words, fields: new Map([...(other.#types.get(of)?.fields ?? []), ...fields]) });
    }
    return new Labels(types);
  }

  recordType(of: RecordType): Words | null {
    return this.#types.get(of)?.words ?? null;
  }

  field(of: RecordType, field: FieldPath): Words | null {
    return this.#types.get(of)?.fields.get(field) ?? null;
  }
}

const label: ReadJson<Words> = (json) => {
  const members = new Members(json);
  const three = ['fi', 'sv', 'en'].map((language) => members.need(language, text));
  const read = attempt(() => words(0n, three));
  if (!read.accepted) throw new ShapeFault('a label is empty, too long, or hides something');
  return read.value;
};

const typeLabels: ReadJson<readonly [RecordType, TypeLabels]> = (json) => {
  const members = new Members(json);
  const fields = members.maybe('fields', list(fieldLabel)) ?? [];
  const labels = { words: members.need('labels', label), fields: new Map(fields.toReversed()) };
  return [members.need('id', parsed(RecordType.parse)), labels];
};

const fieldLabel: ReadJson<readonly [FieldPath, Words]> = (json) => {
  const members = new Members(json);
  return [members.need('path', parsed(FieldPath.parse)), members.need('labels', label)];
};
