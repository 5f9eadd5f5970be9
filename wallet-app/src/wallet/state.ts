/**
 * Everything that a wallet remembers. Values that are never changed: each act makes the next one, which is written down before
 * anybody is told that it happened.
 */

import type { BoundPod } from '../client/node.ts';
import type { NewestSeen } from '../client/directory/index.ts';
import type { HeldEvent } from '../keys/key-log.ts';
import { base64url } from '../protocol/base64.ts';
import { equalBytes } from '../protocol/bytes.ts';
import type { Acknowledgement } from '../protocol/command.ts';
import type { Verified } from '../protocol/cose.ts';
import type { Kid, ObjectId, PodId, Principal } from '../protocol/ids.ts';
import type { Evidence } from '../protocol/tlog/evidence.ts';
import { ChoiceFault, type Decided } from './decide.ts';
import type { Review } from './review.ts';
import type { ToldNotice } from './standing.ts';

/** Most acknowledgements of one holder that are kept; the oldest go first. They are checked against pages of its log, newest matter. */
export const MAX_ACKNOWLEDGEMENTS = 4096;
/** Most notices that are remembered; the oldest go first, and come again when the holder is asked. */
export const MAX_NOTICES = 4096;
/** Most forks, and most lacks, of one log that are kept as evidence: the first ones prove it, more of the same log add nothing. */
export const MAX_EVIDENCE = 64;
/**
 * Most pieces of evidence that a directory's log became shorter: the first one and the latest. That may be an old list, which whoever
 * serves it can show again and again: it accuses nobody by itself, and takes no room from what does.
 */
export const MAX_SHORTER = 4;
/**
 * Most grants that are remembered of what a holder has on record for one pod: as many as a node keeps of one, so that nothing which a
 * person can take back is left out. Of more, those that may still be used and the newest stay.
 */
export const MAX_ON_RECORD = 2000;

/** A tree head as the wallet remembers it, with the signed bytes. */
export interface SeenHead {
  readonly size: bigint;
  readonly root: Uint8Array;
  /** When the holder signed it. */
  readonly timeSecs: bigint;
  readonly bytes: Uint8Array;
}

/** Two signed heads of one holder's log that cannot both be true. Worth showing to anybody: both carry its signature. */
export interface ForkEvidence {
  readonly holder: Principal;
  readonly earlier: SeenHead;
  readonly later: SeenHead;
  /** The proof that the holder gave between them, if any. */
  readonly proof: readonly Uint8Array[];
  readonly seenSecs: bigint;
}

/** What a holder acknowledged, and a head of its log that lacks it where the holder said that it stands. It signed both. */
export interface LackEvidence {
  readonly holder: Principal;
  readonly acknowledgement: SeenAcknowledgement;
  readonly head: SeenHead;
  readonly seenSecs: bigint;
}

/** An organisation at which the wallet is enrolled. */
export interface EnrolledAt {
  /** Its short name. */
  readonly name: string;
  readonly events: readonly HeldEvent[];
  readonly pods: readonly BoundPod[];
  /** The last tree head of its log that was checked. */
  readonly lastHead: SeenHead | null;
}

/** A grant that a person can take back on this device. */
export interface KnownGrant {
  readonly id: ObjectId;
  readonly holder: Principal;
  readonly pod: PodId;
  readonly issuedSecs: bigint;
  readonly expiresSecs: bigint;
  /** When the holder acknowledged to this wallet that it is taken back. */
  readonly revokedSecs: bigint | null;
  /** The signed grant. */
  readonly bytes: Uint8Array;
}

/** A grant that this wallet gave. */
export interface GivenGrant extends KnownGrant {
  /** The access request that it answers. */
  readonly request: ObjectId;
  readonly service: Principal;
  readonly organisation: Principal;
  /** Whether the holder acknowledged it. */
  readonly deposited: boolean;
}

/** Whose key uses a grant. */
export interface ServiceOf {
  readonly service: Principal;
  readonly organisation: Principal;
}

/** A grant that a holder has on record: a key of the person signed it, on any device, or whoever passed on what such a key had signed. */
export interface RecordedGrant extends KnownGrant {
  /** Who may use it: as was known when it was first seen, or since; null while nobody knows the key. */
  readonly to: ServiceOf | null;
  /** Whether nothing is released under it: it was taken back, as the holder says, or the key that signed it does not count. */
  readonly isOver: boolean;
}

