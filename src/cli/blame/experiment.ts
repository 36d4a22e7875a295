/** The state of one investigation: the atoms so far, their parts, and the outcome of each world. */
import type { BlameDocument } from '../../explain/blame/answer.ts';
import type { Atom, Atoms, Fixed, Part } from '../../explain/blame/atom.ts';
import type { Question } from '../../explain/blame/investigate.ts';
import type { Suspect } from '../../explain/blame/search.ts';
import type { Ending } from '../../explain/blame/verdict.ts';
import { moduleParts } from './module-parts.ts';
import { atomLikelihood, partLikelihood } from './weigh.ts';
import type { Absent, Worlds } from './worlds.ts';

/** A further search for atoms, too expensive for the start. */
export interface Round {
  /** Progress text that is shown meanwhile. */
  readonly about: string;
  readonly look: () => Promise<Pick<Atoms, 'atoms' | 'fixed'>>;
}

/** One investigation, from its first world to its last. */
export class Experiment {
  atoms: readonly Atom[];
  readonly parts = new Map<string, readonly Part[]>();
  readonly fixed: Fixed[];
  readonly tried: BlameDocument['trials'][number][] = [];
  readonly #worlds: Pick<Worlds, 'run'>;
  readonly #rounds: Round[];
  readonly #took: number[] = [];
  #about = 'the present world';
  #now = this.#about;

  constructor(known: Atoms, worlds: Pick<Worlds, 'run'>, rounds: readonly Round[]) {
    this.atoms = known.atoms;
    this.fixed = [...known.fixed];
    this.#worlds = worlds;
    this.#rounds = [...rounds];
  }

  /** Progress text: `world 7: 3 of 12 differences are left`. */
  get about(): string {
    return `world ${this.tried.length + 1}: ${this.#now}`;
  }

  async #run(present: readonly string[], divided: readonly string[]): Promise<Ending> {
    this.#now = present.length === 0 ? 'the approved world' : this.#about;
    const there = new Set(present);
    const absent = this.atoms
      .filter(({ id }) => !there.has(id))
      .flatMap((atom): readonly Absent[] =>
        divided.includes(atom.id) ? (this.parts.get(atom.id) ?? []) : [atom],
      )
      .filter(({ id }) => !there.has(id));
    const ended = await this.#worlds.run(absent);
    this.#took.push(ended.ms);
    return ended;
  }

  async #more(): Promise<readonly Atom[]> {
    for (let round = this.#rounds.shift(); round !== undefined; round = this.#rounds.shift()) {
      this.#now = round.about;
      const { atoms, fixed } = await round.look();
      this.atoms = [...this.atoms, ...atoms];
      this.fixed.push(...fixed);
      if (atoms.length > 0) return atoms;
    }
    return [];
  }

  #weigh(suspect: Suspect, message: string): number {
    const atom = this.atoms.find(({ id }) => id === suspect.id);
    if (atom !== undefined) return atomLikelihood(atom, message);
    const part = [...this.parts.values()].flat().find(({ id }) => id === suspect.id);
    return part === undefined ? suspect.likelihood : partLikelihood(part, message);
  }

  async #partsOf(id: string): Promise<readonly Part[]> {
    const atom = this.atoms.find((one) => one.id === id);
    const found = atom === undefined ? [] : await moduleParts(atom);
    this.parts.set(id, found);
    if (found.length > 0) this.#about = `which of ${found.length} lines`;
    return found;
  }

  /** Returns the callbacks that the search runs on. */
  question(jobs: number): Question {
    return {
      suspects: this.atoms,
      run: (present, divided) => this.#run(present, divided),
      jobs,
      more: () => this.#more(),
      weigh: (suspect, message) => this.#weigh(suspect, message),
      parts: (id) => this.#partsOf(id),
      tried: ({ present, verdict }) => {
        this.tried.push({ present: present.length, verdict, ms: Math.round(this.#took.shift() ?? 0) });
      },
      onNarrowed: (left) => {
        this.#about = `${left.length} of ${this.atoms.length} differences are left`;
      },
    };
  }
}
