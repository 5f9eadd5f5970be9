/** What waits in the inboxes of every organisation, for everybody for whom the wallet acts. Shared by the pages that show it. */

import type { ObjectId } from '../../../protocol/ids.ts';
import { inbox, type NotAcceptable, reviewAll } from '../../../wallet/answer.ts';
import { isMissing, type Missing } from '../../../wallet/core.ts';
import type { Review } from '../../../wallet/review.ts';
import { nameOf } from '../../names.ts';
import { type Person, peopleOf, type Place } from '../../people.ts';
import { session } from '../../session.svelte.ts';

/** What one organisation has for one person. */
interface Box {
  readonly person: Person;
  readonly place: Place;
  readonly reviews: readonly Review[];
  readonly notAcceptable: readonly NotAcceptable[];
}

/** A request, and for whom it waits. */
export interface Waiting {
  readonly review: Review;
  readonly boxes: readonly Box[];
}

class Inboxes {
  #boxes: readonly Box[] = $state.raw([]);
  missing: readonly Missing[] = $state.raw([]);
  /** Whether some have not answered yet. */
  isBusy = $state(false);
  #asking: Promise<void> | null = null;
  #wasAsked = false;

  /** Each request once, however many inboxes it lies in. */
  readonly requests: readonly Waiting[] = $derived.by(() => {
    const found = new Map<ObjectId, Waiting>();
    for (const box of this.#boxes) {
      for (const review of box.reviews) {
        const { id } = review.request;
        found.set(id, { review, boxes: [...(found.get(id)?.boxes ?? []), box] });
      }
    }
    return [...found.values()];
  });
  /** Those to which nothing was answered. */
  readonly open: readonly Waiting[] = $derived(
    this.requests.filter(
      ({ review }) => session.state?.decisions.every(({ request }) => request !== review.request.id) ?? true,
    ),
  );
  readonly notAcceptable: readonly NotAcceptable[] = $derived(
    this.#boxes.flatMap(({ notAcceptable }) => notAcceptable),
  );

  /** Asks every inbox, all at once; what each has is there as soon as it answered. */
  ask(): Promise<void> {
    this.#wasAsked = true;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Asks once for as long as the wallet is open, for a number beside a link: what went wrong is told where the requests are. */
  askQuietly(): void {
    if (!this.#wasAsked) void this.ask().catch(() => undefined);
  }

  /** The request with this id, asked for when it is not known yet. */
  async find(id: ObjectId): Promise<Waiting | null> {
    const known = (): Waiting | undefined => this.requests.find(({ review }) => review.request.id === id);
    if (known() === undefined) await this.ask();
    return known() ?? null;
  }

  async #ask(): Promise<void> {
    this.isBusy = true;
    this.missing = [];
    try {
      const people = peopleOf(session.core.state, nameOf);
      await Promise.all(
        people.flatMap((person) =>
          person.places.map((place) => session.act((core) => this.#askOne(core, person, place))),
        ),
      );
    } finally {
      this.isBusy = false;
    }
  }

  async #askOne(core: typeof session.core, person: Person, place: Place): Promise<void> {
    const { holder, pod } = place;
    const found = await core.orMissing(holder, pod, async () => reviewAll(core, await inbox(core, holder, pod)));
    const others = (): readonly Box[] =>
      this.#boxes.filter((one) => one.place.holder !== holder || one.place.pod !== pod);
    // An organisation is named once, for however many people it was asked.
    if (isMissing(found)) this.missing = [...this.missing.filter((one) => one.holder !== holder), found];
    else this.#boxes = [...others(), { person, place, ...found }];
  }
}

export const inboxes = new Inboxes();