/** What a holder has on record for a pod, as it was found last. */
export interface OnRecord {
  readonly holder: Principal;
  readonly pod: PodId;
  readonly grants: readonly RecordedGrant[];
  /** How many others are there that somebody else signed. */
  readonly ofOthers: number;
  /** How many are not believed. */
  readonly refused: number;
}

/** A decision on an access request. */
export interface DecisionMade {
  readonly request: ObjectId;
  readonly service: Principal;
  readonly organisation: Principal;
  readonly decidedSecs: bigint;
  /** The grants given; none after a denial. */
  readonly grants: readonly ObjectId[];
  /** The sealed decision, until the service's node has it. */
  readonly untold: Uint8Array | null;
}

/** A holder's signed word that it did what this wallet told it. */
export interface SeenAcknowledgement {
  readonly holder: Principal;
  readonly pod: PodId;
  /** Of which command or revocation. */
  readonly of: ObjectId;
  readonly issuedSecs: bigint;
  /** Where the entry stands in the holder's log. */
  readonly auditIndex: bigint;
  readonly bytes: Uint8Array;
}

/** Something to take back that its holder has not acknowledged yet. Doing it twice changes nothing more. */
export interface Outstanding {
  readonly holder: Principal;
  readonly pod: PodId;
  readonly grant: ObjectId;
  /** First second at which the grant no longer counts: from then on there is nothing to take back. */
  readonly expiresSecs: bigint;
  /** Whether it was posted to the directory's log: it takes effect there without this wallet. */
  readonly posted: boolean;
}

/** A service that is to be stopped at a holder which has not said yet what of the service stands there. */
export interface ToStop {
  readonly holder: Principal;
  readonly pod: PodId;
  readonly service: Principal;
  /** When the person said so: what was agreed to after that is not meant. Wallets of before did not note it. */
  readonly askedSecs?: bigint;
}

/** Something to change in this wallet's key log at one organisation. Doing it twice changes nothing more. */
export type KeyTask =
  /** Add a key that another device showed. */
  | { readonly kind: 'add'; readonly holder: Principal; readonly key: Uint8Array; readonly manages: boolean }
  /** Revoke a key; what it signed from `compromisedSince` on does not count. */
  | {
      readonly kind: 'revoke';
      readonly holder: Principal;
      readonly key: Kid;
      readonly compromisedSince: bigint | null;
    }
  /** Put another key in the place of this one of this device; with `recovery`, a digest, another paper counts. */
  | { readonly kind: 'rotate'; readonly holder: Principal; readonly from: Kid; readonly recovery: Uint8Array | null }
  /**
   * Cancel what waits there; `signed` by the paper, or (null) to be signed by this device. `deskDueSecs`: when the organisation's desk
   * binds another wallet, if it is that.
   */
  | {
      readonly kind: 'cancel';
      readonly holder: Principal;
      readonly target: ObjectId;
      readonly signed: Uint8Array | null;
      readonly deskDueSecs: bigint | null;
    };

/** A change of a key log that its organisation has not taken in yet. */
export interface OutstandingKeyTask {
  readonly task: KeyTask;
  /** Whether it was posted to the directory's log: it takes effect there without this wallet. */
  readonly posted: boolean;
}

/** A device that this wallet took in: its first keys, which tell at several organisations that it is one. */
export interface KnownDevice {
  /** What the person calls it. */
  readonly label: string;
  readonly keys: ReadonlyMap<Principal, Kid>;
}

/** A child as whoever uses this device knows it: organisations that do not name it cannot tell that it is the same one. */
export interface KnownChild {
  /** What the person calls it. */
  readonly name: string;
  /** Its pods, wherever they are. */
  readonly pods: readonly PodId[];
}

/** A recovery with the paper that was begun on this device. */
export interface Recovering {
  /** Since when the lost device may be in other hands. */
  readonly lostSince: bigint | null;
  /** Organisations that were not reached yet: they are asked when the code is typed once more. */
  readonly unasked: readonly Principal[];
}

/** A notice that the wallet remembers. */
export interface KnownNotice {
  readonly holder: Principal;
  readonly pod: PodId;
  /** The grants that it names, and those above them. */
  readonly grants: readonly ObjectId[];
  readonly told: ToldNotice;
}

