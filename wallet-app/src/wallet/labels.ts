/**
 * What record types and fields are called, and what else the catalogues of holders say of them. What has no label cannot be shown,
 * and what cannot be shown is not signed.
 */

import { flag, list, Members, parsed, parseJson, type ReadJson, ShapeFault, text } from '../client/json.ts';
import { FieldPath, RecordType } from '../protocol/field.ts';
import { attempt } from '../protocol/refusal.ts';
import { type Words, words } from '../protocol/words.ts';

/** Why a holder has records of a type, and how it treats them. Its texts are the holder's: shown only through `visible`. */
export interface AboutType {
  readonly description: Words | null;
  /** Terms of the GDPR's legal bases, such as `eu-gdpr:A6-1-c`. */
  readonly legalBasis: readonly string[];
  /** How long it is kept: an ISO 8601 duration, such as `P10Y`. */
  readonly retention: string | null;
  /** Whether it is of the special categories of article 9. */
  readonly isSpecial: boolean;
}

/** What else is said of a field. */
export interface AboutField {
  /** Whom it is about, beside the person in whose record it stands. */
  readonly whose: 'subject' | 'guardian' | 'other';
  /** Whether it leaves for no service under non-disclosure. */
  readonly isWithheld: boolean;
}

interface FieldLabels extends AboutField {
  readonly words: Words;
  /** What its values are called, such as "lievä" for `mild`. */
  readonly values: ReadonlyMap<string, Words>;
}

/** What one record type and its fields are called. */
interface TypeLabels extends AboutType {
  readonly words: Words;
  readonly fields: ReadonlyMap<FieldPath, FieldLabels>;
}

/** Labels from any number of catalogues. Never changed. */
export class Labels {
  readonly #types: ReadonlyMap<RecordType, TypeLabels>;
  readonly #registers: ReadonlyMap<string, Words>;

  private constructor(types: ReadonlyMap<RecordType, TypeLabels>, registers: ReadonlyMap<string, Words>) {
    this.#types = types;
    this.#registers = registers;
  }

  static none(): Labels {
    return new Labels(new Map(), new Map());
  }

  /** Those of a holder's catalogue (the JSON of `GET /v1/catalogue`). @throws {ShapeFault} */
  static of(catalogue: Uint8Array): Labels {
    const members = new Members(parseJson(catalogue));
    const types = members.need('record_types', list(typeLabels));
    const registers = members.maybe('registers', list(registerLabel)) ?? [];
    // Where one catalogue names a thing twice, the first stays.
    return new Labels(new Map(types.toReversed()), new Map(registers.toReversed()));
  }

  /** With another holder's. Where two name the same thing, the first stays. */
  with(other: Labels): Labels {
    const types = new Map(other.#types);
    for (const [of, own] of this.#types) {
      types.set(of, { ...own, fields: new Map([...(other.#types.get(of)?.fields ?? []), ...own.fields]) });
    }
    return new Labels(types, new Map([...other.#registers, ...this.#registers]));
  }

  recordType(of: RecordType): Words | null {
    return this.#types.get(of)?.words ?? null;
  }

  field(of: RecordType, field: FieldPath): Words | null {
    return this.#types.get(of)?.fields.get(field)?.words ?? null;
  }

  /** What a field's value is called; null when it has no name, and is shown as it stands. */
  value(of: RecordType, field: FieldPath, value: string): Words | null {
    return this.#types.get(of)?.fields.get(field)?.values.get(value) ?? null;
  }

  /** What a holder's register is called; null when it has no name for people. */
  register(id: string): Words | null {
    return this.#registers.get(id) ?? null;
  }

  aboutType(of: RecordType): AboutType | null {
    return this.#types.get(of) ?? null;
  }

  /** What is said of each field of a type, by its path. */
  aboutFields(of: RecordType): ReadonlyMap<FieldPath, AboutField> {
    return this.#types.get(of)?.fields ?? new Map();
  }
}

/** Nothing is signed by it, so that it may be as long as the holder likes. */
const description: ReadJson<Words> = (json) => {
  const members = new Members(json);
  return { fi: members.need('fi', text), sv: members.need('sv', text), en: members.need('en', text) };
};

const label: ReadJson<Words> = (json) => {
  const members = new Members(json);
  const three = ['fi', 'sv', 'en'].map((language) => members.need(language, text));
  const read = attempt(() => words(0n, three));
  if (!read.accepted) throw new ShapeFault('a label is empty, too long, or hides something');
  return read.value;
};

const registerLabel: ReadJson<readonly [string, Words]> = (json) => {
  const members = new Members(json);
  return [members.need('id', text), members.need('labels', label)];
};

const typeLabels: ReadJson<readonly [RecordType, TypeLabels]> = (json) => {
  const members = new Members(json);
  const fields = members.maybe('fields', list(fieldLabel)) ?? [];
  const labels = {
    words: members.need('labels', label),
    description: members.maybe('descriptions', description),
    legalBasis: members.maybe('legal_basis', list(text)) ?? [],
    retention: members.maybe('retention', text),
    isSpecial: members.maybe('sensitivity', text) === 'special-category',
    fields: new Map(fields.toReversed()),
  };
  return [members.need('id', parsed(RecordType.parse)), labels];
};

const fieldLabel: ReadJson<readonly [FieldPath, FieldLabels]> = (json) => {
  const members = new Members(json);
  const labels: FieldLabels = {
    words: members.need('labels', label),
    values: new Map(members.maybe('values', list(valueLabel))?.toReversed()),
    whose: whose(members.maybe('whose', text)),
    isWithheld: members.maybe('withheld_under_non_disclosure', flag) ?? false,
  };
  return [members.need('path', parsed(FieldPath.parse)), labels];
};

const valueLabel: ReadJson<readonly [string, Words]> = (json) => {
  const members = new Members(json);
  return [members.need('value', text), members.need('labels', label)];
};

/** Of a word that this wallet does not know it says that somebody else is meant: it leaves open who. */
function whose(said: string | null): AboutField['whose'] {
  return said === null || said === 'subject' ? 'subject' : said === 'guardian' ? 'guardian' : 'other';
}
