/** One's own records as a holder sends them, and what of them a grant would release right now. */

import { list, Members, parsed, parseJson, type ReadJson, ShapeFault, text, uint } from '../client/json.ts';
import { project, RecordType } from '../protocol/field.ts';
import type { Permission } from '../protocol/grant.ts';
import { evaluate } from '../protocol/predicate.ts';
import { type Value, ValueMap } from '../protocol/value.ts';

/** One record. */
export interface OwnRecord {
  readonly recordType: RecordType;
  readonly fields: Value;
  /** The register that it came from, in the holder's word: a stranger's text. */
  readonly source: string | null;
  /** When it came in. */
  readonly importedSecs: bigint | null;
}

/** A page of records, and how many the next one leaves out. */
export interface RecordPage {
  /** The holder's catalogue, on the first page of an export. */
  readonly catalogue: unknown;
  /** As they came, for a download. */
  readonly raw: readonly unknown[];
  /** How many there are on the page. */
  readonly count: number;
  readonly nextSkip: bigint | null;
}

/** Reads the JSON result of `read` and `export`. @throws {ShapeFault} */
export function readRecordPage(json: Uint8Array): RecordPage {
  const members = new Members(parseJson(json));
  const raw = members.need(
    'records',
    list((one) => one),
  );
  return {
    catalogue: members.get('catalogue') ?? null,
    raw,
    count: raw.length,
    nextSkip: members.maybe('next_skip', uint),
  };
}

/** Reads one record of a page. @throws {ShapeFault} */
export const ownRecord: ReadJson<OwnRecord> = (json) => {
  const members = new Members(json);
  return {
    recordType: members.need('record_type', parsed(RecordType.parse)),
    fields: members.need('fields', (fields) => valueFromJson(fields, MAX_NESTED)),
    source: members.maybe('source', text),
    importedSecs: members.maybe('imported_at_secs', uint),
  };
};

/** How deep a record may be nested: field paths have at most 8 names, and lists stand between them. */
const MAX_NESTED = 24;

function valueFromJson(json: unknown, deeper: number): Value {
  if (deeper === 0) throw new ShapeFault('a record is nested too deeply');
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json;
  if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json);
  if (Array.isArray(json)) return json.map((one: unknown) => valueFromJson(one, deeper - 1));
  if (typeof json !== 'object') throw new ShapeFault('a record has a number that is not whole');
  return new ValueMap(Object.entries(json).map(([name, value]) => [name, valueFromJson(value, deeper - 1)]));
}

/** What a grant with these permissions would release of these records, as they are now. */
export interface Preview {
  readonly recordType: RecordType;
  /** The values of the fields, one for each record that has any. */
  readonly values: readonly Value[];
  /** The answers, by the ids of the questions. */
  readonly answers: ReadonlyMap<string, Value>;
}

/** Made by the citizen's own device out of their own records: nobody is asked, and nothing is released. */
export function previewOf(
  permissions: readonly Permission[],
  records: readonly Pick<OwnRecord, 'recordType' | 'fields'>[],
): readonly Preview[] {
  return permissions.map((permission) => {
    const { recordType } = permission;
    const own = records.filter((record) => record.recordType === recordType).map(({ fields }) => fields);
    if (permission.kind === 'raw') {
      const values = own.map((record) => project(record, permission.fields)).filter((value) => value !== undefined);
      return { recordType, values, answers: new Map() };
    }
    const answers = new Map(permission.predicates.map((one) => [one.id as string, evaluate(one, own)]));
    return { recordType, values: [], answers };
  });
}