/** The wallet's memory. */
export interface WalletState {
  readonly organisations: ReadonlyMap<Principal, EnrolledAt>;
  readonly grants: readonly GivenGrant[];
  readonly onRecord: readonly OnRecord[];
  readonly decisions: readonly DecisionMade[];
  readonly acknowledgements: readonly SeenAcknowledgement[];
  /** Forks of holders' logs. */
  readonly forks: readonly ForkEvidence[];
  /** What holders' logs lack. */
  readonly lacks: readonly LackEvidence[];
  /** Where the directory's log contradicts itself, or became shorter. */
  readonly evidence: readonly Evidence[];
  /** What stands for each pod in its holder's log. */
  readonly podTags: ReadonlyMap<PodId, Uint8Array>;
  readonly outstanding: readonly Outstanding[];
  readonly toStop: readonly ToStop[];
  readonly keyTasks: readonly OutstandingKeyTask[];
  readonly knownDevices: readonly KnownDevice[];
  /** Each pod is in one of them at most. */
  readonly knownChildren: readonly KnownChild[];
  readonly recovering: Recovering | null;
  /** Whether this device showed its code: another one may have put its keys into a log that it had begun. */
  readonly isCodeShown: boolean;
  readonly notices: readonly KnownNotice[];
  readonly newestEntries: NewestSeen;
  /** Digests of the recovery keys on paper, for the organisations that were known when the code was last typed. */
  readonly recoveryDigests: ReadonlyMap<Principal, Uint8Array>;
}

/** Of a wallet that has done nothing yet. */
export const NEW_STATE: WalletState = {
  organisations: new Map(),
  grants: [],
  onRecord: [],
  decisions: [],
  acknowledgements: [],
  forks: [],
  lacks: [],
  evidence: [],
  podTags: new Map(),
  outstanding: [],
  toStop: [],
  keyTasks: [],
  knownDevices: [],
  knownChildren: [],
  recovering: null,
  isCodeShown: false,
  notices: [],
  newestEntries: new Map(),
  recoveryDigests: new Map(),
};

/** Something that a wallet does to its memory. */
export type Act = (state: WalletState) => WalletState;

/** A key log as the organisation has it, or as it was begun. */
export function held(organisation: Principal, name: string, events: readonly HeldEvent[]): Act {
  return (state) => {
    const before = state.organisations.get(organisation) ?? { pods: [], lastHead: null };
    return withOrganisation(state, organisation, { ...before, name, events });
  };
}

/** Which pods an organisation bound to the log that is held. */
export function bound(organisation: Principal, pods: readonly BoundPod[]): Act {
  return changed(organisation, (enrolled) => ({ ...enrolled, pods }));
}

/** The last head of a holder's log that was checked. */
export function headSeen(holder: Principal, lastHead: SeenHead): Act {
  return changed(holder, (enrolled) => ({ ...enrolled, lastHead }));
}

/**
 * A decision with its grants, before they are sent. Throws a `ChoiceFault` (`already-decided`) on a state in which the request has
 * one that counts: whoever decides twice at once, in two windows too, would say two things.
 */
export function decided({ request }: Review, { grants, sealed }: Decided, nowSecs: bigint): Act {
  const { service, organisation } = request.claims;
  const given = grants.map(({ id, bytes, claims }) => ({
    id,
    holder: claims.audience,
    pod: claims.subject,
    request: request.id,
    service,
    organisation,
    issuedSecs: claims.issued,
    expiresSecs: claims.expires,
    deposited: false,
    revokedSecs: null,
    bytes,
  }));
  const made: DecisionMade = {
    request: request.id,
    service,
    organisation,
    decidedSecs: nowSecs,
    grants: grants.map(({ id }) => id),
    untold: sealed,
  };
  return (state) => {
    if (counts(state, request.id, nowSecs)) throw new ChoiceFault('already-decided');
    return { ...state, grants: [...state.grants, ...given], decisions: [...state.decisions, made] };
  };
}

/** Whether a request has a decision that is still to be told, or a consent that may still be used. */
function counts({ decisions, grants }: WalletState, request: ObjectId, nowSecs: bigint): boolean {
  const isUntold = decisions.some((one) => one.request === request && one.untold !== null);
  const isUsable = grants.some(
    (one) => one.request === request && one.revokedSecs === null && one.expiresSecs > nowSecs,
  );
  return isUntold || isUsable;
}

/** The decision with these sealed bytes, while it is still to be told: what else was decided on its request is another one. */
export function untoldDecision({ decisions }: WalletState, sealed: Uint8Array): DecisionMade | null {
  return decisions.find(({ untold }) => untold !== null && equalBytes(untold, sealed)) ?? null;
}

