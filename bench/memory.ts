import { readFileSync } from 'node:fs';
import type { ResultPromise } from 'execa';
import type { Comparison, Measurement } from './measure.js';

/** Memory that op itself may use, in MB, without the programs that it starts. */
const room = 150;

/** The most memory that some processes have had. */
export class Peak {
  #megabytes = 0;

  /** Looks at a process until it ends. @param every milliseconds */
  async while(child: ResultPromise, every = 20): Promise<void> {
    const timer = setInterval(() => this.look(child.pid), every);
    await child.finally(() => clearInterval(timer));
  }

  /** Source: proc(5), VmHWM. */
  look(pid: number | undefined): void {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const [, kilobytes = 0] = /^VmHWM:\s+(\d+) kB$/mu.exec(status) ?? [];
      this.#megabytes = Math.max(this.#megabytes, Number(kilobytes) / 1000);
    } catch {
      // It has ended.
    }
  }

  /**
   * @param measured what op and its peer did meanwhile
   * @param most megabytes
   */
  compare(what: string, [ours, peer]: readonly [Measurement, Measurement], most = room): Comparison {
    const [found, ok] = [`${Math.round(this.#megabytes)} MB`, this.#megabytes > 0 && this.#megabytes <= most];
    return { what, ours, peer, promise: `at most ${most} MB`, found, ok };
  }
}
