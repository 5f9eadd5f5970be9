/**
 * Key-event logs: which keys speak for a principal, and since when (`docs/protocol/key-event.md`). One log for each citizen and
 * organisation, so that holders cannot correlate; one for each organisation and service.
 */

export {
  type Controls,
  type DeviceKey,
  type Inception,
  type KeyChange,
  keyDigest,
  type KeyEventClaims,
  type Recovery,
  type RecoveryKey,
  type Roles,
  type Rotation,
} from './event.ts';
export { MAX_LIVE_DEVICES, PublishedLog, readPublished, type SigningDevice } from './published.ts';
export type { Device } from './replay.ts';
export { dueSecs, KeyState, type Pending, type RecoveryPoint, type Taken, takenAt } from './state.ts';
export { KeyEvent, MAX_DEVICES } from './wire.ts';
