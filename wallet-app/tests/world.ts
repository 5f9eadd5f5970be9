/** A small federation: an anchor, a directory, two holders that are its witnesses, and an early-education service of one of them. */

import { WrappedCustody } from '../src/keys/custody.ts';
import { beginLog, type HeldEvent, type OrganisationSigner, signerIn } from '../src/keys/key-log.ts';
import { RootSecret, signerFromSeed } from '../src/keys/root.ts';
import { AccessRequest } from '../src/protocol/access-request.ts';
import { concat, toBigEndian64, utf8 } from '../src/protocol/bytes.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { sign, type Signer } from '../src/protocol/cose.ts';
import { sha256 } from '../src/protocol/crypto/hash.ts';
import { sealKeyFromSeed, sealPublicKey } from '../src/protocol/crypto/hpke.ts';
import { FieldPath, PredicateId, Purpose, RecordType } from '../src/protocol/field.ts';
import { Cti, Pod, type PodId, Principal } from '../src/protocol/ids.ts';
import { leafHash, nodeHash } from '../src/protocol/merkle.ts';
import { type Anchor, Registry } from '../src/protocol/registry/index.ts';
import { type Endpoint, parseEndpoint } from '../src/protocol/statement/endpoint.ts';
import { Membership, parseShortName, type Role } from '../src/protocol/statement/membership.ts';
import { Profile, type ServiceEntry } from '../src/protocol/statement/profile.ts';
import {
  type Checkpoint,
  checkpointToText,
  signedCheckpointFromBytes,
  witnessedText,
} from '../src/protocol/tlog/checkpoint.ts';
import { type Head, headToBytes } from '../src/protocol/tlog/head.ts';
import { leafToBytes, type State } from '../src/protocol/tlog/leaf.ts';
import { keyId, noteToBytes } from '../src/protocol/tlog/note.ts';
import { Labels } from '../src/wallet/labels.ts';
import { NOW } from './server.ts';

const DAY = 24n * 3600n;

function principal(number: number): Principal {
  return Principal.of(new Uint8Array(32).fill(number));
}

/** Some key. */
export function signer(number: number): Signer {
  return signerFromSeed(new Uint8Array(32).fill(number));
}

function need<T>(found: T | null): T {
  if (found === null) throw new TypeError('the test names something that is none');
  return found;
}

export const recordType = (text: string): RecordType => need(RecordType.parse(text));
export const field = (text: string): FieldPath => need(FieldPath.parse(text));
export const purpose = (text: string): Purpose => need(Purpose.parse(text));
export const predicateId = (text: string): PredicateId => need(PredicateId.parse(text));

const ANCHOR = principal(100);
export const DIRECTORY = principal(101);
export const HELSINKI = principal(1);
export const ESPOO = principal(2);
export const SERVICE = principal(9);
export const POD: PodId = Pod.of(new Uint8Array(16).fill(5));

const KEYS = { anchor: signer(100), directory: signer(101), helsinki: signer(1), espoo: signer(2), service: signer(9) };
/** To which decisions are sealed. */
export const SEAL_KEY = sealKeyFromSeed(new Uint8Array(32).fill(9));
/** To which is sealed what Espoo is to hear through the log. Helsinki published no such key. */
export const HOLDER_SEAL_KEY = sealKeyFromSeed(new Uint8Array(32).fill(2));
export const DIRECTORY_URL = 'https://directory.example';

export const CATALOGUE = utf8(
  JSON.stringify({
    record_types: [
      {
        id: 'child-health',
        labels: { fi: 'Lapsen terveys', sv: 'Barnets hälsa', en: 'Child health' },
        fields: ['allergies', 'allergies.substance', 'vaccinations', 'clinic'].map((path) => ({
          path,
          labels: { fi: path, sv: path, en: path },
        })),
      },
    ],
  }),
);