/** The service's node has the decision with these sealed bytes, or will not have it. */
export function told(sealed: Uint8Array): Act {
  return (state) => {
    const made = untoldDecision(state, sealed);
    return { ...state, decisions: state.decisions.map((one) => (one === made ? { ...one, untold: null } : one)) };
  };
}

/** What a holder acknowledged: its log must show it from now on. */
export function acknowledged(pod: PodId, { claims, bytes }: Verified<Acknowledgement>): Act {
  const seen: SeenAcknowledgement = {
    holder: claims.issuer,
    pod,
    of: claims.of,
    issuedSecs: claims.issued,
    auditIndex: claims.auditIndex,
    bytes,
  };
  return (state) => {
    const { acknowledgements } = state;
    const ofHolder = acknowledgements.filter(({ holder }) => holder === seen.holder);
    const oldest = ofHolder.length >= MAX_ACKNOWLEDGEMENTS ? ofHolder[0] : undefined;
    return { ...state, acknowledgements: [...acknowledgements.filter((one) => one !== oldest), seen] };
  };
}

/** A holder has a grant. */
export function deposited(grant: ObjectId): Act {
  return withGrant(grant, (given) => ({ ...given, deposited: true }));
}

/** Every grant that is known, once: those that this wallet gave first. */
export function knownGrants({ grants, onRecord }: WalletState): readonly KnownGrant[] {
  const given = new Set(grants.map(({ id }) => id));
  return [...grants, ...onRecord.flatMap((one) => one.grants.filter(({ id }) => !given.has(id)))];
}

/** What holders have on record, by its id. */
export function recordsOf({ onRecord }: WalletState): ReadonlyMap<ObjectId, RecordedGrant> {
  return new Map(onRecord.flatMap(({ grants }) => grants.map((one) => [one.id, one] as const)));
}

/** What a holder has on record. What it leaves out this time and had shown signed stays until it ends: it can be taken back still. */
export function recordTold(told: OnRecord, nowSecs: bigint): Act {
  const isPod = (one: OnRecord): boolean => one.holder === told.holder && one.pod === told.pod;
  return (state) => {
    const before = new Map(state.onRecord.find(isPod)?.grants.map((one) => [one.id, one]));
    const listed = told.grants.map((one): RecordedGrant => {
      const known = before.get(one.id);
      before.delete(one.id);
      return { ...one, to: one.to ?? known?.to ?? null, revokedSecs: known?.revokedSecs ?? null };
    });
    const left = [...before.values()].filter(({ expiresSecs }) => expiresSecs > nowSecs);
    const grants = [...listed, ...left].sort(byUse(nowSecs)).slice(0, MAX_ON_RECORD);
    return { ...state, onRecord: [...state.onRecord.filter((one) => !isPod(one)), { ...told, grants }] };
  };
}

/** Those that may still be used first, then the newest. */
function byUse(nowSecs: bigint): (one: RecordedGrant, other: RecordedGrant) => number {
  const isOver = (one: RecordedGrant): boolean => one.isOver || one.revokedSecs !== null || one.expiresSecs <= nowSecs;
  return (one, other) => Number(isOver(one)) - Number(isOver(other)) || Number(other.issuedSecs - one.issuedSecs);
}

/** Whether a person took a grant back: its holder need not have heard of it yet. */
export function isTakenBack({ grants, outstanding }: WalletState, grant: ObjectId): boolean {
  const isAcknowledged = grants.some(({ id, revokedSecs }) => id === grant && revokedSecs !== null);
  return isAcknowledged || outstanding.some((one) => one.grant === grant);
}

/** A grant is to be taken back: remembered before it is tried. */
export function toRevoke(task: Omit<Outstanding, 'posted'>): Act {
  return (state) =>
    state.outstanding.some(({ grant }) => grant === task.grant)
      ? state
      : { ...state, outstanding: [...state.outstanding, { ...task, posted: false }] };
}

/** A service is to be stopped at a holder: remembered before that is asked. */
export function toBeStopped(task: ToStop): Act {
  return (state) => ({ ...state, toStop: [...without(state.toStop, task), task] });
}

/** The holder said what of the service stands there: now it is known what to take back, all of it or not yet. */
export function standingTold(task: ToStop, usable: readonly Omit<Outstanding, 'posted'>[], isAll: boolean): Act {
  const remember = all(usable.map(toRevoke));
  return (state) => remember(isAll ? { ...state, toStop: without(state.toStop, task) } : state);
}

