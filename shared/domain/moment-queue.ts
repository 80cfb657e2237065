import type { Moment } from "./entitlement.ts";

interface Item {
  at: Moment;
  id: string;
}

/** Ids by moment, the earliest first: a binary heap. */
export class MomentQueue {
  private readonly items: Item[] = [];

  /** Returns the earliest moment, or infinity. */
  earliest(): Moment {
    return this.items[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  push(at: Moment, id: string): void {
    let place = this.items.length;
    for (let parent = (place - 1) >> 1; place > 0 && this.at(parent) > at; parent = (place - 1) >> 1) {
      this.items[place] = this.items[parent] as Item;
      place = parent;
    }
    this.items[place] = { at, id };
  }

  /** Removes the id of the earliest moment. */
  pop(): string | undefined {
    const [first] = this.items;
    const last = this.items.pop();
    if (last === undefined || this.items.length === 0) return first?.id;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const child = this.at(left + 1) < this.at(left) ? left + 1 : left;
      if (this.at(child) >= last.at) break;
      this.items[place] = this.items[child] as Item;
      place = child;
    }
    this.items[place] = last;
    return first?.id;
  }

  private at(place: number): Moment {
    return this.items[place]?.at ?? Number.POSITIVE_INFINITY;
  }
}