/** A membership, as the anchor signs it; what is not said is as it should be. */
export async function member(
  subject: Principal,
  name: string,
  key: Signer,
  roles: readonly Role[],
  more: Partial<Membership> = {},
): Promise<Uint8Array> {
  const claims: Membership = {
    issuer: ANCHOR,
    subject,
    expires: NOW + 200n * DAY,
    issued: NOW - DAY,
    cti: Cti.of(new Uint8Array(16).fill(1)),
    name: need(parseShortName(name)),
    keys: [key.key],
    roles,
    depth: 0n,
    suspended: false,
    ...more,
  };
  return (await sign(Membership, claims, KEYS.anchor)).bytes;
}

/** A profile, as its member signs it. */
export async function profile(
  issuer: Principal,
  name: string,
  key: Signer,
  services: readonly ServiceEntry[],
  sealKey: Profile['sealKey'] = null,
  issued = NOW - DAY,
): Promise<Uint8Array> {
  const endpoint: Endpoint = need(parseEndpoint(`https://${name}.example`));
  const claims: Profile = {
    issuer,
    expires: NOW + 200n * DAY,
    issued,
    cti: Cti.of(new Uint8Array(16).fill(2)),
    names: { fi: name, sv: name, en: name },
    endpoints: [endpoint],
    catalogue: sha256(CATALOGUE),
    services,
    sealKey,
  };
  return (await sign(Profile, claims, key)).bytes;
}

const EARLY_EDUCATION: ServiceEntry = {
  principal: SERVICE,
  keys: [KEYS.service.key],
  sealKey: sealPublicKey(SEAL_KEY),
  names: { fi: 'Varhaiskasvatus', sv: 'Småbarnspedagogik', en: 'Early childhood education' },
  purposes: [purpose('dpv:ServiceProvision')],
  fields: [
    {
      recordType: recordType('child-health'),
      raw: [field('allergies'), field('vaccinations')],
      derived: [],
    },
  ],
  maxRetentionSecs: 400n * DAY,
};

export const STATEMENTS: readonly Uint8Array[] = await Promise.all([
  member(DIRECTORY, 'hakemisto', KEYS.directory, ['directory']),
  member(HELSINKI, 'helsinki', KEYS.helsinki, ['holder', 'services']),
  member(ESPOO, 'espoo', KEYS.espoo, ['holder', 'services']),
  profile(HELSINKI, 'helsinki', KEYS.helsinki, []),
  profile(ESPOO, 'espoo', KEYS.espoo, [EARLY_EDUCATION], sealPublicKey(HOLDER_SEAL_KEY)),
]);

/** What Espoo says next of its service, or that there is none any more. */
export function withService(more: Partial<ServiceEntry> | null, issued = NOW - 1n): Promise<Uint8Array> {
  const services = more === null ? [] : [{ ...EARLY_EDUCATION, ...more }];
  return profile(ESPOO, 'espoo', KEYS.espoo, services, sealPublicKey(HOLDER_SEAL_KEY), issued);
}

export const SNAPSHOT = encode(STATEMENTS);
export const ANCHORED: Anchor = { principal: ANCHOR, key: KEYS.anchor.key };
export const REGISTRY: Registry = Registry.build(ANCHORED, STATEMENTS, NOW).registry;
export const LABELS = Labels.of(CATALOGUE);

/** For how long the early education asks. */
export const VALIDITY_SECS = 200n * DAY;

/** An access request of the early education; what is not said is as it should be. */
export async function askedFor(more: Partial<AccessRequest> = {}): Promise<Uint8Array> {
  const claims: AccessRequest = {
    service: SERVICE,
    organisation: ESPOO,
    expires: NOW + 30n * DAY,
    issued: NOW - 60n,
    cti: Cti.of(new Uint8Array(16).fill(3)),
    confirmation: KEYS.service.key.thumbprint,
    items: [
      {
        recordType: recordType('child-health'),
        required: [field('allergies.substance')],
        optional: [field('vaccinations')],
        requiredPredicates: [],
        optionalPredicates: [],
      },
    ],
    purpose: purpose('dpv:ServiceProvision'),
    retentionSecs: 365n * DAY,
    validitySecs: VALIDITY_SECS,
    reason: { fi: 'Anni aloittaa.', sv: 'Anni börjar.', en: 'Anni starts.' },
    holders: null,
    depth: 0n,
    delegatees: [],
    ...more,
  };
  return (await sign(AccessRequest, claims, KEYS.service)).bytes;
}