function without(tasks: readonly ToStop[], { holder, pod, service }: ToStop): readonly ToStop[] {
  return tasks.filter((one) => one.holder !== holder || one.pod !== pod || one.service !== service);
}

/** It stands in the directory's log, or somebody passes it on to there. */
export function posted(grant: ObjectId): Act {
  return (state) => ({
    ...state,
    outstanding: state.outstanding.map((one) => (one.grant === grant ? { ...one, posted: true } : one)),
  });
}

/** The holder acknowledged that a grant is taken back. */
export function revoked(grant: ObjectId, atSecs: bigint): Act {
  const mark = <Known extends KnownGrant>(known: Known): Known =>
    known.id === grant ? { ...known, revokedSecs: known.revokedSecs ?? atSecs } : known;
  return (state) => ({
    ...state,
    grants: state.grants.map(mark),
    onRecord: state.onRecord.map((one) => ({ ...one, grants: one.grants.map(mark) })),
    outstanding: state.outstanding.filter((one) => one.grant !== grant),
  });
}

/**
 * What has ended by itself needs no taking back. Nothing else ends it but the holder's word: whatever else a holder says may be said
 * in error, and the person was told that it goes on.
 */
export function endedDropped(nowSecs: bigint): Act {
  return (state) => ({ ...state, outstanding: state.outstanding.filter(({ expiresSecs }) => expiresSecs > nowSecs) });
}

/** A key log is to be changed: remembered before it is tried. */
export function toChange(task: KeyTask): Act {
  return (state) =>
    state.keyTasks.some((one) => isSameTask(one.task, task))
      ? state
      : { ...state, keyTasks: [...state.keyTasks, { task, posted: false }] };
}

/** That change stands in the directory's log, or somebody passes it on to there. */
export function changePosted(task: KeyTask): Act {
  return (state) => ({
    ...state,
    keyTasks: state.keyTasks.map((one) => (isSameTask(one.task, task) ? { ...one, posted: true } : one)),
  });
}

/** That change is in the key log, or cannot be made any more. */
export function changeEnded(task: KeyTask): Act {
  return (state) => ({ ...state, keyTasks: state.keyTasks.filter((one) => !isSameTask(one.task, task)) });
}

function isSameTask(one: KeyTask, other: KeyTask): boolean {
  return one.holder === other.holder && nameOf(one) === nameOf(other);
}

function nameOf(task: KeyTask): string {
  switch (task.kind) {
    case 'add':
      return `add/${base64url(task.key)}`;
    case 'revoke':
      return `revoke/${task.key}/${task.compromisedSince ?? ''}`;
    case 'rotate':
      return `rotate/${task.from}/${task.recovery === null ? '' : base64url(task.recovery)}`;
    case 'cancel':
      return `cancel/${task.target}/${task.signed === null ? '' : 'paper'}`;
  }
}

/** A device of which this wallet took the code in. */
export function deviceKnown(device: KnownDevice): Act {
  const isSame = ({ keys }: KnownDevice): boolean => [...device.keys].some(([at, kid]) => keys.get(at) === kid);
  return (state) => ({ ...state, knownDevices: [...state.knownDevices.filter((one) => !isSame(one)), device] });
}

/** Whose these pods are, as the person says: in place of what was said of them before. */
export function childKnown(child: KnownChild): Act {
  const forget = childForgotten(child.pods);
  return (state) => ({ ...state, knownChildren: [...forget(state).knownChildren, child] });
}

/** What the person said of these pods no longer holds. */
export function childForgotten(pods: readonly PodId[]): Act {
  return (state) => {
    const left = state.knownChildren.map((one) => ({ ...one, pods: one.pods.filter((pod) => !pods.includes(pod)) }));
    return { ...state, knownChildren: left.filter((one) => one.pods.length > 0) };
  };
}

/** What a holder tells of a pod's notices. */
export function noticesTold(notices: readonly KnownNotice[]): Act {
  return (state) => {
    const isAgain = (one: KnownNotice): boolean =>
      notices.some(({ holder, told }) => holder === one.holder && told.id === one.told.id);
    return { ...state, notices: [...state.notices.filter((one) => !isAgain(one)), ...notices].slice(-MAX_NOTICES) };
  };
}

/** This device showed its code. */
export function codeShown(state: WalletState): WalletState {
  return state.isCodeShown ? state : { ...state, isCodeShown: true };
}

/** A recovery goes on at these organisations once the code is typed again; nowhere any more when there are none. */
export function recoveringAt(lostSince: bigint | null, unasked: readonly Principal[]): Act {
  return (state) => ({ ...state, recovering: unasked.length > 0 ? { lostSince, unasked } : null });
}

/** How new the entries are that were seen. */
export function entriesSeen(seen: NewestSeen): Act {
  return (state) => {
    const newest = new Map(state.newestEntries);
    for (const [tag, secs] of seen) {
      const before = newest.get(tag) ?? 0n;
      newest.set(tag, before > secs ? before : secs);
    }
    return { ...state, newestEntries: newest };
  };
}

/** The digests of the paper's keys, in place of those of an earlier paper. */
export function paperNoted(digests: ReadonlyMap<Principal, Uint8Array>): Act {
  return (state) => ({ ...state, recoveryDigests: digests });
}

/** What stands for a pod in its holder's log. */
export function podTagSeen(pod: PodId, tag: Uint8Array): Act {
  return (state) => ({ ...state, podTags: new Map([...state.podTags, [pod, tag]]) });
}

/** A fork of a holder's log. One that is known adds nothing. */
export function forkSeen(fork: ForkEvidence): Act {
  return (state) => {
    const ofHolder = state.forks.filter(({ holder }) => holder === fork.holder);
    const isKnown = ofHolder.some(
      ({ earlier, later }) => isSameTree(earlier, fork.earlier) && isSameTree(later, fork.later),
    );
    return isKnown || ofHolder.length >= MAX_EVIDENCE ? state : { ...state, forks: [...state.forks, fork] };
  };
}

/** A holder's log lacks something. An act of which that is known adds nothing. */
export function lackSeen(lack: LackEvidence): Act {
  return (state) => {
    const ofHolder = state.lacks.filter(({ holder }) => holder === lack.holder);
    const isKnown = ofHolder.some(({ acknowledgement }) => acknowledgement.of === lack.acknowledgement.of);
    return isKnown || ofHolder.length >= MAX_EVIDENCE ? state : { ...state, lacks: [...state.lacks, lack] };
  };
}

function isSameTree(one: SeenHead, other: SeenHead): boolean {
  return one.size === other.size && equalBytes(one.root, other.root);
}

/** The directory's log contradicts itself, or became shorter: each kind has room of its own. A pair that is known adds nothing. */
export function evidenceSeen(found: Evidence): Act {
  return (state) => {
    const ofKind = state.evidence.filter(({ code }) => code === found.code);
    if (ofKind.some((one) => isSamePair(one, found))) return state;
    if (found.code === 'log-truncated') {
      const [first, ...later] = ofKind;
      const left = [first, ...later.slice(2 - MAX_SHORTER)];
      const evidence = state.evidence.filter((one) => one.code !== found.code || left.includes(one));
      return { ...state, evidence: [...evidence, found] };
    }
    return ofKind.length >= MAX_EVIDENCE ? state : { ...state, evidence: [...state.evidence, found] };
  };
}

/** Whether it is the same two notes: another window can have believed what this one was shown. */
function isSamePair(one: Evidence, other: Evidence): boolean {
  const isSame = (kept: Uint8Array, shown: Uint8Array): boolean =>
    isSameText(one.kept, kept) && isSameText(one.shown, shown);
  return isSame(other.kept, other.shown) || isSame(other.shown, other.kept);
}

/** Whether two notes say the same: with each look the witnesses sign anew. */
function isSameText(one: Uint8Array, other: Uint8Array): boolean {
  const [text, another] = [one, other].map((note) => new TextDecoder().decode(note).split('\n\n', 1)[0]);
  return text === another;
}

/** One after the other, as one. */
export function all(acts: readonly Act[]): Act {
  return (state) => acts.reduce((before, act) => act(before), state);
}

function withOrganisation(state: WalletState, organisation: Principal, enrolled: EnrolledAt): WalletState {
  return { ...state, organisations: new Map([...state.organisations, [organisation, enrolled]]) };
}

function changed(organisation: Principal, change: (enrolled: EnrolledAt) => EnrolledAt): Act {
  return (state) => {
    const enrolled = state.organisations.get(organisation);
    return enrolled === undefined ? state : withOrganisation(state, organisation, change(enrolled));
  };
}

function withGrant(id: ObjectId, change: (given: GivenGrant) => GivenGrant): Act {
  return (state) => ({ ...state, grants: state.grants.map((one) => (one.id === id ? change(one) : one)) });
}