/** The service's key, for what it should not sign. */
export const SERVICE_SIGNER = KEYS.service;
/** Helsinki's key, for its log. */
export const HELSINKI_SIGNER = KEYS.helsinki;
export const ESPOO_SIGNER = KEYS.espoo;

/** A wallet's key log at Helsinki, and what signs in it. */
export async function enrolled(): Promise<{ readonly event: HeldEvent; readonly signer: OrganisationSigner }> {
  const custody = new WrappedCustody(new RootSecret(new Uint8Array(32).fill(42)));
  const event = await beginLog(custody, HELSINKI, new Uint8Array(32).fill(7));
  return { event, signer: await signerIn(custody, HELSINKI, [event], NOW) };
}

/** Who cosigns a head, and when; and what else its state says. */
export interface HeadOf {
  readonly witnesses?: readonly ('helsinki' | 'espoo')[];
  readonly witnessedSecs?: bigint;
  readonly by?: Signer;
  readonly registry?: Uint8Array;
  /** The root over the only bucket. */
  readonly mapRoot?: Uint8Array;
  readonly bits?: bigint;
  readonly entries?: bigint;
}

/** The head over these leaves and a state. */
export async function headOver(leaves: readonly Uint8Array[], more: HeadOf = {}): Promise<Head> {
  const state: State = {
    bits: more.bits ?? 0n,
    entries: more.entries ?? 0n,
    mapRoot: more.mapRoot ?? new Uint8Array(32),
    registry: more.registry ?? sha256(SNAPSHOT),
  };
  const leaf = stateLeaf(state);
  const hashes = [...leaves, leaf].map(leafHash);
  const checkpoint: Checkpoint = { origin: DIRECTORY, size: BigInt(hashes.length), root: rootOf(hashes) };
  const text = checkpointToText(checkpoint);
  const by = more.by ?? KEYS.directory;
  const witnesses = more.witnesses ?? ['helsinki', 'espoo'];
  const timeSecs = more.witnessedSecs ?? NOW - 10n;
  const cosigned = witnesses.map(async (name) => {
    const key = KEYS[name];
    const who = name === 'helsinki' ? HELSINKI : ESPOO;
    const signature = await key.sign(utf8(witnessedText(checkpoint, timeSecs)));
    return {
      name: who,
      keyId: keyId(who, 'cosignature', key.key),
      blob: concat(toBigEndian64(timeSecs), signature),
    };
  });
  const own = { name: DIRECTORY, keyId: keyId(DIRECTORY, 'ed25519', by.key), blob: await by.sign(utf8(text)) };
  const note = noteToBytes({ text, signatures: [own, ...(await Promise.all(cosigned))] });
  return { checkpoint: signedCheckpointFromBytes(note), leaf, proof: proofOfLast(hashes) };
}

/** As the directory serves it. */
export const served = (head: Head): Uint8Array => headToBytes(head);

/** A state as a leaf. */
export function stateLeaf(state: State): Uint8Array {
  return leafToBytes({ timeSecs: NOW - 20n, body: { kind: 'state', ...state } });
}

/** The root over hashes of leaves (RFC 6962 §2.1). */
export function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return sha256();
  if (hashes.length === 1) return first;
  const left = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return nodeHash(rootOf(hashes.slice(0, left)), rootOf(hashes.slice(left)));
}

/** That the last leaf stands where it does. */
export function proofOfLast(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  if (hashes.length <= 1) return [];
  const left = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return [...proofOfLast(hashes.slice(left)), rootOf(hashes.slice(0, left))];
}

/** Some leaf that is no state. */
export function someLeaf(number: number): Uint8Array {
  return leafToBytes({ timeSecs: NOW - 30n, body: { kind: 'holder-entry', bytes: Uint8Array.of(number) } });
}
